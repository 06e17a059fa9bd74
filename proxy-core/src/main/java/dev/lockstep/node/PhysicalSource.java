package dev.lockstep.node;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** What a node's pool asks for new connections. */
final class PhysicalSource implements DataSource {
  private final DatabaseNode node;
  private final Account account;
  private final String schema;

  PhysicalSource(DatabaseNode node, Account account, String schema) {
    this.node = node;
    this.account = account;
    this.schema = schema;
  }

  @Override
  public Connection getConnection() throws SQLException {
    return node.openPhysical(account, schema, false).jdbc();
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return node.openPhysical(new Account(user, password), schema, false).jdbc();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // logs go to slf4j
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // the node's connectTimeout rules
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("not a wrapper for " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
