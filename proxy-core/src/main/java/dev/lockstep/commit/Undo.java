package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How transactions and groups end without commit. Used inside the gate. */
final class Undo {
  private static final Logger LOG = LoggerFactory.getLogger(Undo.class);

  private final Cluster cluster;
  private final Lanes lanes;
  private final GroupCommitter.Referee referee;
  private final int timeout;

  Undo(Cluster cluster, Lanes lanes, GroupCommitter.Referee referee, int timeoutMillis) {
    this.cluster = cluster;
    this.lanes = lanes;
    this.referee = referee;
    this.timeout = timeoutMillis;
  }

  /**
   * Rolls back all lanes. A lane that is lost, or whose rollback is not confirmed, is retired: its
   * server session is killed and awaited; where that fails too, or the server was silent, the node
   * is evicted.
   */
  void lanes(Group group, List<Lane.Result> results) {
    List<Lane> used = group.lanes;
    List<DatabaseNode> dead = new ArrayList<>();
    List<Lane> asked = new ArrayList<>();
    for (int i = 0; i < used.size(); i++) {
      Lane lane = used.get(i);
      Lane.Result r = results.get(i);
      if (!r.lost()) {
        lane.sendRollback();
        asked.add(lane);
      } else if (r.timedOut() || !lanes.retire(lane, group.patience(timeout))) {
        dead.add(lane.node());
      }
    }
    for (Lane lane : asked) {
      Outcome o = lane.awaitEnd(group.patience(timeout));
      if (!o.ok() && (o.timedOut() || !lanes.retire(lane, group.patience(timeout)))) {
        dead.add(lane.node());
      }
    }
    if (!dead.isEmpty()) {
      cluster.evict(dead, "no answer to prepare, and no rollback confirmed");
    }
  }

  /** The group rolls back everywhere; {@code gone} nodes are evicted first. */
  void abandon(Group group, List<DatabaseNode> gone, SQLException cause, String why) {
    if (gone != null) {
      cluster.evict(gone, cause == null ? why : cause.getMessage());
    }
    for (Pending p : group.members) {
      onPrimary(p);
      fail(p, why, cause);
    }
    group.members.clear();
  }

  /** Ends a transaction's work on its own connection to the primary without commit. */
  void onPrimary(Pending p) {
    if (p.shared) {
      return; // its work was on a lane
    }
    DatabaseNode node = (DatabaseNode) p.connection().node();
    if (p.connection().broken()) {
      if (cluster.isMember(node) && cluster.state() == Cluster.State.SERVING) {
        try {
          cluster.control(node).killAndAwait(p.connection().serverId(), p.patience(timeout));
        } catch (SQLException e) {
          cluster.evict(List.of(node), "a rollback was not confirmed: " + e.getMessage());
        }
      }
      return;
    }
    Outcome o = p.connection().run(Packet.of("ROLLBACK"), p.patience(timeout));
    if (!o.ok()) {
      p.connection().abort();
    }
  }

  void rollback(Pending p, SQLException why) {
    onPrimary(p);
    p.failure = why;
  }

  /** 40001 for the application, or, where the session can do it, a repetition. */
  void fail(Pending p, String why, SQLException cause) {
    p.failure =
        p.tx.repeatable()
            ? new PrimaryLostException(why, cause)
            : Errors.rolledBack(
                "rolled back on every node: " + why + "; repeat the transaction", cause);
  }

  /**
   * Members answered differently: the group ends, the data is compared at rest, the odd ones go.
   */
  void different(Group group, Lane.Result r) {
    LOG.error("different results: {} at {}", r.error().getMessage(), r.entry().sql());
    for (Pending p : group.members) {
      onPrimary(p);
    }
    boolean proven = evictDifferent(Set.of(r.entry().table()), r.entry());
    if (!proven) {
      // What a trigger writes, or a foreign key points at.
      Set<TableName> more = new LinkedHashSet<>();
      for (Pending p : group.members) {
        if (p.index == r.transaction()) {
          more.addAll(p.tx.tables());
        }
      }
      more.remove(r.entry().table());
      proven = !more.isEmpty() && evictDifferent(more, null);
    }
    for (Pending p : group.members) {
      if (p.index == r.transaction() && !proven && !raced(r)) {
        p.failure =
            Errors.unsupported(
                "rolled back: this statement had another result on a replica although the data is equal ("
                    + r.error().getMessage()
                    + "): "
                    + r.entry().sql());
      } else {
        fail(p, "members gave different results: " + r.error().getMessage(), r.error());
      }
    }
    group.members.clear();
  }

  /**
   * H2 does not lock what a constraint rests on: two transactions that are open at the same time
   * may insert the same key, or one a child and the other delete its parent. Whoever commits second
   * is told so by the replica, and may try again.
   */
  private boolean raced(Lane.Result r) {
    String state = r.error().getSQLState();
    return !cluster.primary().dialect().vendor().mysqlFamily()
        && state != null
        && state.startsWith("23");
  }

  /** Compares tables on all members at rest and evicts those that are not with the majority. */
  boolean evictDifferent(Set<TableName> tables, Entry concerned) {
    try {
      List<DatabaseNode> odd = referee.odd(tables, concerned);
      if (!odd.isEmpty()) {
        cluster.evict(odd, View.DIFFERENCE + tables);
      }
      return !odd.isEmpty();
    } catch (SQLException e) {
      LOG.error("cannot compare the members' data", e);
      return false;
    }
  }
}
