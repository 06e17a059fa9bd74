package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.harness.bench.BenchLoad;
import dev.lockstep.harness.bench.BenchSchema;
import dev.lockstep.harness.bench.Pauses;
import dev.lockstep.harness.bench.Resyncs;
import dev.lockstep.harness.bench.Workload;
import dev.lockstep.harness.server.TestCluster;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lockstep bench resync}. */
@Command(
    name = "resync",
    header = "Measures how a node is made equal again, and what writers notice of it.",
    description = {
      "Clients write all the time. A replica is emptied and copied in full; it misses changes and"
          + " replays them from the journal; rows are changed on it alone and it is compared and"
          + " repaired. Each time: seconds from the command until it is in the view, the way that"
          + " was taken, how long the engine kept the gate for writers closed, and the longest time"
          + " that any client spent without an acknowledged commit, beside an equally long stretch"
          + " in which nothing happens. In the end all nodes are compared and every acknowledged"
          + " commit is looked for. Exits 0 only if that holds, each way was the one that was"
          + " wanted, and the clients saw no error but 40001."
    })
final class BenchResyncCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private BenchOptions options;

  @Option(
      names = "--mib",
      paramLabel = "N",
      defaultValue = "64",
      description = "Size of the values in the table, in MiB; default: ${DEFAULT-VALUE}.")
  private int mib;

  @Option(
      names = "--changed-mib",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Size of the rows that change while the node is away, in MiB, at most a quarter of all;"
              + " default: ${DEFAULT-VALUE}.")
  private int changedMib;

  @Option(
      names = "--ways",
      paramLabel = "W",
      split = ",",
      defaultValue = "copy,journal,differential",
      description = "Which, in this order; default: ${DEFAULT-VALUE}.")
  private List<String> ways;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "8",
      description = "Clients that write; default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description = "A setting of Lockstep, such as lockstep.copyStreams=1; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(names = "--json", description = "One JSON object with all results.")
  private boolean json;

  @Override
  public Integer call() throws SQLException, InterruptedException, JsonProcessingException {
    if (clients < 1 || options.nodes < 2 || mib < 1 || mib > 100_000 || changedMib < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--clients and --changed-mib must be at least 1, --nodes 2, --mib 1 to 100000");
    }
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress = line -> Terminal.progress(err, line);
    progress.accept("starting " + options.nodes + " servers");
    Outcome outcome =
        run(
            TestCluster.start(
                options.engine,
                options.nodes,
                BenchServers.options(options.engine, progress),
                false),
            progress);
    return report(outcome) ? ExitCode.OK : ExitCode.FAILED;
  }

  /**
   * What a run gave.
   *
   * @param problems differences between nodes, commits that are lost
   */
  record Outcome(
      List<Resyncs.Result> results,
      long commits,
      Map<String, Integer> errors,
      List<String> problems) {
    boolean clean() {
      return problems.isEmpty()
          && results.stream().allMatch(Resyncs.Result::asWanted)
          && errors.keySet().stream().allMatch(e -> e.startsWith("40001"));
    }
  }

  /** On empty servers, which are closed in the end. */
  private Outcome run(TestCluster cluster, Consumer<String> progress)
      throws SQLException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    return run(
        cluster,
        new Load(chosen(), rows(mib), rows(changedMib), clients, options.seed, settings),
        progress,
        line -> {
          if (!json) {
            out.println(line);
            out.flush();
          }
        });
  }

  private List<Resyncs.Way> chosen() {
    try {
      return ways.stream().map(w -> Resyncs.Way.valueOf(w.toUpperCase(Locale.ROOT))).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--ways: there are copy, journal and differential");
    }
  }

  static int rows(int mib) {
    return (int) ((long) mib * 1048576 / BenchSchema.ROW_BYTES);
  }

  /**
   * How much.
   *
   * @param ways which to take, in this order
   * @param rows of the table
   * @param changed of them, while the node is away
   */
  record Load(
      List<Resyncs.Way> ways,
      int rows,
      int changed,
      int clients,
      long seed,
      Map<String, String> settings) {}

  /** On empty servers, which are closed in the end. */
  static Outcome run(
      TestCluster cluster, Load size, Consumer<String> progress, Consumer<String> tell)
      throws SQLException, InterruptedException {
    try (BenchServers servers =
        BenchServers.fill(cluster, size.settings(), size.rows(), size.seed(), progress)) {
      progress.accept("");
      long before = Pauses.sum(cluster.node(0));
      BenchLoad load =
          new BenchLoad(
              servers.url,
              cluster.node(0).user(),
              cluster.node(0).password(),
              Workload.GROW,
              size.clients(),
              size.rows(),
              size.seed());
      Resyncs resyncs =
          new Resyncs(
              cluster, servers, load, servers.url, size.rows(), size.changed(), size.seed(), tell);
      try (load) {
        load.start();
        for (Resyncs.Way way : size.ways()) {
          resyncs.run(way);
        }
      }
      servers.letGo();
      progress.accept("comparing all nodes");
      List<String> problems = Pauses.verify(cluster, load, before);
      progress.accept("");
      return new Outcome(resyncs.results(), load.doneInAll(), load.errors(), problems);
    }
  }

  private boolean report(Outcome o) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("engine", options.engine.name().toLowerCase(Locale.ROOT));
      all.put("nodes", options.nodes);
      all.put("mib", mib);
      all.put("changedMib", changedMib);
      all.put("clients", clients);
      all.put("settings", settings);
      all.put("commits", o.commits());
      all.put("results", o.results());
      all.put("errors", o.errors());
      all.put("problems", o.problems());
      out.println(new ObjectMapper().writeValueAsString(all));
    } else {
      out.println(
          o.commits()
              + " commits acknowledged; "
              + (o.problems().isEmpty()
                  ? "each is on every node, and all nodes are equal"
                  : "PROBLEMS: " + o.problems()));
      o.results().stream()
          .filter(r -> !r.asWanted())
          .forEach(r -> out.println("WRONG WAY: " + r.way().words() + ": " + r.reason()));
      o.errors().forEach((e, n) -> out.println("  " + n + " times " + e));
    }
    out.flush();
    return o.clean();
  }
}
