package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.SessionVariables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A transaction that reads one state of a whole node, the journal included, until it is closed. The
 * connection must be in no transaction; afterwards its settings are as before. For one thread.
 */
final class ConsistentSnapshot implements AutoCloseable {
  private final Vendor vendor;
  private final Connection connection;
  private final boolean auto;
  private final int isolation;
  private final String database;
  private final SessionVariables variables;
  private SnapshotPosition position;
  private boolean open;

  /**
   * Begins.
   *
   * @throws DefinitionChangedException where DDL is under way on the node
   */
  ConsistentSnapshot(Vendor vendor, Connection connection) throws SQLException {
    this(connection, vendor);
    boolean ok = false;
    try {
      prepare();
      begin();
      look();
      ok = true;
    } finally {
      if (!ok) {
        close();
      }
    }
  }

  /** Prepares one. */
  private ConsistentSnapshot(Connection connection, Vendor vendor) throws SQLException {
    this.vendor = vendor;
    this.connection = connection;
    this.auto = connection.getAutoCommit();
    this.isolation = vendor.mysqlFamily() ? 0 : connection.getTransactionIsolation();
    this.database = vendor.mysqlFamily() ? connection.getCatalog() : null;
    this.variables =
        vendor.mysqlFamily()
            ? SessionVariables.set(connection, MysqlRowWriter.SOURCE_SESSION)
            : null;
  }

  /**
   * Snapshots of the same state.
   *
   * @param list at least one
   */
  record Several(List<ConsistentSnapshot> list) implements AutoCloseable {
    /** What they correspond to in the node's journal. */
    SnapshotPosition position() {
      return list.get(0).position();
    }

    /** Whether one of them is over this connection. */
    boolean over(Connection c) {
      return list.stream().anyMatch(s -> s.connection == c);
    }

    /** Closes all, also where one fails. */
    @Override
    public void close() throws SQLException {
      SQLException failure = null;
      for (ConsistentSnapshot s : list) {
        try {
          s.close();
        } catch (SQLException e) {
          failure = failure == null ? e : failure;
        }
      }
      if (failure != null) {
        throw failure;
      }
    }
  }

  /**
   * Begins one on each of several connections to the same MySQL or MariaDB server, all in a moment
   * in which nothing is committed there; proves by their positions that they show the same.
   *
   * @param millis how long the server may take to begin one; 0: for ever
   * @return those that show the same as the first, which is the first
   * @throws DefinitionChangedException where DDL is under way on the node
   */
  static Several together(Vendor vendor, List<Connection> connections, ClosedGate gate, int millis)
      throws SQLException {
    if (connections.size() == 1) {
      return new Several(List.of(new ConsistentSnapshot(vendor, connections.get(0))));
    }
    Several all = new Several(new ArrayList<>());
    try {
      for (Connection c : connections) {
        ConsistentSnapshot s = new ConsistentSnapshot(c, vendor);
        all.list().add(s);
        s.prepare();
        c.setNetworkTimeout(Runnable::run, millis); // writers wait
      }
      gate.exclusive(
          () -> {
            for (ConsistentSnapshot s : all.list()) {
              s.begin();
            }
            return null;
          });
      for (ConsistentSnapshot s : all.list()) {
        s.connection.setNetworkTimeout(Runnable::run, 0);
        s.look();
      }
      Several same = new Several(new ArrayList<>());
      Several others = new Several(new ArrayList<>());
      for (ConsistentSnapshot s : all.list()) {
        (s.position.sameAs(all.position()) ? same : others).list().add(s);
      }
      others.close();
      return same;
    } catch (SQLException | RuntimeException e) {
      try {
        all.close();
      } catch (SQLException x) {
        e.addSuppressed(x);
      }
      throw e;
    }
  }

  private void look() throws SQLException {
    position = JournalTables.snapshot(connection);
    if (!JournalTables.openDdl(connection).isEmpty()) {
      throw new DefinitionChangedException("DDL is under way", null);
    }
  }

  /** What need not be done in the moment of the snapshot; the next statement is that of it. */
  private void prepare() throws SQLException {
    connection.setAutoCommit(true);
    if (vendor.mysqlFamily()) {
      execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    }
  }

  private void begin() throws SQLException {
    if (vendor.mysqlFamily()) {
      execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    } else {
      execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SNAPSHOT");
      execute("SET LAZY_QUERY_EXECUTION TRUE");
      connection.setAutoCommit(false);
    }
    open = true;
  }

  /** What the snapshot corresponds to in the node's journal. */
  SnapshotPosition position() {
    return position;
  }

  /** Ends the transaction before the settings are put back. */
  void end() throws SQLException {
    if (open && !connection.isClosed()) {
      execute("ROLLBACK");
    }
    open = false;
  }

  private void execute(String sql) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    if (connection.isClosed()) {
      return;
    }
    end();
    if (vendor.mysqlFamily()) {
      variables.close();
      if (database != null && !database.isEmpty()) {
        connection.setCatalog(database);
      }
    } else {
      execute("SET LAZY_QUERY_EXECUTION FALSE");
      connection.setTransactionIsolation(isolation);
    }
    connection.setAutoCommit(auto);
  }
}
