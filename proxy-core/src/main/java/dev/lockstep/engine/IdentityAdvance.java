package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.DatabaseNode.NumberedColumn;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets numbered columns on a new primary above every value that the old one is known to have handed
 * out, before it serves (section 8): values of transactions that rolled back are not used again. On
 * H2, where replicas' explicit values do not advance the counter, every identity column is set
 * above its highest value too; InnoDB does that by itself.
 */
final class IdentityAdvance implements Cluster.ViewListener {
  private static final Logger LOG = LoggerFactory.getLogger(IdentityAdvance.class);

  private final Cluster cluster;
  private final Vendor vendor;

  /** The primary whose columns are known to be set; null where that failed. Inside the gate. */
  private DatabaseNode ready;

  IdentityAdvance(Cluster cluster, Vendor vendor) {
    this.cluster = cluster;
    this.vendor = vendor;
  }

  /**
   * A view with the same members as before follows a loss of the quorum: its primary may have been
   * down when it became one, so that nothing could be set on it.
   */
  @Override
  public void viewChanged(View before, View after) {
    DatabaseNode primary = cluster.byId(after.primary());
    if (primary != ready || before.members().equals(after.members())) {
      advance(primary);
    }
  }

  /** At start, where nothing is known of an earlier primary. */
  void atStart() {
    advance(cluster.primary());
  }

  private void advance(DatabaseNode primary) {
    Map<NumberedColumn, Long> least = new HashMap<>();
    for (DatabaseNode n : cluster.nodes()) {
      n.highestKeys().forEach((k, v) -> least.merge(k, v, Math::max));
    }
    if (least.isEmpty() && vendor != Vendor.H2) {
      ready = primary;
      return;
    }
    ready = null;
    boolean complete = true;
    try (Connection c = primary.openAdmin();
        Statement s = c.createStatement()) {
      if (vendor.mysqlFamily()) {
        // Nobody may wait behind this for somebody who reads the table for hours.
        s.execute("SET SESSION lock_wait_timeout=1");
      }
      if (vendor == Vendor.H2) {
        highestRows(primary, s, least);
      }
      for (Map.Entry<NumberedColumn, Long> e : least.entrySet()) {
        TableName t = e.getKey().table();
        String table =
            primary.dialect().quote(t.schema()) + "." + primary.dialect().quote(t.name());
        String column = primary.dialect().quote(e.getKey().column());
        long next = e.getValue() + 1;
        try {
          s.execute(
              vendor == Vendor.H2
                  ? "ALTER TABLE " + table + " ALTER COLUMN " + column + " RESTART WITH " + next
                  : "ALTER TABLE " + table + " AUTO_INCREMENT=" + next);
        } catch (SQLException x) {
          // A table that has been dropped since is the usual reason.
          complete &= !primary.dialect().contention(x) && !primary.dialect().connectionError(x);
          LOG.warn("cannot advance {} on {}: {}", e.getKey(), primary.name(), x.getMessage());
        }
      }
      least.forEach((k, v) -> primary.highestKeys().merge(k, v, Math::max));
      ready = complete ? primary : null;
    } catch (SQLException e) {
      LOG.warn(
          "cannot advance numbered columns on {} now; inserts there may meet duplicate keys until"
              + " the next change of the view: {}",
          primary.name(),
          e.toString());
    }
  }

  private static void highestRows(
      DatabaseNode primary, Statement s, Map<NumberedColumn, Long> least) throws SQLException {
    Map<NumberedColumn, Long> found = new HashMap<>();
    try (ResultSet r =
        s.executeQuery(
            "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE"
                + " IS_IDENTITY = 'YES' AND TABLE_SCHEMA NOT IN"
                + " ('INFORMATION_SCHEMA', 'LOCKSTEP')")) {
      while (r.next()) {
        found.put(
            new NumberedColumn(new TableName(r.getString(1), r.getString(2)), r.getString(3)), 0L);
      }
    }
    for (NumberedColumn n : found.keySet()) {
      String table =
          primary.dialect().quote(n.table().schema())
              + "."
              + primary.dialect().quote(n.table().name());
      try (ResultSet r =
          s.executeQuery(
              "SELECT COALESCE(MAX("
                  + primary.dialect().quote(n.column())
                  + "), 0) FROM "
                  + table)) {
        r.next();
        least.merge(n, r.getLong(1), Math::max);
      }
    }
  }
}
