package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step 2: every member executes the group's write sets and journal rows, and nothing is committed.
 * Used inside the gate.
 */
final class Preparation {
  private static final Logger LOG = LoggerFactory.getLogger(Preparation.class);
  private static final long SHARED_WAIT_MILLIS = 20;
  private static final int SETTLE_ROUNDS = 3;
  private static final Executor READERS =
      Executors.newCachedThreadPool(
          r -> {
            Thread t = new Thread(r, "lockstep-parts");
            t.setDaemon(true);
            return t;
          });

  private final Cluster cluster;
  private final Lanes lanes;
  private final Undo undo;
  private final int retries;
  private final int timeout;
  private int set;

  Preparation(Cluster cluster, Lanes lanes, Undo undo, int retries, int timeoutMillis) {
    this.cluster = cluster;
    this.lanes = lanes;
    this.undo = undo;
    this.retries = retries;
    this.timeout = timeoutMillis;
  }

  /**
   * Prepares a group, or sees the preparation through that {@link #ahead} began.
   *
   * @param unless runs where {@link #ahead} has not prepared it, as that may take long
   * @return false where nobody is left in it: all have been told, and it is rolled back everywhere
   */
  boolean run(Group group, Runnable unless) {
    Answers answers = group.answers;
    if (group.sent) {
      group.start = System.nanoTime();
      answers = gather(group);
      if (!answers.fine()) {
        unless.run();
      }
      if (!answers.fine() && !answers.waits) {
        // It may have met what the group before had not yet committed: that is no judgement.
        undo.lanes(group, answers.results);
        answers = onPrimaryOnly(answers);
      }
    }
    for (int attempt = 0; ; attempt++) {
      if (answers == null) {
        if (!send(group)) {
          return false;
        }
        answers = group.large() ? inParts(group) : gather(group);
      }
      if (answers.fine()) {
        return true;
      }
      judge(group, answers, attempt - group.settled);
      if (group.members.isEmpty()) {
        return false;
      }
      answers = null;
    }
  }

  private static Answers onPrimaryOnly(Answers from) {
    Answers a = new Answers(true);
    a.failed.addAll(from.failed);
    a.primaryError = from.primaryError;
    a.primaryGone = from.primaryGone;
    a.fenced = from.fenced;
    return a;
  }

  /** Sends a group to all members; false where it had to be given up. */
  private boolean send(Group group) {
    try {
      cluster.checkWritable();
    } catch (SQLException e) {
      for (Pending p : group.members) {
        undo.rollback(p, e);
      }
      group.members.clear();
      return false;
    }
    group.members.removeIf(this::onOldPrimary);
    if (group.members.isEmpty()) {
      return false;
    }
    List<Lane> to = lanes.replicas(set);
    if (to == null) {
      undo.abandon(group, null, null, "too few members answer");
      return false;
    }
    if (group.shared) {
      try {
        to.add(0, lanes.one(set, cluster.primary()));
      } catch (SQLException e) {
        // Sessions may still have their connections; if not, they find out.
        LOG.warn("no lane to {}: {}", cluster.primary().name(), e.getMessage());
        usualWay(group);
        return false;
      }
    }
    if (group.large()) {
      group.lanes = to;
      group.primary = cluster.primary();
    } else {
      send(group, to);
    }
    return true;
  }

  /**
   * Executes the parts of a write set one after the other, as they come from the primary, and then
   * what ends every prepare. Nothing of it but one part is ever in memory.
   */
  private Answers inParts(Group group) {
    Pending p = group.members.get(0);
    try {
      Answers parts = sendParts(p, p.connection().jdbc(), group.lanes);
      if (!parts.fine()) {
        return parts;
      }
    } catch (SQLException e) {
      Answers a = new Answers(false);
      a.primaryError = e;
      a.failed.add(p);
      if (cluster.primary().dialect().connectionError(e)) {
        p.connection().markBroken();
      }
      group.lanes.forEach(lane -> a.results.add(Lane.Result.OK)); // each has answered so far
      return a;
    }
    send(group, group.lanes);
    return gather(group);
  }

  /**
   * Executes all parts on these lanes, each part on all of them at the same time.
   *
   * @param source a connection that can read the parts
   * @return fine, or what the lanes answered to the part that failed
   * @throws SQLException where the source does not give a part
   */
  Answers sendParts(Pending p, Connection source, List<Lane> to) throws SQLException {
    Answers a = new Answers(false);
    for (int n = 0; n < p.tx.parts() && a.fine(); n++) {
      JournalParts.Part part = read(source, p.tx.id(), n);
      List<Entry> entries = part.entries();
      sendAll(to, lane -> script(part, entries, p.index, lane));
      a = new Answers(false);
      for (Lane lane : to) {
        a.results.add(lane.await(timeout));
      }
    }
    return a;
  }

  /**
   * Reads a part; gives up after the node's time-out, as everybody waits for the gate.
   *
   * @throws SQLException of the server; 08006 where it does not answer: the connection is cut
   */
  private JournalParts.Part read(Connection source, String id, int n) throws SQLException {
    FutureTask<JournalParts.Part> task = new FutureTask<>(() -> JournalParts.read(source, id, n));
    READERS.execute(task);
    try {
      return task.get(timeout, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof SQLException s
          ? s
          : Errors.connectionFailure("cannot read a write set: " + e.getCause(), e.getCause());
    } catch (TimeoutException | InterruptedException e) {
      source.abort(Runnable::run);
      throw Errors.connectionFailure("no answer to the reading of a write set", e);
    }
  }

  private static Lane.Script script(
      JournalParts.Part part, List<Entry> entries, int index, Lane lane) {
    Lane.Script s = new Lane.Script();
    for (Entry e : entries) {
      s.add(e, index, lane.reset());
    }
    s.end(lane.reset());
    s.add(part.insert(lane.node().dialect()), 1, -1, null);
    return s;
  }

  private static void usualWay(Group group) {
    for (Pending p : group.members) {
      p.waits = true;
    }
    group.members.clear();
  }

  private boolean onOldPrimary(Pending p) {
    if (p.shared || cluster.current(p.connection())) {
      return false;
    }
    undo.onPrimary(p);
    undo.fail(p, "the primary changed before the transaction could commit", null);
    return true;
  }

  /**
   * Sends a group on the other set of lanes while the one before it commits. Nothing of it is
   * committed before {@link #run} has seen that all members have prepared it, after the end of the
   * group before. Only for engines whose writes wait for the locks of other transactions, so that
   * it sees what that group has committed. Where that cannot be done now, it is left to {@link
   * #run}.
   */
  void ahead(Group group) {
    List<Lane> to = lanes.open(1 - set, group.shared);
    if (to == null) {
      return;
    }
    for (Pending p : group.members) {
      if (!p.shared && !cluster.current(p.connection())) {
        return;
      }
    }
    set = 1 - set;
    send(group, to);
  }

  /**
   * Sends transactions behind those of a group that {@link #ahead} has sent, and adds them to it;
   * nothing happens where that cannot be done at once.
   */
  void join(Group group, List<Pending> more) {
    if (!group.sent || group.shared) {
      return;
    }
    int index = group.all.size();
    for (Pending p : more) {
      if (!cluster.current(p.connection())) {
        return;
      }
      p.index = index++;
    }
    long epoch = cluster.view().epoch();
    List<Lane.Script> scripts =
        scripts(group.lanes, lane -> script(more, group.number, epoch, lane));
    for (int i = 0; i < scripts.size(); i++) {
      if (!group.lanes.get(i).takesBehind(scripts.get(i))) {
        return;
      }
    }
    for (int i = 0; i < scripts.size(); i++) {
      group.lanes.get(i).sendBehind(scripts.get(i));
    }
    more.forEach(group::add);
    sendJournalRows(more, group.number, epoch);
  }

  /** Opens the lanes that {@link #ahead} will need, none of which is in use. */
  void warm(boolean shared) {
    lanes.warm(1 - set, shared);
  }

  private void send(Group group, List<Lane> to) {
    long epoch = cluster.view().epoch();
    group.lanes = to;
    group.primary = cluster.primary();
    group.start = System.nanoTime();
    group.sent = true;
    sendAll(to, lane -> script(group.members, group.number, epoch, lane));
    if (!group.shared) {
      sendJournalRows(group.members, group.number, epoch);
    }
  }

  private void sendJournalRows(List<Pending> members, long number, long epoch) {
    Dialect d = cluster.primary().dialect();
    for (Pending p : members) {
      if (!p.prepared) {
        String row = journalRow(p, number, epoch, d);
        p.connection().send(p.tx.guarded() ? Packet.of(d.releaseGuard(), row) : Packet.of(row));
      }
    }
  }

  private static void sendAll(List<Lane> to, Function<Lane, Lane.Script> scriptOf) {
    List<Lane.Script> scripts = scripts(to, scriptOf);
    for (int i = 0; i < to.size(); i++) {
      to.get(i).send(scripts.get(i));
    }
  }

  /** A script for each lane, made once for all lanes that take the same. */
  private static List<Lane.Script> scripts(List<Lane> to, Function<Lane, Lane.Script> scriptOf) {
    List<Lane.Script> all = new ArrayList<>(to.size());
    for (int i = 0; i < to.size(); i++) {
      boolean same = i > 0 && to.get(i).takesScriptsOf(to.get(i - 1));
      all.add(same ? all.get(i - 1) : scriptOf.apply(to.get(i)));
    }
    return all;
  }

  private String journalRow(Pending p, long number, long epoch, Dialect d) {
    if (!d.vendor().mysqlFamily() || !p.tx.foreignKeyChecks()) {
      return JournalSql.fenced(d, cluster.token(), number, p.index, epoch, p.tail);
    }
    StringBuilder row = JournalSql.keyed();
    JournalSql.keyedRow(row, true, cluster.token(), number, p.index, epoch, p.tail);
    return row.toString();
  }

  /** What a lane executes for these transactions. */
  Lane.Script script(List<Pending> members, long number, long epoch, Lane lane) {
    Dialect d = lane.node().dialect();
    Lane.Script s = new Lane.Script();
    for (Pending p : members) {
      for (Entry e : p.tx.entries()) {
        s.add(e, p.index, lane.reset());
      }
    }
    s.end(lane.reset());
    boolean keyed = d.vendor().mysqlFamily();
    if (!keyed) {
      Pending first = members.get(0);
      String row = JournalSql.fenced(d, cluster.token(), number, first.index, epoch, first.tail);
      s.add(row, 1, -1, null);
    }
    StringBuilder rows = null;
    int count = 0;
    for (int i = keyed ? 0 : 1; i < members.size(); i++) {
      Pending p = members.get(i);
      if (count > 0 && rows.length() + p.tail.length() > lane.packetChars()) {
        s.add(rows.toString(), count, -1, null);
        count = 0;
      }
      if (count == 0) {
        rows = keyed ? JournalSql.keyed() : JournalSql.values();
      }
      if (keyed) {
        String token = i == 0 ? cluster.token() : null;
        JournalSql.keyedRow(rows, count == 0, token, number, p.index, epoch, p.tail);
      } else {
        JournalSql.row(rows, count == 0, number, p.index, epoch, p.tail);
      }
      count++;
    }
    if (count > 0) {
      s.add(rows.toString(), count, -1, null);
    }
    return s;
  }

  /** Reads all answers to what was sent. */
  private Answers gather(Group group) {
    group.sent = false;
    Answers a = new Answers(false);
    if (!group.shared) {
      awaitPrimary(group, a);
      cluster.metrics().prepare(cluster.primary().name(), System.nanoTime() - group.start);
    }
    for (Lane lane : group.lanes) {
      boolean primary = group.shared && lane == group.lanes.get(0);
      a.results.add(primary ? awaitShared(lane, group, a) : lane.await(group.left(timeout)));
      cluster.metrics().prepare(lane.node().name(), System.nanoTime() - group.start);
    }
    return a;
  }

  /**
   * A row lock of somebody who has a transaction open may need this gate to be let go, so nobody
   * waits for it here.
   */
  private Lane.Result awaitShared(Lane primary, Group group, Answers a) {
    Lane.Result r =
        primary.await(
            group.left(timeout),
            SHARED_WAIT_MILLIS,
            () -> {
              a.waits = true;
              try {
                cluster.control(primary.node()).stopStatement(primary.connection().serverId());
              } catch (SQLException e) {
                LOG.info("cannot cancel on {}: {}", primary.node().name(), e.getMessage());
                primary.connection().abort(); // a late cancel must not hit what comes next
              }
            });
    if (a.waits && !r.lost()) {
      primary.absorbCancel(timeout);
    }
    // Whose warnings they are is not known here; the usual way tells.
    a.waits |= r.ok() && primary.warnings() > 0;
    return r;
  }

  private void awaitPrimary(Group group, Answers a) {
    Dialect d = cluster.primary().dialect();
    for (Pending p : group.members) {
      if (p.prepared) {
        continue;
      }
      Outcome o = p.connection().await(group.left(timeout));
      int row = p.tx.guarded() ? 1 : 0;
      if (o.ok() && o.counts()[row] == 1) {
        p.prepared = true;
      } else if (o.ok() || !o.lost() && d.missingParent(o.error()) && o.counts().length == row) {
        a.fenced = true;
      } else if (o.lost()) {
        a.primaryError = o.error();
        a.primaryGone |= o.timedOut();
        a.failed.add(p);
      } else {
        LOG.warn("prepare failed on the primary: {}", o.error().getMessage());
        a.failed.add(p);
        p.failure = o.error();
      }
    }
  }

  /**
   * The group before has failed on a member: what was sent of this one is taken back, for {@link
   * #run} to begin again. Its lanes may wait for that group's, so they are not waited for.
   *
   * @param dead nodes that do not answer; another one that does not is added
   */
  void recall(Group group, List<DatabaseNode> dead) {
    if (!group.sent) {
      return;
    }
    group.sent = false;
    Answers a = new Answers(true);
    for (Lane lane : group.lanes) {
      if (dead.contains(lane.node())) {
        lanes.drop(lane);
      } else if (!lanes.retire(lane)) {
        dead.add(lane.node());
      }
    }
    if (!group.shared) {
      awaitPrimary(group, a);
    }
    group.answers = a;
  }

  /**
   * Finds out why a group could not be prepared as it is, with all lanes rolled back, and takes out
   * of it whoever is at fault; the others are sent again.
   */
  private void judge(Group group, Answers a, int attempt) {
    if (!a.recalled) {
      undo.lanes(group, a.results);
    }
    if (a.fenced) {
      cluster.ownershipLost(group.primary.name());
      takenOver(group);
      return;
    }
    if (group.shared && !a.recalled && settleShared(group, a)) {
      return;
    }
    if (group.shared && !a.recalled && !a.results.get(0).ok()) {
      // What replicas said may be the true result of statements that the primary did not judge.
      judge(group, group.lanes.get(0), a.results.get(0), attempt);
      return;
    }
    if (a.primaryError != null && (a.primaryGone || !group.primary.answers())) {
      undo.abandon(group, List.of(group.primary), a.primaryError, "primary lost before commit");
      return;
    }
    for (Pending p : a.failed) {
      group.members.remove(p);
      undo.onPrimary(p);
      failed(p, a);
    }
    if (cluster.state() != Cluster.State.SERVING) {
      undo.abandon(group, null, null, "too few members answer");
      return;
    }
    for (int i = 0; i < a.results.size() && !group.members.isEmpty(); i++) {
      Lane.Result r = a.results.get(i);
      if (!r.ok() && judge(group, group.lanes.get(i), r, attempt)) {
        return;
      }
    }
  }

  private void failed(Pending p, Answers a) {
    SQLException why = p.failure instanceof SQLException e ? e : a.primaryError;
    if (p.failure != null && cluster.primary().dialect().accessDenied(why)) {
      p.failure =
          Errors.of(
              SqlState.SYNTAX,
              "rolled back: the account of this connection may not write the journal ("
                  + why.getMessage()
                  + "). On every node: GRANT SELECT, INSERT, UPDATE ON lockstep.* TO that account",
              why);
      return;
    }
    if (p.failure != null) {
      // Its transaction is not there any more: rolled back, or committed behind our back.
      undo.evictDifferent(p.tx.tables(), null);
    }
    p.failure = null;
    undo.fail(p, "the transaction was lost on the primary: " + why.getMessage(), why);
  }

  /** What a lane's failure means. True: the rest of the answers does not matter any more. */
  private boolean judge(Group group, Lane lane, Lane.Result r, int attempt) {
    if (r.lost()) {
      if (attempt >= 2 * retries) {
        dropContended(group, r); // its lane is lost each time
        return true;
      }
      return false;
    }
    if (r.different() && r.entry() == null && fencedOut(lane, r, attempt < retries)) {
      takenOver(group);
      return true;
    }
    if (r.different() && lane.node().dialect().nodeFault(r.error())) {
      cluster.evict(List.of(lane.node()), r.error().getMessage());
      return false;
    }
    if (r.different() && r.entry() != null) {
      undo.different(group, r);
      return true;
    }
    cluster.metrics().retry();
    if (attempt >= retries) {
      dropContended(group, r);
      return true;
    }
    return false;
  }

  /**
   * What the primary itself says of the statements of a shared group is their result: the first
   * that failed, or found other rows than named, leaves with it. Where an earlier one of the group
   * may have a part in it, that result may rest on what is not committed yet, so it goes the usual
   * way. True: that was the reason.
   */
  private static boolean settleShared(Group group, Answers a) {
    Lane.Result r = a.results.get(0);
    Lane primary = group.lanes.get(0);
    if (a.waits || !r.ok() && !r.lost() && !r.different() || ++group.settled > SETTLE_ROUNDS) {
      usualWay(group);
      return true;
    }
    if (r.ok() || r.lost() || r.entry() == null || primary.node().dialect().nodeFault(r.error())) {
      group.settled--;
      return false;
    }
    boolean rests = false;
    for (Pending p : List.copyOf(group.members)) {
      if (p.index == r.transaction()) {
        group.members.remove(p);
        if (rests) {
          p.waits = true;
        } else if (primary.otherCount() >= 0) {
          long[] count = {primary.otherCount()};
          p.outcome = new Outcome(count, new long[1], null, 0, null, false);
        } else {
          p.outcome = new Outcome(new long[0], new long[0], null, 0, r.error(), false);
        }
        return true;
      }
      // An error may be about another table, by a foreign key.
      rests |= primary.otherCount() < 0 || p.tx.tables().contains(r.entry().table());
    }
    return false;
  }

  private void takenOver(Group group) {
    undo.abandon(group, null, null, "another process has taken the cluster over");
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

  private void dropContended(Group group, Lane.Result r) {
    Pending loser = group.members.get(group.members.size() - 1);
    for (Pending p : group.members) {
      if (p.index == r.transaction()) {
        loser = p;
      }
    }
    group.members.remove(loser);
    undo.onPrimary(loser);
    undo.fail(loser, "a replica could not prepare it: " + r.error().getMessage(), r.error());
  }
}
