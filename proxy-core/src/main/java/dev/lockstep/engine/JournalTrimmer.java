package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.config.Settings;
import dev.lockstep.consistency.SessionVariables;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.node.DatabaseNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Trims the journals by age, and by size in any case. While a known node is away nothing goes by
 * age, so that it can be brought back by replay.
 */
final class JournalTrimmer {
  private static final long ALWAYS_KEPT_GROUPS = 5_000;
  private static final int GROUPS_AT_ONCE = 2_000;

  private final Cluster cluster;
  private final Settings settings;

  JournalTrimmer(Cluster cluster, Settings settings) {
    this.cluster = cluster;
    this.settings = settings;
  }

  void trim() throws SQLException {
    if (cluster.state() != Cluster.State.SERVING) {
      return;
    }
    boolean complete = cluster.view().members().size() == cluster.nodes().size();
    long newest = cluster.lastGroup();
    for (DatabaseNode n : cluster.members()) {
      try (Connection c = n.openUnlimited()) {
        long limit = complete ? byAge(c) : 0;
        limit = Math.max(limit, bySize(c, n.dialect().vendor().mysqlFamily()));
        trim(c, Math.min(limit, newest - ALWAYS_KEPT_GROUPS));
      }
    }
  }

  private long byAge(Connection c) throws SQLException {
    long before = System.currentTimeMillis() - settings.journalRetention().toMillis();
    // Rows are in order of time: the first one that is young enough ends the old ones.
    long oldest = number(c, "SELECT COALESCE(MIN(grp), 0) FROM lockstep.journal");
    long newest = number(c, "SELECT COALESCE(MAX(grp), 0) FROM lockstep.journal");
    while (oldest < newest) {
      long middle = oldest + (newest - oldest) / 2;
      long at =
          number(
              c,
              "SELECT COALESCE(MAX(at), 0) FROM lockstep.journal WHERE grp = (SELECT MIN(grp) FROM"
                  + " lockstep.journal WHERE grp > "
                  + middle
                  + ")");
      if (at >= before) {
        newest = middle;
      } else {
        oldest = middle + 1;
      }
    }
    return oldest;
  }

  /** By the server's own estimate: reading all rows would cost more than the journal itself. */
  private long bySize(Connection c, boolean mysql) throws SQLException {
    long bytes = size(c, mysql);
    if (bytes <= settings.journalMaxBytes()) {
      return 0;
    }
    long oldest = number(c, "SELECT COALESCE(MIN(grp), 0) FROM lockstep.journal");
    long newest = number(c, "SELECT COALESCE(MAX(grp), 0) FROM lockstep.journal");
    double share = 1 - settings.journalMaxBytes() / (double) bytes;
    return oldest + (long) ((newest - oldest) * share);
  }

  /** The size of the journal in bytes, as the server estimates it now. */
  @SuppressWarnings("try") // session variables are closed, not read
  static long size(Connection c, boolean mysql) throws SQLException {
    if (!mysql) {
      return number(
          c,
          "SELECT DISK_SPACE_USED('LOCKSTEP.JOURNAL') + DISK_SPACE_USED('LOCKSTEP.JOURNAL_PART')");
    }
    // MySQL 8 would repeat an answer that it gave up to a day ago.
    try (SessionVariables fresh = SessionVariables.set(c, "information_schema_stats_expiry", "0")) {
      return number(
          c,
          "SELECT SUM(data_length) FROM information_schema.tables WHERE table_schema='lockstep' AND"
              + " table_name IN ('journal', 'journal_part')");
    }
  }

  private static void trim(Connection c, long upTo) throws SQLException {
    long from = number(c, "SELECT COALESCE(MIN(grp), 0) FROM lockstep.journal");
    try (Statement s = c.createStatement()) {
      while (from > 0 && from <= upTo) {
        long to = Math.min(upTo, from + GROUPS_AT_ONCE - 1);
        // The floor first: it may lie above what is still there, never below what is gone.
        if (s.executeUpdate(
                    "UPDATE lockstep.journal_floor SET grp=" + to + " WHERE id=1 AND grp<" + to)
                == 0
            && number(c, "SELECT COUNT(*) FROM lockstep.journal_floor") == 0) {
          s.executeUpdate("INSERT INTO lockstep.journal_floor (id, grp) VALUES (1, " + to + ")");
        }
        for (String tx : JournalParts.named(c, "grp <= " + to)) {
          s.executeUpdate(JournalParts.delete(tx));
        }
        s.executeUpdate("DELETE FROM lockstep.journal WHERE grp <= " + to);
        from = to + 1;
      }
    }
  }

  private static long number(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      return r.next() ? r.getLong(1) : 0;
    }
  }
}
