package dev.lockstep.cli;

import dev.lockstep.harness.hunt.HuntTarget;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Servers with Lockstep over them, for the hunter to attack. Thread-safe. */
final class HuntServers implements HuntTarget, AutoCloseable {
  private static final int READ_TIMEOUT_MILLIS = 2_000;
  private static final long POLL_MILLIS = 50;
  private static final long JOIN_SECONDS = 120;

  private final TestCluster cluster;
  private final String url;
  private final Properties account = new Properties();
  private final ClusterReader reader;
  private final EngineBridge engines = EngineBridge.real();
  private Connection first;

  private HuntServers(TestCluster cluster) {
    this.cluster = cluster;
    this.url = cluster.lockstepUrl(DATABASE, Map.of());
    DatabaseNode any = cluster.node(0);
    account.setProperty("user", any.user());
    account.setProperty("password", any.password());
    this.reader = new ClusterReader(ClusterUrl.parse(url, account), READ_TIMEOUT_MILLIS);
  }

  /**
   * Starts Lockstep on empty servers, which stay the caller's; returns when all are in the view.
   */
  static HuntServers on(TestCluster cluster) throws SQLException, InterruptedException {
    cluster.createDatabase(DATABASE);
    HuntServers servers = new HuntServers(cluster);
    boolean ready = false;
    try {
      // Holds the engine while the sessions come and go.
      servers.first = servers.connect();
      long end = System.nanoTime() + JOIN_SECONDS * 1_000_000_000L;
      while (servers.members().size() < cluster.nodes().size()) {
        if (System.nanoTime() > end) {
          throw new CliException(
              ExitCode.FAILED, "the nodes have not all joined within " + JOIN_SECONDS + " s");
        }
        Thread.sleep(POLL_MILLIS);
      }
      ready = true;
      return servers;
    } finally {
      if (!ready) {
        servers.close();
      }
    }
  }

  @Override
  public Engine engine() {
    return cluster.engine();
  }

  @Override
  public List<DatabaseNode> nodes() {
    return cluster.nodes();
  }

  @Override
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url, account);
  }

  @Override
  public List<Integer> members() throws InterruptedException {
    ClusterState state = reader.read();
    List<Integer> members = new ArrayList<>();
    for (int i = 0; i < state.nodes().size(); i++) {
      NodeState node = state.nodes().get(i);
      if (node.reachable() && state.role(node).serves()) {
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
    return -1;
  }

  @Override
  public List<String> history() throws InterruptedException {
    Map<Long, String> views = new TreeMap<>();
    ClusterState state = reader.read();
    Map<String, String> names = state.names();
    for (NodeState node : state.nodes()) {
      for (ClusterState.View view : node.views()) {
        views.putIfAbsent(
            view.epoch(),
            "view %d: %s (%s)"
                .formatted(
                    view.epoch(),
                    view.members().stream().map(id -> names.getOrDefault(id, id)).toList(),
                    view.reason()));
      }
    }
    return List.copyOf(views.values());
  }

  /** Ends Lockstep, not the servers. */
  @Override
  public void close() throws SQLException {
    try {
      if (first != null) {
        first.close();
        first = null;
      }
    } finally {
      engines.closeAll();
    }
  }
}
