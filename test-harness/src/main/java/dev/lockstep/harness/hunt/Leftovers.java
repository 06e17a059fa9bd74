package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tables that should be gone after a round. Immutable; for nodes at rest. */
final class Leftovers {
  private Leftovers() {}

  /** Drops them on each node directly, so that the next round begins on equal nodes. */
  static List<String> drop(HuntTarget target) throws SQLException {
    List<String> found = new ArrayList<>();
    for (DatabaseNode node : target.nodes()) {
      try (Connection c = node.connect(HuntTarget.DATABASE);
          Statement s = c.createStatement()) {
        List<String> tables = tables(target, s);
        if (tables.isEmpty()) {
          continue;
        }
        s.execute(
            target.engine() == Engine.H2
                ? "SET REFERENTIAL_INTEGRITY FALSE"
                : "SET foreign_key_checks=0");
        for (String table : tables) {
          String kind = table.startsWith(Table.VIEW) ? "DROP VIEW " : "DROP TABLE ";
          s.execute(kind + table + (target.engine() == Engine.H2 ? " CASCADE" : ""));
          found.add(node.name() + "." + table);
        }
        if (target.engine() == Engine.H2) {
          s.execute("SET REFERENTIAL_INTEGRITY TRUE");
          s.execute("DROP SEQUENCE IF EXISTS " + Drawing.NAME);
        }
      }
    }
    return found;
  }

  /** Tables that a CREATE TABLE … AS SELECT of the round has made. */
  static List<String> made(HuntTarget target) throws SQLException {
    try (Connection c = target.nodes().get(0).connect(HuntTarget.DATABASE);
        Statement s = c.createStatement()) {
      return tables(target, s).stream()
          .filter(t -> t.toLowerCase(Locale.ROOT).startsWith(Disturbance.MADE))
          .toList();
    }
  }

  private static List<String> tables(HuntTarget target, Statement s) throws SQLException {
    List<String> tables = new ArrayList<>();
    String schema = target.engine() == Engine.H2 ? "PUBLIC" : HuntTarget.DATABASE;
    try (ResultSet r =
        s.executeQuery(
            "SELECT table_name FROM information_schema.tables WHERE table_schema='"
                + schema
                + "'")) {
      while (r.next()) {
        tables.add(r.getString(1));
      }
    }
    return tables;
  }
}
