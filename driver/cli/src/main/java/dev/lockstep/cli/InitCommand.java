package dev.lockstep.cli;

import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lockstep init}. */
@Command(
    name = "init",
    header = "First start on nodes whose data differ: names the one that is right.",
    description = {
      "Needed only where Lockstep has refused to start because the nodes hold different data. One"
          + " node with data and the others empty, or all equal, needs no init.",
      "All user tables of the other nodes are REPLACED by copies of the source's.",
      "No other process may own the cluster; returns when all nodes are in the view."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep init jdbc:lockstep:mysql://db1,db2,db3/shop --user app --source db1:3306"
    })
final class InitCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--source",
      required = true,
      paramLabel = "NODE",
      description = "The node whose data is right: as in lockstep status, or n1, n2, …")
  private String source;

  private final EngineBridge engine = EngineBridge.builtIn();

  @Override
  public Integer call() throws SQLException {
    cluster.rest(0);
    String node;
    try {
      node = cluster.cluster().node(source);
    } catch (IllegalArgumentException e) {
      throw cluster.usage(e.getMessage());
    }
    engine.initialise(cluster.url(), cluster.properties(), node);
    spec.commandLine().getOut().println("all nodes now hold the data of " + node);
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
