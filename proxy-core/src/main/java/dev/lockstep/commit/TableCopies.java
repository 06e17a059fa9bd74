package dev.lockstep.commit;

import dev.lockstep.node.Dialect;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * The tables that an ALTER TABLE of H2 makes to put the rows in, and leaves behind where it cannot
 * get a lock in the end. Their names are the table's, {@code _COPY_}, the number of the session and
 * a number; what was there before the statement is the application's. Thread-safe.
 */
final class TableCopies {
  private TableCopies() {}

  /** Those that are there now and could have been made by this session. */
  static Set<TableName> of(Connection c, Set<TableName> tables, long session) throws SQLException {
    Set<TableName> found = new HashSet<>();
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND"
                + " LEFT(TABLE_NAME, CHAR_LENGTH(?)) = ?")) {
      for (TableName t : tables) {
        String prefix = t.name() + "_COPY_" + session + "_";
        s.setString(1, t.schema());
        s.setString(2, prefix);
        s.setString(3, prefix);
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            if (r.getString(1).substring(prefix.length()).matches("[0-9]+")) {
              found.add(new TableName(t.schema(), r.getString(1)));
            }
          }
        }
      }
    }
    return found;
  }

  /** Drops those that were not there before. */
  static void drop(
      Connection c, Dialect d, Set<TableName> tables, long session, Set<TableName> before)
      throws SQLException {
    Set<TableName> made = of(c, tables, session);
    made.removeAll(before);
    try (Statement s = c.createStatement()) {
      for (TableName t : made) {
        s.execute("DROP TABLE IF EXISTS " + d.quote(t.schema()) + "." + d.quote(t.name()));
      }
    }
  }
}
