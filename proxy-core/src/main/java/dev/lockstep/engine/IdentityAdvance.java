package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.DatabaseNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets H2's identity columns above their highest value before a new primary serves: replicas get
 * explicit values, which do not advance the counter there. (InnoDB advances it by itself.)
 */
final class IdentityAdvance implements Cluster.ViewListener {
  private static final Logger LOG = LoggerFactory.getLogger(IdentityAdvance.class);
  private static final int GAP = 1000;

  private final Cluster cluster;
  private final Vendor vendor;

  IdentityAdvance(Cluster cluster, Vendor vendor) {
    this.cluster = cluster;
    this.vendor = vendor;
  }

  @Override
  public void viewChanged(View before, View after) {
    if (!before.primary().equals(after.primary())) {
      advance(cluster.byId(after.primary()));
    }
  }

  void advance(DatabaseNode primary) {
    if (vendor != Vendor.H2) {
      return;
    }
    try (Connection c = primary.openAdmin();
        Statement s = c.createStatement()) {
      List<String[]> columns = new ArrayList<>();
      try (ResultSet r =
          s.executeQuery(
              "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE"
                  + " IS_IDENTITY = 'YES' AND TABLE_SCHEMA NOT IN"
                  + " ('INFORMATION_SCHEMA', 'LOCKSTEP')")) {
        while (r.next()) {
          columns.add(new String[] {r.getString(1), r.getString(2), r.getString(3)});
        }
      }
      for (String[] n : columns) {
        String table = primary.dialect().quote(n[0]) + "." + primary.dialect().quote(n[1]);
        String column = primary.dialect().quote(n[2]);
        long max;
        try (ResultSet r =
            s.executeQuery("SELECT COALESCE(MAX(" + column + "), 0) FROM " + table)) {
          r.next();
          max = r.getLong(1);
        }
        s.execute(
            "ALTER TABLE " + table + " ALTER COLUMN " + column + " RESTART WITH " + (max + GAP));
      }
    } catch (SQLException e) {
      LOG.error(
          "cannot advance the identity columns on {}; inserts there may fail with duplicate keys",
          primary.name(),
          e);
    }
  }
}
