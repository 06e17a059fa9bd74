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
   * Begins one on each of several connections to the same MySQL or MariaDB server, all in a moment
   * in which nothing is committed there; proves by their positions that they show the same.
   *
   * @param millis how long the server may take to begin one; 0: for ever
   * @return those that show the same as the first, which is the first
   * @throws DefinitionChangedException where DDL is under way on the node
   */
  static List<ConsistentSnapshot> together(
      Vendor vendor, List<Connection> connections, ClosedGate gate, int millis)
      throws SQLException {
    List<ConsistentSnapshot> all = new ArrayList<>();
    boolean ok = false;
    try {
      for (Connection c : connections) {
        all.add(new ConsistentSnapshot(c, vendor));
        c.setNetworkTimeout(Runnable::run, millis); // writers wait
      }
      gate.exclusive(
          () -> {
            for (ConsistentSnapshot s : all) {
              s.begin();
            }
            return null;
          });
      for (ConsistentSnapshot s : all) {
        s.connection.setNetworkTimeout(Runnable::run, 0);
        s.look();
      }
      ok = true;
    } finally {
      if (!ok) {
        closeAll(all);
      }
    }
    List<ConsistentSnapshot> others =
        all.stream().filter(s -> !s.position.sameAs(all.get(0).position)).toList();
    closeAll(others);
    return all.stream().filter(s -> !others.contains(s)).toList();
  }

  /** Closes all, also where one fails; the first failure is thrown. */
  static void closeAll(List<ConsistentSnapshot> snapshots) throws SQLException {
    SQLException failure = null;
    for (ConsistentSnapshot s : snapshots) {
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

  private void look() throws SQLException {
    position = JournalTables.snapshot(connection);
    if (!JournalTables.openDdl(connection).isEmpty()) {
      throw new DefinitionChangedException("DDL is under way", null);
    }
  }

  private void begin() throws SQLException {
    if (vendor.mysqlFamily()) {
      connection.setAutoCommit(true);
      execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    } else {
      connection.setAutoCommit(true);
      execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SNAPSHOT");
      execute("SET LAZY_QUERY_EXECUTION TRUE");
      connection.setAutoCommit(false);
    }
    open = true;
  }

  /** Whether it is over this connection. */
  boolean reads(Connection c) {
    return connection == c;
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
