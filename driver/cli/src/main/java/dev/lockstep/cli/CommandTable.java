package dev.lockstep.cli;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Hands a command to the process that owns the cluster: a row in {@code lockstep.command} of one
 * member, which the owner polls. Used by one thread.
 */
final class CommandTable {
  private static final int NODE_TIMEOUT_MILLIS = 5000;
  private static final long POLL_MILLIS = 200;

  /** What became of a command. */
  record Answer(boolean done, String text) {}

  private final ClusterReader reader;

  CommandTable(ClusterUrl cluster) {
    this.reader = new ClusterReader(cluster, NODE_TIMEOUT_MILLIS);
  }

  /**
   * Hands the command over and waits.
   *
   * @param ownerSeconds how long an owner may take to pick it up
   * @param timeoutSeconds how long it may take in all
   * @throws CliException with NO_OWNER, TIMEOUT or UNREACHABLE
   */
  Answer run(
      String name, String arguments, int ownerSeconds, int timeoutSeconds, PrintWriter progress)
      throws SQLException, InterruptedException {
    ClusterState state = reader.read();
    String id = UUID.randomUUID().toString();
    long begin = System.nanoTime();
    Place place = insert(state, id, name, arguments);
    try {
      boolean taken = false;
      while (true) {
        Row row = place.look(id);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        switch (row.state()) {
          case "DONE":
            return new Answer(true, row.result());
          case "FAILED":
            return new Answer(false, row.result());
          case "GONE":
            throw new CliException(
                ExitCode.FAILED,
                "the command has vanished from " + place.name() + ": see the owner's log");
          case "NEW":
            if (seconds >= ownerSeconds && place.withdraw(id)) {
              throw noOwner(state);
            }
            break;
          default:
            if (!taken) {
              taken = true;
              Terminal.progress(progress, "the owner is at it …");
            }
        }
        if (seconds >= timeoutSeconds) {
          throw new CliException(
              ExitCode.TIMEOUT,
              "the owner has taken the command up but did not finish within "
                  + timeoutSeconds
                  + " s; it goes on, see lockstep status and its log");
        }
        Thread.sleep(POLL_MILLIS);
      }
    } finally {
      Terminal.progress(progress, "");
      place.close();
    }
  }

  private static CliException noOwner(ClusterState state) {
    return new CliException(
        ExitCode.NO_OWNER,
        "no running process owns this cluster"
            + (state.owner() == null ? "" : " (the last one was " + state.owner() + ")")
            + ", or the owner waits for nodes because fewer than lockstep.minNodes are left. Nobody"
            + " has taken the command up and it is withdrawn: nothing was changed. An application"
            + " that starts with the cluster's URL brings every node back that it can by itself");
  }

  private record Row(String state, String result) {}

  /**
   * Inserts on the primary, or else on the first member that takes it; never on the node that the
   * command is about where there is another one, because the answer cannot be read from a node that
   * has left the view.
   */
  private Place insert(ClusterState state, String id, String name, String arguments)
      throws SQLException {
    if (!state.anyReachable()) {
      throw new CliException(
          ExitCode.UNREACHABLE, "no node can be reached: " + state.nodes().get(0).error());
    }
    List<NodeState> order =
        state.nodes().stream()
            .filter(node -> node.reachable() && state.role(node).serves())
            .sorted(
                Comparator.<NodeState, Boolean>comparing(node -> node.name().equals(arguments))
                    .thenComparing(state::role))
            .toList();
    if (order.isEmpty()) {
      throw new CliException(
          ExitCode.NO_OWNER,
          "none of the reachable nodes is a member of a view, so nobody can own them; see"
              + " lockstep status");
    }
    SQLException failure = null;
    for (NodeState node : order) {
      Connection connection = null;
      try {
        connection = reader.connect(node.name());
        try (PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO lockstep.command (id, name, args, state, created) VALUES"
                    + " (?, ?, ?, 'NEW', ?)")) {
          insert.setString(1, id);
          insert.setString(2, name);
          insert.setString(3, arguments);
          insert.setLong(4, System.currentTimeMillis());
          insert.executeUpdate();
        }
        return new Place(node.name(), connection);
      } catch (SQLException e) {
        if (connection != null) {
          connection.close();
        }
        failure = failure == null ? e : failure;
      }
    }
    throw failure;
  }

  /** The member that the command was written to. */
  private static final class Place {
    private final String name;
    private final Connection connection;

    Place(String name, Connection connection) {
      this.name = name;
      this.connection = connection;
    }

    String name() {
      return name;
    }

    Row look(String id) throws SQLException {
      try (PreparedStatement select =
          connection.prepareStatement("SELECT state, result FROM lockstep.command WHERE id=?")) {
        select.setString(1, id);
        try (ResultSet r = select.executeQuery()) {
          return r.next() ? new Row(r.getString(1), r.getString(2)) : new Row("GONE", null);
        }
      }
    }

    /** Takes the command back; false if the owner has picked it up just now. */
    boolean withdraw(String id) throws SQLException {
      try (Statement delete = connection.createStatement()) {
        return delete.executeUpdate(
                "DELETE FROM lockstep.command WHERE id='" + id + "' AND state='NEW'")
            == 1;
      }
    }

    void close() throws SQLException {
      connection.close();
    }
  }
}
