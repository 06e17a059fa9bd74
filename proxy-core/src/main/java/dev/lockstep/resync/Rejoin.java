package dev.lockstep.resync;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.NodeInfo;
import dev.lockstep.cluster.Throttle;
import dev.lockstep.cluster.View;
import dev.lockstep.cluster.ViewStore;
import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.OpenMark;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one node back into the view (section 7 of the protocol): take it over, find out what it
 * lacks, replay, repair or copy while the cluster goes on, and at last, with no group in flight,
 * replay the short tail and record the view. One run at a time per node.
 */
public final class Rejoin {
  private static final Logger LOG = LoggerFactory.getLogger(Rejoin.class);
  private static final long SHORT_TAIL = 10;
  private static final long ACCEPTABLE_TAIL = 100;
  private static final int ROUNDS = 200;
  private static final int LARGE_TRIES = 5;

  /** How the incomplete mark of a node begins whose replay went wrong. */
  private static final String OTHER_RESULT = "replay gave another result: ";

  /** System property: where files of lost transactions go. */
  private static final String LOST_TRANSACTIONS = "lockstep.lostTransactionDirectory";

  private final Cluster cluster;
  private final Vendor vendor;
  private final DdlCoordinator ddl;
  private final DdlResolver resolver;
  private final CopyLimits limits;
  private final BooleanSupplier closed;
  private final UserCatalogue catalogue;

  /**
   * @param closed whether the engine ends: long work stops soon
   */
  public Rejoin(
      Cluster cluster,
      Vendor vendor,
      DdlCoordinator ddl,
      DdlResolver resolver,
      CopyLimits limits,
      BooleanSupplier closed) {
    this.cluster = cluster;
    this.vendor = vendor;
    this.ddl = ddl;
    this.resolver = resolver;
    this.limits = limits;
    this.closed = closed;
    this.catalogue = UserCatalogue.of(vendor);
  }

  /** Looks at a node that has just been taken over, and refuses it with an exception. */
  public interface Check {
    /** Throws where the node must not join. */
    void accept(NodeControl node) throws SQLException;
  }

  /**
   * Brings the node back.
   *
   * @throws SQLException where it is not reachable or cannot be brought back now; it stays out
   */
  public void run(DatabaseNode node, Check check) throws SQLException {
    NodeControl control = cluster.control(node);
    control.takeOver();
    check.accept(control);
    Reason known = unequal(node, control);
    View since = cluster.view();
    DatabaseNode source = source();
    ClosedGate gate = new ClosedGate(cluster.gate());
    try (Connection target = node.openUnlimited();
        Connection from = source.openUnlimited();
        Throttle.Replay pace = cluster.throttle().replay()) {
      Reason reason = known;
      boolean reopened = OpenMark.missing(vendor, target);
      if (reason == null && reopened) {
        reason = new Reason("its database was closed and opened again", true);
      }
      String why = reason == null || reason.compare() ? null : reason.text();
      Repair.Result repaired = null;
      long position = 0;
      long whole = 0; // from this group on the node is what its journal says
      String way = "replay";
      if (reason != null && reason.compare()) {
        try {
          Differential.Result r =
              differential(node, source, since, target, from, reason.text(), reopened);
          position = complete(r.position());
          whole = r.position().group();
          way = "differential, " + r.changed() + " rows changed";
        } catch (SQLException e) {
          if (!(e instanceof CopyNeededException) && !H2Leftovers.met(e)) {
            throw e;
          }
          why = e.getMessage() + " (" + reason.text() + ")";
        }
      } else if (why == null) {
        JournalRelation relation = JournalCompare.compare(target, from, cluster.finishedGroup());
        if (relation instanceof JournalRelation.Prefix p) {
          position = p.position();
        } else if (relation instanceof JournalRelation.Gap g) {
          why = g.reason();
        } else if (relation instanceof JournalRelation.Foreign f) {
          throw Errors.configuration(node.name() + " cannot join: " + f.reason());
        } else if (relation instanceof JournalRelation.Extra e) {
          position = e.position();
          try {
            repaired = repair(node, target, from, e);
            whole = repaired.position().group();
            way = "repair, " + repaired.rowsChanged() + " rows changed";
          } catch (CopyNeededException x) {
            why = x.getMessage();
          }
        }
      }
      if (why != null) {
        if (reopened) {
          IncompleteMark.set(target, why);
          H2Leftovers.emptyJournal(target);
        }
        SnapshotPosition copied = copy(node, source, since, target, from, why, gate);
        position = complete(copied);
        whole = copied.group();
        way = "full copy";
      }
      JournalReplay replay = new JournalReplay(vendor, target, resolver, cluster.token());
      if (repaired != null) {
        replay.without(repaired.tables(), repaired.position());
      }
      position = catchUp(node, replay, from, position, pace);
      finish(node, source, since, target, from, position, whole, replay, pace, way, gate);
    } finally {
      if (gate.longest() > 0) {
        cluster.metrics().rejoinPause(node.name(), gate.longest());
      }
    }
  }

  /**
   * A node that has left the view lacks what was acknowledged since, also where it is back: what
   * was read from it in between proves nothing.
   *
   * @param since the view when the source was chosen
   * @throws SQLException 40001 where the source was not a member in every view since
   */
  private void requireMember(DatabaseNode source, View since) throws SQLException {
    View now = cluster.view();
    boolean always = member(since, source) && member(now, source);
    if (always && !now.id().equals(since.id())) {
      boolean found = false;
      for (View v : cluster.control(cluster.primary()).views()) {
        found |= v.id().equals(since.id());
        always &= v.epoch() < since.epoch() || member(v, source);
      }
      always &= found;
    }
    if (!always) {
      throw Errors.rolledBack("the source left the view; the rejoin starts again", null);
    }
  }

  private static boolean member(View v, DatabaseNode n) {
    return v.members().contains(n.id());
  }

  /** Inside the gate, after the tail: the target has all groups that the source has. */
  private static void requireComplete(DatabaseNode node, Connection target, Connection from)
      throws SQLException {
    long here = JournalTables.position(target);
    long there = JournalTables.position(from);
    if (here < there) {
      throw Errors.rolledBack(
          node.name()
              + " has only reached group "
              + here
              + " of "
              + there
              + "; the rejoin starts again",
          null);
    }
  }

  private Repair.Result repair(
      DatabaseNode node, Connection target, Connection from, JournalRelation.Extra extra)
      throws SQLException {
    LOG.warn(
        "{} has {} transactions that the cluster does not have: they are saved to"
            + " lockstep.lost_transaction and to a file, and their rows repaired",
        node.name(),
        extra.rows().size());
    Repair.Result r =
        new Repair(
                vendor,
                from,
                target,
                node.id(),
                lostTransactionDirectory(),
                KeyExtractor.NONE,
                closed)
            .run(extra);
    LOG.warn(
        "{}: {} rows repaired; saved to {}",
        node.name(),
        r.rowsChanged(),
        r.file() == null ? "lockstep.lost_transaction only" : r.file());
    return r;
  }

  /** Not the directory for temporary files: that one is emptied. */
  static Path lostTransactionDirectory() {
    String set = System.getProperty(LOST_TRANSACTIONS);
    return set != null && !set.isBlank()
        ? Path.of(set)
        : Path.of(System.getProperty("user.home"), ".lockstep", "lost-transactions");
  }

  private DatabaseNode source() throws SQLException {
    List<DatabaseNode> replicas = cluster.replicas();
    DatabaseNode s = replicas.isEmpty() ? cluster.primary() : replicas.get(0);
    if (s == null) {
      throw Errors.cannotConnect("there is no member to resync from", null);
    }
    return s;
  }

  /**
   * Why a node's journal does not tell what it lacks.
   *
   * @param compare whether comparing helps: it was equal once, and its rows are all there but for
   *     some; otherwise it is copied
   */
  private record Reason(String text, boolean compare) {
    /** From an incomplete mark. */
    static Reason mark(String text) {
      return new Reason(
          text,
          text.startsWith(Differential.MARK)
              || text.startsWith(OTHER_RESULT)
              || text.startsWith(Repair.MARK));
    }
  }

  /** Why the journal of the node does not tell what it lacks, or null. */
  private Reason unequal(DatabaseNode node, NodeControl control) throws SQLException {
    NodeInfo mine = control.info();
    String clusterId = cluster.control(cluster.primary()).info().clusterId();
    if (mine == null) {
      if (control.with(catalogue::hasUserTables)) {
        throw Errors.configuration(
            node.name()
                + " holds data but has never been in this cluster. If that data is not needed, drop"
                + " its databases and it will be copied");
      }
      control.introduce(
          new NodeInfo(clusterId, UUID.randomUUID().toString(), node.name(), "not copied yet", 0));
      return new Reason("new node", false);
    }
    if (!clusterId.equals(mine.clusterId())) {
      throw Errors.configuration(
          node.name()
              + " belongs to another cluster ("
              + mine.clusterId()
              + "); correct the URL, or drop its database lockstep and its data");
    }
    DatabaseNode twin = cluster.byId(mine.nodeId());
    if (twin != null && twin != node) {
      throw Errors.configuration(
          node.name() + " and " + twin.name() + " are the same node or one is a copy of the other");
    }
    node.id(mine.nodeId());
    if (mine.incomplete() != null) {
      return Reason.mark(mine.incomplete());
    }
    String difference = differenceOf(mine.nodeId());
    return difference == null ? null : new Reason(difference, true);
  }

  /** The reason of the view that dropped the node last, where that was a proven difference. */
  private String differenceOf(String id) throws SQLException {
    View before = null;
    String reason = null;
    for (View v : cluster.control(cluster.primary()).with(ViewStore::read)) {
      if (before != null && before.members().contains(id) && !v.members().contains(id)) {
        reason = v.reason();
      }
      before = v;
    }
    return reason != null && reason.startsWith(View.DIFFERENCE) ? reason : null;
  }

  private SnapshotPosition copy(
      DatabaseNode node,
      DatabaseNode source,
      View since,
      Connection target,
      Connection from,
      String why,
      ClosedGate gate)
      throws SQLException {
    LOG.info("full copy of {} from {}: {}", node.name(), source.name(), why);
    long seen = ddl.count();
    CopyResult r;
    List<CopyOptions.Stream> more = new ArrayList<>();
    try {
      for (int i = 1; vendor.mysqlFamily() && i < limits.streams(); i++) {
        Connection reader = source.openUnlimited();
        more.add(new CopyOptions.Stream(reader, null));
        more.set(i - 1, new CopyOptions.Stream(reader, node.openUnlimited()));
      }
      r =
          FullCopy.of(
                  vendor,
                  from,
                  target,
                  source.name(),
                  () -> closed.getAsBoolean() || ddl.count() != seen,
                  new CopyReport(node.name(), cluster.metrics()),
                  new CopyOptions(
                      more,
                      gate,
                      limits.momentMillis(),
                      CopyOptions.PIECE_BYTES,
                      limits.bytesPerSecond()))
              .run();
    } finally {
      for (CopyOptions.Stream s : more) {
        s.source().close();
        if (s.target() != null) {
          s.target().close();
        }
      }
    }
    requireMember(source, since);
    JournalTables.reset(target, r.position());
    LOG.info(
        "{} copied: {} tables, {} rows, {} bytes in {} ms; the gate was closed for {} ms",
        node.name(),
        r.tables(),
        r.rows(),
        r.bytes(),
        r.millis(),
        gate.longest() / 1_000_000);
    return r.position();
  }

  /**
   * The newest group that a snapshot holds completely: of its newest one it may hold a part, unless
   * that has been trimmed.
   */
  private static long complete(SnapshotPosition p) {
    return p.lastGroup().isEmpty() ? p.group() : p.group() - 1;
  }

  /** Compares with a member and repairs what differs. */
  private Differential.Result differential(
      DatabaseNode node,
      DatabaseNode source,
      View since,
      Connection target,
      Connection from,
      String why,
      boolean reopened)
      throws SQLException {
    JournalRelation relation = JournalCompare.compare(target, from, cluster.finishedGroup());
    if (relation instanceof JournalRelation.Foreign f) {
      throw Errors.configuration(node.name() + " cannot join: " + f.reason());
    }
    if (relation instanceof JournalRelation.Extra e) {
      Repair.save(from, target, node.id(), lostTransactionDirectory(), e.rows());
      LOG.warn(
          "{} has {} transactions that the cluster does not have: they are saved to"
              + " lockstep.lost_transaction and to a file",
          node.name(),
          e.rows().size());
    }
    if (reopened) {
      Differential.request(target, why);
      H2Leftovers.emptyJournal(target);
      H2Leftovers.requireNone(target);
    }
    LOG.info("differential resync of {} from {}: {}", node.name(), source.name(), why);
    long seen = ddl.count();
    long start = System.nanoTime();
    Differential.Result r =
        new Differential(
                vendor,
                from,
                target,
                source.name(),
                () -> closed.getAsBoolean() || ddl.count() != seen,
                (phase, rows) -> cluster.metrics().rejoin(node.name(), phase, rows))
            .run(why);
    requireMember(source, since);
    JournalTables.reset(target, r.position());
    LOG.info(
        "{} is equal: {} rows compared, {} changed in {}, in {} ms",
        node.name(),
        r.compared(),
        r.changed(),
        r.tables(),
        (System.nanoTime() - start) / 1_000_000);
    return r;
  }

  /** Replays while the cluster goes on, until little is left; returns the position. */
  private long catchUp(
      DatabaseNode node, JournalReplay replay, Connection from, long position, Throttle.Replay pace)
      throws SQLException {
    long at = position;
    long before = position;
    for (int round = 0; round < ROUNDS; round++) {
      // The group in flight may be there in part: only those before it.
      long upTo = cluster.finishedGroup();
      long start = System.nanoTime();
      at = replay(node, replay, from, at, upTo);
      // Not from what was reached: numbers without rows would never be.
      long tail = cluster.finishedGroup() - upTo;
      pace.round(upTo - before, tail, System.nanoTime() - start);
      if (tail <= (round < ROUNDS / 4 ? SHORT_TAIL : ACCEPTABLE_TAIL)) {
        return at;
      }
      before = upTo;
    }
    return at;
  }

  /** Returns the newest group that the target now has completely, at most {@code upTo}. */
  private long replay(
      DatabaseNode node, JournalReplay replay, Connection from, long after, long upTo)
      throws SQLException {
    ReplayResult r;
    try {
      r = replay.replay(new JournalReader(from, after, upTo).whole(), closed);
    } catch (CopyNeededException e) {
      // Without the mark the next attempt might take what is left of the journal for enough.
      IncompleteMark.set(replay.target(), e.getMessage());
      throw e;
    } catch (ReplayException e) {
      // The node holds other data than its journal says.
      IncompleteMark.set(replay.target(), OTHER_RESULT + e.getMessage());
      throw e;
    }
    cluster.metrics().rejoin(node.name(), "replayed", r.applied());
    if (r.openDdl() != null) {
      throw Errors.rolledBack("DDL is under way; the rejoin starts again", null);
    }
    // The target may have a part of a group beyond.
    return Math.max(after, Math.min(r.position(), upTo));
  }

  /** With no group in flight: the tail, the view, and on. */
  private void finish(
      DatabaseNode node,
      DatabaseNode source,
      View since,
      Connection target,
      Connection from,
      long position,
      long whole,
      JournalReplay replay,
      Throttle.Replay pace,
      String way,
      ClosedGate gate)
      throws SQLException {
    long before = ddl.count();
    String here = catalogue.signature(target);
    String there = catalogue.signature(from);
    if (before == ddl.count() && !ddl.running() && !here.equals(there)) {
      IncompleteMark.set(target, "definitions differ from the cluster's");
      throw Errors.configuration(
          node.name() + " has other definitions than the cluster; it will be copied");
    }
    // Outside of the gate: what is left inside is one short transaction per node.
    List<View> history = cluster.control(cluster.primary()).views();
    ViewStore.replace(target, history);
    long at = position;
    boolean done = false;
    boolean marked = IncompleteMark.get(target) != null;
    for (int tries = 1; !done; tries++) {
      long last = catchUp(node, replay, from, at, pace);
      if (marked && last >= whole) {
        IncompleteMark.clear(target); // a durable write for which nobody has to wait
        marked = false;
      }
      boolean unmark = marked;
      boolean anyway = tries == LARGE_TRIES;
      done =
          gate.exclusive(
              () -> {
                if (ddl.running() || ddl.count() != before) {
                  throw Errors.rolledBack("DDL came in between; the rejoin starts again", null);
                }
                cluster.checkWritable();
                requireMember(source, since);
                long upTo = cluster.lastGroup();
                if (upTo > last && !anyway && JournalTables.hasLarge(from, last)) {
                  return false; // writers would wait for all of it once more
                }
                if (upTo > last) {
                  replay(node, replay, from, last, upTo);
                }
                requireComplete(node, target, from);
                requireMember(source, since);
                if (unmark) {
                  IncompleteMark.clear(target);
                }
                OpenMark.set(vendor, target);
                cluster.add(node, "rejoined (" + way + ")");
                return true;
              });
      at = last;
    }
    LOG.info(
        "{} rejoined ({}); the gate for writers was closed for {} ms at most",
        node.name(),
        way,
        gate.longest() / 1_000_000);
    cluster.metrics().rejoin(node.name(), "member", 0);
  }
}
