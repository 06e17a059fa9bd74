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

/** {@code lockstep init}. */
@Command(
    name = "init",
    header = "First start on nodes whose data differ: names the one that is right.",
    description = {
      "Needed only where Lockstep has refused to start because the nodes hold different data. One"
          + " node with data and the others empty, or all equal, needs no init.",
      "All user tables of the other nodes are REPLACED by copies of the source's.",
      "No other process may own the cluster; returns when all nodes are in the view. If it is ended"
          + " before, the next owner copies the rest."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep init jdbc:lockstep:mysql://db1,db2,db3/shop --user app --source db1:3306"
    })
final class InitCommand implements Callable<Integer> {
  private static final int READ_TIMEOUT_MILLIS = 3000;
  private static final long POLL_MILLIS = 500;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--source",
      required = true,
      paramLabel = "NODE",
      description = "The node whose data is right: as in lockstep status, or n1, n2, …")
  private String source;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "86400",
      description = "Seconds until all nodes must be in the view; default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  private final EngineBridge engine = EngineBridge.real();

  @Override
  public Integer call() throws SQLException, InterruptedException {
    cluster.rest(0);
    ClusterUrl url = cluster.cluster();
    String node;
    try {
      node = url.node(source);
    } catch (IllegalArgumentException e) {
      throw cluster.usage(e.getMessage());
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      engine.initialise(url.url(), node);
      awaitAll(url);
    } finally {
      engine.closeAll();
    }
    out.println("All " + url.nodes().size() + " nodes hold the data of " + node + ".");
    out.flush();
    return ExitCode.OK;
  }

  private void awaitAll(ClusterUrl url) throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    ClusterReader reader = new ClusterReader(url, READ_TIMEOUT_MILLIS);
    long begin = System.nanoTime();
    while (true) {
      ClusterState state = reader.read();
      long serving = state.nodes().stream().filter(n -> state.role(n).serves()).count();
      if (serving == url.nodes().size()) {
        Terminal.progress(err, "");
        return;
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
      if (seconds >= timeoutSeconds) {
        Terminal.progress(err, "");
        throw new CliException(
            ExitCode.TIMEOUT,
            "only "
                + serving
                + " of "
                + url.nodes().size()
                + " nodes are in the view; the next owner copies the rest");
      }
      Terminal.progress(
          err,
          "%d of %d nodes are in the view, %d s …".formatted(serving, url.nodes().size(), seconds));
      Thread.sleep(POLL_MILLIS);
    }
  }
}
