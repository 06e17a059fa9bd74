package dev.lockstep.node;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;

/** MySQL and MariaDB (InnoDB). */
final class MySqlDialect implements Dialect {
  private final Vendor vendor;

  MySqlDialect(Vendor vendor) {
    this.vendor = vendor;
  }

  @Override
  public Vendor vendor() {
    return vendor;
  }

  @Override
  public String begin() {
    return "BEGIN";
  }

  /**
   * No: a stored function or trigger can neither commit nor hide that the transaction was rolled
   * back (source: MySQL manual, "Restrictions on Stored Programs"; error 1422), and the errors that
   * roll back more than a statement are known: {@link #rollsBackTransaction}. (A savepoint would
   * not tell of all of them.)
   */
  @Override
  public boolean guardsAlways() {
    return false;
  }

  @Override
  public String releaseGuard() {
    return "RELEASE SAVEPOINT lockstep";
  }

  @Override
  public String stopStatement(long serverId) {
    return "KILL QUERY " + serverId;
  }

  @Override
  public String use(String schema) {
    return "USE " + quote(schema);
  }

  @Override
  public String quote(String identifier) {
    return "`" + identifier.replace("`", "``") + "`";
  }

  @Override
  public String literal(String value) {
    StringBuilder b = new StringBuilder(value.length() + 16).append('\'');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\'' || c == '\\') {
        b.append('\\');
      }
      if (c == 0) {
        b.append("\\0");
      } else {
        b.append(c);
      }
    }
    return b.append('\'').toString();
  }

  @Override
  public boolean contention(SQLException e) {
    int c = e.getErrorCode();
    return c == 1205 || c == 1213 || c == 1020 || c == 3572;
  }

  @Override
  public boolean nodeFault(SQLException e) {
    return switch (e.getErrorCode()) {
      case 1021, 1026, 1030, 1034, 1037, 1041, 1114, 1194, 1195, 1290, 1296, 1836 -> true;
      default -> false;
    };
  }

  @Override
  public boolean missingParent(SQLException e) {
    return e.getErrorCode() == 1452 || e.getErrorCode() == 1216;
  }

  @Override
  public boolean accessDenied(SQLException e) {
    int c = e.getErrorCode();
    return c == 1044 || c == 1142 || c == 1143 || c == 1227;
  }

  @Override
  public boolean rollsBackTransaction(SQLException e) {
    // Deadlock; row changed since the snapshot; lock table full; error during COMMIT, which is also
    // that of a failed bulk insert (source: convert_error and row_mysql_handle_errors of InnoDB).
    int c = e.getErrorCode();
    return c == 1213 || c == 1020 || c == 1206 || c == 1180;
  }

  @Override
  public boolean connectionError(SQLException e) {
    String s = e.getSQLState();
    return s != null && s.startsWith("08") && e.getErrorCode() != 1040
        || connectionCode(e.getErrorCode())
        || e instanceof java.sql.SQLRecoverableException;
  }

  /**
   * Server errors after which the connection is closed: killed, timed out, shutting down, network.
   */
  static boolean connectionCode(int code) {
    return switch (code) {
      case 1053,
          1077,
          1079,
          1080,
          1152,
          1158,
          1159,
          1160,
          1161,
          1184,
          1927,
          2006,
          2013,
          2055,
          3169,
          4031 ->
          true;
      default -> false;
    };
  }
}
