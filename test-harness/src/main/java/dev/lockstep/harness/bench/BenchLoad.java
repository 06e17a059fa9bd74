package dev.lockstep.harness.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * Clients that do one {@link Workload} on a JDBC URL. After 40001 they try again at once, after any
 * other error on a new connection. Figures are those of the current window. Thread-safe.
 */
public final class BenchLoad implements AutoCloseable {
  private static final long MAX_NANOS = 600_000_000_000L;

  private final String url;
  private final String user;
  private final String password;
  private final Workload workload;
  private final int rows;
  private final List<Worker> workers = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * @param rows of {@code bench_row}
   * @param seed of what the clients do
   */
  public BenchLoad(
      String url,
      String user,
      String password,
      Workload workload,
      int clients,
      int rows,
      long seed) {
    this.url = url;
    this.user = user;
    this.password = password;
    this.workload = workload;
    this.rows = rows;
    for (int i = 0; i < clients; i++) {
      workers.add(new Worker(i, seed));
    }
  }

  /** Starts the clients. */
  public void start() {
    workers.forEach(Thread::start);
  }

  /** Begins a new window. */
  public void window() {
    workers.forEach(Worker::window);
  }

  /** Acknowledged in this window. */
  public long done() {
    return workers.stream().mapToLong(Worker::done).sum();
  }

  /** Acknowledged since the start. */
  public long doneInAll() {
    return workers.stream().mapToLong(w -> w.doneInAll).sum();
  }

  /** The latencies of this window, in nanoseconds. */
  public Histogram latencies() {
    Histogram all = new Histogram(MAX_NANOS, 3);
    workers.forEach(w -> w.addTo(all));
    return all;
  }

  /** The longest time in this window that any client spent without an acknowledged commit. */
  public long longestPauseMillis() {
    return workers.stream().mapToLong(Worker::longestPause).max().orElse(0) / 1_000_000;
  }

  /** Errors since the start, by SQLState and message; 40001 too. */
  public Map<String, Integer> errors() {
    Map<String, Integer> all = new TreeMap<>();
    workers.forEach(w -> w.addErrors(all));
    return all;
  }

  /** Ends the clients and waits for them. */
  @Override
  public void close() {
    stopped = true;
    boolean interrupted = false;
    for (Worker w : workers) {
      while (w.isAlive()) {
        try {
          w.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Worker extends Thread {
    private final Random random;
    private final Histogram histogram = new Histogram(MAX_NANOS, 3);
    private final Map<String, Integer> errors = new TreeMap<>();
    private long last = System.nanoTime();
    private long longest;
    private volatile long doneInAll;
    private Workload.Client client;

    Worker(int number, long seed) {
      super("lockstep-bench-" + number);
      random = new Random(seed * 1_000_003 + number);
    }

    @Override
    public void run() {
      try {
        while (!stopped) {
          long begin = System.nanoTime();
          if (tryOnce()) {
            acknowledged(begin);
          }
        }
      } finally {
        leave();
      }
    }

    private boolean tryOnce() {
      try {
        if (client == null) {
          Connection c = DriverManager.getConnection(url, user, password);
          c.setAutoCommit(workload.autocommit());
          client = new Workload.Client(c, random, rows);
        }
        workload.once(client);
        return true;
      } catch (SQLException e) {
        count(e);
        if (!"40001".equals(e.getSQLState()) || !rolledBack()) {
          leave();
        }
        return false;
      }
    }

    private boolean rolledBack() {
      try {
        if (!workload.autocommit()) {
          client.connection.rollback();
        }
        return true;
      } catch (SQLException e) {
        count(e);
        return false;
      }
    }

    private void leave() {
      if (client != null) {
        try {
          client.connection.close();
        } catch (SQLException e) {
          count(e);
        }
        client = null;
      }
    }

    private synchronized void count(SQLException e) {
      errors.merge(e.getSQLState() + " " + e.getMessage(), 1, Integer::sum);
    }

    private synchronized void acknowledged(long begin) {
      long now = System.nanoTime();
      histogram.recordValue(Math.min(MAX_NANOS, now - begin));
      longest = Math.max(longest, now - last);
      last = now;
      doneInAll++;
    }

    synchronized void window() {
      histogram.reset();
      longest = 0;
      last = System.nanoTime();
    }

    synchronized long done() {
      return histogram.getTotalCount();
    }

    synchronized void addTo(Histogram all) {
      all.add(histogram);
    }

    synchronized void addErrors(Map<String, Integer> all) {
      errors.forEach((k, n) -> all.merge(k, n, Integer::sum));
    }

    synchronized long longestPause() {
      return Math.max(longest, System.nanoTime() - last);
    }
  }
}
