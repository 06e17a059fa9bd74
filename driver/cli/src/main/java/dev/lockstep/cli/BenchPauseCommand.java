package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.harness.bench.BenchLoad;
import dev.lockstep.harness.bench.Pauses;
import dev.lockstep.harness.bench.Workload;
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

/** {@code lockstep bench pause}. */
@Command(
    name = "pause",
    header = "Measures how long writers stand still when a node dies and when it comes back.",
    description = {
      "Clients add to random rows and try again at once. A replica is killed with -9 and started"
          + " again, then the primary; each time, and once without any fault, the longest time is"
          + " taken that any client spent without an acknowledged commit. In the end all nodes are"
          + " compared and every acknowledged commit is looked for. Exits 0 only if that holds and"
          + " the clients saw no error but 40001."
    })
final class BenchPauseCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private BenchTableOptions options;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "8",
      description = "Clients; default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Runs, of which median and worst count; default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--window",
      paramLabel = "S",
      defaultValue = "8",
      description = "Least seconds watched around each event; default: ${DEFAULT-VALUE}.")
  private int window;

  @Override
  public Integer call() throws SQLException, InterruptedException, JsonProcessingException {
    if (clients < 1 || runs < 1 || window < 1 || options.nodes < 2 || options.rows < 100) {
      throw new ParameterException(
          spec.commandLine(),
          "--clients, --runs and --window must be at least 1, --nodes 2, --rows 100");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress = line -> Terminal.progress(err, line);
    Consumer<String> tell =
        line -> {
          if (!options.json) {
            out.println(line);
            out.flush();
          }
        };
    try (BenchServers servers =
        BenchServers.start(options.engine, options.nodes, options.rows, options.seed, progress)) {
      progress.accept("");
      long before = Pauses.sum(servers.cluster.node(0));
      BenchLoad load =
          new BenchLoad(
              servers.url,
              servers.cluster.node(0).user(),
              servers.cluster.node(0).password(),
              Workload.COUNT,
              clients,
              options.rows,
              options.seed);
      Pauses pauses = new Pauses(servers.cluster, servers, load, window * 1000L, tell);
      try (load) {
        load.start();
        Thread.sleep(1000L * window); // warm
        for (int run = 1; run <= runs; run++) {
          tell.accept("run " + run + " of " + runs);
          pauses.run();
        }
      }
      servers.letGo();
      List<String> problems = Pauses.verify(servers.cluster, load, before);
      return report(out, pauses, load, problems) ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private boolean report(PrintWriter out, Pauses pauses, BenchLoad load, List<String> problems)
      throws JsonProcessingException {
    Map<String, Integer> errors = load.errors();
    boolean clean =
        problems.isEmpty() && errors.keySet().stream().allMatch(e -> e.startsWith("40001"));
    if (options.json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("engine", options.engine.name().toLowerCase(Locale.ROOT));
      all.put("nodes", options.nodes);
      all.put("rows", options.rows);
      all.put("clients", clients);
      all.put("commits", load.doneInAll());
      Map<String, Object> millis = new LinkedHashMap<>();
      pauses.pauses().forEach((p, l) -> millis.put(p.name().toLowerCase(Locale.ROOT), l));
      all.put("pauseMillis", millis);
      all.put("errors", errors);
      all.put("problems", problems);
      out.println(new ObjectMapper().writeValueAsString(all));
    } else {
      out.println();
      out.println(
          "%d runs, %d rows, %d clients, longest pause of a client in ms: median / worst"
              .formatted(runs, options.rows, clients));
      pauses
          .pauses()
          .forEach(
              (p, l) -> {
                List<Long> sorted = l.stream().sorted().toList();
                out.println(
                    "  %-24s %5d / %d   of %s"
                        .formatted(
                            p.words(),
                            sorted.get(sorted.size() / 2),
                            sorted.get(sorted.size() - 1),
                            l));
              });
      out.println(
          load.doneInAll()
              + " commits acknowledged; "
              + (problems.isEmpty()
                  ? "each is on every node, and all nodes are equal"
                  : "PROBLEMS: " + problems));
      errors.forEach((e, n) -> out.println("  " + n + " times " + e));
    }
    out.flush();
    return clean;
  }
}
