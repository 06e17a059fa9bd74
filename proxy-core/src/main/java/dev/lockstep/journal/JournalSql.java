package dev.lockstep.journal;

import dev.lockstep.node.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.UUID;

/** Renders the statements that write journal rows. Stateless. */
public final class JournalSql {
  private static final String INSERT =
      "INSERT INTO lockstep.journal (grp,idx,epoch,tx,kind,at,tables,format,payload";
  private static final int DEFLATE_ABOVE = 8192;
  private static final HexFormat HEX = HexFormat.of();

  private JournalSql() {}

  /**
   * The part of a row that does not depend on its place in the order: everything after {@code
   * grp,idx,epoch}. Made once per transaction and used on every member.
   */
  public static String tail(
      Dialect dialect, String tx, JournalRow.Kind kind, long at, String tables, String writeSet) {
    return tail(dialect, tx, kind, at, tables, writeSet, 0);
  }

  /** The same for a transaction whose write set is in so many {@link JournalParts}. */
  public static String tail(Dialect dialect, String tx, long at, String tables, int parts) {
    return tail(dialect, tx, JournalRow.Kind.TRANSACTION, at, tables, "", parts);
  }

  private static String tail(
      Dialect dialect,
      String tx,
      JournalRow.Kind kind,
      long at,
      String tables,
      String writeSet,
      int parts) {
    StringBuilder b = new StringBuilder(writeSet.length() + writeSet.length() / 8 + 128);
    b.append(",'")
        .append(tx)
        .append("',")
        .append(kind.ordinal())
        .append(',')
        .append(at)
        .append(',');
    b.append(dialect.literal(tables)).append(',');
    if (parts > 0) {
      byte[] number = Integer.toString(parts).getBytes(StandardCharsets.US_ASCII);
      return b.append(WriteSetCodec.PARTS)
          .append(",x'")
          .append(HEX.formatHex(number))
          .append('\'')
          .toString();
    }
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
    return INSERT
        + ") SELECT "
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
   * Begins an insert of several rows that holds and checks the fence by a foreign key: cheaper than
   * {@link #fenced}, and as strict. InnoDB checks a new row's reference under a shared lock on the
   * fence's row, which it keeps until the transaction ends (source: MySQL manual, "FOREIGN KEY
   * Constraints", and "Locks Set by Different SQL Statements"); raising the fence waits for it, and
   * after that the insert fails ({@link Dialect#missingParent}). The reference of old rows dangles
   * from then on, which nobody looks at. MySQL and MariaDB only, on a session with
   * foreign_key_checks=1.
   */
  public static StringBuilder keyed() {
    return new StringBuilder(INSERT).append(",fence) VALUES ");
  }

  /**
   * Appends one row to {@link #keyed}; {@code token} null where another row of the transaction
   * holds the fence.
   */
  public static void keyedRow(
      StringBuilder out, boolean first, String token, long group, int index, long epoch, String t) {
    open(out, first, group, index, epoch, t).append(',');
    out.append(token == null ? "NULL" : Long.toString(fenceNumber(token))).append(')');
  }

  /** A token as the number that rows refer to. */
  public static long fenceNumber(String token) {
    return UUID.nameUUIDFromBytes(token.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
  }

  /**
   * Begins a plain insert of several rows, for a transaction that already holds the fence's lock.
   */
  public static StringBuilder values() {
    return new StringBuilder(INSERT).append(") VALUES ");
  }

  /** Appends one row to {@link #values}. */
  public static void row(
      StringBuilder out, boolean first, long group, int index, long epoch, String tail) {
    open(out, first, group, index, epoch, tail).append(')');
  }

  private static StringBuilder open(
      StringBuilder out, boolean first, long group, int index, long epoch, String tail) {
    out.append(first ? "(" : ",(").append(group).append(',').append(index).append(',');
    return out.append(epoch).append(tail);
  }
}
