package dev.lockstep.journal;

import dev.lockstep.node.Dialect;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Write sets too large for one journal row: their parts, in order, each with whole entries, in
 * {@code lockstep.journal_part} on every node. They are written in the transaction itself, so they
 * are there when its journal row is, and go with it when it is rolled back. Stateless.
 */
public final class JournalParts {
  private static final HexFormat HEX = HexFormat.of();

  private JournalParts() {}

  /**
   * One part.
   *
   * @param number its place, from 0
   * @param format as {@code journal.format}
   * @param payload as {@code journal.payload}
   */
  public record Part(String tx, int number, int format, byte[] payload) {
    /** The part that holds these entries, as {@link WriteSetCodec#append} wrote them. */
    public static Part of(String tx, int number, String entries) {
      byte[] deflated = WriteSetCodec.deflate(entries);
      byte[] plain = entries.getBytes(StandardCharsets.UTF_8);
      return deflated.length < plain.length
          ? new Part(tx, number, WriteSetCodec.DEFLATED, deflated)
          : new Part(tx, number, WriteSetCodec.PLAIN, plain);
    }

    /** The entries in it. */
    public List<Entry> entries() {
      return WriteSetCodec.decode(format, payload);
    }

    /** The statement that writes it; changes one row. */
    public String insert(Dialect dialect) {
      return "INSERT INTO lockstep.journal_part (tx,part,format,payload) VALUES ("
          + dialect.literal(tx)
          + ","
          + number
          + ","
          + format
          + ",x'"
          + HEX.formatHex(payload)
          + "')";
    }
  }

  /**
   * Reads a part, also of the connection's own open transaction.
   *
   * @throws SQLException of the server; 08006 where the part is not there
   */
  public static Part read(Connection c, String tx, int number) throws SQLException {
    Part p = find(c, tx, number);
    if (p == null) {
      throw new SQLException(
          "Lockstep: part " + number + " of the write set of " + tx + " is missing", "08006");
    }
    return p;
  }

  /** The same, or null where the part is not there. */
  public static Part find(Connection c, String tx, int number) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT format, payload FROM lockstep.journal_part WHERE tx=? AND part=?")) {
      s.setString(1, tx);
      s.setInt(2, number);
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? new Part(tx, number, r.getInt(1), r.getBytes(2)) : null;
      }
    }
  }

  /** The transactions with parts among the journal rows that fulfil a condition. */
  public static List<String> named(Connection c, String where) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT tx FROM lockstep.journal WHERE format="
                    + WriteSetCodec.PARTS
                    + " AND "
                    + where)) {
      while (r.next()) {
        all.add(r.getString(1));
      }
    }
    return all;
  }

  /** Removes the parts of one transaction; by key, so that no other's are locked. */
  public static String delete(String tx) {
    return "DELETE FROM lockstep.journal_part WHERE tx='" + tx.replace("'", "''") + "'";
  }
}
