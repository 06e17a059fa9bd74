package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Several independent servers of one engine that know nothing of each other, named n1, n2, …; on
 * demand each with a {@link FaultProxy} before it. Thread-safe as its nodes are.
 */
public final class TestCluster implements AutoCloseable {
  private final Engine engine;
  private final NodeOptions options;
  private final List<DatabaseNode> nodes;
  private final List<FaultProxy> proxies;
  private volatile boolean closed;

  private TestCluster(
      Engine engine, NodeOptions options, List<DatabaseNode> nodes, List<FaultProxy> proxies) {
    this.engine = engine;
    this.options = options;
    this.nodes = List.copyOf(nodes);
    this.proxies = List.copyOf(proxies);
  }

  /** Starts n empty servers. */
  public static TestCluster start(Engine engine, int n) {
    return start(engine, n, NodeOptions.defaults(), false);
  }

  /** Starts n empty servers with a proxy before each; {@link #lockstepUrl} names the proxies. */
  public static TestCluster startProxied(Engine engine, int n) {
    return start(engine, n, NodeOptions.defaults(), true);
  }

  /** Starts n empty servers. */
  public static TestCluster start(Engine engine, int n, NodeOptions options, boolean proxied) {
    if (n < 1) {
      throw new IllegalArgumentException("at least one node is needed, not " + n);
    }
    List<DatabaseNode> nodes = new ArrayList<>();
    List<FaultProxy> proxies = new ArrayList<>();
    TestCluster cluster = null;
    try {
      for (int i = 1; i <= n; i++) {
        nodes.add(engine.newNode("n" + i, options));
      }
      each(nodes, DatabaseNode::start);
      for (DatabaseNode node : nodes) {
        if (proxied) {
          proxies.add(FaultProxy.before(node));
        }
      }
      cluster = new TestCluster(engine, options, nodes, proxies);
      return cluster;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (cluster == null) {
        new TestCluster(engine, options, nodes, proxies).close();
      }
    }
  }

  /** Does something to all nodes at once and waits; the first failure is thrown at the end. */
  private static void each(List<DatabaseNode> nodes, Consumer<DatabaseNode> action) {
    List<CompletableFuture<Void>> running = new ArrayList<>();
    for (DatabaseNode node : nodes) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      running.add(done);
      Thread thread =
          new Thread(
              () -> {
                try {
                  action.accept(node);
                  done.complete(null);
                } catch (Throwable t) {
                  done.completeExceptionally(t);
                }
              },
              "lockstep-harness-" + node.name());
      thread.setDaemon(true);
      thread.start();
    }
    RuntimeException failure = null;
    for (CompletableFuture<Void> done : running) {
      try {
        done.join();
      } catch (CompletionException e) {
        RuntimeException one =
            e.getCause() instanceof RuntimeException cause
                ? cause
                : new ServerException(String.valueOf(e.getCause()), e.getCause());
        if (failure == null) {
          failure = one;
        } else {
          failure.addSuppressed(one);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  public Engine engine() {
    return engine;
  }

  public List<DatabaseNode> nodes() {
    return nodes;
  }

  /** The node n{@code index + 1}. */
  public DatabaseNode node(int index) {
    return nodes.get(index);
  }

  boolean closed() {
    return closed;
  }

  public boolean proxied() {
    return !proxies.isEmpty();
  }

  /** The proxies in the order of the nodes; empty without proxies. */
  public List<FaultProxy> proxies() {
    return proxies;
  }

  public FaultProxy proxy(int index) {
    if (proxies.isEmpty()) {
      throw new IllegalStateException("this cluster was started without proxies");
    }
    return proxies.get(index);
  }

  /**
   * The URL for an application of the whole cluster, through the proxies if there are any.
   *
   * @param settings appended to the URL in the vendor's way, in the map's order
   */
  public String lockstepUrl(String database, Map<String, String> settings) {
    List<Integer> ports =
        proxied()
            ? proxies.stream().map(FaultProxy::port).toList()
            : nodes.stream().map(DatabaseNode::port).toList();
    return engine.lockstepUrl(ports, database, settings, options);
  }

  /** Makes an empty database on every node. */
  public void createDatabase(String database) throws SQLException {
    for (DatabaseNode node : nodes) {
      node.createDatabase(database);
    }
  }

  /**
   * Makes the cluster as good as new: proxies healed, all nodes running and empty. A node that
   * can't be emptied in place gets a new data directory.
   */
  public void reset() {
    proxies.forEach(FaultProxy::heal);
    each(nodes, TestCluster::reset);
  }

  private static void reset(DatabaseNode node) {
    node.unfreeze();
    if (node.alive()) {
      try {
        node.clear();
        return;
      } catch (SQLException notInPlace) {
        // Falls through to the thorough way.
      }
    }
    node.wipe();
    node.start();
  }

  @Override
  public void close() {
    closed = true;
    proxies.forEach(FaultProxy::close);
    each(nodes, DatabaseNode::close);
  }

  @Override
  public String toString() {
    return nodes.toString();
  }
}
