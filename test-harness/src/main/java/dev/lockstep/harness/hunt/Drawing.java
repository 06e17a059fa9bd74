package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sequence of a round, which statements and defaults draw from, and the values that sessions
 * have seen, rolled back or not: none comes twice, whatever is killed. Thread-safe.
 */
final class Drawing {
  static final String NAME = "drawn";
  static final String NEXT = "NEXT VALUE FOR " + NAME;

  private final Set<Long> seen = ConcurrentHashMap.newKeySet();

  /** MySQL has no sequences. */
  static boolean possible(Engine engine) {
    return engine != Engine.MYSQL;
  }

  static String definition(long seed) {
    return "CREATE SEQUENCE "
        + NAME
        + List.of("", " INCREMENT BY 3 CACHE 5", " INCREMENT BY -2 MINVALUE -900000 MAXVALUE -1")
            .get((int) Math.floorMod(seed, 3));
  }

  /**
   * Draws one value or several.
   *
   * @return what was drawn
   * @throws IllegalStateException for a value that was seen before
   */
  String draw(Connection c, Table table, boolean several) throws SQLException {
    String sql =
        several ? "SELECT " + NEXT + " FROM " + table.name() + " WHERE n > 5" : "SELECT " + NEXT;
    StringBuilder drawn = new StringBuilder(sql).append(':');
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        long value = r.getLong(1);
        drawn.append(' ').append(value);
        if (!seen.add(value)) {
          throw new IllegalStateException("drawn twice: " + value);
        }
      }
    }
    return drawn.toString();
  }
}
