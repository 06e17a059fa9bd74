package dev.lockstep.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands to a running owner share. */
@Command
abstract class OwnerCommand implements Callable<Integer> {
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
    PrintWriter err = spec.commandLine().getErr();
    CommandTable table = new CommandTable(url);
    CommandTable.Answer answer = table.run(word(), node, ownerSeconds, timeoutSeconds, err);
    String text = answer.text() == null || answer.text().isBlank() ? "" : ": " + answer.text();
    if (!answer.done()) {
      throw new CliException(ExitCode.FAILED, word() + " " + node + " failed" + text);
    }
    spec.commandLine().getOut().println(word() + " " + node + " done" + text);
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
