package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.SessionVariables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The settings of a connection whose rows are overwritten: foreign keys off, nothing rewritten, no
 * autocommit. Closing rolls back what is open and puts the settings back. For one thread.
 */
final class TargetSession implements AutoCloseable {
  private final Vendor vendor;
  private final Connection connection;
  private final boolean auto;
  private final SessionVariables variables;

  TargetSession(Vendor vendor, Connection connection) throws SQLException {
    this.vendor = vendor;
    this.connection = connection;
    this.auto = connection.getAutoCommit();
    connection.setAutoCommit(true);
    if (vendor.mysqlFamily()) {
      variables = SessionVariables.set(connection, MysqlRowWriter.TARGET_SESSION);
    } else {
      variables = null;
      integrity(false);
    }
    connection.setAutoCommit(false);
  }

  /** H2 knows this for the whole database only; nobody else uses a node under repair. */
  private void integrity(boolean on) throws SQLException {
    try (Statement s = connection.createStatement()) {
      s.execute("SET REFERENTIAL_INTEGRITY " + (on ? "TRUE" : "FALSE"));
    }
  }

  @Override
  public void close() throws SQLException {
    if (connection.isClosed()) {
      return;
    }
    connection.rollback();
    connection.setAutoCommit(true);
    if (vendor.mysqlFamily()) {
      variables.close();
    } else {
      integrity(true);
    }
    connection.setAutoCommit(auto);
  }
}
