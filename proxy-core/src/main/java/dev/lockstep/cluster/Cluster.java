package dev.lockstep.cluster;

import dev.lockstep.config.Errors;
import dev.lockstep.metrics.ClusterMetrics;
import dev.lockstep.node.Account;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.ServerConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running cluster as its owner sees it: nodes, view, state, and the changes of the view that
 * failures make. Changes happen inside the {@link Gate}; reading is lock-free.
 */
public final class Cluster implements PrimaryAccess {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /** What the cluster can do now. */
  public enum State {
    /** Not yet started. */
    STARTING,
    /** Reads and writes. */
    SERVING,
    /** Fewer members than minNodes: reads only, until members are back. */
    NO_QUORUM,
    /** Another process owns it now. */
    LOST,
    /** Closed. */
    CLOSED
  }

  /** Hears of nodes that left or came, inside the gate. */
  public interface ViewListener {
    /** The view has changed and is recorded; nodes that left are already cut off. */
    void viewChanged(View before, View after);
  }

  private final Map<String, DatabaseNode> nodesByName = new LinkedHashMap<>();
  private final Map<DatabaseNode, NodeControl> controls = new LinkedHashMap<>();
  private final Gate gate = new Gate();
  private final AtomicLong group = new AtomicLong();
  private final AtomicLong finished = new AtomicLong();
  private final List<ViewListener> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock probe = new ReentrantLock();
  private final Set<Account> accepted = ConcurrentHashMap.newKeySet();
  private final Integer configuredMinNodes;
  private final int patienceMillis;
  private final String token;
  private final ClusterMetrics metrics;
  private final Throttle throttle;
  private long triedEpoch;
  private volatile View view;
  private volatile State state = State.STARTING;
  private volatile DatabaseNode serving;
  private volatile String lostTo;

  /**
   * @param nodes all configured nodes with their controls
   * @param minNodes lockstep.minNodes, or null for the default
   * @param patienceMillis how long a session waits for a failover
   */
  public Cluster(
      List<NodeControl> nodes,
      String token,
      Integer minNodes,
      int patienceMillis,
      ClusterMetrics metrics) {
    for (NodeControl c : nodes) {
      nodesByName.put(c.node().name(), c.node());
      controls.put(c.node(), c);
    }
    this.token = token;
    this.configuredMinNodes = minNodes;
    this.patienceMillis = patienceMillis;
    this.metrics = metrics;
    this.throttle = new Throttle(metrics::groupDelay);
  }

  /** Adds a listener. */
  public void listen(ViewListener l) {
    listeners.add(l);
  }

  /** The gate that groups and changes of the view go through. */
  public Gate gate() {
    return gate;
  }

  /** What delays groups while a node cannot catch up. */
  public Throttle throttle() {
    return throttle;
  }

  /** The fence token of this owner. */
  public String token() {
    return token;
  }

  /** The figures. */
  public ClusterMetrics metrics() {
    return metrics;
  }

  /** The current view, or null before start. */
  public View view() {
    return view;
  }

  /** The current state. */
  public State state() {
    return state;
  }

  /** All configured nodes. */
  public List<DatabaseNode> nodes() {
    return List.copyOf(nodesByName.values());
  }

  /** The control of a node. */
  public NodeControl control(DatabaseNode node) {
    return controls.get(node);
  }

  /** The node of that id, or null where no configured node is known to have it. */
  public DatabaseNode byId(String id) {
    for (DatabaseNode n : nodesByName.values()) {
      if (id.equals(n.id())) {
        return n;
      }
    }
    return null;
  }

  /** The node of that name, or null. */
  public DatabaseNode byName(String name) {
    return nodesByName.get(name);
  }

  /** The members of the current view that are configured, in order. */
  public List<DatabaseNode> members() {
    List<DatabaseNode> m = new ArrayList<>();
    for (String id : view.members()) {
      DatabaseNode n = byId(id);
      if (n != null) {
        m.add(n);
      }
    }
    return m;
  }

  /** The primary. */
  public DatabaseNode primary() {
    return serving;
  }

  /** Members other than the primary. */
  public List<DatabaseNode> replicas() {
    List<DatabaseNode> m = members();
    m.remove(serving);
    return m;
  }

  /** Whether a node is in the current view. */
  public boolean isMember(DatabaseNode n) {
    View v = view;
    return v != null && n.id() != null && v.members().contains(n.id());
  }

  /** Fewest members that a view may have, given who has ever joined. */
  public int minNodes(View v) {
    return configuredMinNodes != null ? configuredMinNodes : (v.known().size() + 1) / 2;
  }

  /**
   * Begins to serve with this view, which its members have recorded; {@code lastGroup} is the
   * newest group.
   */
  public void begin(View v, long lastGroup) {
    view = v;
    triedEpoch = v.epoch();
    group.set(lastGroup);
    finished.set(lastGroup);
    serving = byId(v.primary());
    for (DatabaseNode n : nodesByName.values()) {
      n.admit(isMember(n));
    }
    state = State.SERVING;
    metrics.members(v.members().size());
  }

  /** The smallest packet limit of all members, in bytes. */
  public long maxPacket() {
    long least = Long.MAX_VALUE;
    for (DatabaseNode n : nodesByName.values()) {
      if (isMember(n)) {
        least = Math.min(least, n.maxPacket());
      }
    }
    return least;
  }

  /** The next group number. */
  public long nextGroup() {
    return group.incrementAndGet();
  }

  /** Recovery has seen groups up to this one. */
  public void groupSeen(long number) {
    group.accumulateAndGet(number, Math::max);
    groupFinished(number);
  }

  /** The outcome of this group, and so of all before it, is known on every member. */
  public void groupFinished(long number) {
    finished.accumulateAndGet(number, Math::max);
  }

  /** The newest group whose outcome is known on every member: no later one is on any. */
  public long finishedGroup() {
    return finished.get();
  }

  /** The number of the newest group that was begun. */
  public long lastGroup() {
    return group.get();
  }

  /**
   * Drops nodes from the view and records that on all that are left, before anything is
   * acknowledged without them. Inside the gate.
   *
   * @return false when fewer than minNodes would be left, or another process is the owner: then
   *     nothing is recorded and writes stop
   */
  public boolean evict(List<DatabaseNode> gone, String reason) {
    if (!gate.held()) {
      throw new IllegalStateException("eviction outside of the gate");
    }
    if (state == State.LOST || state == State.CLOSED) {
      return false;
    }
    List<DatabaseNode> drop = new ArrayList<>(gone);
    drop.removeIf(n -> !isMember(n));
    if (drop.isEmpty()) {
      return state == State.SERVING;
    }
    View before = view;
    View next = before;
    String why = reason;
    while (true) {
      List<String> ids =
          drop.stream().map(DatabaseNode::id).filter(next.members()::contains).toList();
      next = numbered(next.without(ids, why));
      if (next.members().size() < minNodes(next) || next.members().isEmpty()) {
        noQuorum(drop, reason);
        return false;
      }
      List<DatabaseNode> failed = recordEverywhere(next);
      if (failed == null) {
        return false;
      }
      if (failed.isEmpty()) {
        break;
      }
      drop.addAll(failed);
      // A proven difference stays one: such a node does not come back by its journal alone.
      why = reason + "; more nodes could not record the view";
    }
    for (DatabaseNode n : drop) {
      LOG.warn("evicted {}: {}", n.name(), reason);
      metrics.evicted(n.name(), reason);
    }
    install(before, next, drop);
    return true;
  }

  /** Gives a view an epoch that was never tried before, also not by a change that failed. */
  private View numbered(View v) {
    View n = v.epoch() > triedEpoch ? v : v.atEpoch(triedEpoch + 1);
    triedEpoch = n.epoch();
    return n;
  }

  /** Members that it failed on; null where this process is no longer the owner. */
  private List<DatabaseNode> recordEverywhere(View v) {
    List<DatabaseNode> failed = new ArrayList<>();
    Map<DatabaseNode, SQLException> failures =
        recorded(v.members().stream().map(this::byId).toList(), v);
    for (Map.Entry<DatabaseNode, SQLException> f : failures.entrySet()) {
      if (f.getValue() instanceof FencedException) {
        ownershipLost(f.getKey().name());
        return null;
      }
      LOG.warn(
          "cannot record view {} on {}: {}",
          v.epoch(),
          f.getKey().name(),
          f.getValue().getMessage());
      failed.add(f.getKey());
    }
    return failed;
  }

  private void recordOnMembers(View v) throws SQLException {
    for (Map.Entry<DatabaseNode, SQLException> f : recorded(members(), v).entrySet()) {
      if (f.getValue() instanceof FencedException) {
        ownershipLost(f.getKey().name());
      }
      throw f.getValue();
    }
  }

  /** Records a view on all of these nodes at the same time; gives what failed. */
  private Map<DatabaseNode, SQLException> recorded(List<DatabaseNode> on, View v) {
    List<FutureTask<SQLException>> tasks = new ArrayList<>();
    for (DatabaseNode n : on) {
      tasks.add(
          new FutureTask<>(
              () -> {
                try {
                  controls.get(n).record(v);
                  return null;
                } catch (SQLException e) {
                  return e;
                }
              }));
    }
    for (int i = 1; i < tasks.size(); i++) {
      Thread t = new Thread(tasks.get(i), "lockstep-view");
      t.setDaemon(true);
      t.start();
    }
    Map<DatabaseNode, SQLException> failures = new LinkedHashMap<>();
    boolean interrupted = false;
    for (int i = 0; i < tasks.size(); ) {
      try {
        if (i == 0) {
          tasks.get(0).run();
        }
        SQLException e = tasks.get(i).get();
        if (e != null) {
          failures.put(on.get(i), e);
        }
        i++;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException("recording a view failed", e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return failures;
  }

  private void install(View before, View next, List<DatabaseNode> dropped) {
    DatabaseNode oldPrimary = serving;
    view = next;
    metrics.members(next.members().size());
    for (DatabaseNode n : dropped) {
      n.admit(false);
      cutOff(n);
    }
    for (ViewListener l : listeners) {
      l.viewChanged(before, next);
    }
    serving = byId(next.primary());
    if (serving != oldPrimary) {
      LOG.warn("new primary is {} (view {})", serving.name(), next.epoch());
      metrics.failover();
    }
  }

  private void cutOff(DatabaseNode n) {
    // May wait for a server that does not answer; nobody has to wait for that.
    NodeControl control = controls.get(n);
    long held = control.generation();
    Thread t = new Thread(() -> control.close(held), "lockstep-cut-off");
    t.setDaemon(true);
    t.start();
  }

  private void noQuorum(List<DatabaseNode> missing, String reason) {
    LOG.error(
        "writes stop: {} cannot be evicted ({}), as fewer than lockstep.minNodes={} members would be left",
        missing,
        reason,
        minNodes(view));
    state = State.NO_QUORUM;
    for (DatabaseNode n : missing) {
      n.admit(false);
    }
    if (missing.contains(serving)) {
      for (DatabaseNode n : members()) {
        if (!missing.contains(n)) {
          serving = n;
          break;
        }
      }
    }
  }

  /**
   * Adds a node that is equal to the members. Inside the gate. Old members record the view first.
   */
  public void add(DatabaseNode node, String reason) throws SQLException {
    if (!gate.held()) {
      throw new IllegalStateException("view change outside of the gate");
    }
    View before = view;
    View next = numbered(before.with(node.id(), reason));
    try {
      recordOnMembers(next);
      NodeControl joining = controls.get(node);
      List<View> there = joining.views();
      if (!there.isEmpty() && there.get(there.size() - 1).id().equals(before.id())) {
        joining.record(next);
      } else {
        joining.record(controls.get(serving).views());
      }
    } catch (SQLException e) {
      if (state != State.LOST) {
        // It may be recorded somewhere, so it counts; the view after it drops the node again.
        install(before, next, List.of());
        evict(List.of(node), "could not join: " + e.getMessage());
      }
      throw e;
    }
    node.admit(true);
    install(before, next, List.of());
    LOG.info("{} joined (view {}, {} members)", node.name(), next.epoch(), next.members().size());
  }

  /**
   * Makes another member the primary: an operator's switchover. Inside the gate, sessions drained
   * or to be cut.
   */
  public void switchover(DatabaseNode to, String reason) throws SQLException {
    View before = view;
    View next = numbered(before.withPrimary(to.id(), reason));
    DatabaseNode old = serving;
    List<DatabaseNode> failed = recordEverywhere(next);
    if (failed == null) {
      throw Errors.configuration("another process has taken the cluster over");
    }
    if (!failed.isEmpty()) {
      install(before, next, List.of());
      evict(failed, "could not record a view");
      return;
    }
    install(before, next, List.of());
    // Sessions of the old primary move when their transaction is over, or get 40001.
    old.abortAll();
  }

  /**
   * Members are back after {@link State#NO_QUORUM} and their journals are equal. Inside the gate. A
   * new view, with a clean history, takes the place of any that was recorded on some of them only.
   */
  public void quorumRestored() throws SQLException {
    View before = view;
    View next =
        numbered(
            new View(
                before.epoch() + 1,
                UUID.randomUUID().toString(),
                before.id(),
                before.members(),
                before.lagging(),
                before.primary(),
                before.known(),
                "members are back"));
    List<View> history = history(before);
    history.add(next);
    for (DatabaseNode n : members()) {
      try {
        controls.get(n).record(history);
      } catch (FencedException e) {
        ownershipLost(n.name());
        throw e;
      }
    }
    LOG.info("writes go on: view {} has its members again", next.epoch());
    view = next;
    serving = byId(next.primary());
    for (DatabaseNode n : members()) {
      n.admit(true);
    }
    for (ViewListener l : listeners) {
      l.viewChanged(before, next);
    }
    state = State.SERVING;
  }

  /** The view and its ancestors, oldest first, as the serving node has recorded them. */
  private List<View> history(View v) throws SQLException {
    Map<String, View> all = new HashMap<>();
    for (View w : controls.get(serving).views()) {
      all.put(w.id(), w);
    }
    List<View> chain = new ArrayList<>();
    for (View at = v; at != null; at = at.parent() == null ? null : all.get(at.parent())) {
      chain.add(0, at);
    }
    return chain;
  }

  /**
   * Stops writes until recovery has made the members equal again: nobody knows any more what some
   * of them have done. Inside the gate.
   */
  public void suspend(String reason) {
    if (state == State.SERVING) {
      LOG.error("writes stop: {}", reason);
      state = State.NO_QUORUM;
    }
  }

  /** Another process has raised the fence: nothing may commit here any more. */
  public void ownershipLost(String where) {
    if (state == State.LOST || state == State.CLOSED) {
      return;
    }
    state = State.LOST;
    lostTo = where;
    LOG.error("ownership of the cluster was lost (seen on {}); all connections end", where);
    for (DatabaseNode n : nodesByName.values()) {
      n.admit(false);
    }
  }

  /** Ends everything; locks are released, so that a process that waits takes over at once. */
  public void close() {
    state = State.CLOSED;
    for (DatabaseNode n : nodesByName.values()) {
      n.admit(false);
    }
    for (NodeControl c : controls.values()) {
      c.close();
    }
  }

  @Override
  public ServerConnection acquire(Account account, String schema) throws SQLException {
    long deadline = System.nanoTime() + patienceMillis * 1_000_000L;
    while (true) {
      checkAlive();
      DatabaseNode p = serving;
      try {
        ServerConnection c = p.borrow(account, schema, accepted.contains(account));
        accepted.add(account);
        return c;
      } catch (SQLException e) {
        if (p != serving) {
          continue;
        }
        if (!p.dialect().connectionError(e) && e.getErrorCode() != 0) {
          throw e;
        }
        if (System.nanoTime() > deadline) {
          throw Errors.cannotConnect("no node can serve: " + e.getMessage(), e);
        }
        nodeFailed(p, e);
        if (p == serving) {
          NodeControl.sleep(5);
        }
      }
    }
  }

  /** A question to a node that changes nothing. */
  public interface Question<T> {
    T ask(DatabaseNode node) throws SQLException;
  }

  /** Asks the primary, and the new one where it is lost meanwhile. Not inside the gate. */
  public <T> T askPrimary(Question<T> question) throws SQLException {
    long deadline = System.nanoTime() + patienceMillis * 1_000_000L;
    while (true) {
      checkAlive();
      DatabaseNode p = serving;
      try {
        return question.ask(p);
      } catch (SQLException e) {
        if (!p.dialect().connectionError(e)) {
          throw e;
        }
        if (System.nanoTime() > deadline) {
          throw Errors.cannotConnect("no node can serve: " + e.getMessage(), e);
        }
        nodeFailed(p, e);
        if (p == serving) {
          NodeControl.sleep(5);
        }
      }
    }
  }

  private void checkAlive() throws SQLException {
    State s = state;
    if (s == State.LOST) {
      throw Errors.configuration(
          "this process no longer owns the cluster: another one took it over (seen on "
              + lostTo
              + ")");
    }
    if (s == State.CLOSED) {
      throw Errors.cannotConnect("the cluster has been closed in this process", null);
    }
  }

  @Override
  public boolean current(ServerConnection c) {
    return c.node() == serving && !c.broken();
  }

  @Override
  public void lost(ServerConnection c, SQLException why) {
    c.markBroken();
    if (c.node() == serving) {
      nodeFailed((DatabaseNode) c.node(), why);
    }
  }

  /**
   * Finds out whether a node still answers, and evicts it where it does not. Not inside the gate.
   */
  public void nodeFailed(DatabaseNode n, SQLException why) {
    probe.lock();
    try {
      long held = controls.get(n).generation();
      if (!isMember(n) || state != State.SERVING || n.answers()) {
        return;
      }
      String reason = why.getMessage();
      // The answer is out of date where the node was taken over meanwhile.
      gate.exclusive(
          () ->
              state == State.SERVING
                  && isMember(n)
                  && controls.get(n).generation() == held
                  && evict(List.of(n), reason));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      probe.unlock();
    }
  }

  @Override
  public void checkWritable() throws SQLException {
    if (state == State.SERVING) {
      return;
    }
    checkAlive();
    throw Errors.readOnly(
        "writes are refused: fewer than lockstep.minNodes="
            + minNodes(view)
            + " members answer; they go on when members are back");
  }
}
