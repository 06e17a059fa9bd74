package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.WriteSetCodec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads and writes journal and floor of one node. Stateless. */
public final class JournalTables {
  static final String COLUMNS = "grp, idx, epoch, tx, kind, at, tables, format, payload";

  private JournalTables() {}

  /** The group up to which (inclusive) the node's journal was trimmed; 0 where it never was. */
  public static long floor(Connection c) throws SQLException {
    return number(c, "SELECT MAX(grp) FROM lockstep.journal_floor");
  }

  /** The newest group in the node's journal, or its floor where the journal is empty. */
  public static long position(Connection c) throws SQLException {
    return Math.max(number(c, "SELECT MAX(grp) FROM lockstep.journal"), floor(c));
  }

  /** The position of the snapshot that the connection's transaction reads. */
  public static SnapshotPosition snapshot(Connection c) throws SQLException {
    long group = position(c);
    return new SnapshotPosition(group, rows(c, "grp=" + group));
  }

  /** Whether there is a transaction with parts behind this group. */
  static boolean hasLarge(Connection c, long after) throws SQLException {
    return number(
            c,
            "SELECT COUNT(*) FROM lockstep.journal WHERE grp>"
                + after
                + " AND format="
                + WriteSetCodec.PARTS)
        > 0;
  }

  /** The DDL that has begun and not ended, in order. */
  public static List<JournalRow> openDdl(Connection c) throws SQLException {
    int intent = JournalRow.Kind.DDL_INTENT.ordinal();
    int done = JournalRow.Kind.DDL_DONE.ordinal();
    return rows(
        c,
        "kind="
            + intent
            + " AND NOT EXISTS (SELECT 1 FROM lockstep.journal d WHERE d.tx=lockstep.journal.tx AND d.kind="
            + done
            + ")");
  }

  /**
   * Makes a node's journal that of a copy taken at {@code position}, in one transaction: the rows
   * that the copy holds of the newest group, and the floor below it. Nothing else is touched.
   */
  public static void reset(Connection target, SnapshotPosition position) throws SQLException {
    boolean auto = target.getAutoCommit();
    target.setAutoCommit(false);
    try {
      try (Statement s = target.createStatement()) {
        s.executeUpdate("DELETE FROM lockstep.journal_part");
        s.executeUpdate("DELETE FROM lockstep.journal");
        s.executeUpdate("DELETE FROM lockstep.journal_floor");
        // A large transaction's parts are not copied, so nobody can be replayed from its row.
        boolean whole =
            !position.lastGroup().isEmpty()
                && position.lastGroup().stream().allMatch(r -> r.parts() == 0);
        long floor = whole ? position.group() - 1 : position.group();
        s.executeUpdate("INSERT INTO lockstep.journal_floor (id, grp) VALUES (1, " + floor + ")");
      }
      for (JournalRow r : position.lastGroup()) {
        insert(target, r);
      }
      target.commit();
    } catch (SQLException e) {
      target.rollback();
      throw e;
    } finally {
      target.setAutoCommit(auto);
    }
  }

  static void insert(Connection c, JournalRow r) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO lockstep.journal (" + COLUMNS + ") VALUES (?,?,?,?,?,?,?,?,?)")) {
      s.setLong(1, r.group());
      s.setInt(2, r.index());
      s.setLong(3, r.epoch());
      s.setString(4, r.tx());
      s.setInt(5, r.kind().ordinal());
      s.setLong(6, r.at());
      s.setString(7, r.tables());
      s.setInt(8, r.format());
      s.setBytes(9, r.payload());
      s.executeUpdate();
    }
  }

  /** Rows that fulfil a condition, in order. */
  static List<JournalRow> rows(Connection c, String where) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs =
            s.executeQuery(
                "SELECT "
                    + COLUMNS
                    + " FROM lockstep.journal WHERE "
                    + where
                    + " ORDER BY grp, idx")) {
      List<JournalRow> rows = new ArrayList<>();
      while (rs.next()) {
        rows.add(row(rs));
      }
      return rows;
    }
  }

  static JournalRow row(ResultSet rs) throws SQLException {
    int kind = rs.getInt(5);
    JournalRow.Kind[] kinds = JournalRow.Kind.values();
    if (kind < 0 || kind >= kinds.length) {
      throw new SQLException(
          "journal row " + rs.getLong(1) + "/" + rs.getInt(2) + " has unknown kind " + kind);
    }
    return new JournalRow(
        rs.getLong(1),
        rs.getInt(2),
        rs.getLong(3),
        rs.getString(4),
        kinds[kind],
        rs.getLong(6),
        rs.getString(7),
        rs.getInt(8),
        rs.getBytes(9));
  }

  static long number(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery(sql)) {
      return rs.next() ? rs.getLong(1) : 0;
    }
  }
}
