package dev.lockstep.harness.server;

import java.util.HashMap;
import java.util.Map;

/**
 * Clusters that the test classes of one JVM share, so that each kind is started once. They end with
 * the JVM. Thread-safe; two users of the same cluster at the same time disturb each other.
 */
public final class SharedClusters {
  private record Kind(Engine engine, int nodes, boolean proxied) {}

  private static final Map<Kind, TestCluster> STARTED = new HashMap<>();

  private SharedClusters() {}

  /** A cluster with all nodes running and empty. */
  public static TestCluster get(Engine engine, int nodes) {
    return get(new Kind(engine, nodes, false));
  }

  /** A cluster with all nodes running and empty, and a healed proxy before each. */
  public static TestCluster getProxied(Engine engine, int nodes) {
    return get(new Kind(engine, nodes, true));
  }

  private static synchronized TestCluster get(Kind kind) {
    TestCluster cluster = STARTED.get(kind);
    if (cluster == null || cluster.closed()) {
      cluster =
          TestCluster.start(kind.engine(), kind.nodes(), NodeOptions.defaults(), kind.proxied());
      STARTED.put(kind, cluster);
    } else {
      cluster.reset();
    }
    return cluster;
  }
}
