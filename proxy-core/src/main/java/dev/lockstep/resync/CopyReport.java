package dev.lockstep.resync;

import dev.lockstep.metrics.ClusterMetrics;
import dev.lockstep.node.TableName;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of a copy in the figures, and every ten seconds in the log. Thread-safe. */
final class CopyReport implements CopyProgress {
  private static final Logger LOG = LoggerFactory.getLogger(CopyReport.class);
  private static final long LOG_NANOS = 10_000_000_000L;

  private final String node;
  private final ClusterMetrics metrics;
  private final long start = System.nanoTime();
  private final ReentrantLock lock = new ReentrantLock();
  private long logged = start;

  CopyReport(String node, ClusterMetrics metrics) {
    this.node = node;
    this.metrics = metrics;
  }

  @Override
  public void copied(TableName table, long rows, long rowsEstimate, long bytes) {
    if (!lock.tryLock()) {
      return; // another stream is telling
    }
    try {
      long now = System.nanoTime();
      String text = text(table, rows, rowsEstimate, bytes, (now - start) / 1e9);
      metrics.rejoin(node, text, rows);
      if (now - logged >= LOG_NANOS) {
        logged = now;
        LOG.info("{}: {} {} rows", node, text, rows);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends where the number of rows follows. */
  static String text(TableName table, long rows, long rowsEstimate, long bytes, double seconds) {
    double mib = bytes / 1048576.0;
    StringBuilder s =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "copying %s: %.0f MiB, %.1f MiB/s",
                table,
                mib,
                mib / Math.max(0.001, seconds)));
    if (rowsEstimate > rows && rows > 0) {
      s.append(
          String.format(
              Locale.ROOT,
              ", about %d %% done and %.0f s left",
              100 * rows / rowsEstimate,
              seconds * (rowsEstimate - rows) / rows));
    }
    return s.append(',').toString();
  }
}
