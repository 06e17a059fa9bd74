package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.Gate;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit on all members (section 2 of the protocol). There is no committer thread: a caller
 * that finds the gate open leads the next group, made of all transactions that are queued, itself
 * among them; packets go to all members before any answer is awaited. The others sleep until their
 * group is over.
 */
public final class GroupCommitter implements Committer {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommitter.class);

  /** Decides what to do when members gave different results. */
  public interface Referee {
    /**
     * Compares the tables on all members at rest, inside the gate.
     *
     * @return the members whose data differs from the majority's; empty where all are equal
     */
    List<DatabaseNode> odd(Set<TableName> tables) throws SQLException;
  }

  private static final long ALONE_WAIT_MILLIS = 20;

  private final Cluster cluster;
  private final Gate gate;
  private final Lanes lanes;
  private final StepThree stepThree;
  private final Referee referee;
  private final int maxGroup;
  private final int retries;
  private final int timeout;
  private final String txPrefix;
  private final AtomicLong txNumber = new AtomicLong();
  private final ConcurrentLinkedQueue<Pending> queue = new ConcurrentLinkedQueue<>();

  /** One transaction on its way. */
  private static final class Pending {
    final Transaction tx;
    final Thread thread = Thread.currentThread();
    final String tail;
    List<String> alone;
    int writeAt;
    Outcome outcome;
    boolean waits;
    int index;
    boolean prepared;
    volatile boolean done;
    Throwable failure;

    Pending(Transaction tx, String tail) {
      this.tx = tx;
      this.tail = tail;
    }

    ServerConnection connection() {
      return tx.connection();
    }
  }

  /**
   * @param referee compares tables when members disagree
   * @param timeoutMillis lockstep.nodeTimeout
   */
  public GroupCommitter(
      Cluster cluster,
      Referee referee,
      String txPrefix,
      int maxGroup,
      int retries,
      int timeoutMillis) {
    this.cluster = cluster;
    this.gate = cluster.gate();
    this.lanes = new Lanes(cluster);
    this.stepThree = new StepThree(4L * timeoutMillis);
    this.referee = referee;
    this.txPrefix = txPrefix;
    this.maxGroup = maxGroup;
    this.retries = retries;
    this.timeout = timeoutMillis;
    gate.onOpen(this::wakeLeader);
    cluster.listen((before, after) -> lanes.prune());
  }

  /** Where strict reads wait. */
  public ReadBarrier readBarrier() {
    return stepThree;
  }

  Lanes lanes() {
    return lanes;
  }

  private void wakeLeader() {
    Pending p = queue.peek();
    if (p != null) {
      LockSupport.unpark(p.thread);
    }
  }

  @Override
  public void commit(Transaction tx) throws SQLException, PrimaryLostException {
    Pending p = new Pending(tx, tail(tx));
    if (p.tail.length() + 1024L > cluster.maxPacket()) {
      endOnPrimary(p);
      throw Errors.unsupported(
          "the transaction was rolled back: its write set needs "
              + p.tail.length()
              + " bytes in one packet, but a node's max_allowed_packet is "
              + cluster.maxPacket()
              + "; commit in smaller parts or raise max_allowed_packet on all nodes");
    }
    queue.add(p);
    boolean interrupted = false;
    while (!p.done) {
      if (gate.tryEnter()) {
        try {
          if (!p.done) {
            lead();
          }
        } finally {
          gate.exit();
        }
      } else {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    report(p);
  }

  private void report(Pending p) throws SQLException, PrimaryLostException {
    if (p.failure instanceof SQLException e) {
      cluster.metrics().rolledBack();
      throw e;
    } else if (p.failure instanceof PrimaryLostException e) {
      throw e;
    } else if (p.failure != null) {
      throw Errors.outcomeUnknown("internal error while committing: " + p.failure, p.failure);
    }
  }

  @Override
  public Outcome commitAlone(Transaction tx, List<String> statements, int at)
      throws SQLException, PrimaryLostException {
    if (!queue.isEmpty() || !gate.tryEnter()) {
      return null;
    }
    Pending p;
    try {
      if (!queue.isEmpty() || !cluster.current(tx.connection())) {
        return null;
      }
      p = new Pending(tx, tail(tx));
      if (p.tail.length() + 1024L > cluster.maxPacket()) {
        return null;
      }
      p.alone = statements;
      p.writeAt = at;
      lead(new ArrayList<>(List.of(p)));
    } finally {
      gate.exit();
    }
    if (p.waits) {
      // A row lock of somebody who bypasses the gate. The usual way waits for it without the gate.
      Outcome o = p.connection().await(0);
      if (!o.lost()) {
        endOnPrimary(p);
      }
      return null;
    }
    report(p);
    return p.outcome;
  }

  private String tail(Transaction tx) {
    StringBuilder set = new StringBuilder((int) Math.min(tx.bytes() + 64L * tx.size(), 1 << 20));
    for (Entry e : tx.entries()) {
      WriteSetCodec.append(set, e);
    }
    StringBuilder tables = new StringBuilder();
    for (TableName t : tx.tables()) {
      tables
          .append(tables.length() == 0 ? "" : ",")
          .append(t.schema())
          .append('.')
          .append(t.name());
    }
    return JournalSql.tail(
        tx.connection().node().dialect(),
        txPrefix + txNumber.incrementAndGet(),
        JournalRow.Kind.TRANSACTION,
        System.currentTimeMillis(),
        tables.toString(),
        set.toString());
  }

  /**
   * Leads one group; inside the gate. An exception here would be a bug: it ends the transactions,
   * not the loop.
   */
  private void lead() {
    lead(new ArrayList<>());
  }

  private void lead(List<Pending> all) {
    boolean interrupted = Thread.interrupted();
    try {
      Pending next;
      while (all.isEmpty() || all.get(0).alone == null && all.size() < maxGroup) {
        if ((next = queue.poll()) == null) {
          break;
        }
        all.add(next);
      }
      run(new ArrayList<>(all));
    } catch (RuntimeException | Error e) {
      LOG.error("internal error in a commit group; the members are reconciled", e);
      for (Pending p : all) {
        if (p.failure == null) {
          p.connection().abort();
          p.failure = e;
        }
      }
      // Nobody knows what the lanes have done: as after a crash, only recovery can tell.
      lanes.abortAll();
      cluster.suspend("internal error in a commit group: " + e);
    } finally {
      for (Pending p : all) {
        p.done = true;
        if (p.thread != Thread.currentThread()) {
          LockSupport.unpark(p.thread);
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run(List<Pending> group) {
    try {
      cluster.checkWritable();
    } catch (SQLException e) {
      for (Pending p : group) {
        rollback(p, e);
      }
      return;
    }
    long number = cluster.nextGroup();
    for (int i = 0; i < group.size(); i++) {
      group.get(i).index = i;
    }
    for (int attempt = 0; ; attempt++) {
      group.removeIf(this::onOldPrimary);
      if (group.isEmpty()) {
        return;
      }
      List<Lane> lanesNow = lanes.all();
      if (lanesNow == null) {
        abandon(group, null, null, "too few members answer");
        return;
      }
      if (prepare(group, number, lanesNow, attempt)) {
        commit(group, number, lanesNow);
        return;
      }
    }
  }

  private boolean onOldPrimary(Pending p) {
    if (cluster.current(p.connection())) {
      return false;
    }
    endOnPrimary(p);
    fail(p, "the primary changed before the transaction could commit", null);
    return true;
  }

  /** Step 2. False: the group has changed (or is empty now) and the lanes are rolled back. */
  private boolean prepare(List<Pending> group, long number, List<Lane> lanesNow, int attempt) {
    long epoch = cluster.view().epoch();
    Dialect d = cluster.primary().dialect();
    long start = System.nanoTime();
    for (Lane lane : lanesNow) {
      lane.send(script(group, number, epoch, lane, d));
    }
    for (Pending p : group) {
      if (!p.prepared) {
        String row = JournalSql.fenced(d, cluster.token(), number, p.index, epoch, p.tail);
        p.connection().send(preparePacket(p, row, d));
      }
    }
    List<Pending> failed = new ArrayList<>();
    SQLException primaryError = null;
    boolean primaryGone = false;
    boolean fenced = false;
    for (Pending p : group) {
      if (p.prepared) {
        continue;
      }
      if (p.alone != null && !p.connection().ready(ALONE_WAIT_MILLIS)) {
        p.waits = true;
        continue;
      }
      Outcome o = p.connection().await(left(start));
      if (p.alone != null && writeFailed(p, o)) {
        p.outcome = o;
      } else if (o.ok() && o.counts()[o.counts().length - 1] == 1) {
        p.outcome = o;
        p.prepared = true;
      } else if (o.ok()) {
        fenced = true;
      } else if (o.lost()) {
        primaryError = o.error();
        primaryGone |= o.timedOut();
        failed.add(p);
      } else {
        LOG.warn("prepare failed on the primary: {}", o.error().getMessage());
        failed.add(p);
        p.failure = o.error();
      }
    }
    cluster.metrics().prepare(cluster.primary().name(), System.nanoTime() - start);
    List<Lane.Result> results = new ArrayList<>(lanesNow.size());
    for (Lane lane : lanesNow) {
      results.add(lane.await(left(start)));
      cluster.metrics().prepare(lane.node().name(), System.nanoTime() - start);
    }
    boolean lanesFine = true;
    for (Lane.Result r : results) {
      lanesFine &= r.ok();
    }
    Pending only = group.get(0).alone == null ? null : group.get(0);
    boolean undone = only != null && (only.waits || only.outcome != null && !only.prepared);
    if (lanesFine && failed.isEmpty() && !fenced && !undone) {
      return true;
    }
    undoLanes(lanesNow, results);
    if (undone) {
      group.clear();
      return false;
    }
    if (fenced) {
      cluster.ownershipLost(cluster.primary().name());
      abandon(group, null, null, "another process has taken the cluster over");
      group.clear();
      return false;
    }
    if (primaryError != null && (primaryGone || !cluster.primary().answers())) {
      abandon(group, List.of(cluster.primary()), primaryError, "primary lost before commit");
      group.clear();
      return false;
    }
    for (Pending p : failed) {
      group.remove(p);
      endOnPrimary(p);
      SQLException why = p.failure instanceof SQLException e ? e : primaryError;
      if (p.failure != null && d.accessDenied(why)) {
        p.failure =
            Errors.of(
                SqlState.SYNTAX,
                "rolled back: the account of this connection may not write the journal ("
                    + why.getMessage()
                    + "). On every node: GRANT SELECT, INSERT, UPDATE ON lockstep.* TO that account",
                why);
        continue;
      }
      if (p.failure != null && p.alone == null) {
        // Its transaction is not there any more: rolled back, or committed behind our back.
        evictDifferent(p.tx.tables());
      }
      p.failure = null;
      fail(p, "the transaction was lost on the primary: " + why.getMessage(), why);
    }
    if (cluster.state() != Cluster.State.SERVING) {
      abandon(group, null, null, "too few members answer");
      group.clear();
      return false;
    }
    for (Lane.Result r : results) {
      if (r.ok()) {
        continue;
      }
      if (r.lost()) {
        if (attempt >= 2 * retries) {
          dropContended(group, r); // its lane is lost each time
          return false;
        }
        continue;
      }
      Lane lane = lanesNow.get(results.indexOf(r));
      if (r.different() && r.entry() == null && fencedOut(lane, r, attempt < retries)) {
        abandon(group, null, null, "another process has taken the cluster over");
        group.clear();
        return false;
      }
      if (r.different() && d.nodeFault(r.error())) {
        cluster.evict(List.of(lane.node()), r.error().getMessage());
        continue;
      }
      if (r.different() && r.entry() != null) {
        different(group, r);
        group.clear();
        return false;
      }
      cluster.metrics().retry();
      if (attempt >= retries) {
        dropContended(group, r);
        return false;
      }
    }
    return false;
  }

  /** What proves on the primary that the transaction is there and may commit. */
  private static Packet preparePacket(Pending p, String row, Dialect d) {
    if (p.alone == null) {
      return Packet.of(d.releaseGuard(), row);
    }
    // Begun, executed and prepared in one packet: there is no time between in which it could be
    // lost.
    List<String> all = new ArrayList<>(p.alone);
    all.add(row);
    return new Packet(all);
  }

  /**
   * Whether the write of a transaction that runs alone failed, or matched other rows than expected.
   */
  private static boolean writeFailed(Pending p, Outcome o) {
    if (o.lost()) {
      return false;
    }
    return o.ok()
        ? o.counts()[p.writeAt] != p.tx.entries().get(0).expectedRows()
        : o.counts().length < p.alone.size();
  }

  /**
   * The only statements without an entry are the engine's own, and one of them failed: is it
   * because the fence is another owner's? If not, the lane is replaced.
   */
  private boolean fencedOut(Lane lane, Lane.Result r, boolean again) {
    try {
      if (!cluster.control(lane.node()).mineStill()) {
        cluster.ownershipLost(lane.node().name());
        return true;
      }
      LOG.warn("a lane to {} failed: {}", lane.node().name(), r.error().getMessage());
      if (again && lanes.retire(lane)) {
        return false;
      }
    } catch (SQLException e) {
      LOG.warn("{} does not tell who owns it: {}", lane.node().name(), e.getMessage());
    }
    cluster.evict(List.of(lane.node()), "its lane failed: " + r.error().getMessage());
    return false;
  }

  private void dropContended(List<Pending> group, Lane.Result r) {
    Pending loser = null;
    for (Pending p : group) {
      if (p.index == r.transaction()) {
        loser = p;
      }
    }
    if (loser == null) {
      loser = group.get(group.size() - 1);
    }
    group.remove(loser);
    endOnPrimary(loser);
    fail(loser, "a replica could not prepare it: " + r.error().getMessage(), r.error());
  }

  private Lane.Script script(List<Pending> group, long number, long epoch, Lane lane, Dialect d) {
    Lane.Script s = new Lane.Script();
    for (Pending p : group) {
      for (Entry e : p.tx.entries()) {
        s.add(e, p.index, lane.reset());
      }
    }
    s.end(lane.reset());
    Pending first = group.get(0);
    s.add(
        JournalSql.fenced(d, cluster.token(), number, first.index, epoch, first.tail), 1, -1, null);
    if (group.size() > 1) {
      StringBuilder rows = JournalSql.values();
      int count = 0;
      for (int i = 1; i < group.size(); i++) {
        if (count > 0 && rows.length() + group.get(i).tail.length() > lane.packetChars()) {
          s.add(rows.toString(), count, -1, null);
          rows = JournalSql.values();
          count = 0;
        }
        JournalSql.row(rows, count == 0, number, group.get(i).index, epoch, group.get(i).tail);
        count++;
      }
      s.add(rows.toString(), count, -1, null);
    }
    return s;
  }

  /**
   * Rolls back all lanes. A lane that is lost, or whose rollback is not confirmed, is retired: its
   * server session is killed and awaited; where that fails too, or the server was silent, the node
   * is evicted.
   */
  private void undoLanes(List<Lane> lanesNow, List<Lane.Result> results) {
    List<DatabaseNode> dead = new ArrayList<>();
    List<Lane> asked = new ArrayList<>();
    for (int i = 0; i < lanesNow.size(); i++) {
      Lane lane = lanesNow.get(i);
      Lane.Result r = results.get(i);
      if (!r.lost()) {
        lane.sendRollback();
        asked.add(lane);
      } else if (r.timedOut() || !lanes.retire(lane)) {
        dead.add(lane.node());
      }
    }
    for (Lane lane : asked) {
      Outcome o = lane.awaitEnd(timeout);
      if (!o.ok() && (o.timedOut() || !lanes.retire(lane))) {
        dead.add(lane.node());
      }
    }
    if (!dead.isEmpty()) {
      cluster.evict(dead, "no answer to prepare, and no rollback confirmed");
    }
  }

  /** The group rolls back everywhere; {@code gone} nodes are evicted first. */
  private void abandon(
      List<Pending> group, List<DatabaseNode> gone, SQLException cause, String why) {
    if (gone != null) {
      cluster.evict(gone, cause == null ? why : cause.getMessage());
    }
    for (Pending p : group) {
      endOnPrimary(p);
      fail(p, why, cause);
    }
  }

  /** Ends a transaction's work on the primary without commit. */
  private void endOnPrimary(Pending p) {
    if (p.connection().broken()) {
      if (cluster.isMember((DatabaseNode) p.connection().node())
          && cluster.state() == Cluster.State.SERVING) {
        try {
          cluster
              .control((DatabaseNode) p.connection().node())
              .killAndAwait(p.connection().serverId());
        } catch (SQLException e) {
          cluster.evict(
              List.of((DatabaseNode) p.connection().node()),
              "a rollback was not confirmed: " + e.getMessage());
        }
      }
      return;
    }
    Outcome o = p.connection().run(Packet.of("ROLLBACK"), timeout);
    if (!o.ok()) {
      p.connection().abort();
    }
  }

  private void rollback(Pending p, SQLException why) {
    endOnPrimary(p);
    p.failure = why;
  }

  private void fail(Pending p, String why, SQLException cause) {
    p.failure =
        p.tx.repeatable()
            ? new PrimaryLostException(why, cause)
            : Errors.rolledBack(
                "rolled back on every node: " + why + "; repeat the transaction", cause);
  }

  /**
   * Members answered differently: the group ends, the tables are compared at rest, the odd ones go.
   */
  private void different(List<Pending> group, Lane.Result r) {
    LOG.error(
        "different results: {} at {}",
        r.error().getMessage(),
        r.entry() == null ? "-" : r.entry().sql());
    Pending culprit = null;
    for (Pending p : group) {
      endOnPrimary(p);
      if (p.index == r.transaction()) {
        culprit = p;
      }
    }
    boolean proven = evictDifferent(Set.of(r.entry().table()));
    for (Pending p : group) {
      if (p == culprit && !proven) {
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
  }

  /** Compares tables on all members at rest and evicts those that are not with the majority. */
  private boolean evictDifferent(Set<TableName> tables) {
    try {
      List<DatabaseNode> odd = referee.odd(tables);
      if (!odd.isEmpty()) {
        cluster.evict(odd, View.DIFFERENCE + tables);
      }
      return !odd.isEmpty();
    } catch (SQLException e) {
      LOG.error("cannot compare the members' data", e);
      return false;
    }
  }

  /** Step 3: from here on the group commits on whoever survives and is never repeated. */
  private void commit(List<Pending> group, long number, List<Lane> lanesNow) {
    Set<TableName> tables = new HashSet<>();
    for (Pending p : group) {
      tables.addAll(p.tx.tables());
    }
    stepThree.begin(tables, false);
    try {
      long start = System.nanoTime();
      for (Pending p : group) {
        p.connection().send(Packet.of("COMMIT"));
      }
      for (Lane lane : lanesNow) {
        lane.sendCommit();
      }
      List<DatabaseNode> dead = new ArrayList<>();
      DatabaseNode primary = cluster.primary();
      boolean primaryDead = false;
      List<Pending> unsure = new ArrayList<>();
      for (Pending p : group) {
        Outcome o = p.connection().await(left(start));
        if (!o.ok()) {
          p.connection().markBroken();
          primaryDead |= o.timedOut();
          unsure.add(p);
        }
      }
      cluster.metrics().commit(primary.name(), System.nanoTime() - start);
      List<Lane> unsureLanes = new ArrayList<>();
      for (Lane lane : lanesNow) {
        Outcome o = lane.awaitEnd(left(start));
        if (!o.ok()) {
          if (o.timedOut()) {
            dead.add(lane.node());
          } else {
            unsureLanes.add(lane);
          }
        }
        cluster.metrics().commit(lane.node().name(), System.nanoTime() - start);
      }
      if (!unsureLanes.isEmpty() || !unsure.isEmpty()) {
        for (Lane lane : unsureLanes) {
          if (!lanes.retire(lane) || !applyAgain(group, number, lane.node())) {
            dead.add(lane.node());
          }
        }
        if (!unsure.isEmpty() && (primaryDead || !settleOnPrimary(unsure, number, primary))) {
          dead.add(primary);
        }
      }
      if (!dead.isEmpty()) {
        int committed = lanesNow.size() + 1 - dead.size();
        boolean recorded = cluster.evict(dead, "no answer to commit");
        boolean owner = cluster.state() != Cluster.State.LOST;
        if (!recorded && (!owner || committed < cluster.minNodes(cluster.view()))) {
          String message =
              owner
                  ? "the commit reached only "
                      + committed
                      + " nodes; it will be completed or undone when the others are back"
                  : "another process took the cluster over during the commit";
          for (Pending p : group) {
            p.failure = Errors.outcomeUnknown(message, null);
          }
        }
      }
    } finally {
      stepThree.end();
    }
    cluster.metrics().group(group.size());
    cluster.metrics().journalRows(group.size());
  }

  /**
   * Sees to it that these transactions are on the primary, whose sessions were lost at COMMIT. Once
   * a session is gone, the journal tells. An absent one has left its locks, so all sessions there
   * are ended (what they have done since rests on rows as they were before), and its write set is
   * applied as on a replica.
   */
  private boolean settleOnPrimary(List<Pending> unsure, long number, DatabaseNode primary) {
    NodeControl control = cluster.control(primary);
    List<Pending> absent = new ArrayList<>();
    try {
      for (Pending p : unsure) {
        control.killAndAwait(p.connection().serverId());
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

  /**
   * Step 3 was begun and what it left undone on a node is done again on a new lane. No session that
   * could still commit these transactions is left there.
   */
  private boolean applyAgain(List<Pending> group, long number, DatabaseNode node) {
    for (int attempt = 1; attempt <= Lanes.ATTEMPTS; attempt++) {
      try {
        if (cluster.control(node).journalHas(number, group.get(0).index)) {
          return true;
        }
        Lane lane = lanes.open(node);
        lane.send(script(group, number, cluster.view().epoch(), lane, node.dialect()));
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

  private long left(long start) {
    return Math.max(1, timeout - (System.nanoTime() - start) / 1_000_000);
  }
}
