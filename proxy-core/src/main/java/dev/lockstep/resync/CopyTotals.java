package dev.lockstep.resync;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What all streams of one copy have done, how fast they may go and whether they must stop.
 * Thread-safe.
 */
final class CopyTotals {
  private static final long NAP_NANOS = 50_000_000;

  private final String what;
  private final BooleanSupplier cancelled;
  private final CopyProgress progress;
  private final long bytesPerSecond;
  private final long start = System.nanoTime();
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile long estimate = -1;

  /**
   * @param what for messages
   * @param bytesPerSecond 0: no limit
   */
  CopyTotals(String what, BooleanSupplier cancelled, CopyProgress progress, long bytesPerSecond) {
    this.what = what;
    this.cancelled = cancelled;
    this.progress = progress;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** The source's own estimate of all rows. */
  void estimate(long all) {
    estimate = all;
  }

  /** Rows that need not be sent. */
  void there(TableName table, long count) throws SQLException {
    sent(table, count, 0);
  }

  /** Counts, tells, and holds the stream up where it is too fast. */
  void sent(TableName table, long moreRows, long moreBytes) throws SQLException {
    long r = rows.addAndGet(moreRows);
    long b = bytes.addAndGet(moreBytes);
    check();
    progress.copied(table, r, estimate, b);
    if (bytesPerSecond > 0) {
      long due = start + (long) (1e9 * b / bytesPerSecond);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(this, Math.min(left, NAP_NANOS));
        check();
      }
    }
  }

  /** One stream has failed: the others end too. The first failure counts. */
  void failed(Throwable t) {
    failure.compareAndSet(null, t);
  }

  Throwable failure() {
    return failure.get();
  }

  /**
   * To be called often.
   *
   * @throws CancelledException where the copy is to end
   */
  void check() throws SQLException {
    if (cancelled.getAsBoolean() || failure.get() != null) {
      throw new CancelledException(what);
    }
  }

  long rows() {
    return rows.get();
  }

  long bytes() {
    return bytes.get();
  }
}
