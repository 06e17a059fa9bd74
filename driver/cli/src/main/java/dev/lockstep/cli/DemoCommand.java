package dev.lockstep.cli;

import dev.lockstep.harness.server.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lockstep demo}. */
@Command(
    name = "demo",
    header = "Shows on real servers that a cluster survives kill -9 and loses nothing.",
    description = {
      "Starts database servers on this machine, runs an order-entry workload through a plain JDBC"
          + " URL of Lockstep, kills a replica, then the primary, brings each back, and tells what"
          + " happens. In the end every table is compared on all nodes, and every acknowledged"
          + " transaction is looked for on each. Exits 0 only if all that holds.",
      "The servers are thrown away afterwards. --engine mariadb and --engine mysql use a MariaDB"
          + " 11.4 (about 150 MB) and a MySQL 8.0 (about 35 MB), fetched from the Maven repository on"
          + " first use (Linux x86-64; else set LOCKSTEP_MARIADBD or LOCKSTEP_MYSQLD to the path of"
          + " a server)."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep demo",
      "  lockstep demo --engine mariadb --nodes 3 --seconds 60 --seed 7"
    })
final class DemoCommand implements Callable<Integer> {
  private static final int MIN_SECONDS = 5;
  private static final int MAX_NODES = 9;

  @Spec private CommandSpec spec;

  @Option(
      names = "--engine",
      paramLabel = "ENGINE",
      defaultValue = "h2",
      description = "Kind of servers: h2, mariadb or mysql; default: ${DEFAULT-VALUE}.")
  private Engine engine;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many servers, 2 to 9; default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "20",
      description = {
        "How long the workload runs, at least 5; default: ${DEFAULT-VALUE}. Longer where a node"
            + " needs longer to come back."
      })
  private int seconds;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "8",
      description = "Clients of the workload; default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of what the clients do and of which replica dies; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws IOException, SQLException, InterruptedException {
    if (nodes < 2 || nodes > MAX_NODES) {
      throw usage("--nodes must be 2 to " + MAX_NODES);
    }
    if (seconds < MIN_SECONDS) {
      throw usage("--seconds must be at least " + MIN_SECONDS);
    }
    if (clients < 1) {
      throw usage("--clients must be at least 1");
    }
    Path log = Files.createTempFile("lockstep-demo-", ".log");
    Logging.toFile(log);
    PrintWriter out = spec.commandLine().getOut();
    boolean held = false;
    try {
      held = new Demo(engine, nodes, seconds, clients, seed, new Story(out)).run();
    } finally {
      if (held) {
        Files.deleteIfExists(log);
      } else {
        out.println("The driver's log: " + log);
      }
      out.flush();
    }
    return held ? ExitCode.OK : ExitCode.FAILED;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
