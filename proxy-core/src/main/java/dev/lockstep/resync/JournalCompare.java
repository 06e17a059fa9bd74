package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares the journals of a node and of a member by number, place and transaction id. The newest
 * groups of the node are compared exactly; older ones by their number first, and exactly where that
 * or the first of the newest ones differs. Stateless.
 */
public final class JournalCompare {
  /** Groups at the end of the node's journal that are always compared exactly. */
  private static final int EXACT_GROUPS = 2_000;

  private static final int CHUNK = 5_000;

  private JournalCompare() {}

  /**
   * Compares.
   *
   * @param target the node that wants to join; nobody writes to it
   * @param source a member
   * @param finished the newest group that is known to be finished on the member; what the member
   *     has beyond is looked at only to tell whether the node has something of its own
   */
  public static JournalRelation compare(Connection target, Connection source, long finished)
      throws SQLException {
    String mine = clusterId(target);
    String theirs = clusterId(source);
    if (mine == null || theirs == null) {
      return new JournalRelation.Foreign("a node without a cluster id");
    }
    if (!mine.equals(theirs)) {
      return new JournalRelation.Foreign("it belongs to cluster " + mine + ", not to " + theirs);
    }
    while (true) {
      long floor = JournalTables.floor(source);
      JournalRelation r = compareAbove(target, source, floor, finished);
      if (JournalTables.floor(source) == floor) {
        return r;
      }
      // Rows that were trimmed meanwhile look as if only the node had them.
    }
  }

  private static JournalRelation compareAbove(
      Connection target, Connection source, long sourceFloor, long finished) throws SQLException {
    long targetFloor = JournalTables.floor(target);
    long targetEnd = JournalTables.position(target);
    long sourceEnd = JournalTables.position(source);
    if (targetEnd < sourceFloor) {
      return new JournalRelation.Gap(
          "it ends at group "
              + targetEnd
              + ", and the member's journal has been trimmed up to group "
              + sourceFloor);
    }
    if (targetFloor > sourceEnd) {
      return new JournalRelation.Gap(
          "its journal begins after group "
              + targetFloor
              + ", and the member's ends at group "
              + sourceEnd);
    }
    long floor = Math.max(targetFloor, sourceFloor);
    long exactFrom = Math.max(floor, exactFrom(target));
    if (count(target, floor, exactFrom) != count(source, floor, exactFrom)) {
      exactFrom = floor;
    }
    JournalRelation r = merge(target, source, floor, exactFrom, targetEnd, finished);
    if (exactFrom > floor
        && r instanceof JournalRelation.Extra e
        && e.rows().get(0).group() == firstAfter(target, exactFrom)) {
      // They differ from the start: perhaps further back too, in equal numbers.
      return merge(target, source, floor, floor, targetEnd, finished);
    }
    return r;
  }

  private static JournalRelation merge(
      Connection target,
      Connection source,
      long floor,
      long exactFrom,
      long targetEnd,
      long finished)
      throws SQLException {
    Keys mine = new Keys(target, exactFrom, Long.MAX_VALUE);
    Keys theirs = new Keys(source, exactFrom, Math.max(targetEnd, finished));
    List<Key> extra = new ArrayList<>();
    Key firstMissing = null;
    long lastMissing = -1;
    long after = -1; // the newest group of the target with a row that the source has too
    Key a = mine.next();
    Key b = theirs.next();
    while (a != null || b != null) {
      int order = a == null ? 1 : b == null ? -1 : a.compareTo(b);
      if (order == 0 && a.tx().equals(b.tx())) {
        after = a.group();
        a = mine.next();
        b = theirs.next();
        continue;
      }
      if (order <= 0) {
        extra.add(a);
      }
      if (order >= 0 && b.group() <= targetEnd) {
        firstMissing = firstMissing == null ? b : firstMissing;
        lastMissing = b.group();
      }
      if (order <= 0) {
        a = mine.next();
      }
      if (order >= 0) {
        b = theirs.next();
      }
    }
    if (firstMissing != null && firstMissing.group() < after) {
      return new JournalRelation.Gap(
          "it lacks group "
              + firstMissing.group()
              + " (and others up to "
              + lastMissing
              + ") but has newer ones");
    }
    long position = firstMissing == null ? targetEnd : firstMissing.group() - 1;
    if (extra.isEmpty()) {
      return new JournalRelation.Prefix(position);
    }
    position = Math.min(position, extra.get(0).group() - 1);
    List<JournalRow> rows = new ArrayList<>();
    for (Key k : extra) {
      rows.addAll(JournalTables.rows(target, "grp=" + k.group() + " AND idx=" + k.index()));
    }
    return new JournalRelation.Extra(Math.max(position, floor), rows);
  }

  private static String clusterId(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery("SELECT cluster_id FROM lockstep.node_info WHERE id=1")) {
      return rs.next() ? rs.getString(1) : null;
    }
  }

  /** The group before the last {@link #EXACT_GROUPS} ones. */
  private static long exactFrom(Connection c) throws SQLException {
    return JournalTables.number(
        c,
        "SELECT DISTINCT grp FROM lockstep.journal ORDER BY grp DESC LIMIT 1 OFFSET "
            + EXACT_GROUPS);
  }

  private static long firstAfter(Connection c, long group) throws SQLException {
    return JournalTables.number(c, "SELECT MIN(grp) FROM lockstep.journal WHERE grp>" + group);
  }

  private static long count(Connection c, long after, long upTo) throws SQLException {
    return JournalTables.number(
        c, "SELECT COUNT(*) FROM lockstep.journal WHERE grp>" + after + " AND grp<=" + upTo);
  }

  private record Key(long group, int index, String tx) implements Comparable<Key> {
    @Override
    public int compareTo(Key o) {
      return group != o.group ? Long.compare(group, o.group) : Integer.compare(index, o.index);
    }
  }

  /** A journal's keys in order, read in chunks. */
  private static final class Keys {
    private final Connection connection;
    private final long upTo;
    private long group;
    private int index = Integer.MAX_VALUE;
    private List<Key> chunk = List.of();
    private int at;

    Keys(Connection connection, long after, long upTo) {
      this.connection = connection;
      this.group = after;
      this.upTo = upTo;
    }

    Key next() throws SQLException {
      if (at == chunk.size()) {
        read();
      }
      return at == chunk.size() ? null : chunk.get(at++);
    }

    private void read() throws SQLException {
      List<Key> keys = new ArrayList<>();
      try (PreparedStatement s =
          connection.prepareStatement(
              "SELECT grp, idx, tx FROM lockstep.journal WHERE grp>=? AND (grp>? OR idx>?) AND"
                  + " grp<=? ORDER BY grp, idx LIMIT "
                  + CHUNK)) {
        s.setLong(1, group);
        s.setLong(2, group);
        s.setInt(3, index);
        s.setLong(4, upTo);
        try (ResultSet rs = s.executeQuery()) {
          while (rs.next()) {
            keys.add(new Key(rs.getLong(1), rs.getInt(2), rs.getString(3)));
          }
        }
      }
      chunk = keys;
      at = 0;
      if (!keys.isEmpty()) {
        group = keys.get(keys.size() - 1).group();
        index = keys.get(keys.size() - 1).index();
      }
    }
  }
}
