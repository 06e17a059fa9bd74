package dev.lockstep.harness.bench;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Brings one replica back in each of the ways that there are, while clients write, and measures
 * each beside an equally long stretch in which nothing happens. One use, by one thread.
 */
public final class Resyncs {
  private static final long RETURN_SECONDS = 7_200;
  private static final long SETTLE_MILLIS = 1_000;
  private static final int ROWS_PER_TRANSACTION = 100;

  /** A way back into the view. */
  public enum Way {
    COPY("full copy onto an empty node", "rejoined (full copy"),
    JOURNAL("replay of the journal", "rejoined (replay"),
    DIFFERENTIAL("comparison and repair", "rejoined (differential");

    private final String words;
    private final String reason;

    Way(String words, String reason) {
      this.words = words;
      this.reason = reason;
    }

    public String words() {
      return words;
    }
  }

  /** The cluster under measurement. */
  public interface Operator extends Pauses.View {
    /** Why the newest view was recorded. */
    String reason() throws InterruptedException;

    /**
     * Hands a command to the owner and waits until it is carried out.
     *
     * @param word evict, rejoin or rejoin-compare
     * @param node its index
     */
    void command(String word, int node) throws SQLException, InterruptedException;

    /** Milliseconds for which the last rejoin kept the gate for writers closed, at most. */
    double gateMillis() throws SQLException;
  }

  /**
   * One measurement.
   *
   * @param way the way that was wanted
   * @param reason what the view says about the way that was taken
   * @param bytes of values: of the whole table, or of the rows that were changed
   * @param millis from the command until the node was in the view
   * @param gateMillis for which the gate was closed, by the engine's own measure
   * @param pauseMillis longest time that any client was without an acknowledged commit
   * @param controlMillis the same in an equally long stretch without a rejoin
   * @param commits acknowledged from the command until the node was in
   * @param controlCommits the same in the other stretch
   */
  public record Result(
      Way way,
      String reason,
      long bytes,
      long millis,
      double gateMillis,
      long pauseMillis,
      long controlMillis,
      long commits,
      long controlCommits) {
    /** Whether the way was the one that was wanted. */
    public boolean asWanted() {
      return reason.startsWith(way.reason);
    }

    /** Mebibytes per second. */
    public double rate() {
      return bytes / 1048576.0 / Math.max(1, millis) * 1000;
    }
  }

  private final TestCluster cluster;
  private final Operator operator;
  private final BenchLoad load;
  private final String url;
  private final int rows;
  private final int changed;
  private final Random random;
  private final Consumer<String> progress;
  private final List<Result> results = new ArrayList<>();

  /**
   * @param url of Lockstep, for the changes that a node misses
   * @param rows of {@code bench_row}
   * @param changed how many of them change while a node is away
   */
  public Resyncs(
      TestCluster cluster,
      Operator operator,
      BenchLoad load,
      String url,
      int rows,
      int changed,
      long seed,
      Consumer<String> progress) {
    this.cluster = cluster;
    this.operator = operator;
    this.load = load;
    this.url = url;
    this.rows = rows;
    this.changed = Math.min(rows / 4, changed);
    this.random = new Random(seed);
    this.progress = progress;
  }

  /** What was measured so far. */
  public List<Result> results() {
    return results;
  }

  /** Brings a replica back in that way. */
  public void run(Way way) throws SQLException, InterruptedException {
    int primary = operator.primary();
    int node =
        operator.members().stream().filter(i -> i != primary).reduce((a, b) -> b).orElseThrow();
    operator.command("evict", node);
    switch (way) {
      case COPY -> {
        cluster.node(node).clear();
        cluster.node(node).createDatabase(BenchSchema.DATABASE);
      }
      case JOURNAL -> changeInCluster();
      case DIFFERENTIAL -> changeOnNode(cluster.node(node));
    }
    load.window();
    long begin = System.nanoTime();
    operator.command(way == Way.DIFFERENTIAL ? "rejoin-compare" : "rejoin", node);
    while (!operator.members().contains(node)) {
      if (System.nanoTime() - begin > RETURN_SECONDS * 1_000_000_000L) {
        throw new IllegalStateException(
            "'" + way.words() + "' was not over after " + RETURN_SECONDS + " s");
      }
      Thread.sleep(20);
    }
    long millis = (System.nanoTime() - begin) / 1_000_000;
    long commits = load.done();
    Thread.sleep(SETTLE_MILLIS);
    long pause = load.longestPauseMillis();
    double gate = operator.gateMillis();
    String reason = operator.reason();
    load.window();
    Thread.sleep(millis);
    long controlCommits = load.done();
    Thread.sleep(SETTLE_MILLIS);
    Result r =
        new Result(
            way,
            reason,
            (long) (way == Way.COPY ? rows : changed) * BenchSchema.ROW_BYTES,
            millis,
            gate,
            pause,
            load.longestPauseMillis(),
            commits,
            controlCommits);
    results.add(r);
    progress.accept(
        ("%-29s %7.1f s %7.1f MiB/s   gate closed %5.1f ms   longest pause %5d ms (control %d)"
                + "   %d commits (control %d)   %s")
            .formatted(
                way.words(),
                millis / 1000.0,
                r.rate(),
                gate,
                pause,
                r.controlMillis(),
                commits,
                controlCommits,
                reason));
  }

  /** Through Lockstep: rows get other texts, a hundred to a transaction. */
  private void changeInCluster() throws SQLException {
    DatabaseNode any = cluster.node(0);
    try (Connection c = DriverManager.getConnection(url, any.user(), any.password())) {
      c.setAutoCommit(false);
      try (PreparedStatement p = c.prepareStatement("UPDATE bench_row SET c=?, pad=? WHERE id=?")) {
        int done = 0;
        while (done < changed) {
          int n = Math.min(ROWS_PER_TRANSACTION, changed - done);
          long from = 1L + random.nextInt(rows - n);
          try {
            for (int i = 0; i < n; i++) {
              p.setString(1, BenchSchema.text(random, 119));
              p.setString(2, BenchSchema.text(random, 59));
              p.setLong(3, from + i);
              p.executeUpdate();
            }
            c.commit();
            done += n;
          } catch (SQLException e) {
            if (!"40001".equals(e.getSQLState())) {
              throw e;
            }
            c.rollback();
          }
        }
      }
    }
  }

  /** Behind Lockstep's back: of each so many blocks of a thousand rows one changes. */
  private void changeOnNode(DatabaseNode node) throws SQLException {
    long every = Math.max(1, rows / changed);
    String block = "MOD(FLOOR((id-1)/1000)," + every + ")=0 AND id<=" + rows;
    try (Connection c = node.connect(BenchSchema.DATABASE);
        Statement s = c.createStatement()) {
      s.executeUpdate("DELETE FROM bench_row WHERE MOD(id,10)=0 AND " + block);
      s.executeUpdate("UPDATE bench_row SET k=k+1000000 WHERE " + block);
    }
  }
}
