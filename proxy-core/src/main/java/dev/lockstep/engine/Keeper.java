package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.NodeInfo;
import dev.lockstep.cluster.OwnedElsewhereException;
import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.config.Settings;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.resync.Alignment;
import dev.lockstep.resync.CopyLimits;
import dev.lockstep.resync.Rejoin;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The background work of an engine, one loop per node: keeps the ownership and notices dead members
 * also when nothing is written, brings nodes back, restores a lost quorum, carries out operators'
 * commands, trims the journal.
 */
final class Keeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);

  private final Cluster cluster;
  private final Settings settings;
  private final Recovery recovery;
  private final DdlCoordinator ddl;
  private final Rejoin rejoin;
  private final Commands commands;
  private final JournalTrimmer trimmer;
  private final Set<DatabaseNode> heldBack = ConcurrentHashMap.newKeySet();
  private final Map<DatabaseNode, Long> notBefore = new ConcurrentHashMap<>();
  private final Map<DatabaseNode, Integer> failures = new ConcurrentHashMap<>();
  private final Map<DatabaseNode, Map<String, String>> named = new ConcurrentHashMap<>();
  private final ScheduledExecutorService loops;
  private volatile boolean closed;

  Keeper(
      Cluster cluster,
      Settings settings,
      Vendor vendor,
      DdlCoordinator ddl,
      Definitions definitions) {
    this.cluster = cluster;
    this.settings = settings;
    this.recovery = new Recovery(vendor, definitions, cluster.token());
    this.ddl = ddl;
    CopyLimits limits =
        new CopyLimits(
            settings.copyStreams(),
            settings.copyBytesPerSecond(),
            (int) settings.nodeTimeout().toMillis());
    this.rejoin = new Rejoin(cluster, vendor, ddl, definitions, limits, () -> closed);
    this.commands = new Commands(cluster, this, ddl);
    this.trimmer = new JournalTrimmer(cluster, settings);
    this.loops =
        Executors.newScheduledThreadPool(
            cluster.nodes().size() + 2,
            r -> {
              Thread t = new Thread(r, "lockstep-keeper");
              t.setDaemon(true);
              return t;
            });
  }

  void start() {
    long every = settings.healthInterval().toMillis();
    for (DatabaseNode n : cluster.nodes()) {
      loops.scheduleWithFixedDelay(
          () -> guarded(n.name(), () -> look(n)), 0, every, TimeUnit.MILLISECONDS);
    }
    long beat = Math.max(100, settings.ownershipTtl().toMillis() / 4);
    loops.scheduleWithFixedDelay(
        () -> guarded("ownership", this::breathe), beat, beat, TimeUnit.MILLISECONDS);
    loops.scheduleWithFixedDelay(
        () -> guarded("commands", commands::poll), every, every, TimeUnit.MILLISECONDS);
    loops.scheduleWithFixedDelay(
        () -> guarded("DDL", this::finishDdl), every, every, TimeUnit.MILLISECONDS);
    loops.scheduleWithFixedDelay(
        () -> guarded("journal", trimmer::trim), 60_000, 60_000, TimeUnit.MILLISECONDS);
  }

  private interface Step {
    void run() throws SQLException;
  }

  private void guarded(String what, Step step) {
    if (closed) {
      return;
    }
    try {
      step.run();
    } catch (SQLException e) {
      if (!closed) {
        LOG.warn("{}: {}", what, e.toString());
      }
    } catch (RuntimeException | Error e) {
      // A loop that ends would give up the ownership in the end.
      LOG.error("internal error in the keeper of {}", what, e);
    }
  }

  /** The loop of a node that is being brought back is busy with that, perhaps for hours. */
  private void breathe() {
    for (DatabaseNode n : cluster.nodes()) {
      if (!cluster.isMember(n)) {
        cluster.control(n).breathe();
      }
    }
  }

  private void look(DatabaseNode n) throws SQLException {
    Cluster.State state = cluster.state();
    if (state == Cluster.State.LOST || state == Cluster.State.CLOSED) {
      return;
    }
    if (cluster.isMember(n)) {
      NodeControl c = cluster.control(n);
      if (state == Cluster.State.NO_QUORUM) {
        keepWhileWaiting(c);
        return;
      }
      try {
        if (!c.keep()) {
          cluster.ownershipLost(n.name());
          return;
        }
        measureClock(c);
        nameNodes(c);
        failures.remove(n);
      } catch (SQLException e) {
        cluster.nodeFailed(n, e);
      }
    } else if (state == Cluster.State.SERVING && !heldBack.contains(n) && due(n)) {
      bringBack(n);
    }
  }

  /** DDL whose end could not be journaled (a node was lost in the middle) is brought to its end. */
  private void finishDdl() throws SQLException {
    if (!ddl.leftOpen() || ddl.running() || cluster.state() != Cluster.State.SERVING) {
      return;
    }
    cluster
        .gate()
        .exclusive(
            () -> {
              if (!ddl.running() && cluster.state() == Cluster.State.SERVING) {
                cluster.groupSeen(recovery.complete(cluster.members(), cluster.view().epoch()));
                ddl.brought();
              }
              return null;
            });
  }

  private boolean due(DatabaseNode n) {
    Long t = notBefore.get(n);
    return t == null || System.nanoTime() - t >= 0;
  }

  private void bringBack(DatabaseNode n) {
    try {
      rejoin.run(n, c -> NodeSettings.compare(cluster.control(cluster.primary()), c));
      failures.remove(n);
      notBefore.remove(n);
    } catch (SQLException | RuntimeException e) {
      if (closed) {
        return;
      }
      cluster.control(n).close();
      n.admit(false);
      boolean unreachable = e instanceof SQLException s && n.dialect().connectionError(s);
      if (!unreachable) {
        int times = failures.merge(n, 1, Integer::sum);
        long wait = Math.min(60_000L, 500L << Math.min(times, 7));
        notBefore.put(n, System.nanoTime() + wait * 1_000_000);
        LOG.warn("{} cannot rejoin (try {}): {}", n.name(), times, e.getMessage());
      } else {
        LOG.debug("{} is not back yet: {}", n.name(), e.getMessage());
      }
      cluster.metrics().rejoin(n.name(), "waiting: " + e.getMessage(), 0);
    }
  }

  /**
   * Writes have stopped, but the cluster is still this process's, or it must learn that it is not.
   */
  private void keepWhileWaiting(NodeControl c) throws SQLException {
    try {
      if (!c.keep()) {
        cluster.ownershipLost(c.node().name());
        return;
      }
    } catch (SQLException e) {
      LOG.debug("{} does not answer: {}", c.node().name(), e.getMessage());
    }
    try {
      restoreQuorum(c);
    } catch (OwnedElsewhereException e) {
      // An own session that is just ending, or another process that looks around: it is lost only
      // when the fence says so, which the next round asks.
      LOG.info("the members cannot be taken over yet: {}", e.getMessage());
    }
  }

  /** Section 4: below minNodes the start procedure is repeated until the members are back. */
  private void restoreQuorum(NodeControl seen) throws SQLException {
    cluster
        .gate()
        .exclusive(
            () -> {
              if (cluster.state() != Cluster.State.NO_QUORUM) {
                return null;
              }
              List<DatabaseNode> back = new ArrayList<>();
              List<DatabaseNode> missing = new ArrayList<>();
              for (DatabaseNode m : cluster.members()) {
                if (!m.dialect().vendor().mysqlFamily() && !m.answers()) {
                  m.admit(false); // one whose database was closed answers only to who knows that
                }
                (m.answers() ? back : missing).add(m);
              }
              if (tooFew(back, missing)) {
                LOG.debug("{} answer (asked for {})", back, seen.node().name());
                return null;
              }
              for (DatabaseNode m : List.copyOf(back)) {
                NodeControl c = cluster.control(m);
                c.takeOver();
                NodeInfo info = c.info();
                if (info == null
                    || !info.nodeId().equals(m.id())
                    || info.incomplete() != null && !Alignment.interrupted(info.incomplete())) {
                  // It is copied once the others serve again.
                  LOG.warn("{} came back without its data", m.name());
                  back.remove(m);
                  missing.add(m);
                }
              }
              if (tooFew(back, missing)) {
                return null;
              }
              cluster.groupSeen(recovery.complete(back, cluster.view().epoch()));
              if (!missing.isEmpty() && !cluster.evict(missing, "did not come back with others")) {
                return null;
              }
              cluster.quorumRestored();
              return null;
            });
  }

  private boolean tooFew(List<DatabaseNode> back, List<DatabaseNode> missing) {
    int min = cluster.minNodes(cluster.view());
    return back.size() < min || missing.size() >= min;
  }

  /** Once per change: each member knows the names of all nodes. */
  private void nameNodes(NodeControl c) throws SQLException {
    Map<String, String> names = new HashMap<>();
    for (DatabaseNode n : cluster.nodes()) {
      if (n.id() != null) {
        names.put(n.id(), n.name());
      }
    }
    if (!names.equals(named.get(c.node()))) {
      c.nameNodes(names);
      named.put(c.node(), names);
    }
  }

  private void measureClock(NodeControl c) throws SQLException {
    boolean mysql = c.node().dialect().vendor().mysqlFamily();
    c.with(
        con -> {
          long before = System.currentTimeMillis();
          try (Statement s = con.createStatement();
              ResultSet r =
                  s.executeQuery(
                      mysql
                          ? "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"
                          : "SELECT CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000000 AS"
                              + " BIGINT)")) {
            r.next();
            long after = System.currentTimeMillis();
            long offset = r.getLong(1) - (before + after) * 500;
            // Below the precision of the measurement the clocks count as equal.
            c.node().clockOffsetMicros(Math.abs(offset) < 20_000 ? 0 : offset);
          }
          return null;
        });
  }

  /** Keeps an evicted node out until {@link #letIn}. */
  void holdBack(DatabaseNode n) {
    heldBack.add(n);
  }

  boolean heldBack(DatabaseNode n) {
    return heldBack.contains(n);
  }

  /** Lets a node come back now. */
  void letIn(DatabaseNode n) {
    heldBack.remove(n);
    notBefore.remove(n);
  }

  @Override
  public void close() {
    closed = true;
    loops.shutdownNow();
    try {
      loops.awaitTermination(settings.nodeTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
