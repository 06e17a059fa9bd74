package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.View;
import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.config.Errors;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.resync.Differential;
import dev.lockstep.resync.IncompleteMark;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what operators put into {@code lockstep.command} on a member. */
final class Commands {
  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  private record Command(String id, String name, String args) {}

  private final Cluster cluster;
  private final Keeper keeper;
  private final DdlCoordinator ddl;

  Commands(Cluster cluster, Keeper keeper, DdlCoordinator ddl) {
    this.ddl = ddl;
    this.cluster = cluster;
    this.keeper = keeper;
  }

  void poll() throws SQLException {
    if (cluster.state() != Cluster.State.SERVING) {
      return;
    }
    SQLException unreachable = null;
    for (DatabaseNode n : cluster.members()) {
      try {
        poll(n);
      } catch (SQLException e) {
        unreachable = e;
      }
    }
    if (unreachable != null) {
      throw unreachable;
    }
  }

  private void poll(DatabaseNode n) throws SQLException {
    for (Command c : waiting(n)) {
      String result;
      String state = "DONE";
      if (update(n, c, "NEW", "RUNNING", null) != 1) {
        continue; // withdrawn meanwhile
      }
      try {
        result = execute(c);
      } catch (SQLException | RuntimeException e) {
        state = "FAILED";
        result = e.getMessage();
      }
      LOG.info("operator's command {} {}: {} {}", c.name(), c.args(), state, result);
      update(n, c, "RUNNING", state, result);
    }
  }

  private List<Command> waiting(DatabaseNode n) throws SQLException {
    return cluster
        .control(n)
        .with(
            con -> {
              List<Command> l = new ArrayList<>();
              try (Statement s = con.createStatement();
                  ResultSet r =
                      s.executeQuery(
                          "SELECT id, name, args FROM lockstep.command WHERE state='NEW' ORDER BY"
                              + " created")) {
                while (r.next()) {
                  l.add(new Command(r.getString(1), r.getString(2), r.getString(3)));
                }
              }
              return l;
            });
  }

  private int update(DatabaseNode n, Command c, String from, String state, String result)
      throws SQLException {
    if (!cluster.isMember(n)) {
      // The command evicted the node that it was read from.
      LOG.info("the answer to command {} cannot be stored on {}", c.name(), n.name());
      return 0;
    }
    return cluster
        .control(n)
        .with(
            con -> {
              try (PreparedStatement p =
                  con.prepareStatement(
                      "UPDATE lockstep.command SET state=?, result=?, finished=? WHERE id=? AND"
                          + " state=?")) {
                p.setString(1, state);
                p.setString(2, result);
                p.setLong(3, System.currentTimeMillis());
                p.setString(4, c.id());
                p.setString(5, from);
                return p.executeUpdate();
              }
            });
  }

  private String execute(Command c) throws SQLException {
    DatabaseNode n = cluster.byName(c.args().trim());
    if (n == null) {
      throw Errors.configuration("no node " + c.args() + "; there are " + cluster.nodes());
    }
    return switch (c.name()) {
      case "evict" -> evict(n);
      case "rejoin" -> rejoin(n);
      case "rejoin-compare" -> compare(n);
      case "switchover" -> switchover(n);
      default -> throw Errors.configuration("no command " + c.name());
    };
  }

  private String evict(DatabaseNode n) throws SQLException {
    return cluster
        .gate()
        .exclusive(
            () -> {
              if (!cluster.isMember(n)) {
                return n.name() + " is not in the view";
              }
              requireEnough();
              keeper.holdBack(n);
              cluster.evict(List.of(n), "by an operator");
              return n.name() + " is out; 'lockstep rejoin' brings it back";
            });
  }

  private String rejoin(DatabaseNode n) throws SQLException {
    keeper.letIn(n);
    return cluster.isMember(n)
        ? n.name() + " is in the view"
        : n.name() + " will rejoin as soon as it is reachable and equal";
  }

  /**
   * For data that somebody may have changed by hand: the node comes back only after all of its
   * tables have been compared, and repaired where they differ.
   */
  private String compare(DatabaseNode n) throws SQLException {
    String text = n.name() + " will rejoin when its tables have been compared";
    return cluster
        .gate()
        .exclusive(
            () -> {
              if (cluster.isMember(n)) {
                if (n == cluster.primary()) {
                  throw Errors.configuration(
                      n.name()
                          + " is the primary, which the others are compared with; 'lockstep"
                          + " switchover' first if it is the one in doubt");
                }
                requireEnough();
                // The reason in the view is what makes the rejoin compare.
                cluster.evict(List.of(n), View.DIFFERENCE + "looked for by an operator");
                return text;
              }
              if (!keeper.heldBack(n)) {
                throw Errors.configuration(
                    n.name() + " is being brought back; try again when it is in the view");
              }
              try (Connection c = n.openUnlimited()) {
                Differential.request(c, "looked for by an operator");
              }
              keeper.letIn(n);
              return text;
            });
  }

  private void requireEnough() throws SQLException {
    if (cluster.view().members().size() - 1 < cluster.minNodes(cluster.view())) {
      throw Errors.configuration(
          "fewer than lockstep.minNodes="
              + cluster.minNodes(cluster.view())
              + " members would be left");
    }
  }

  private String switchover(DatabaseNode n) throws SQLException {
    return cluster
        .gate()
        .exclusive(
            () -> {
              if (!cluster.isMember(n)) {
                throw Errors.configuration(n.name() + " is not in the view");
              }
              if (ddl.running()) {
                throw Errors.configuration("DDL is running; try again when it is over");
              }
              if (cluster.primary() == n) {
                return n.name() + " is the primary already";
              }
              if (cluster.control(n).with(IncompleteMark::get) != null) {
                throw Errors.configuration(n.name() + " is incomplete");
              }
              cluster.switchover(n, "switchover by an operator");
              return n.name() + " is the primary";
            });
  }
}
