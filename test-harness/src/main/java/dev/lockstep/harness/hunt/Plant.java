package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.DatabaseNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Corrupts a replica behind the target's back, to see whether the hunter finds it: changes the
 * number of one row, no row more and none less. For one thread.
 */
final class Plant {
  private final HuntTarget target;
  private final List<Table> tables;
  private final Random random;

  Plant(HuntTarget target, List<Table> tables, long seed) {
    this.target = target;
    this.tables = tables;
    this.random = new Random(seed);
  }

  /** What was done; null if there is no row. */
  String corrupt() throws SQLException, InterruptedException {
    List<Integer> replicas = new ArrayList<>(target.members());
    replicas.remove(Integer.valueOf(target.primary()));
    DatabaseNode node = target.nodes().get(replicas.get(random.nextInt(replicas.size())));
    int first = random.nextInt(tables.size());
    try (Connection c = node.connect(HuntTarget.DATABASE);
        Statement s = c.createStatement()) {
      for (int i = 0; i < tables.size(); i++) {
        Table table = tables.get((first + i) % tables.size());
        String key = table.columns().get(0).name();
        String row;
        try (ResultSet r =
            s.executeQuery(
                "SELECT COUNT(*) FROM %s WHERE %s = (SELECT MAX(%s) FROM %s)"
                    .formatted(table.name(), key, key, table.name()))) {
          r.next();
          row = r.getInt(1) == 1 ? key : null;
        }
        if (row == null) {
          continue;
        }
        Object max;
        try (ResultSet r = s.executeQuery("SELECT MAX(%s) FROM %s".formatted(key, table.name()))) {
          r.next();
          max = r.getObject(1);
        }
        String sql =
            "UPDATE %s SET n = COALESCE(n, 0) + 7 WHERE %s = ?".formatted(table.name(), key);
        try (var p = c.prepareStatement(sql)) {
          p.setObject(1, max);
          if (p.executeUpdate() == 1) {
            return node.name() + ": " + sql + " [" + Value.show(max) + "]";
          }
        }
      }
    }
    return null;
  }
}
