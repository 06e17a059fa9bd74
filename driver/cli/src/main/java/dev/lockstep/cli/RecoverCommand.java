package dev.lockstep.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lockstep recover}. */
@Command(
    name = "recover",
    header = "The way out when the members of the last view are gone for good.",
    description = {
      "Starts the cluster from what one node has, without the nodes that Lockstep would otherwise"
          + " wait for. Transactions that only those nodes have are LOST.",
      "Shows first what every node that can be reached has. No other process may own the cluster."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep recover jdbc:lockstep:mysql://db1,db2,db3/shop --user app --force db2:3306"
    })
final class RecoverCommand implements Callable<Integer> {
  private static final int NODE_TIMEOUT_MILLIS = 5000;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--force",
      required = true,
      paramLabel = "NODE",
      description = "The node to go on from: as in lockstep status, or n1, n2, …")
  private String source;

  private final EngineBridge engine = EngineBridge.real();

  @Override
  public Integer call() throws SQLException, InterruptedException {
    cluster.rest(0);
    ClusterUrl url = cluster.cluster();
    String name;
    try {
      name = url.node(source);
    } catch (IllegalArgumentException e) {
      throw cluster.usage(e.getMessage());
    }
    PrintWriter out = spec.commandLine().getOut();
    ClusterState state = new ClusterReader(url, NODE_TIMEOUT_MILLIS).read();
    StatusCommand.print(state, out);
    out.println();
    for (String line : Losses.of(state, name)) {
      out.println(line);
    }
    out.flush();
    try {
      engine.recover(url.url(), name);
    } finally {
      engine.closeAll();
    }
    out.println(
        "The cluster goes on from "
            + name
            + ". Start the application: the other nodes are made equal and rejoin while it runs.");
    out.flush();
    return ExitCode.OK;
  }
}
