package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.NodeInfo;
import dev.lockstep.cluster.OwnedElsewhereException;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Settings;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.Comparison;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.OpenMark;
import dev.lockstep.resync.Alignment;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a cluster: takes over all reachable nodes, chooses the view, completes the last group,
 * records the view that serves. Used once, on one thread.
 */
final class Startup {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);
  private static final long GRACE_MILLIS = 3_000;

  private final Cluster cluster;
  private final Settings settings;
  private final Vendor vendor;
  private final List<NodeControl> controls;
  private final Recovery recovery;

  /** How the operator wants it started, where that matters. */
  record Wish(String initSource, String forced) {
    static final Wish NONE = new Wish(null, null);
  }

  Startup(Cluster cluster, Settings settings, Vendor vendor, Recovery recovery) {
    this.cluster = cluster;
    this.settings = settings;
    this.vendor = vendor;
    this.recovery = recovery;
    this.controls = cluster.nodes().stream().map(cluster::control).toList();
  }

  /** Does it; afterwards the cluster serves. */
  void run(Wish wish) throws SQLException {
    CountDownLatch started = new CountDownLatch(1);
    keepOwnership(started);
    boolean done = false;
    try {
      List<NodeControl> reached = takeOverAll();
      List<NodeControl> joined = new ArrayList<>();
      for (NodeControl c : reached) {
        NodeSettings.check(c);
        NodeSettings.compare(reached.get(0), c);
        NodeInfo info = c.info();
        if (info != null) {
          c.node().id(info.nodeId());
          joined.add(c);
        }
      }
      if (wish.initSource() != null) {
        initialise(reached, wish.initSource());
      } else if (joined.stream().noneMatch(Startup::hasViews)) {
        firstStart(reached);
      } else {
        start(joined, wish.forced());
      }
      done = true;
    } finally {
      started.countDown();
      if (!done) {
        controls.forEach(NodeControl::close);
      }
    }
  }

  /** A start may take long: killing an old owner's connections, comparing tables, recovery. */
  private void keepOwnership(CountDownLatch until) {
    long every = Math.max(100, settings.ownershipTtl().toMillis() / 4);
    Thread t =
        new Thread(
            () -> {
              try {
                while (!until.await(every, TimeUnit.MILLISECONDS)) {
                  controls.forEach(NodeControl::breathe);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "lockstep-start");
    t.setDaemon(true);
    t.start();
  }

  private static boolean hasViews(NodeControl c) {
    try {
      return !c.views().isEmpty();
    } catch (SQLException e) {
      throw new IllegalStateException("cannot read the views of " + c.node().name(), e);
    }
  }

  /**
   * Takes over what is reachable. All locks first: a process that is refused must not have
   * disturbed the owner on a node whose lock was free for a moment or that is out of the view.
   */
  private List<NodeControl> takeOverAll() throws SQLException {
    long grace = System.nanoTime() + GRACE_MILLIS * 1_000_000;
    while (true) {
      List<NodeControl> locked = new ArrayList<>();
      List<SQLException> unreachable = new ArrayList<>();
      OwnedElsewhereException owned = null;
      NodeControl held = null;
      for (NodeControl c : controls) {
        try {
          if (reached(c, c::lockOwnership, locked, unreachable)) {
            locked.add(c);
          }
        } catch (OwnedElsewhereException e) {
          owned = e;
          held = c;
          break;
        }
      }
      if (owned == null) {
        List<NodeControl> reached = new ArrayList<>();
        for (NodeControl c : locked) {
          if (reached(c, c::occupy, locked, unreachable)) {
            reached.add(c);
          }
        }
        if (reached.isEmpty()) {
          SQLException e = unreachable.get(0);
          throw Errors.cannotConnect("no node is reachable: " + e.getMessage(), e);
        }
        return reached;
      }
      locked.forEach(NodeControl::close);
      if (!settings.waitForOwnership() && System.nanoTime() > grace) {
        throw owned;
      }
      // Where the engine cannot make servers drop a silent owner by themselves, look whether it
      // lives.
      if (!held.breakSilentOwnerH2()) {
        pause(100);
      }
    }
  }

  private interface Step {
    void run() throws SQLException;
  }

  /** Whether the step worked; false where the node does not answer. */
  private static boolean reached(
      NodeControl c, Step step, List<NodeControl> locked, List<SQLException> unreachable)
      throws SQLException {
    try {
      step.run();
      return true;
    } catch (OwnedElsewhereException e) {
      throw e;
    } catch (SQLException e) {
      if (!c.node().dialect().connectionError(e) && !isConnectFailure(e)) {
        locked.forEach(NodeControl::close);
        throw e;
      }
      LOG.warn("{} is not reachable: {}", c.node().name(), e.getMessage());
      unreachable.add(e);
      return false;
    }
  }

  private static boolean isConnectFailure(SQLException e) {
    String s = e.getSQLState();
    return s != null && s.startsWith("08");
  }

  private static void pause(long millis) throws SQLException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.cannotConnect("interrupted while waiting for the ownership of the cluster", e);
    }
  }

  /** The usual start: journals are compared, not data. */
  private void start(List<NodeControl> joined, String forced) throws SQLException {
    String clusterId = null;
    Map<String, List<View>> recorded = new LinkedHashMap<>();
    Map<String, NodeControl> byId = new LinkedHashMap<>();
    for (NodeControl c : joined) {
      NodeInfo info = c.info();
      if (clusterId == null) {
        clusterId = info.clusterId();
      } else if (!clusterId.equals(info.clusterId())) {
        throw Errors.configuration(
            "the nodes belong to different clusters ("
                + c.node().name()
                + " is not of the cluster of "
                + joined.get(0).node().name()
                + "); correct the URL");
      }
      if (byId.put(info.nodeId(), c) != null) {
        throw Errors.configuration(
            c.node().name() + " and another host of the URL are the same node; name each once");
      }
      if (info.incomplete() == null || Alignment.interrupted(info.incomplete())) {
        recorded.put(info.nodeId(), c.views());
      } else {
        LOG.warn("{} is incomplete ({}): it must be copied", c.node().name(), info.incomplete());
      }
    }
    Membership.Choice choice =
        forced == null
            ? Membership.choose(recorded, cluster::minNodes)
            : forcedChoice(recorded, forced);
    View v = choice.view();
    if (v.known().size() > controls.size()) {
      throw Errors.configuration(
          "the cluster has "
              + v.known().size()
              + " nodes but the URL names "
              + controls.size()
              + "; name all of them");
    }
    List<NodeControl> members = Membership.members(v, byId);
    members.removeIf(c -> !recorded.containsKey(c.node().id()));
    if (forced != null) {
      members.removeIf(c -> !c.node().name().equals(forced));
    }
    long lastGroup = recovery.complete(members.stream().map(NodeControl::node).toList(), v.epoch());
    List<View> history = new ArrayList<>(choice.history());
    if (members.size() < v.members().size()) {
      List<String> missing = new ArrayList<>(v.members());
      members.forEach(c -> missing.remove(c.node().id()));
      View next = v.without(missing, "not reachable at start");
      v =
          new View(
              choice.newestEpoch() + 1,
              next.id(),
              v.id(),
              next.members(),
              next.lagging(),
              next.primary(),
              forced == null ? next.known() : next.members(),
              next.reason());
      history.add(v);
    }
    for (NodeControl c : members) {
      c.record(history);
    }
    serve(v, lastGroup);
  }

  private Membership.Choice forcedChoice(Map<String, List<View>> recorded, String forced)
      throws SQLException {
    DatabaseNode n = cluster.byName(forced);
    List<View> views = n == null || n.id() == null ? null : recorded.get(n.id());
    if (views == null || views.isEmpty()) {
      throw Errors.configuration(
          "cannot go on from " + forced + ": it is not reachable, incomplete, or has no view");
    }
    View last = views.get(views.size() - 1);
    if (!last.members().contains(n.id())) {
      throw Errors.configuration(
          forced + " was not a member of the last view that it knows; choose another node");
    }
    long newest = 0;
    for (List<View> l : recorded.values()) {
      for (View v : l) {
        newest = Math.max(newest, v.epoch());
      }
    }
    return new Membership.Choice(last, views, newest);
  }

  /** No view anywhere. */
  private void firstStart(List<NodeControl> reached) throws SQLException {
    if (reached.size() < controls.size()) {
      List<String> missing = new ArrayList<>();
      controls.stream()
          .filter(c -> !reached.contains(c))
          .forEach(c -> missing.add(c.node().name()));
      throw Errors.cannotConnect(
          "the first start of a cluster needs all nodes, as any of them may hold the data; not"
              + " reachable: "
              + missing,
          null);
    }
    TableChecksums sums = new TableChecksums(vendor);
    List<NodeControl> full = new ArrayList<>();
    for (NodeControl c : reached) {
      if (c.with(sums::hasUserTables)) {
        full.add(c);
      }
    }
    if (full.size() > 1) {
      Comparison comparison = compare(sums, full);
      if (!comparison.equal()) {
        throw Errors.configuration(
            "the nodes hold different data: "
                + comparison.describe()
                + ". Choose the one that is right, the others are overwritten: 'lockstep init"
                + " --source NODE'");
      }
    }
    found(full.isEmpty() ? reached : full, reached, "first start");
  }

  private Comparison compare(TableChecksums sums, List<NodeControl> nodes) throws SQLException {
    List<Connection> open = new ArrayList<>();
    try {
      for (NodeControl c : nodes) {
        open.add(c.node().openUnlimited());
      }
      return sums.compare(open);
    } finally {
      for (Connection c : open) {
        c.close();
      }
    }
  }

  private void initialise(List<NodeControl> reached, String source) throws SQLException {
    NodeControl s = null;
    for (NodeControl c : reached) {
      if (c.node().name().equals(source)) {
        s = c;
      }
    }
    if (s == null) {
      throw Errors.configuration(
          "there is no reachable node " + source + "; the URL names " + cluster.nodes());
    }
    found(List.of(s), reached, "initialised from " + source);
  }

  /** A new cluster of these equal nodes; the others are to be copied. */
  private void found(List<NodeControl> equal, List<NodeControl> reached, String reason)
      throws SQLException {
    String clusterId = UUID.randomUUID().toString();
    List<String> ids = new ArrayList<>();
    for (NodeControl c : reached) {
      String id = UUID.randomUUID().toString();
      boolean member = equal.contains(c);
      c.with(
          con -> {
            for (String table : List.of("journal", "journal_floor", "view_log", "node_info")) {
              try (var s = con.createStatement()) {
                s.executeUpdate("DELETE FROM lockstep." + table);
              }
            }
            return null;
          });
      c.introduce(
          new NodeInfo(clusterId, id, c.node().name(), member ? null : "not copied yet", 0));
      if (member) {
        ids.add(id);
      }
    }
    View v = View.first(ids, ids.get(0), reason);
    for (NodeControl c : equal) {
      c.record(v);
      c.with(
          con -> {
            OpenMark.set(vendor, con);
            return null;
          });
    }
    LOG.info("new cluster {} of {}", clusterId, equal.stream().map(c -> c.node().name()).toList());
    serve(v, 0);
  }

  private void serve(View v, long lastGroup) {
    cluster.begin(v, lastGroup);
    LOG.info(
        "serving view {}: members {}, primary {}",
        v.epoch(),
        cluster.members(),
        cluster.primary().name());
  }
}
