package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.KeyReader;
import dev.lockstep.consistency.UserTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands out what is to be copied: whole tables, and of large ones ranges of the primary key, which
 * are found one after the other while those before are copied. Thread-safe.
 */
final class CopyPieces {
  /**
   * Some rows of a table.
   *
   * @param range {@link KeyRange#ALL} for all
   */
  record Piece(UserTable table, KeyRange range) {}

  /** A table of which ranges of so many rows are to be made; 0: one for all. */
  private record Whole(UserTable table, long rows) {}

  private final Vendor vendor;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Piece> ready = new ArrayDeque<>();
  private final Deque<Whole> tables = new ArrayDeque<>();
  private List<String> after;

  CopyPieces(Vendor vendor) {
    this.vendor = vendor;
  }

  /** Adds ranges. */
  void add(UserTable table, List<KeyRange> ranges) {
    ranges.forEach(r -> ready.add(new Piece(table, r)));
  }

  /**
   * Adds a table.
   *
   * @param rows of a range; 0: all together
   */
  void add(UserTable table, long rows) {
    tables.add(new Whole(table, table.primaryKey().isEmpty() ? 0 : rows));
  }

  /**
   * The next one, or null where none is left.
   *
   * @param source reads the snapshot; no other thread uses it
   */
  Piece next(Connection source) throws SQLException {
    lock.lock();
    try {
      if (!ready.isEmpty()) {
        return ready.poll();
      }
      Whole w = tables.peek();
      if (w == null) {
        return null;
      }
      List<String> upTo =
          w.rows() == 0
              ? null
              : new KeyReader(vendor, w.table()).nth(source, new KeyRange(after, null), w.rows());
      if (upTo != null && upTo.equals(after)) {
        throw new SQLException("Lockstep: no way past key " + after + " of " + w.table().name());
      }
      Piece piece = new Piece(w.table(), new KeyRange(after, upTo));
      after = upTo;
      if (upTo == null) {
        tables.poll();
      }
      return piece;
    } finally {
      lock.unlock();
    }
  }
}
