package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.Gate;
import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
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
 * among them; packets go to all members before any answer is awaited. While its group commits, the
 * next one is prepared ({@link GroupBehind}); the leader sends that one's COMMIT before it goes,
 * and one of its callers sees to the answers. The others sleep until their group is over.
 */
public final class GroupCommitter implements Committer {
  private static final Logger LOG = LoggerFactory.getLogger(GroupCommitter.class);

  /** Decides what to do when members gave different results. */
  public interface Referee {
    /**
     * Compares the tables on all members at rest, inside the gate.
     *
     * @param concerned the entry that gave different results, whose rows are looked at first and
     *     whose explanation is enough; null: everything is compared
     * @return the members whose data differs from the majority's; empty where all are equal
     */
    List<DatabaseNode> odd(Set<TableName> tables, Entry concerned) throws SQLException;
  }

  private static final int PART_CHARS = 1 << 20;

  private final Cluster cluster;
  private final Gate gate;
  private final Lanes lanes;
  private final StepThree stepThree;
  private final Preparation preparation;
  private final Completion completion;
  private final int maxGroup;
  private final int timeout;
  private final String txPrefix;
  private final AtomicLong txNumber = new AtomicLong();
  private final ConcurrentLinkedQueue<Pending> queue = new ConcurrentLinkedQueue<>();
  private final GroupBehind behind;

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
    Undo undo = new Undo(cluster, lanes, referee, timeoutMillis);
    this.preparation = new Preparation(cluster, lanes, undo, retries, timeoutMillis);
    this.behind = new GroupBehind(queue, this::launch, preparation, maxGroup);
    this.completion = new Completion(cluster, lanes, stepThree, preparation, timeoutMillis);
    this.txPrefix = txPrefix;
    this.maxGroup = maxGroup;
    this.timeout = timeoutMillis;
    gate.onOpen(this::wakeLeader);
    cluster.listen((before, after) -> lanes.prune());
  }

  /** Where strict reads wait. */
  public ReadBarrier readBarrier() {
    return stepThree;
  }

  private void wakeLeader() {
    Pending p = queue.peek();
    if (p != null) {
      LockSupport.unpark(p.thread);
    }
  }

  @Override
  public void commit(Transaction tx) throws SQLException, PrimaryLostException {
    Pending p = new Pending(tx, tail(tx), false);
    if (tooLong(p.tail)) {
      int length = p.tail.length();
      if (!tx.connection().run(Packet.of("ROLLBACK"), timeout).ok()) {
        tx.connection().abort();
      }
      throw packetTooLong(length);
    }
    pass(p);
    report(p);
  }

  private SQLException packetTooLong(int length) {
    return Errors.unsupported(
        "the transaction was rolled back: its write set needs "
            + length
            + " bytes in one packet, but a node's max_allowed_packet is "
            + cluster.maxPacket()
            + "; commit in smaller parts or raise max_allowed_packet on all nodes");
  }

  @Override
  public List<String> spill(Transaction tx) throws SQLException {
    Dialect dialect = tx.connection().node().dialect();
    String id = tx.id() != null ? tx.id() : txPrefix + txNumber.incrementAndGet();
    // Twice as hexadecimal digits, and up to three bytes for a character.
    long most = Math.min(PART_CHARS, cluster.maxPacket() / 8);
    List<String> inserts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    List<Entry> entries = tx.entries();
    for (int i = 0; i < entries.size(); i++) {
      WriteSetCodec.append(part, entries.get(i));
      if (part.length() >= most || i == entries.size() - 1) {
        String insert =
            JournalParts.Part.of(id, tx.parts() + inserts.size(), part.toString()).insert(dialect);
        if (tooLong(insert)) {
          throw packetTooLong(insert.length());
        }
        inserts.add(insert);
        part.setLength(0);
      }
    }
    tx.spilled(id, inserts.size());
    return inserts;
  }

  @Override
  public Outcome commitShared(Transaction tx) throws SQLException, PrimaryLostException {
    Pending p = new Pending(tx, tail(tx), true);
    if (tooLong(p.tail)) {
      return null;
    }
    pass(p);
    if (p.waits) {
      return null;
    }
    report(p);
    return p.outcome != null
        ? p.outcome
        : new Outcome(
            new long[] {tx.entries().get(0).expectedRows()}, new long[1], null, 0, null, false);
  }

  private boolean tooLong(String sql) {
    return sql.length() + 1024L > cluster.maxPacket();
  }

  /** Goes through a group, led by this thread or by another one. */
  private void pass(Pending p) {
    queue.add(p);
    boolean interrupted = false;
    while (!p.done) {
      Group mine = p.lead;
      if (mine != null || gate.tryEnter()) {
        p.lead = null;
        lead(mine, mine == null && !p.done && delayed());
      } else {
        interrupted |= Thread.interrupted();
        behind.grow();
        if (!p.done && p.lead == null) { // sending may have used up the permit
          LockSupport.park(this);
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Passes the gate and the group that has been begun on to one of its callers. */
  private void handOver(Group next) {
    Pending leader = next.all.get(0);
    gate.handOver(leader.thread);
    leader.lead = next;
    LockSupport.unpark(leader.thread);
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

  private String tail(Transaction tx) {
    StringBuilder tables = new StringBuilder();
    for (TableName t : tx.tables()) {
      tables
          .append(tables.length() == 0 ? "" : ",")
          .append(t.schema())
          .append('.')
          .append(t.name());
    }
    Dialect dialect = tx.connection().node().dialect();
    long now = System.currentTimeMillis();
    if (tx.parts() > 0) {
      return JournalSql.tail(dialect, tx.id(), now, tables.toString(), tx.parts());
    }
    StringBuilder set =
        new StringBuilder((int) Math.min(tx.bytes() + 64L * tx.entries().size(), 1 << 20));
    for (Entry e : tx.entries()) {
      WriteSetCodec.append(set, e);
    }
    return JournalSql.tail(
        dialect,
        txPrefix + txNumber.incrementAndGet(),
        JournalRow.Kind.TRANSACTION,
        now,
        tables.toString(),
        set.toString());
  }

  /**
   * Leads one group; then leaves the gate, or hands it over with the group that was begun
   * meanwhile. An exception here would be a bug: it ends the transactions, not the loop.
   *
   * @param begun the group that was begun behind another one, or null
   * @param form whether to form one of those that wait
   */
  private void lead(Group begun, boolean form) {
    boolean interrupted = Thread.interrupted();
    Group group = begun;
    Group ended = null;
    Group next = null;
    try {
      if (form) {
        group = form();
      }
      if (group != null && (group.committing || begin(group, null))) {
        completion.finish(group, behind);
      }
      finished(group);
      ended = group;
      group = null;
      next = behind.take();
      if (next != null && next.sent) {
        if (!next.answered()) {
          over(ended);
        }
        if (!begin(next, ended)) {
          finished(next);
          over(next);
          next = null;
        }
      } else if (overlaps() && (next != null || ended != null && ended.members.size() > 1)) {
        over(ended);
        preparation.warm(next != null ? next.shared : ended.shared);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("internal error in a commit group; the members are reconciled", e);
      behind.close();
      giveUp(group, e);
      giveUp(next, e);
      giveUp(behind.abandon(), e);
      next = null;
      stepThree.end();
      // Nobody knows what the lanes have done: as after a crash, only recovery can tell.
      lanes.abortAll();
      cluster.suspend("internal error in a commit group: " + e);
    } finally {
      // Whoever leads next is what all others wait for: first of all.
      if (next != null) {
        handOver(next);
      } else {
        gate.exit();
      }
      over(ended);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Prepares a group and sends its COMMIT; false where nobody is left in it.
   *
   * @param before the group before it, whose callers wait, but not for long; or null
   */
  private boolean begin(Group group, Group before) {
    if (!preparation.run(group, () -> over(before))) {
      return false;
    }
    completion.begin(group, behind);
    return true;
  }

  private void finished(Group group) {
    if (group != null && cluster.state() == Cluster.State.SERVING) {
      cluster.groupFinished(group.number);
    }
  }

  private static void giveUp(Group group, Throwable e) {
    if (group == null) {
      return;
    }
    for (Pending p : group.all) {
      if (!p.done && p.failure == null && p.outcome == null && !p.waits) {
        p.connection().abort();
        p.failure = e;
      }
    }
    over(group);
  }

  private static void over(Group group) {
    if (group == null) {
      return;
    }
    for (Pending p : group.all) {
      p.done = true;
      if (p.thread != Thread.currentThread()) {
        LockSupport.unpark(p.thread);
      }
    }
  }

  /** Whether a group can be prepared while the one before it commits. */
  private boolean overlaps() {
    return cluster.primary().dialect().vendor().mysqlFamily();
  }

  /**
   * Delays the next group while a node cannot catch up; more transactions queue for it meanwhile.
   * Returns false where the gate is to be left first, as somebody else waits for it.
   */
  private boolean delayed() {
    long nanos = cluster.throttle().delayNanos();
    return nanos == 0 || gate.linger(nanos);
  }

  /** The group of those that wait, or null where nobody does; a large one has its own. */
  private Group form() {
    Pending first = queue.poll();
    if (first == null) {
      return null;
    }
    Group group = new Group(first, cluster.nextGroup());
    Pending next;
    while (!first.large()
        && group.all.size() < maxGroup
        && (next = queue.peek()) != null
        && next.shared == group.shared
        && !next.large()) {
      group.add(queue.poll());
    }
    return group;
  }

  /** Begins the group behind the one that commits now. */
  private Group launch() {
    Pending first = queue.peek();
    if (gate.wanted()
        || first == null
        || first.large()
        || !overlaps()
        || cluster.throttle().delayNanos() > 0
        || cluster.state() != Cluster.State.SERVING) {
      return null;
    }
    return form();
  }
}
