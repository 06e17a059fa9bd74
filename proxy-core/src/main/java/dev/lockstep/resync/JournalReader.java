package dev.lockstep.resync;

import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.JournalRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Streams a node's journal group by group, in order, in bounded memory: rows are read in chunks
 * that end by number or by bytes. For one thread; the connection must be used for nothing else
 * while a method runs.
 */
public final class JournalReader {
  private static final int CHUNK_ROWS = 1_000;
  private static final long CHUNK_BYTES = 8L << 20;

  private final Connection source;
  private final long upTo;
  private long group;
  private int index;
  private final Deque<JournalRow> ahead = new ArrayDeque<>();
  private boolean exhausted;
  private boolean whole;

  /**
   * A reader of all rows with groups above {@code after} and up to {@code upTo}.
   *
   * @param upTo last group, inclusive; it should be finished on the source
   */
  public JournalReader(Connection source, long after, long upTo) {
    this.source = source;
    this.upTo = upTo;
    this.group = after;
    this.index = Integer.MAX_VALUE;
  }

  /**
   * From now on reading fails with {@link CopyNeededException} where rows that were to be read may
   * have been trimmed. Numbers of groups have gaps, so nothing else tells.
   */
  JournalReader whole() {
    whole = true;
    return this;
  }

  /** The next row, or null at the end. */
  public JournalRow next() throws SQLException {
    fill();
    return ahead.poll();
  }

  /** All rows of the next group, or an empty list at the end. */
  public List<JournalRow> nextGroup() throws SQLException {
    List<JournalRow> rows = new ArrayList<>();
    for (fill(); !ahead.isEmpty(); fill()) {
      if (!rows.isEmpty() && ahead.peek().group() != rows.get(0).group()) {
        break;
      }
      rows.add(ahead.poll());
    }
    return rows;
  }

  /** A part of the write set of a row that was read. */
  JournalParts.Part part(JournalRow row, int number) throws SQLException {
    return JournalParts.read(source, row.tx(), number);
  }

  /** The row that ends the DDL that {@code intent} began, or null where there is none yet. */
  JournalRow doneOf(JournalRow intent) throws SQLException {
    return ddl(JournalRow.Kind.DDL_DONE, ">=", intent);
  }

  /** The row that began the DDL that {@code done} ended, or null where it has been trimmed. */
  JournalRow intentOf(JournalRow done) throws SQLException {
    return ddl(JournalRow.Kind.DDL_INTENT, "<=", done);
  }

  private JournalRow ddl(JournalRow.Kind kind, String where, JournalRow other) throws SQLException {
    List<JournalRow> rows =
        JournalTables.rows(
            source,
            "grp"
                + where
                + other.group()
                + " AND kind="
                + kind.ordinal()
                + " AND tx='"
                + other.tx().replace("'", "''")
                + "'");
    return rows.isEmpty() ? null : rows.get(0);
  }

  private void fill() throws SQLException {
    if (!ahead.isEmpty() || exhausted) {
      return;
    }
    // The newest group of which nothing is read any more.
    long complete = index == Integer.MAX_VALUE ? group : group - 1;
    read();
    // The floor is raised before rows are deleted: if it is not above now, they were all there.
    if (whole && Math.min(JournalTables.floor(source), upTo) > complete) {
      throw new CopyNeededException("the journal was trimmed during the replay");
    }
  }

  private void read() throws SQLException {
    String range =
        "(grp>"
            + group
            + " OR (grp="
            + group
            + " AND idx>"
            + index
            + ")) AND grp>="
            + group
            + " AND grp<="
            + upTo;
    // Sizes first, so that a few huge write sets are not all in memory at once.
    long bytes = 0;
    int n = 0;
    try (var s = source.createStatement();
        var rs =
            s.executeQuery(
                "SELECT grp, idx, LENGTH(payload) FROM lockstep.journal WHERE "
                    + range
                    + " ORDER BY grp, idx LIMIT "
                    + CHUNK_ROWS)) {
      while (rs.next() && (n == 0 || bytes < CHUNK_BYTES)) {
        bytes += rs.getLong(3);
        n++;
      }
    }
    if (n == 0) {
      exhausted = true;
      return;
    }
    try (var s = source.createStatement();
        var rs =
            s.executeQuery(
                "SELECT "
                    + JournalTables.COLUMNS
                    + " FROM lockstep.journal WHERE "
                    + range
                    + " ORDER BY grp, idx LIMIT "
                    + n)) {
      while (rs.next()) {
        ahead.add(JournalTables.row(rs));
      }
    }
    if (ahead.isEmpty()) {
      exhausted = true;
      return;
    }
    group = ahead.peekLast().group();
    index = ahead.peekLast().index();
  }
}
