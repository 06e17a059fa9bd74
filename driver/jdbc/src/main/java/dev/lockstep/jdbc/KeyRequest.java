package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What the application asked for of generated keys.
 *
 * @param wanted whether any
 * @param column the column's name where it gave one, else null
 */
record KeyRequest(boolean wanted, String column) {
  static final KeyRequest NONE = new KeyRequest(false, null);
  private static final KeyRequest ANY = new KeyRequest(true, null);

  static KeyRequest of(int flag) throws SQLException {
    return switch (flag) {
      case Statement.NO_GENERATED_KEYS -> NONE;
      case Statement.RETURN_GENERATED_KEYS -> ANY;
      default -> throw Errors.of(SqlState.INVALID_ARGUMENT, flag + " is no generated-keys flag");
    };
  }

  static KeyRequest of(int[] columns) throws SQLException {
    checkOne(columns == null ? 0 : columns.length);
    return columns == null || columns.length == 0 ? NONE : ANY;
  }

  static KeyRequest of(String[] columns) throws SQLException {
    checkOne(columns == null ? 0 : columns.length);
    return columns == null || columns.length == 0 ? NONE : new KeyRequest(true, columns[0]);
  }

  private static void checkOne(int columns) throws SQLException {
    if (columns > 1) {
      throw Errors.unsupported(
          "only the one column that numbers itself can be returned as a generated key; read other"
              + " columns with SELECT");
    }
  }
}
