package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKeyBuilder;
import java.util.logging.Logger;
import javax.sql.XAConnection;
import javax.sql.XAConnectionBuilder;
import javax.sql.XADataSource;

/** Says clearly that distributed transactions are not supported. Stateless. */
public final class LockstepXADataSource implements XADataSource {
  private static SQLException refused() {
    return Errors.unsupported(
        "distributed (XA) transactions are not supported; use LockstepDataSource and local"
            + " transactions");
  }

  @Override
  public XAConnection getXAConnection() throws SQLException {
    throw refused();
  }

  @Override
  public XAConnection getXAConnection(String user, String password) throws SQLException {
    throw refused();
  }

  @Override
  public XAConnectionBuilder createXAConnectionBuilder() throws SQLException {
    throw refused();
  }

  @Override
  public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
    throw refused();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // There is nothing to log.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // There is no login.
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("Lockstep logs through SLF4J", "0A001");
  }
}
