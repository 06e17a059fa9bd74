package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.SessionVariables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

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
  private final SnapshotPosition position;
  private boolean open;

  /**
   * Begins.
   *
   * @throws DefinitionChangedException where DDL is under way on the node
   */
  ConsistentSnapshot(Vendor vendor, Connection connection) throws SQLException {
    this.vendor = vendor;
    this.connection = connection;
    this.auto = connection.getAutoCommit();
    this.isolation = vendor.mysqlFamily() ? 0 : connection.getTransactionIsolation();
    this.database = vendor.mysqlFamily() ? connection.getCatalog() : null;
    this.variables =
        vendor.mysqlFamily()
            ? SessionVariables.set(connection, MysqlRowWriter.SOURCE_SESSION)
            : null;
    SnapshotPosition p = null;
    try {
      begin();
      p = JournalTables.snapshot(connection);
      if (!JournalTables.openDdl(connection).isEmpty()) {
        throw new DefinitionChangedException("DDL is under way", null);
      }
    } finally {
      if (p == null) {
        close();
      }
    }
    position = p;
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
