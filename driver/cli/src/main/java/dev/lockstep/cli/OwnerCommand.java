package dev.lockstep.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands to a running owner share. */
@Command
abstract class OwnerCommand implements Callable<Integer> {
  private static final int READ_TIMEOUT_MILLIS = 3000;
  private static final long POLL_MILLIS = 500;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "60",
      description = "Seconds until the owner must have finished; default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Option(
      names = "--owner-wait",
      paramLabel = "S",
      defaultValue = "5",
      description =
          "Seconds until an owner must have taken the command up; default: ${DEFAULT-VALUE}.")
  private int ownerSeconds;

  /** The word in {@code lockstep.command.name}. */
  abstract String word();

  /** Whether what the command began is finished; asked again and again until the time limit. */
  boolean finished(ClusterState state, NodeState node) {
    return true;
  }

  @Override
  public Integer call() throws SQLException, InterruptedException {
    ClusterUrl url = cluster.cluster();
    String given = cluster.only("NODE");
    String node;
    try {
      node = url.node(given);
    } catch (IllegalArgumentException e) {
      throw cluster.usage(e.getMessage());
    }
    long begin = System.nanoTime();
    PrintWriter err = spec.commandLine().getErr();
    CommandTable table = new CommandTable(url);
    CommandTable.Answer answer = table.run(word(), node, ownerSeconds, timeoutSeconds, err);
    String text = answer.text() == null || answer.text().isBlank() ? "" : ": " + answer.text();
    if (!answer.done()) {
      throw new CliException(ExitCode.FAILED, word() + " " + node + " failed" + text);
    }
    spec.commandLine().getOut().println(word() + " " + node + " done" + text);
    spec.commandLine().getOut().flush();
    awaitEffect(url, node, begin, err);
    return ExitCode.OK;
  }

  private void awaitEffect(ClusterUrl url, String node, long begin, PrintWriter err)
      throws InterruptedException {
    ClusterReader reader = new ClusterReader(url, READ_TIMEOUT_MILLIS);
    while (true) {
      ClusterState state = reader.read();
      NodeState one =
          state.nodes().stream().filter(n -> n.name().equals(node)).findFirst().orElseThrow();
      if (finished(state, one)) {
        Terminal.progress(err, "");
        return;
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
      if (seconds >= timeoutSeconds) {
        Terminal.progress(err, "");
        throw new CliException(
            ExitCode.TIMEOUT,
            "the owner goes on with it, but after "
                + timeoutSeconds
                + " s "
                + node
                + " is "
                + (one.reachable() ? state.role(one).word() : "not reachable: " + one.error())
                + "; see lockstep status");
      }
      Terminal.progress(err, node + " is " + state.role(one).word() + ", " + seconds + " s …");
      Thread.sleep(POLL_MILLIS);
    }
  }
}
