package dev.lockstep.cli;

import dev.lockstep.harness.bench.BenchSchema;
import dev.lockstep.harness.bench.Resyncs;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.NodeOptions;
import dev.lockstep.harness.server.TestCluster;
import java.io.PrintWriter;
import java.io.Writer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;

/**
 * The servers of a benchmark: a cluster, filled before Lockstep sees it, with a connection that
 * holds the engine. Used by one thread.
 */
final class BenchServers implements AutoCloseable, Resyncs.Operator {
  private static final int READ_TIMEOUT_MILLIS = 2_000;
  private static final long JOIN_SECONDS = 3_600;
  private static final int COMMAND_SECONDS = 60;

  final TestCluster cluster;
  final String url;
  private final EngineBridge engines = EngineBridge.real();
  private ClusterUrl parsed;
  private ClusterReader reader;
  private Connection first;

  private BenchServers(TestCluster cluster, Map<String, String> settings) {
    this.cluster = cluster;
    this.url = cluster.lockstepUrl(BenchSchema.DATABASE, settings);
  }

  static NodeOptions options(Engine engine, Consumer<String> progress) {
    NodeOptions options = NodeOptions.defaults().withProgress(progress);
    return engine == Engine.H2
        ? options
        : options.withServerArguments("--innodb-buffer-pool-size=256M");
  }

  /** Starts and fills the servers; returns when all are in the view. */
  static BenchServers start(
      Engine engine, int nodes, int rows, long seed, Consumer<String> progress)
      throws SQLException, InterruptedException {
    progress.accept("starting " + nodes + " servers");
    return fill(
        TestCluster.start(engine, nodes, options(engine, progress), false),
        Map.of(),
        rows,
        seed,
        progress);
  }

  /**
   * Fills empty servers; returns when all are in the view.
   *
   * @param cluster closed with the result
   * @param settings of Lockstep, for the URL
   */
  static BenchServers fill(
      TestCluster cluster,
      Map<String, String> settings,
      int rows,
      long seed,
      Consumer<String> progress)
      throws SQLException, InterruptedException {
    BenchServers servers = new BenchServers(cluster, settings);
    boolean ready = false;
    try {
      cluster.createDatabase(BenchSchema.DATABASE);
      progress.accept("filling a table with " + rows + " rows");
      BenchSchema.create(cluster.node(0), rows, seed);
      progress.accept("the other nodes are filled from the first one");
      servers.join();
      ready = true;
      return servers;
    } finally {
      if (!ready) {
        servers.close();
      }
    }
  }

  private void join() throws SQLException, InterruptedException {
    DatabaseNode any = cluster.node(0);
    Properties account = new Properties();
    account.setProperty("user", any.user());
    account.setProperty("password", any.password());
    parsed = ClusterUrl.parse(url, account);
    reader = new ClusterReader(parsed, READ_TIMEOUT_MILLIS);
    first = DriverManager.getConnection(url, account);
    long begin = System.nanoTime();
    while (members().size() < cluster.nodes().size()) {
      if (System.nanoTime() - begin > JOIN_SECONDS * 1_000_000_000L) {
        throw new CliException(
            ExitCode.FAILED, "the nodes have not all joined within " + JOIN_SECONDS + " s");
      }
      Thread.sleep(100);
    }
  }

  @Override
  public List<Integer> members() throws InterruptedException {
    ClusterState state = reader.read();
    List<Integer> members = new ArrayList<>();
    for (int i = 0; i < state.nodes().size(); i++) {
      if (state.role(state.nodes().get(i)).serves()) {
        members.add(i);
      }
    }
    return members;
  }

  @Override
  public int primary() throws InterruptedException {
    ClusterState state = reader.read();
    for (int i = 0; i < state.nodes().size(); i++) {
      if (state.role(state.nodes().get(i)) == ClusterState.Role.PRIMARY) {
        return i;
      }
    }
    throw new CliException(ExitCode.FAILED, "no primary is in the view");
  }

  @Override
  public String reason() throws InterruptedException {
    return reader.read().view().map(ClusterState.View::reason).orElse("");
  }

  @Override
  public void command(String word, int node) throws SQLException, InterruptedException {
    CommandTable.Answer answer =
        new CommandTable(parsed)
            .run(
                word,
                parsed.nodes().get(node),
                COMMAND_SECONDS,
                COMMAND_SECONDS,
                new PrintWriter(Writer.nullWriter()));
    if (!answer.done()) {
      throw new CliException(ExitCode.FAILED, word + ": " + answer.text());
    }
  }

  @Override
  public double gateMillis() throws SQLException {
    return dev.lockstep.engine.Engine.of(parsed.url()).figures().get("rejoin.pause").doubleValue();
  }

  /** Nobody owns the nodes any more: what is on them now stays so. */
  void letGo() throws SQLException {
    if (first != null) {
      first.close();
      first = null;
    }
    engines.closeAll();
  }

  @Override
  public void close() throws SQLException {
    try {
      letGo();
    } finally {
      cluster.close();
    }
  }
}
