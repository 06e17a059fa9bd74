package dev.lockstep.harness.workload;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Live figures of a running workload. Thread-safe. */
public final class Progress {
  private static final int MAX_ERRORS_KEPT = 1_000;
  private static final long SECOND = 1_000_000_000L;

  /**
   * An exception that an application would not expect.
   *
   * @param client number of the client
   * @param transaction id of the transaction, "-" outside of one
   * @param sqlState SQLState, "-" if it has none
   */
  public record ApplicationError(
      long epochMillis, int client, String transaction, String sqlState, Throwable cause) {}

  private final LongAdder commits = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder rollbacks = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder reads = new LongAdder();
  private final LongAdder errorCount = new LongAdder();
  private final List<ApplicationError> errors = new ArrayList<>();
  private final AtomicLongArray lastOfClient;
  private final AtomicLong last = new AtomicLong();
  private final AtomicLong longest = new AtomicLong();
  private final AtomicLong longestOfClient = new AtomicLong();
  private volatile boolean running;

  // The current second and the one before it; guarded by this.
  private final long start = System.nanoTime();
  private long second;
  private long inSecond;
  private long inSecondBefore;

  Progress(int clients) {
    lastOfClient = new AtomicLongArray(clients);
    resetWindow();
  }

  /** Forgets the longest times without a commit; the time until the next commit counts from now. */
  public void resetWindow() {
    long now = System.nanoTime();
    for (int i = 0; i < lastOfClient.length(); i++) {
      lastOfClient.set(i, now);
    }
    last.set(now);
    longest.set(0);
    longestOfClient.set(0);
  }

  void running(boolean now) {
    if (now) {
      resetWindow();
    } else {
      longestStallMillis(); // the last stretch counts too
      longestClientStallMillis();
    }
    running = now;
  }

  void committed(int client) {
    commits.increment();
    long now = System.nanoTime();
    longest.accumulateAndGet(now - last.getAndSet(now), Math::max);
    longestOfClient.accumulateAndGet(
        now - lastOfClient.getAndSet(client % lastOfClient.length(), now), Math::max);
    synchronized (this) {
      advance(now);
      inSecond++;
    }
  }

  private void advance(long now) {
    long current = (now - start) / SECOND;
    if (current != second) {
      inSecondBefore = current == second + 1 ? inSecond : 0;
      inSecond = 0;
      second = current;
    }
  }

  void retried() {
    retries.increment();
  }

  void rolledBack() {
    rollbacks.increment();
  }

  void outcomeUnknown() {
    unknown.increment();
  }

  void read() {
    reads.increment();
  }

  void failed(int client, String transaction, String sqlState, Throwable cause) {
    errorCount.increment();
    synchronized (errors) {
      if (errors.size() < MAX_ERRORS_KEPT) {
        errors.add(
            new ApplicationError(System.currentTimeMillis(), client, transaction, sqlState, cause));
      }
    }
  }

  /** Acknowledged transactions so far. */
  public long commits() {
    return commits.sum();
  }

  /** Acknowledged transactions in the last full second. */
  public synchronized long commitsPerSecond() {
    advance(System.nanoTime());
    return inSecondBefore;
  }

  /** Transactions that ended with 40001 and were tried again. */
  public long retries() {
    return retries.sum();
  }

  /** Transactions that the clients rolled back on purpose. */
  public long rollbacks() {
    return rollbacks.sum();
  }

  /** Transactions that ended with 08007. */
  public long unknownOutcomes() {
    return unknown.sum();
  }

  /** Reads outside of transactions. */
  public long reads() {
    return reads.sum();
  }

  /** The longest time in this window during which no client got a commit acknowledged. */
  public long longestStallMillis() {
    if (running) {
      longest.accumulateAndGet(System.nanoTime() - last.get(), Math::max);
    }
    return longest.get() / 1_000_000;
  }

  /** The longest time in this window that some client spent without an acknowledged commit. */
  public long longestClientStallMillis() {
    if (running) {
      long now = System.nanoTime();
      for (int i = 0; i < lastOfClient.length(); i++) {
        longestOfClient.accumulateAndGet(now - lastOfClient.get(i), Math::max);
      }
    }
    return longestOfClient.get() / 1_000_000;
  }

  /** Exceptions that were neither 40001 nor 08007. */
  public long errorCount() {
    return errorCount.sum();
  }

  /** The first thousand of them. */
  public List<ApplicationError> errors() {
    synchronized (errors) {
      return List.copyOf(errors);
    }
  }

  /** How often each SQLState and message occurred among {@link #errors()}. */
  public Map<String, Integer> errorSummary() {
    Map<String, Integer> summary = new TreeMap<>();
    for (ApplicationError error : errors()) {
      summary.merge(error.sqlState() + " " + error.cause(), 1, Integer::sum);
    }
    return summary;
  }

  @Override
  public String toString() {
    return "%d commits, %d in the last second, longest stall %d ms, %d retries, %d rollbacks, %d unknown, %d errors"
        .formatted(
            commits(),
            commitsPerSecond(),
            longestStallMillis(),
            retries(),
            rollbacks(),
            unknownOutcomes(),
            errorCount());
  }
}
