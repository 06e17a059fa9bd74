package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.config.Errors;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step 3: from here on the group commits on whoever survives and is never repeated. Used inside the
 * gate.
 */
final class Completion {
  private static final Logger LOG = LoggerFactory.getLogger(Completion.class);

  private final Cluster cluster;
  private final Lanes lanes;
  private final StepThree stepThree;
  private final Preparation preparation;
  private final int timeout;

  Completion(
      Cluster cluster,
      Lanes lanes,
      StepThree stepThree,
      Preparation preparation,
      int timeoutMillis) {
    this.cluster = cluster;
    this.lanes = lanes;
    this.stepThree = stepThree;
    this.preparation = preparation;
    this.timeout = timeoutMillis;
  }

  /** What is not known to be committed. */
  private static final class Doubts {
    final List<Pending> sessions = new ArrayList<>();
    final List<Lane> lanes = new ArrayList<>();
    final List<DatabaseNode> dead = new ArrayList<>();

    boolean any() {
      return !sessions.isEmpty() || !lanes.isEmpty() || !dead.isEmpty();
    }
  }

  /**
   * Sends COMMIT for a prepared group; {@link #finish} must follow.
   *
   * @param behind opened once COMMIT is on its way everywhere
   */
  void begin(Group group, GroupBehind behind) {
    Set<TableName> tables = new HashSet<>();
    for (Pending p : group.members) {
      tables.addAll(p.tx.tables());
    }
    stepThree.begin(tables, false);
    group.start = System.nanoTime();
    if (!group.shared) {
      for (Pending p : group.members) {
        p.connection().send(Packet.of("COMMIT"));
      }
    }
    for (Lane lane : group.lanes) {
      lane.sendCommit();
    }
    group.committing = true;
    behind.open();
  }

  /** Sees a commit through that {@link #begin} began. */
  void finish(Group group, GroupBehind behind) {
    try {
      Doubts doubts = await(group, behind);
      behind.close();
      if (doubts.any()) {
        settle(group, behind.group(), doubts);
      }
    } finally {
      stepThree.end();
    }
    cluster.metrics().group(group.members.size());
    cluster.metrics().journalRows(group.members.size());
  }

  private Doubts await(Group group, GroupBehind behind) {
    Doubts d = new Doubts();
    DatabaseNode primary = cluster.primary();
    if (!group.shared) {
      boolean silent = false;
      for (Pending p : group.members) {
        Outcome o = p.connection().await(group.left(timeout));
        if (!o.ok()) {
          p.connection().markBroken();
          silent |= o.timedOut();
          d.sessions.add(p);
        }
        behind.close(); // what joined now would keep it waiting
      }
      if (silent) {
        d.dead.add(primary);
      }
      cluster.metrics().commit(primary.name(), System.nanoTime() - group.start);
    }
    for (Lane lane : group.lanes) {
      Outcome o = lane.awaitEnd(group.left(timeout));
      behind.close();
      if (!o.ok()) {
        if (o.timedOut()) {
          d.dead.add(lane.node());
        } else {
          d.lanes.add(lane);
        }
      }
      cluster.metrics().commit(lane.node().name(), System.nanoTime() - group.start);
    }
    return d;
  }

  private void settle(Group group, Group behind, Doubts d) {
    DatabaseNode primary = cluster.primary();
    if (behind != null) {
      preparation.recall(behind, d.dead);
    }
    for (Lane lane : d.lanes) {
      boolean settled =
          lanes.retire(lane, group.patience(timeout))
              && (lane.node() == primary
                  ? settleOnPrimary(group.members, List.of(), group.number)
                  : applyAgain(group.members, group.number, lane.node()));
      if (!settled && !d.dead.contains(lane.node())) {
        d.dead.add(lane.node());
      }
    }
    if (!d.sessions.isEmpty()
        && !d.dead.contains(primary)
        && !settleOnPrimary(d.sessions, d.sessions, group.number)) {
      d.dead.add(primary);
    }
    if (!d.dead.isEmpty()) {
      drop(group, d.dead);
    }
  }

  private void drop(Group group, List<DatabaseNode> dead) {
    int committed = cluster.members().size() - dead.size();
    boolean recorded = cluster.evict(dead, "no answer to commit");
    boolean owner = cluster.state() != Cluster.State.LOST;
    if (recorded || owner && committed >= cluster.minNodes(cluster.view())) {
      return;
    }
    String message =
        owner
            ? "the commit reached only "
                + committed
                + " nodes; it will be completed or undone when the others are back"
            : "another process took the cluster over during the commit";
    for (Pending p : group.members) {
      p.failure = Errors.outcomeUnknown(message, null);
    }
  }

  /**
   * Sees to it that these transactions are on the primary, where their COMMIT may have been lost.
   * Once a session is gone, the journal tells. An absent one has left its locks, so all sessions
   * there are ended (what they have done since rests on rows as they were before), and its write
   * set is applied as on a replica.
   *
   * @param sessions of them, those whose own session has to be ended first
   */
  private boolean settleOnPrimary(List<Pending> unsure, List<Pending> sessions, long number) {
    DatabaseNode primary = cluster.primary();
    NodeControl control = cluster.control(primary);
    List<Pending> absent = new ArrayList<>();
    try {
      for (Pending p : sessions) {
        control.killAndAwait(p.connection().serverId(), p.patience(timeout));
      }
      for (Pending p : unsure) {
        if (!control.journalHas(number, p.index)) {
          absent.add(p);
        }
      }
    } catch (SQLException e) {
      return false;
    }
    if (absent.isEmpty()) {
      return true;
    }
    LOG.warn(
        "{} transactions of group {} were lost on the primary {} and are applied again",
        absent.size(),
        number,
        primary.name());
    primary.admit(false);
    boolean done = applyAgain(absent, number, primary);
    if (done) {
      primary.admit(true);
    }
    return done;
  }

  /** The parts of a large transaction, from a member that has committed it. */
  private boolean partsAgain(Pending p, long number, Lane lane) throws SQLException {
    if (!p.large()) {
      return true;
    }
    for (DatabaseNode m : cluster.members()) {
      if (m != lane.node() && has(m, number, p.index)) {
        try (Connection source = m.openUnlimited()) {
          return preparation.sendParts(p, source, List.of(lane)).fine();
        }
      }
    }
    return false;
  }

  private boolean has(DatabaseNode node, long number, int index) {
    try {
      return cluster.control(node).journalHas(number, index);
    } catch (SQLException e) {
      return false; // another member may have it
    }
  }

  /**
   * Step 3 was begun and what it left undone on a node is done again on a new lane. No session that
   * could still commit these transactions is left there.
   */
  private boolean applyAgain(List<Pending> members, long number, DatabaseNode node) {
    for (int attempt = 1; attempt <= Lanes.ATTEMPTS; attempt++) {
      try {
        if (cluster.control(node).journalHas(number, members.get(0).index)) {
          return true;
        }
        Lane lane = lanes.open(node, node == cluster.primary());
        if (!partsAgain(members.get(0), number, lane)) {
          lanes.retire(lane);
          return false;
        }
        lane.send(preparation.script(members, number, cluster.view().epoch(), lane));
        Lane.Result r = lane.await(timeout);
        Outcome end = null;
        if (r.ok()) {
          lane.sendCommit();
          end = lane.awaitEnd(timeout);
        }
        if (end != null && end.ok()) {
          lane.close();
          return true;
        }
        if (!lanes.retire(lane) || r.timedOut() || r.different() || end != null && end.timedOut()) {
          LOG.warn("cannot apply group {} again on {}", number, node.name(), r.error());
          return false;
        }
      } catch (SQLException e) {
        LOG.warn("cannot apply group {} again on {}: {}", number, node.name(), e.getMessage());
        return false;
      }
    }
    return false;
  }
}
