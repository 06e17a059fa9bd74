package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.node.DatabaseNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The lanes to the replicas of the current view; opened when needed. Used inside the gate only. */
final class Lanes {
  static final int ATTEMPTS = 3;

  private final Cluster cluster;
  private final Map<DatabaseNode, Lane> lanes = new HashMap<>();

  Lanes(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * A sound lane to every replica. A replica that none can be opened to is evicted.
   *
   * @return null when too few members are left
   */
  List<Lane> all() {
    while (true) {
      List<Lane> result = new ArrayList<>(4);
      DatabaseNode bad = null;
      SQLException why = null;
      for (DatabaseNode n : cluster.replicas()) {
        Lane lane = lanes.get(n);
        if (lane != null && lane.connection().broken()) {
          drop(lane);
          lane = null;
        }
        if (lane == null) {
          try {
            lane = open(n);
            lanes.put(n, lane);
          } catch (SQLException e) {
            bad = n;
            why = e;
            break;
          }
        }
        result.add(lane);
      }
      if (bad == null) {
        return result;
      }
      if (!cluster.evict(List.of(bad), "no lane can be opened: " + why.getMessage())) {
        return null;
      }
    }
  }

  /** A new lane; tried again where the node answers, as its connection may have been killed. */
  Lane open(DatabaseNode n) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return n == cluster.primary() ? new Lane(n, n.openRepair()) : new Lane(n);
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
    drop(lane);
    try {
      cluster.control(lane.node()).killAndAwait(lane.connection().serverId());
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private void drop(Lane lane) {
    lanes.remove(lane.node(), lane);
    lane.connection().markBroken();
    lane.close();
  }

  /** Cuts all lanes; what their sessions have done is for recovery to find out. */
  void abortAll() {
    for (Lane lane : List.copyOf(lanes.values())) {
      drop(lane);
    }
  }

  /** Closes the lanes to nodes that are no replicas any more. */
  void prune() {
    List<DatabaseNode> replicas = cluster.replicas();
    for (Iterator<Map.Entry<DatabaseNode, Lane>> i = lanes.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<DatabaseNode, Lane> e = i.next();
      if (!replicas.contains(e.getKey())) {
        i.remove();
        e.getValue().connection().markBroken();
        e.getValue().close();
      }
    }
  }
}
