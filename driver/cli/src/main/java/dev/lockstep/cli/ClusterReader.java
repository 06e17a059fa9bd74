package dev.lockstep.cli;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads what the nodes have recorded of the cluster, with plain connections of its own: it owns
 * nothing, writes nothing, and a node that does not answer holds it up for its time limit only.
 * Thread-safe.
 */
final class ClusterReader {
  private static final int VIEWS = 20;

  private final ClusterUrl cluster;
  private final int timeoutMillis;

  ClusterReader(ClusterUrl cluster, int timeoutMillis) {
    this.cluster = cluster;
    this.timeoutMillis = timeoutMillis;
  }

  /** A plain connection to one node. */
  Connection connect(String node) throws SQLException {
    return DriverManager.getConnection(
        cluster.plainUrl(node), cluster.plainProperties(node, timeoutMillis));
  }

  /** All nodes at the same time. */
  ClusterState read() throws InterruptedException {
    Map<String, CompletableFuture<NodeState>> running = new LinkedHashMap<>();
    for (String node : cluster.nodes()) {
      CompletableFuture<NodeState> result = new CompletableFuture<>();
      running.put(node, result);
      // A thread each and no pool: a frozen server may keep its thread long after the time limit.
      Thread thread = new Thread(() -> result.complete(read(node)), "lockstep-read-" + node);
      thread.setDaemon(true);
      thread.start();
    }
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    List<NodeState> states = new ArrayList<>();
    for (Map.Entry<String, CompletableFuture<NodeState>> one : running.entrySet()) {
      try {
        long left = Math.max(0, end - System.nanoTime());
        states.add(one.getValue().get(left, TimeUnit.NANOSECONDS));
      } catch (TimeoutException e) {
        states.add(
            NodeState.unreachable(one.getKey(), "no answer within " + timeoutMillis + " ms"));
      } catch (ExecutionException e) {
        states.add(NodeState.unreachable(one.getKey(), String.valueOf(e.getCause())));
      }
    }
    return ClusterState.of(states);
  }

  private NodeState read(String node) {
    try (Connection connection = connect(node);
        Statement statement = connection.createStatement()) {
      return read(node, statement);
    } catch (SQLException e) {
      return NodeState.unreachable(node, firstLine(e));
    } catch (RuntimeException e) {
      return NodeState.unreachable(node, e.toString());
    }
  }

  private static NodeState read(String name, Statement statement) throws SQLException {
    NodeState.Builder node = new NodeState.Builder(name);
    try (ResultSet r =
        statement.executeQuery(
            "SELECT node_id, node_name, incomplete FROM lockstep.node_info WHERE id=1")) {
      if (!r.next()) {
        return node.build();
      }
      node.nodeId = r.getString(1);
      node.recordedName = r.getString(2);
      node.incomplete = r.getString(3);
    } catch (SQLException e) {
      if (missing(e)) {
        return node.build();
      }
      throw e;
    }
    try (ResultSet r =
        statement.executeQuery(
            "SELECT epoch, id, members, lagging, primary_node, known, reason, recorded_at FROM"
                + " lockstep.view_log ORDER BY epoch DESC LIMIT "
                + VIEWS)) {
      while (r.next()) {
        node.views.add(
            new ClusterState.View(
                r.getLong(1),
                r.getString(2),
                ClusterState.ids(r.getString(3)),
                ClusterState.ids(r.getString(4)),
                r.getString(5),
                ClusterState.ids(r.getString(6)),
                r.getString(7),
                r.getLong(8)));
      }
    }
    try (ResultSet r = statement.executeQuery("SELECT owner FROM lockstep.fence WHERE id=1")) {
      node.owner = r.next() ? r.getString(1) : null;
    }
    try (ResultSet r =
        statement.executeQuery(
            "SELECT (SELECT MAX(grp) FROM lockstep.journal), (SELECT MAX(grp) FROM"
                + " lockstep.journal_floor)")) {
      r.next();
      long last = r.getLong(1);
      node.group = Math.max(last, r.getLong(2));
    }
    try (ResultSet r =
        statement.executeQuery("SELECT node_id, node_name FROM lockstep.node_list")) {
      while (r.next()) {
        node.names.put(r.getString(1), r.getString(2));
      }
    }
    return node.build();
  }

  /** Whether the error says that there is no such table, database or schema. */
  private static boolean missing(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    // MySQL: 1049 unknown database, 1146 no such table; H2: 90079 schema, 42S02 and 42S04 table.
    return e.getErrorCode() == 1049
        || e.getErrorCode() == 1146
        || state.equals("90079")
        || state.equals("42S02")
        || state.equals("42S04");
  }

  private static String firstLine(SQLException e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String text = String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    String cause = root == e || root.getMessage() == null ? "" : root.getMessage().strip();
    return cause.isEmpty() || text.contains(cause) ? text : cause;
  }
}
