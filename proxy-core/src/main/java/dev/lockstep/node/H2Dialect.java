package dev.lockstep.node;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;

/** H2 2.x with the MVStore. */
final class H2Dialect implements Dialect {
  @Override
  public Vendor vendor() {
    return Vendor.H2;
  }

  @Override
  public String begin() {
    return null;
  }

  /** A function of the application is given the session's connection and may commit on it. */
  @Override
  public boolean guardsAlways() {
    return true;
  }

  /**
   * H2 ignores RELEASE SAVEPOINT, so it proves nothing; the journal row still proves that the
   * session lives.
   */
  @Override
  public String releaseGuard() {
    return "RELEASE SAVEPOINT lockstep";
  }

  @Override
  public String stopStatement(long serverId) {
    return "CALL CANCEL_SESSION(" + serverId + ")";
  }

  @Override
  public String use(String schema) {
    return "SET SCHEMA " + quote(schema);
  }

  @Override
  public String quote(String identifier) {
    return "\"" + identifier.replace("\"", "\"\"") + "\"";
  }

  @Override
  public String literal(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  @Override
  public boolean contention(SQLException e) {
    int c = e.getErrorCode();
    return c == 40001 || c == 50200 || c == 90131 || c == 90039 || brokenDeadlock(e);
  }

  @Override
  public boolean nodeFault(SQLException e) {
    int c = e.getErrorCode();
    return c == 90028 || c == 90030 || c == 90031 || c == 90097 || c == 90108;
  }

  @Override
  public boolean missingParent(SQLException e) {
    return e.getErrorCode() == 23506;
  }

  @Override
  public boolean accessDenied(SQLException e) {
    return e.getErrorCode() == 90096;
  }

  @Override
  public boolean rollsBackTransaction(SQLException e) {
    return e.getErrorCode() == 40001 || brokenDeadlock(e);
  }

  /** H2 2.5 reports some deadlocks as a general error. */
  private static boolean brokenDeadlock(SQLException e) {
    return e.getErrorCode() == 50000
        && e.getMessage() != null
        && e.getMessage().contains("ROLLING_BACK");
  }

  @Override
  public boolean connectionError(SQLException e) {
    int c = e.getErrorCode();
    String s = e.getSQLState();
    return c == 90067
        || c == 90007
        || c == 90098
        || c == 90121
        || c == 90020
        || sessionKilled(e)
        || s != null && s.startsWith("08");
  }

  /** What a statement sees whose session is ended under it. */
  private static boolean sessionKilled(SQLException e) {
    String m = e.getMessage();
    return e.getErrorCode() == 50000
        && m != null
        && (m.contains("MVStoreException: Transaction ") && m.contains(" is closed")
            || m.contains("Transaction ") && m.contains(" has status CLOSED, not OPEN"));
  }
}
