package dev.lockstep.resync;

import dev.lockstep.config.SqlState;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import java.sql.SQLException;

/**
 * A journal row gave another result on the target than it gave on the primary: the target holds
 * other data than its journal says. Everything before that row's group has been applied and
 * committed, nothing of the group.
 */
public final class ReplayException extends SQLException {
  private static final long serialVersionUID = 1L;

  private final transient JournalRow row;
  private final transient Entry entry;
  private final long expected;
  private final long actual;

  private ReplayException(
      String message, JournalRow row, Entry entry, long expected, long actual, Throwable cause) {
    super("Lockstep: " + message, SqlState.INTERNAL.code(), cause);
    this.row = row;
    this.entry = entry;
    this.expected = expected;
    this.actual = actual;
  }

  private static String place(JournalRow row, Entry entry) {
    return "journal row "
        + row.group()
        + "/"
        + row.index()
        + " ("
        + row.tx()
        + ")"
        + (entry == null ? "" : ", table " + entry.table());
  }

  static ReplayException count(JournalRow row, Entry entry, long expected, long actual) {
    return new ReplayException(
        place(row, entry) + " changed " + actual + " rows instead of " + expected,
        row,
        entry,
        expected,
        actual,
        null);
  }

  static ReplayException error(JournalRow row, Entry entry, SQLException e) {
    return new ReplayException(
        place(row, entry) + " failed: " + e.getMessage(),
        row,
        entry,
        entry == null ? -1 : entry.expectedRows(),
        -1,
        e);
  }

  static ReplayException other(JournalRow row, String why) {
    return new ReplayException(place(row, null) + " " + why, row, null, -1, -1, null);
  }

  /** The row that failed; null after deserialization. */
  public JournalRow row() {
    return row;
  }

  /** The entry that failed; null where it was the row itself, and after deserialization. */
  public Entry entry() {
    return entry;
  }

  /** The count that the primary answered, or -1. */
  public long expected() {
    return expected;
  }

  /** The count that the target answered, or -1 where it answered with an error. */
  public long actual() {
    return actual;
  }
}
