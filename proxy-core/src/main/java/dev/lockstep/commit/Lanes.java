package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.node.DatabaseNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes to the members of the current view; opened when needed. There are two sets, used in
 * turn: while one set commits a group, the other one prepares the next. Used inside the gate only.
 */
final class Lanes {
  private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);
  static final int ATTEMPTS = 3;
  private static final int SETS = 2;

  private final Cluster cluster;
  private final Map<DatabaseNode, Lane[]> lanes = new HashMap<>();

  Lanes(Cluster cluster) {
    this.cluster = cluster;
  }

  private List<DatabaseNode> nodes(boolean withPrimary) {
    List<DatabaseNode> nodes = new ArrayList<>(4);
    if (withPrimary) {
      nodes.add(cluster.primary());
    }
    nodes.addAll(cluster.replicas());
    return nodes;
  }

  /** The lanes of a set where all of them are open and sound, else null. */
  List<Lane> open(int set, boolean withPrimary) {
    List<Lane> result = new ArrayList<>(4);
    for (DatabaseNode n : nodes(withPrimary)) {
      Lane lane = sound(set, n);
      if (lane == null) {
        return null;
      }
      result.add(lane);
    }
    return result;
  }

  private Lane sound(int set, DatabaseNode n) {
    Lane lane = lanes.containsKey(n) ? lanes.get(n)[set] : null;
    if (lane != null && lane.connection().broken()) {
      drop(lane);
      return null;
    }
    return lane;
  }

  /** The lane of a set to a member, opened if need be. */
  Lane one(int set, DatabaseNode n) throws SQLException {
    Lane lane = sound(set, n);
    if (lane == null) {
      lane = open(n, false);
      lanes.computeIfAbsent(n, x -> new Lane[SETS])[set] = lane;
    }
    return lane;
  }

  /**
   * A sound lane to every replica. One that none can be opened to is evicted.
   *
   * @return null when too few members are left
   */
  List<Lane> replicas(int set) {
    while (true) {
      List<Lane> result = new ArrayList<>(4);
      DatabaseNode bad = null;
      SQLException why = null;
      for (DatabaseNode n : cluster.replicas()) {
        try {
          result.add(one(set, n));
        } catch (SQLException e) {
          bad = n;
          why = e;
          break;
        }
      }
      if (bad == null) {
        return result;
      }
      if (!cluster.evict(List.of(bad), "no lane can be opened: " + why.getMessage())) {
        return null;
      }
    }
  }

  /** Opens what is missing in a set, as far as that works; what does not work shows in its time. */
  void warm(int set, boolean withPrimary) {
    try {
      for (DatabaseNode n : nodes(withPrimary)) {
        one(set, n);
      }
    } catch (SQLException | RuntimeException e) {
      LOG.debug("a lane cannot be opened ahead: {}", e.getMessage());
    }
  }

  /**
   * A new lane; tried again where the node answers, as its connection may have been killed.
   *
   * @param repair also while sessions are kept out of the node
   */
  Lane open(DatabaseNode n, boolean repair) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return new Lane(n, repair ? n.openRepair() : n.openDedicated());
      } catch (SQLException e) {
        if (attempt >= ATTEMPTS || !n.dialect().connectionError(e) || !n.answers()) {
          throw e;
        }
      }
    }
  }

  /**
   * Throws a lane away and makes sure that its server session is gone, so that nothing of it can
   * still commit.
   *
   * @return false when the server does not answer
   */
  boolean retire(Lane lane) {
    return retire(lane, lane.node().spec().nodeTimeoutMillis());
  }

  /** The same for a lane that may have much to undo. */
  boolean retire(Lane lane, long patienceMillis) {
    drop(lane);
    try {
      cluster.control(lane.node()).killAndAwait(lane.connection().serverId(), patienceMillis);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Throws a lane away. */
  void drop(Lane lane) {
    Lane[] here = lanes.get(lane.node());
    for (int i = 0; here != null && i < SETS; i++) {
      if (here[i] == lane) {
        here[i] = null;
      }
    }
    close(lane);
  }

  private static void close(Lane lane) {
    if (lane != null) {
      lane.connection().markBroken();
      lane.close();
    }
  }

  /** Cuts all lanes; what their sessions have done is for recovery to find out. */
  void abortAll() {
    for (Lane[] here : lanes.values()) {
      for (Lane lane : here) {
        close(lane);
      }
    }
    lanes.clear();
  }

  /** Closes the lanes to nodes that are no members any more. */
  void prune() {
    List<DatabaseNode> members = cluster.members();
    for (Iterator<Map.Entry<DatabaseNode, Lane[]>> i = lanes.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<DatabaseNode, Lane[]> e = i.next();
      if (!members.contains(e.getKey())) {
        i.remove();
        for (Lane lane : e.getValue()) {
          close(lane);
        }
      }
    }
  }
}
