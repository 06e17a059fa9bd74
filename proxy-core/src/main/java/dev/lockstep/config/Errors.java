package dev.lockstep.config;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientConnectionException;

/** Makes the exceptions that Lockstep itself throws: one place for class, SQLState and tone. */
public final class Errors {
  private Errors() {}

  /** A statement or call that is refused; says why and what to do instead. SQLState 0A001. */
  public static SQLException unsupported(String message) {
    return new SQLFeatureNotSupportedException(
        "Lockstep: " + message, SqlState.NOT_SUPPORTED.code());
  }

  /** The transaction was rolled back on every node; the caller may repeat it. SQLState 40001. */
  public static SQLException rolledBack(String message, Throwable cause) {
    return new SQLTransactionRollbackException(
        "Lockstep: " + message, SqlState.ROLLED_BACK.code(), cause);
  }

  /** It is not known whether the transaction committed. SQLState 08007. */
  public static SQLException outcomeUnknown(String message, Throwable cause) {
    return new SQLNonTransientConnectionException(
        "Lockstep: " + message, SqlState.OUTCOME_UNKNOWN.code(), cause);
  }

  /** No writes now. SQLState 25006. */
  public static SQLException readOnly(String message) {
    return new SQLException("Lockstep: " + message, SqlState.READ_ONLY.code());
  }

  /** No node reachable; nothing done. SQLState 08001. */
  public static SQLException cannotConnect(String message, Throwable cause) {
    return new SQLTransientConnectionException(
        "Lockstep: " + message, SqlState.CANNOT_CONNECT.code(), cause);
  }

  /** The session is gone and could not be rebuilt. SQLState 08006. */
  public static SQLException connectionFailure(String message, Throwable cause) {
    return new SQLNonTransientConnectionException(
        "Lockstep: " + message, SqlState.CONNECTION_FAILURE.code(), cause);
  }

  /** Wrong configuration, a second owner, or nodes that disagree. SQLState 08004. */
  public static SQLException configuration(String message) {
    return new SQLNonTransientConnectionException(
        "Lockstep: " + message, SqlState.CONFIGURATION.code());
  }

  /** Any other error of Lockstep's own. */
  public static SQLException of(SqlState state, String message) {
    return new SQLException("Lockstep: " + message, state.code());
  }

  /** Any other error of Lockstep's own, with its cause. */
  public static SQLException of(SqlState state, String message, Throwable cause) {
    return new SQLException("Lockstep: " + message, state.code(), cause);
  }
}
