package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.View;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.harness.workload.TransactionLog;
import dev.lockstep.harness.workload.Verification;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/**
 * Real servers with an application's database {@code shop}, and Lockstep over them in this process.
 * Closing it ends Lockstep; the servers stay for the next test.
 */
final class Installation implements AutoCloseable {
  static final String DATABASE = "shop";
  static final Duration BACK = Duration.ofSeconds(60);

  /** A node that left the view. */
  record Departure(Instant at, int node, String reason) {}

  private final TestCluster servers;
  private final Map<String, String> settings;
  private final List<Departure> departures = new CopyOnWriteArrayList<>();
  private dev.lockstep.engine.Engine engine;

  private Installation(TestCluster servers, Map<String, String> settings) {
    this.servers = servers;
    this.settings = settings;
  }

  /** Three empty servers with the database; Lockstep does not run yet. */
  static Installation on(Engine engine) throws SQLException {
    return on(engine, Map.of());
  }

  static Installation on(Engine engine, Map<String, String> settings) throws SQLException {
    return on(SharedClusters.get(engine, 3), settings);
  }

  /** Two servers instead of three. */
  static Installation pair(Engine engine) throws SQLException {
    return on(SharedClusters.get(engine, 2), Map.of());
  }

  /** The same with a proxy before each server. */
  static Installation proxied(Engine engine, Map<String, String> settings) throws SQLException {
    return on(SharedClusters.getProxied(engine, 3), settings);
  }

  private static Installation on(TestCluster servers, Map<String, String> more)
      throws SQLException {
    dev.lockstep.engine.Engine.closeAll();
    servers.createDatabase(DATABASE);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("lockstep.nodeTimeout", "3000");
    settings.put("lockstep.healthInterval", "200");
    settings.put("lockstep.ownershipTtl", "5");
    settings.putAll(more);
    return new Installation(servers, settings);
  }

  TestCluster servers() {
    return servers;
  }

  DatabaseNode node(int index) {
    return servers.node(index);
  }

  String url() {
    return servers.lockstepUrl(DATABASE, settings);
  }

  String url(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.putAll(more);
    return servers.lockstepUrl(DATABASE, all);
  }

  String user() {
    return servers.node(0).user();
  }

  String password() {
    return servers.node(0).password();
  }

  /** A connection of the application; the first one starts Lockstep. */
  Connection connect() throws SQLException {
    Connection c = DriverManager.getConnection(url(), user(), password());
    if (engine == null) {
      attach();
    }
    return c;
  }

  /** Starts Lockstep and waits until all nodes are in the view. */
  Installation start() throws SQLException {
    connect().close();
    awaitAll();
    settle();
    return this;
  }

  /**
   * Makes H2 keep what it has acknowledged so far: it writes in the background, whatever its
   * settings, so a server that is killed may come back with an older state.
   */
  void settle() throws SQLException {
    if (servers.engine() == Engine.H2) {
      for (int i = 0; i < servers.nodes().size(); i++) {
        behind(i, "CHECKPOINT SYNC");
      }
    }
  }

  private void attach() throws SQLException {
    Properties p = new Properties();
    p.setProperty("user", user());
    p.setProperty("password", password());
    engine = dev.lockstep.engine.Engine.of(LockstepUrl.parse(url(), p));
    cluster()
        .listen(
            (before, after) -> {
              for (String id : before.members()) {
                if (!after.members().contains(id)) {
                  dev.lockstep.node.DatabaseNode n = cluster().byId(id);
                  departures.add(new Departure(Instant.now(), index(n), after.reason()));
                }
              }
            });
  }

  /** Ends Lockstep as the end of the application does, and starts it again with the next call. */
  void endLockstep() {
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }

  Cluster cluster() {
    return engine.cluster();
  }

  dev.lockstep.engine.Engine engine() {
    return engine;
  }

  View view() {
    return cluster().view();
  }

  /** Who left the view so far. */
  List<Departure> departures() {
    return List.copyOf(departures);
  }

  /** The index of the server that is primary. */
  int primary() {
    return index(cluster().primary());
  }

  /** The index of a server that is a replica. */
  int replica() {
    return index(cluster().replicas().get(0));
  }

  int index(dev.lockstep.node.DatabaseNode n) {
    for (int i = 0; i < servers.nodes().size(); i++) {
      if (n.name().endsWith(":" + port(i))) {
        return i;
      }
    }
    throw new IllegalArgumentException(n.name());
  }

  private int port(int i) {
    return servers.proxied() ? servers.proxy(i).port() : servers.node(i).port();
  }

  NodeControl control(int i) {
    return cluster().control(lockstepNode(i));
  }

  dev.lockstep.node.DatabaseNode lockstepNode(int i) {
    for (dev.lockstep.node.DatabaseNode n : cluster().nodes()) {
      if (n.name().endsWith(":" + port(i))) {
        return n;
      }
    }
    throw new IllegalArgumentException("no node " + i);
  }

  boolean isMember(int i) {
    return cluster().isMember(lockstepNode(i));
  }

  boolean complete() {
    return cluster().state() == Cluster.State.SERVING
        && cluster().members().size() == servers.nodes().size();
  }

  void awaitAll() {
    Awaitility.await("all nodes in the view")
        .atMost(BACK)
        .pollInterval(Duration.ofMillis(20))
        .until(this::complete);
  }

  void awaitOut(int i) {
    Awaitility.await("node " + i + " out of the view")
        .atMost(BACK)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> !isMember(i));
  }

  /** Compares all tables of all servers, at rest. */
  void assertAllEqual() throws SQLException {
    TableComparer.compareNodes(servers.nodes(), DATABASE).assertEqual();
  }

  /**
   * Asserts that the journals hold the same transactions at the same places, as far as they reach
   * back, and that each node knows the same views, each the child of the one before.
   */
  void assertJournalsAgree() throws SQLException {
    long from = 0;
    for (int i = 0; i < servers.nodes().size(); i++) {
      String floor = rows(i, "SELECT COALESCE(MAX(grp), 0) FROM lockstep.journal_floor").get(0);
      from = Math.max(from, Long.parseLong(floor));
    }
    String journal =
        "SELECT grp, idx, tx FROM lockstep.journal WHERE grp > " + from + " ORDER BY grp, idx";
    String views = "SELECT epoch, id, parent, members FROM lockstep.view_log ORDER BY epoch";
    List<String> rows = rows(0, journal);
    assertThat(rows.stream().map(row -> row.substring(row.lastIndexOf('|'))).toList())
        .filteredOn(tx -> !tx.startsWith("|ddl"))
        .doesNotHaveDuplicates();
    List<String> history = rows(0, views);
    for (int i = 1; i < servers.nodes().size(); i++) {
      assertThat(rows(i, journal)).as("journal of node %d", i).isEqualTo(rows);
      assertThat(rows(i, views)).as("views of node %d", i).isEqualTo(history);
    }
    String parent = null;
    for (String view : history) {
      String[] words = view.split("\\|");
      if (parent != null) {
        assertThat(words[2]).as("parent of view %s in %s", words[0], history).isEqualTo(parent);
      }
      parent = words[1];
    }
  }

  OrderWorkload.Builder workload(long seed) {
    return OrderWorkload.on(this::connect)
        .seed(seed)
        .clients(8)
        .deadlocks(servers.engine() != Engine.H2);
  }

  /** Compares all servers with what the clients know, and with each other. */
  Verification verify(TransactionLog log) throws SQLException {
    Verification v = OrderWorkload.verifyNodes(servers.nodes(), DATABASE, log);
    v.assertOk();
    assertAllEqual();
    assertJournalsAgree();
    return v;
  }

  /** Executes statements over a plain connection of the vendor's, behind Lockstep's back. */
  void behind(int node, String... statements) throws SQLException {
    try (Connection c = servers.node(node).connect(DATABASE);
        Statement s = c.createStatement()) {
      for (String sql : statements) {
        s.execute(sql);
      }
    }
  }

  /** All rows of a query on one server over a plain connection, as text. */
  List<String> rows(int node, String sql) throws SQLException {
    try (Connection c = servers.node(node).connect(DATABASE)) {
      return rows(c, sql);
    }
  }

  static List<String> rows(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (r.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
          row.add(r.getString(i));
        }
        rows.add(String.join("|", row));
      }
      return rows;
    }
  }

  /** Asserts that a query gives these rows on every server. */
  void assertEverywhere(String sql, String... rows) throws SQLException {
    for (int i = 0; i < servers.nodes().size(); i++) {
      assertThat(rows(i, sql)).as("on node %d: %s", i, sql).containsExactly(rows);
    }
  }

  /** Rows, or the count. */
  static List<String> answer(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      if (!s.execute(sql)) {
        return List.of("count " + s.getUpdateCount());
      }
      List<String> rows = new ArrayList<>();
      try (ResultSet r = s.getResultSet()) {
        while (r.next()) {
          StringBuilder row = new StringBuilder();
          for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
            row.append(r.getString(i)).append('|');
          }
          rows.add(row.toString());
        }
      }
      return rows;
    }
  }

  /** Executes a write and gives its count. */
  static int update(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      return s.executeUpdate(sql);
    }
  }

  static void execute(Connection c, String... statements) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (String sql : statements) {
        s.execute(sql);
      }
    }
  }

  @Override
  public void close() {
    endLockstep();
  }
}
