package dev.lockstep.cli;

import java.sql.SQLException;

/** One line about an SQLException: its text, SQLState and vendor code. */
final class SqlErrors {
  private SqlErrors() {}

  static String describe(SQLException e) {
    StringBuilder line = new StringBuilder(String.valueOf(e.getMessage()).strip());
    line.append(" (SQLState ").append(e.getSQLState());
    if (e.getErrorCode() != 0) {
      line.append(", code ").append(e.getErrorCode());
    }
    return line.append(')').toString();
  }
}
