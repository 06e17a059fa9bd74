package dev.lockstep.resync;

import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.JournalRow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saves transactions that are about to be undone, as SQL that a person can read. Stateless. */
final class LostTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(LostTransactions.class);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  private LostTransactions() {}

  private static int pieces(JournalRow row) {
    return Math.max(1, row.parts());
  }

  /** The row's write set; of one in parts, the part with this number, which is on that node. */
  private static String text(JournalRow row, int part, Connection from) throws SQLException {
    JournalParts.Part p = row.parts() == 0 ? null : JournalParts.find(from, row.tx(), part);
    List<Entry> entries = row.parts() == 0 ? row.entries() : p == null ? List.of() : p.entries();
    StringBuilder b = new StringBuilder();
    b.append("-- transaction ").append(row.tx());
    b.append(", group ").append(row.group()).append('/').append(row.index());
    b.append(", epoch ").append(row.epoch());
    b.append(", ").append(row.kind());
    if (row.parts() > 0) {
      b.append(", part ").append(part + 1).append(" of ").append(row.parts());
      b.append(p == null ? " (missing: H2 was killed)" : "");
    }
    b.append(", ").append(Instant.ofEpochMilli(row.at())).append('\n');
    for (Entry e : entries) {
      b.append("-- ").append(e.table()).append(", rows: ").append(e.expectedRows()).append('\n');
      for (String s : new String[] {e.context(), e.before(), e.sql(), e.after()}) {
        if (s != null && !s.isEmpty()) {
          b.append(s).append(";\n");
        }
      }
    }
    return b.toString();
  }

  /**
   * Writes a file that is on the disk when this returns. Where that is not possible it is logged:
   * the tables have them too, and a full disk here is no reason to keep a node out.
   *
   * @return the file, or null where it could not be written
   */
  static Path file(Path directory, String nodeId, List<JournalRow> rows, Connection from)
      throws SQLException {
    Path file =
        directory.resolve(
            "lost-"
                + nodeId.replaceAll("[^A-Za-z0-9._-]", "_")
                + "-"
                + STAMP.format(Instant.now())
                + ".sql");
    try {
      Files.createDirectories(directory);
      try (FileChannel out =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        for (JournalRow r : rows) {
          for (int n = 0; n < pieces(r); n++) {
            ByteBuffer bytes =
                ByteBuffer.wrap((text(r, n, from) + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
              out.write(bytes);
            }
          }
        }
        out.force(true);
      }
      try (FileChannel d = FileChannel.open(directory)) {
        d.force(true);
      } catch (IOException notOnThisSystem) {
        // Windows cannot open directories; the file itself is safe.
      }
      return file;
    } catch (IOException e) {
      LOG.error(
          "the transactions that only node {} has cannot be saved to {} (set the system property"
              + " lockstep.lostTransactionDirectory); they are in the table"
              + " lockstep.lost_transaction of that node and of a member: {}",
          nodeId,
          file,
          e.toString());
      return null;
    }
  }

  /** Adds what is not there yet to a node's table of lost transactions, and commits. */
  static void table(Connection c, String nodeId, List<JournalRow> rows, Connection from)
      throws SQLException {
    boolean auto = c.getAutoCommit();
    c.setAutoCommit(false);
    boolean ok = false;
    try (PreparedStatement delete =
            c.prepareStatement(
                "DELETE FROM lockstep.lost_transaction WHERE node_id=? AND grp=? AND idx=? AND"
                    + " tx=?");
        PreparedStatement insert =
            c.prepareStatement(
                "INSERT INTO lockstep.lost_transaction (node_id, grp, idx, tx, saved_at, write_set)"
                    + " VALUES (?,?,?,?,?,?)")) {
      for (JournalRow r : rows) {
        for (int n = 0; n < pieces(r); n++) {
          for (PreparedStatement s : List.of(delete, insert)) {
            s.setString(1, nodeId);
            s.setLong(2, r.group());
            s.setInt(3, r.index());
            s.setString(4, n == 0 ? r.tx() : r.tx() + "/" + n);
          }
          delete.executeUpdate();
          insert.setLong(5, System.currentTimeMillis());
          insert.setString(6, text(r, n, from));
          insert.executeUpdate();
        }
      }
      c.commit();
      ok = true;
    } finally {
      if (!c.isClosed()) {
        if (!ok) {
          c.rollback();
        }
        c.setAutoCommit(auto);
      }
    }
  }

  /** Removes rows from a node's journal, in the open transaction. */
  static void forget(Connection c, List<JournalRow> rows) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (JournalRow r : rows) {
        s.executeUpdate(
            "DELETE FROM lockstep.journal WHERE grp=" + r.group() + " AND idx=" + r.index());
      }
    }
  }
}
