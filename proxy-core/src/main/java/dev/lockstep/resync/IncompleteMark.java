package dev.lockstep.resync;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The durable mark that a node's data must not be used: set before the first change of a copy or a
 * repair, cleared after the last. Stateless.
 */
public final class IncompleteMark {
  private IncompleteMark() {}

  /**
   * Sets the mark and commits; whatever was open on the connection is committed with it.
   *
   * @param reason at most 500 characters are kept
   * @throws SQLException also where the node has no {@code node_info} row to carry the mark
   */
  public static void set(Connection c, String reason) throws SQLException {
    write(c, reason.length() > 500 ? reason.substring(0, 500) : reason);
  }

  /** Clears the mark and commits. */
  public static void clear(Connection c) throws SQLException {
    write(c, null);
  }

  /** Why the node's data must not be used, or null. */
  public static String get(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery("SELECT incomplete FROM lockstep.node_info WHERE id=1")) {
      return rs.next() ? rs.getString(1) : null;
    }
  }

  private static void write(Connection c, String reason) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement("UPDATE lockstep.node_info SET incomplete=? WHERE id=1")) {
      s.setString(1, reason);
      s.executeUpdate();
    }
    // Not by the count: it does not tell rows found from rows changed on every connection.
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery("SELECT incomplete FROM lockstep.node_info WHERE id=1")) {
      if (!rs.next()) {
        throw Errors.of(
            SqlState.INTERNAL, "the node has no node_info row, so it cannot be marked incomplete");
      }
    }
    if (!c.getAutoCommit()) {
      c.commit();
    }
  }
}
