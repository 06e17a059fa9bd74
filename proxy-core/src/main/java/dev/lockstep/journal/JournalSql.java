package dev.lockstep.journal;

import dev.lockstep.node.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Renders the statements that write journal rows. Stateless. */
public final class JournalSql {
  private static final String COLUMNS =
      "INSERT INTO lockstep.journal (grp,idx,epoch,tx,kind,at,tables,format,payload) ";
  private static final int DEFLATE_ABOVE = 8192;
  private static final HexFormat HEX = HexFormat.of();

  private JournalSql() {}

  /**
   * The part of a row that does not depend on its place in the order: everything after {@code
   * grp,idx,epoch}. Made once per transaction and used on every member.
   */
  public static String tail(
      Dialect dialect, String tx, JournalRow.Kind kind, long at, String tables, String writeSet) {
    StringBuilder b = new StringBuilder(writeSet.length() + writeSet.length() / 8 + 128);
    b.append(",'")
        .append(tx)
        .append("',")
        .append(kind.ordinal())
        .append(',')
        .append(at)
        .append(',');
    b.append(dialect.literal(tables)).append(',');
    if (writeSet.length() > DEFLATE_ABOVE) {
      b.append(WriteSetCodec.DEFLATED).append(",x'");
      b.append(HEX.formatHex(WriteSetCodec.deflate(writeSet))).append('\'');
    } else if (dialect.vendor().mysqlFamily()) {
      b.append(WriteSetCodec.PLAIN).append(',').append(dialect.literal(writeSet));
    } else {
      b.append(WriteSetCodec.PLAIN).append(",x'");
      b.append(HEX.formatHex(writeSet.getBytes(StandardCharsets.UTF_8))).append('\'');
    }
    return b.toString();
  }

  /** The tail of a row that is already in a journal. */
  public static String tail(Dialect dialect, JournalRow row) {
    return ",'"
        + row.tx()
        + "',"
        + row.kind().ordinal()
        + ","
        + row.at()
        + ","
        + dialect.literal(row.tables())
        + ","
        + row.format()
        + ",x'"
        + HEX.formatHex(row.payload())
        + "'";
  }

  /**
   * Inserts one row if the fence still carries {@code token}; count 1. The shared lock on the fence
   * row is held until the transaction ends, so raising the fence waits for it. (On H2, which has no
   * shared row locks, it is a condition: there a new owner's killing and awaiting of all sessions
   * takes the place of the lock.)
   */
  public static String fenced(
      Dialect dialect, String token, long group, int index, long epoch, String tail) {
    return COLUMNS
        + "SELECT "
        + group
        + ','
        + index
        + ','
        + epoch
        + tail
        + " FROM lockstep.fence WHERE id=1 AND token='"
        + token
        + (dialect.vendor().mysqlFamily() ? "' LOCK IN SHARE MODE" : "'");
  }

  /**
   * Begins a plain insert of several rows, for a transaction that already holds the fence's lock.
   */
  public static StringBuilder values() {
    return new StringBuilder(COLUMNS).append("VALUES ");
  }

  /** Appends one row to {@link #values}. */
  public static void row(
      StringBuilder out, boolean first, long group, int index, long epoch, String tail) {
    out.append(first ? "(" : ",(")
        .append(group)
        .append(',')
        .append(index)
        .append(',')
        .append(epoch);
    out.append(tail).append(')');
  }
}
