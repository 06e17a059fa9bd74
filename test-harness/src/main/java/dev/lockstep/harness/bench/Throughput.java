package dev.lockstep.harness.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * Runs the same work on a cluster and on one plain node in turns, several rounds, and compares
 * medians: on one machine only their ratio means something. One use, by one thread.
 */
public final class Throughput {
  /**
   * Where work is done.
   *
   * @param name in results
   */
  public record Target(String name, String url, String user, String password) {}

  /**
   * What one target reached in all rounds.
   *
   * @param perSecond acknowledged per second, one for each round, in their order
   * @param p50 milliseconds, of the round with the median throughput, as the two after it
   * @param errors by SQLState and message
   */
  public record Result(
      Workload workload,
      int clients,
      String target,
      List<Double> perSecond,
      double p50,
      double p95,
      double p99,
      Map<String, Integer> errors) {
    /** The median over the rounds. */
    public double median() {
      return Throughput.median(perSecond);
    }
  }

  private record Round(
      double perSecond, double p50, double p95, double p99, Map<String, Integer> errors) {}

  private final List<Target> targets;
  private final int rows;
  private final int rounds;
  private final int seconds;
  private final int warmupSeconds;
  private final long seed;
  private final Consumer<String> progress;

  public Throughput(
      List<Target> targets,
      int rows,
      int rounds,
      int seconds,
      int warmupSeconds,
      long seed,
      Consumer<String> progress) {
    this.targets = List.copyOf(targets);
    this.rows = rows;
    this.rounds = rounds;
    this.seconds = seconds;
    this.warmupSeconds = warmupSeconds;
    this.seed = seed;
    this.progress = progress;
  }

  /** One workload with one number of clients: a result for each target, in their order. */
  public List<Result> run(Workload workload, int clients) throws InterruptedException {
    List<List<Round>> all = new ArrayList<>();
    targets.forEach(t -> all.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      for (int t = 0; t < targets.size(); t++) {
        Round r = round(targets.get(t), workload, clients, seed + round);
        all.get(t).add(r);
        progress.accept(
            "%s, %d clients, round %d of %d: %s %.0f/s"
                .formatted(
                    workload.word(),
                    clients,
                    round + 1,
                    rounds,
                    targets.get(t).name(),
                    r.perSecond));
      }
    }
    List<Result> results = new ArrayList<>();
    for (int t = 0; t < targets.size(); t++) {
      results.add(result(workload, clients, targets.get(t), all.get(t)));
    }
    return results;
  }

  private Round round(Target target, Workload workload, int clients, long seed)
      throws InterruptedException {
    try (BenchLoad load =
        new BenchLoad(
            target.url(), target.user(), target.password(), workload, clients, rows, seed)) {
      load.start();
      Thread.sleep(1000L * warmupSeconds);
      load.window();
      long begin = System.nanoTime();
      Thread.sleep(1000L * seconds);
      Histogram h = load.latencies();
      double took = (System.nanoTime() - begin) / 1e9;
      return new Round(
          h.getTotalCount() / took,
          h.getValueAtPercentile(50) / 1e6,
          h.getValueAtPercentile(95) / 1e6,
          h.getValueAtPercentile(99) / 1e6,
          load.errors());
    }
  }

  private static Result result(Workload w, int clients, Target target, List<Round> rounds) {
    List<Double> perSecond = rounds.stream().map(Round::perSecond).toList();
    double median = median(perSecond);
    Round typical = rounds.get(0);
    Map<String, Integer> errors = new java.util.TreeMap<>();
    for (Round r : rounds) {
      if (Math.abs(r.perSecond - median) < Math.abs(typical.perSecond - median)) {
        typical = r;
      }
      r.errors.forEach((k, n) -> errors.merge(k, n, Integer::sum));
    }
    return new Result(
        w, clients, target.name(), perSecond, typical.p50, typical.p95, typical.p99, errors);
  }

  /** The median; of an even number the mean of the two in the middle. */
  public static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
