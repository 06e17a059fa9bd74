package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.harness.bench.BenchSchema;
import dev.lockstep.harness.bench.Throughput;
import dev.lockstep.harness.bench.Workload;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.TestCluster;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.ArrayList;
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

/** {@code lockstep bench}. */
@Command(
    name = "bench",
    header = "Measures throughput beside one plain node, on this machine.",
    description = {
      "Starts a cluster and one more server of the same kind and settings, and does the same work on"
          + " both in turns. What counts is the ratio: absolute figures are those of this machine,"
          + " on which servers and clients share the processors."
    },
    footer = {
      "",
      "Workloads: tx (two updates, a delete and an insert in one transaction), update, insert, read,"
          + " mixed (twelve reads and the writes of tx), count (update that adds one), hot (the same"
          + " on ten rows), grow (count or insert).",
      "",
      "Examples:",
      "  lockstep bench --engine mariadb --workload tx,update --clients 1,8,32",
      "  lockstep bench pause --engine mariadb --rows 100000 --runs 5",
      "  lockstep bench resync --engine mariadb --mib 1024 --changed-mib 10"
    },
    subcommands = {BenchPauseCommand.class, BenchResyncCommand.class})
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private BenchTableOptions options;

  @Option(
      names = "--workload",
      paramLabel = "W",
      split = ",",
      defaultValue = "tx,update",
      description = "Which, separated by commas; default: ${DEFAULT-VALUE}.")
  private List<String> workloads;

  @Option(
      names = "--clients",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,32",
      description = "How many clients, separated by commas; default: ${DEFAULT-VALUE}.")
  private List<Integer> clients;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds, of which the median counts; default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "4",
      description = "Length of a measurement; default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--warmup",
      paramLabel = "S",
      defaultValue = "2",
      description = "Work before each measurement; default: ${DEFAULT-VALUE}.")
  private int warmup;

  @Override
  public Integer call() throws SQLException, InterruptedException, JsonProcessingException {
    List<Workload> chosen = new ArrayList<>();
    for (String w : workloads) {
      try {
        chosen.add(Workload.of(w.strip()));
      } catch (IllegalArgumentException e) {
        throw usage("--workload: " + e.getMessage());
      }
    }
    check(clients.stream().allMatch(n -> n >= 1), "--clients must be at least 1");
    check(rounds >= 1 && seconds >= 1 && warmup >= 0, "--rounds and --seconds must be at least 1");
    check(options.nodes >= 1 && options.rows >= 100, "--nodes must be at least 1, --rows 100");
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress = line -> Terminal.progress(err, line);
    boolean clean = true;
    try (TestCluster plain =
            TestCluster.start(
                options.engine, 1, BenchServers.options(options.engine, progress), false);
        BenchServers servers =
            BenchServers.start(
                options.engine, options.nodes, options.rows, options.seed, progress)) {
      DatabaseNode one = plain.node(0);
      BenchSchema.create(one, options.rows, options.seed);
      Throughput bench =
          new Throughput(
              List.of(
                  new Throughput.Target(
                      "plain", one.jdbcUrl(BenchSchema.DATABASE), one.user(), one.password()),
                  new Throughput.Target("lockstep", servers.url, one.user(), one.password())),
              options.rows,
              rounds,
              seconds,
              warmup,
              options.seed,
              progress);
      if (!options.json) {
        out.println(
            "%-8s %7s %10s %10s %6s   %s"
                .formatted(
                    "workload", "clients", "plain/s", "lockstep/s", "ratio", "p50 / p95 / p99 ms"));
      }
      for (Workload w : chosen) {
        for (int n : clients) {
          clean &= report(out, bench.run(w, n), progress);
        }
      }
    }
    return clean ? ExitCode.OK : ExitCode.FAILED;
  }

  private boolean report(
      PrintWriter out, List<Throughput.Result> results, Consumer<String> progress)
      throws JsonProcessingException {
    Throughput.Result plain = results.get(0);
    Throughput.Result lockstep = results.get(1);
    double ratio = lockstep.median() / plain.median();
    progress.accept("");
    if (options.json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("engine", options.engine.name().toLowerCase(Locale.ROOT));
      all.put("nodes", options.nodes);
      all.put("rows", options.rows);
      all.put("workload", lockstep.workload().word());
      all.put("clients", lockstep.clients());
      all.put("ratio", ratio);
      for (Throughput.Result r : results) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("perSecond", r.median());
        one.put("rounds", r.perSecond());
        one.put("p50Millis", r.p50());
        one.put("p95Millis", r.p95());
        one.put("p99Millis", r.p99());
        one.put("errors", r.errors());
        all.put(r.target(), one);
      }
      out.println(new ObjectMapper().writeValueAsString(all));
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "%-8s %7d %10.0f %10.0f %6.2f   plain %.2f / %.2f / %.2f   lockstep %.2f / %.2f / %.2f",
              lockstep.workload().word(),
              lockstep.clients(),
              plain.median(),
              lockstep.median(),
              ratio,
              plain.p50(),
              plain.p95(),
              plain.p99(),
              lockstep.p50(),
              lockstep.p95(),
              lockstep.p99()));
      for (Throughput.Result r : results) {
        r.errors().forEach((e, n) -> out.println("  " + r.target() + ": " + n + " times " + e));
      }
    }
    out.flush();
    return results.stream()
        .allMatch(r -> r.errors().keySet().stream().allMatch(e -> e.startsWith("40001")));
  }

  private void check(boolean holds, String message) {
    if (!holds) {
      throw usage(message);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
