package dev.lockstep.harness.bench;

import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Measures the longest time that any client spends without an acknowledged commit while a replica
 * and the primary are killed and come back, beside an equally long stretch without a fault. One
 * use, by one thread.
 */
public final class Pauses {
  private static final long RETURN_SECONDS = 300;
  private static final long SETTLE_MILLIS = 1_000;

  /** What happens in a stretch of a run. */
  public enum Phase {
    CONTROL("nothing happens"),
    REPLICA_DIES("a replica dies"),
    REPLICA_RETURNS("it rejoins"),
    PRIMARY_DIES("the primary dies"),
    PRIMARY_RETURNS("it rejoins as a replica");

    private final String words;

    Phase(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /** Who is in the view; read from the nodes. */
  public interface View {
    /** Indexes of the members, as last recorded. */
    List<Integer> members() throws InterruptedException;

    /** Index of the primary. */
    int primary() throws InterruptedException;
  }

  private final TestCluster cluster;
  private final View view;
  private final BenchLoad load;
  private final long windowMillis;
  private final Consumer<String> progress;
  private final Map<Phase, List<Long>> pauses = new EnumMap<>(Phase.class);

  /**
   * @param windowMillis how long each stretch is at least
   */
  public Pauses(
      TestCluster cluster,
      View view,
      BenchLoad load,
      long windowMillis,
      Consumer<String> progress) {
    this.cluster = cluster;
    this.view = view;
    this.load = load;
    this.windowMillis = windowMillis;
    this.progress = progress;
    for (Phase p : Phase.values()) {
      pauses.put(p, new ArrayList<>());
    }
  }

  /** Milliseconds of each run so far, by phase. */
  public Map<Phase, List<Long>> pauses() {
    return pauses;
  }

  /** One run: all phases. */
  public void run() throws InterruptedException {
    measure(Phase.CONTROL, () -> {}, () -> true);
    int primary = view.primary();
    int replica = view.members().stream().filter(i -> i != primary).findFirst().orElseThrow();
    loseAndReturn(replica, Phase.REPLICA_DIES, Phase.REPLICA_RETURNS);
    loseAndReturn(view.primary(), Phase.PRIMARY_DIES, Phase.PRIMARY_RETURNS);
  }

  private void loseAndReturn(int node, Phase dies, Phase returns) throws InterruptedException {
    DatabaseNode n = cluster.node(node);
    measure(dies, n::kill, () -> !in(node));
    CompletableFuture<Void> start = new CompletableFuture<>();
    measure(
        returns,
        () ->
            new Thread(
                    () -> {
                      try {
                        n.start();
                        start.complete(null);
                      } catch (RuntimeException | Error e) {
                        start.completeExceptionally(e);
                      }
                    },
                    "lockstep-bench-start")
                .start(),
        () -> {
          if (start.isCompletedExceptionally()) {
            start.join();
          }
          return in(node);
        });
  }

  private boolean in(int node) {
    try {
      return view.members().contains(node);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void measure(Phase phase, Runnable event, BooleanSupplier over)
      throws InterruptedException {
    load.window();
    long begin = System.nanoTime();
    event.run();
    while (!over.getAsBoolean()) {
      if (System.nanoTime() - begin > RETURN_SECONDS * 1_000_000_000L) {
        throw new IllegalStateException(
            "'" + phase.words() + "' was not over after " + RETURN_SECONDS + " s");
      }
      Thread.sleep(100);
    }
    long took = (System.nanoTime() - begin) / 1_000_000;
    Thread.sleep(Math.max(SETTLE_MILLIS, windowMillis - took));
    long pause = load.longestPauseMillis();
    pauses.get(phase).add(pause);
    progress.accept(
        "%-24s longest pause %5d ms   (in the view after %.1f s, %d commits)"
            .formatted(phase.words(), pause, took / 1000.0, load.done()));
  }

  /**
   * Compares all tables on all nodes and looks for every acknowledged commit of {@link
   * Workload#GROW}, each of which has added one to a row, or a row.
   *
   * @param before {@link #sum} at the start
   * @return what is wrong
   */
  public static List<String> verify(TestCluster cluster, BenchLoad load, long before)
      throws SQLException {
    List<String> problems = new ArrayList<>();
    for (DatabaseNode node : cluster.nodes()) {
      long more = sum(node) - before;
      if (more < load.doneInAll()) {
        problems.add(
            "%s has %d commits of %d acknowledged ones"
                .formatted(node.name(), more, load.doneInAll()));
      }
    }
    problems.addAll(
        TableComparer.compareNodes(cluster.nodes(), BenchSchema.DATABASE).differences());
    return problems;
  }

  /** The sum of {@code k} over all rows of a node, and the rows that were inserted. */
  public static long sum(DatabaseNode node) throws SQLException {
    try (Connection c = node.connect(BenchSchema.DATABASE);
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT (SELECT SUM(k) FROM bench_row) + (SELECT COUNT(*) FROM bench_log)")) {
      r.next();
      return r.getLong(1);
    }
  }
}
