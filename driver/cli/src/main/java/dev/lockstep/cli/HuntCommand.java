package dev.lockstep.cli;

import dev.lockstep.harness.hunt.Feature;
import dev.lockstep.harness.hunt.HuntOptions;
import dev.lockstep.harness.hunt.HuntResult;
import dev.lockstep.harness.hunt.Hunter;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.NodeOptions;
import dev.lockstep.harness.server.TestCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lockstep hunt}. */
@Command(
    name = "hunt",
    header = "Looks for statements that make nodes differ, with random ones.",
    description = {
      "Starts a cluster and, in rounds, makes random tables, writes to them from several sessions"
          + " with random statements and transactions, kills a node or its connections now and then,"
          + " and compares all nodes bit by bit. Exits 0 only if they were always equal and no"
          + " session saw what an application should not see.",
      "What it finds is written to a file with the tables and every statement. A round that differs"
          + " is repeated with less of everything for as long as it still differs."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep hunt --engine mariadb --minutes 30",
      "  lockstep hunt --engine h2 --minutes 1 --seed 7 --round 12"
    })
final class HuntCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--engine",
      paramLabel = "ENGINE",
      defaultValue = "h2",
      description = "Kind of servers: h2 or mariadb; default: ${DEFAULT-VALUE}.")
  private Engine engine;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "1",
      description = "How long new rounds are begun, such as 0.5; default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of everything that is random; default: the time.")
  private Long seed;

  @Option(
      names = "--round",
      paramLabel = "N",
      defaultValue = "1",
      description = "Begin with this round of the seed; default: ${DEFAULT-VALUE}.")
  private int round;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "4",
      description = "Sessions at the same time; default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Nodes of the cluster, 2 to 9; default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--statements",
      paramLabel = "N",
      defaultValue = "150",
      description = "Statements of a session in a round; default: ${DEFAULT-VALUE}.")
  private int statements;

  @Option(
      names = "--without",
      paramLabel = "F",
      split = ",",
      description = "Leave out, separated by commas: ${COMPLETION-CANDIDATES}.")
  private List<Feature> without = List.of();

  @Option(names = "--verbose", description = "Tell each round.")
  private boolean verbose;

  @Option(
      names = "--plant",
      hidden = true,
      description = "Corrupt one row of a replica in each round, to see that it is found.")
  private boolean plant;

  @Override
  public Integer call() throws IOException, SQLException, InterruptedException {
    check(minutes > 0, "--minutes must be more than 0");
    check(nodes >= 2 && nodes <= 9, "--nodes must be 2 to 9");
    check(clients >= 1 && statements >= 1, "--clients and --statements must be at least 1");
    check(round >= 1, "--round must be at least 1");
    Path log = Files.createTempFile("lockstep-hunt-", ".log");
    Logging.toFile(log);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress =
        verbose ? line -> say(out, line) : line -> Terminal.progress(err, line);
    long chosen = seed == null ? System.currentTimeMillis() : seed;
    say(out, "hunting on " + nodes + " " + engine + " nodes, seed " + chosen);
    HuntOptions options =
        HuntOptions.of(Duration.ofMillis((long) (minutes * 60_000)), chosen)
            .withClients(clients)
            .withStatements(statements)
            .withFirstRound(round)
            .without(Set.copyOf(without))
            .withPlant(plant);
    boolean clean = false;
    try (TestCluster cluster =
            TestCluster.start(engine, nodes, NodeOptions.defaults().withProgress(progress), false);
        HuntServers servers = HuntServers.on(cluster)) {
      HuntResult result = new Hunter(servers, options, line -> say(out, line), progress).run();
      progress.accept("");
      say(out, result.totals());
      say(out, "errors that came, by SQLState and vendor's code: " + result.errors());
      say(
          out,
          result.clean()
              ? Terminal.green("the nodes were always equal")
              : Terminal.red(
                  "%d differences, %d findings, seed %d"
                      .formatted(result.differences().size(), result.findings().size(), chosen)));
      clean = result.clean();
    } finally {
      if (clean) {
        Files.deleteIfExists(log);
      } else {
        say(out, "the driver's log: " + log);
      }
    }
    return clean ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  private void check(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
