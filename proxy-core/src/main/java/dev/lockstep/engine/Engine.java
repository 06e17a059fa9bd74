package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.commit.GroupCommitter;
import dev.lockstep.commit.KeyReserves;
import dev.lockstep.commit.SequenceReserves;
import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.config.NodeAddress;
import dev.lockstep.config.Settings;
import dev.lockstep.config.Vendor;
import dev.lockstep.metrics.DropwizardMetrics;
import dev.lockstep.node.Account;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.NodeSpec;
import dev.lockstep.session.Session;
import dev.lockstep.session.SessionFactory;
import dev.lockstep.session.SessionServices;
import dev.lockstep.sql.StatementAnalyzer;
import java.lang.management.ManagementFactory;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One cluster in this process, started: everything wired together. Shared by all connections whose
 * URLs name the same nodes, whatever user or database; it lives until {@link #close}, until the
 * last data source that used it is closed, or until the end of the JVM. Thread-safe.
 */
public final class Engine implements SessionFactory, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final Map<String, Engine> RUNNING = new HashMap<>();

  /** Guards the map for moments only: a start may wait for another process for ever. */
  private static final ReentrantLock REGISTRY = new ReentrantLock();

  private static final Map<String, Start> STARTS = new ConcurrentHashMap<>();

  /** One start of a cluster at a time; whoever waited for one that failed shares its failure. */
  private static final class Start {
    final ReentrantLock lock = new ReentrantLock();
    SQLException failure;
    long failedAt;
  }

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Engine::closeAll, "lockstep-shutdown"));
  }

  private final AtomicInteger dataSources = new AtomicInteger();
  private final String key;
  private final Settings settings;
  private final Cluster cluster;
  private final DropwizardMetrics metrics;
  private final SessionServices services;
  private final Keeper keeper;

  private Engine(String key, LockstepUrl url, Startup.Wish wish) throws SQLException {
    this.key = key;
    this.settings = url.settings();
    Vendor vendor = url.vendor();
    if (vendor == Vendor.POSTGRESQL) {
      throw Errors.unsupported("PostgreSQL is not supported yet");
    }
    String token = UUID.randomUUID().toString();
    String owner = ManagementFactory.getRuntimeMXBean().getName();
    int timeout = (int) settings.nodeTimeout().toMillis();
    List<NodeControl> controls = new ArrayList<>();
    for (NodeAddress a : url.nodes()) {
      DatabaseNode n = new DatabaseNode(spec(url, a));
      controls.add(new NodeControl(n, token, owner, (int) settings.ownershipTtl().toSeconds()));
    }
    String name = settings.clusterName();
    this.metrics =
        new DropwizardMetrics(name != null ? name : url.nodes().get(0).label() + "-" + token);
    Integer minNodes = settings.minNodes().isPresent() ? settings.minNodes().getAsInt() : null;
    int patience = 4 * timeout + 2 * (int) settings.connectTimeout().toMillis();
    this.cluster = new Cluster(controls, token, minNodes, patience, metrics);
    Definitions definitions = new Definitions(vendor);
    boolean started = false;
    try {
      Catalogue catalogue = new PrimaryCatalogue(cluster, vendor);
      GroupCommitter committer =
          new GroupCommitter(
              cluster,
              new DataReferee(cluster, vendor, settings.stopOnTie()),
              Long.toString(System.currentTimeMillis(), 36) + "-" + token.substring(0, 4) + "-",
              settings.maxGroup(),
              settings.contentionRetries(),
              timeout);
      KeyReserves keys = new KeyReserves(cluster, committer, vendor, timeout);
      SequenceReserves sequences = new SequenceReserves(cluster, committer, timeout);
      StatementAnalyzer analyzer =
          new StatementAnalyzer(vendor, catalogue, settings.statementCache());
      DdlCoordinator ddl =
          new DdlCoordinator(
              cluster,
              () -> {
                analyzer.invalidate();
                sequences.definitionsChanged();
              },
              definitions,
              settings.ddlTimeout().toMillis());
      this.services =
          new SessionServices(
              vendor,
              settings,
              cluster,
              committer,
              ddl.tableGate(),
              committer.readBarrier(),
              ddl,
              analyzer,
              sequences,
              keys);
      new Startup(cluster, settings, vendor, new Recovery(vendor, definitions, token)).run(wish);
      cluster
          .gate()
          .exclusive(
              () -> {
                keys.atStart();
                cluster.listen(keys);
                return null;
              });
      cluster.listen(
          (before, after) -> {
            // With the same members as before it was perhaps down in between.
            if (!before.primary().equals(after.primary())
                || before.members().equals(after.members())) {
              sequences.primaryChanged();
            }
          });
      this.keeper = new Keeper(cluster, settings, vendor, ddl, definitions);
      keeper.start();
      SequencesAtStart.reserve(cluster, vendor, sequences);
      keys.adopt();
      started = true;
    } finally {
      if (!started) {
        cluster.close();
        metrics.close();
      }
    }
  }

  private static NodeSpec spec(LockstepUrl url, NodeAddress a) {
    Settings s = url.settings();
    Properties p = new Properties();
    p.putAll(a.properties());
    String user = a.user() != null ? a.user() : url.user();
    String password =
        a.properties().containsKey("password") ? a.properties().get("password") : url.password();
    p.remove("user");
    p.remove("password");
    Account admin =
        s.adminUser() != null
            ? new Account(s.adminUser(), s.adminPassword())
            : new Account(user, password);
    boolean h2 = url.vendor() == Vendor.H2;
    return new NodeSpec(
        a.label(),
        url.vendor(),
        schema ->
            h2
                ? a.databaseUrl()
                : a.serverUrl()
                    + (a.serverUrl().endsWith("/") ? "" : "/")
                    + (schema == null
                        ? ""
                        : URLEncoder.encode(schema, StandardCharsets.UTF_8).replace("+", "%20")),
        p,
        admin,
        (int) s.connectTimeout().toMillis(),
        (int) s.nodeTimeout().toMillis(),
        s.poolSize());
  }

  /**
   * The engine of the cluster that the URL names, started where it is not running yet.
   *
   * @throws SQLException 08001 too few nodes are reachable; 08004 another process owns the cluster,
   *     or the nodes or the configuration do not fit together
   */
  public static Engine of(LockstepUrl url) throws SQLException {
    return of(url, Startup.Wish.NONE);
  }

  /** Starts a new cluster in which {@code node}'s data is right and all others are overwritten. */
  public static Engine initialise(LockstepUrl url, String node) throws SQLException {
    return of(url, new Startup.Wish(node, null));
  }

  /**
   * Starts a cluster from one member alone although a newer view may exist elsewhere: transactions
   * that only other nodes have are saved to lost_transaction when these rejoin.
   */
  public static Engine recover(LockstepUrl url, String node) throws SQLException {
    return of(url, new Startup.Wish(null, node));
  }

  private static Engine of(LockstepUrl url, Startup.Wish wish) throws SQLException {
    StringBuilder key = new StringBuilder(url.vendor().word());
    url.nodes().stream()
        .map(a -> url.vendor() == Vendor.H2 ? a.databaseUrl() : a.serverUrl())
        .sorted()
        .forEach(l -> key.append(' ').append(l));
    String name = key.toString();
    Engine e = running(name, wish);
    if (e != null) {
      return e;
    }
    Start start = STARTS.computeIfAbsent(name, k -> new Start());
    long asked = System.nanoTime();
    start.lock.lock();
    try {
      e = running(name, wish);
      if (e != null) {
        return e;
      }
      SQLException why = start.failure;
      if (why != null && start.failedAt - asked > 0) {
        throw new SQLException(why.getMessage(), why.getSQLState(), why.getErrorCode(), why);
      }
      start.failure = null;
      return start(name, url, wish);
    } catch (SQLException failed) {
      if (start.failure == null) {
        start.failure = failed;
        start.failedAt = System.nanoTime();
      }
      throw failed;
    } finally {
      start.lock.unlock();
    }
  }

  /** The engine that serves, or null where one is to be started. */
  private static Engine running(String name, Startup.Wish wish) throws SQLException {
    REGISTRY.lock();
    try {
      Engine e = RUNNING.get(name);
      if (e == null || e.cluster.state() == Cluster.State.LOST) {
        return null;
      }
      if (wish != Startup.Wish.NONE) {
        throw Errors.configuration("the cluster is running in this process already");
      }
      return e;
    } finally {
      REGISTRY.unlock();
    }
  }

  private static Engine start(String name, LockstepUrl url, Startup.Wish wish) throws SQLException {
    Engine lost;
    REGISTRY.lock();
    try {
      lost = RUNNING.remove(name);
    } finally {
      REGISTRY.unlock();
    }
    if (lost != null) {
      lost.shutDown();
    }
    Engine e = new Engine(name, url, wish);
    REGISTRY.lock();
    try {
      RUNNING.put(name, e);
    } finally {
      REGISTRY.unlock();
    }
    return e;
  }

  @Override
  public Session open(Account account, String schema) throws SQLException {
    return new Session(services, account, schema);
  }

  @Override
  public Map<String, Number> figures() {
    return metrics.figures();
  }

  @Override
  public void attach() {
    dataSources.incrementAndGet();
  }

  @Override
  public void detach() {
    if (dataSources.decrementAndGet() == 0) {
      close();
    }
  }

  /** The settings that it was started with. */
  public Settings settings() {
    return settings;
  }

  /** The cluster. */
  public Cluster cluster() {
    return cluster;
  }

  /** The figures; {@link DropwizardMetrics#registry} leads to Dropwizard's own objects. */
  public DropwizardMetrics metrics() {
    return metrics;
  }

  /** Closes every engine of this class loader. */
  public static void closeAll() {
    List<Engine> all;
    REGISTRY.lock();
    try {
      all = List.copyOf(RUNNING.values());
      RUNNING.clear();
    } finally {
      REGISTRY.unlock();
    }
    all.forEach(Engine::shutDown);
  }

  /** Ends all connections and gives up the ownership; a process that waits takes over at once. */
  @Override
  public void close() {
    REGISTRY.lock();
    try {
      RUNNING.remove(key, this);
    } finally {
      REGISTRY.unlock();
    }
    shutDown();
  }

  private void shutDown() {
    keeper.close();
    try {
      // The group in flight is seen through first.
      cluster
          .gate()
          .exclusive(
              () -> {
                cluster.close();
                return null;
              });
    } catch (SQLException e) {
      LOG.warn("closing the cluster", e);
    }
    metrics.close();
  }
}
