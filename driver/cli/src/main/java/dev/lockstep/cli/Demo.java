package dev.lockstep.cli;

import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.NodeOptions;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.harness.workload.Progress;
import dev.lockstep.harness.workload.TransactionLog;
import dev.lockstep.harness.workload.Verification;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * The demonstration: a workload on real servers, two of which are killed and come back. It uses the
 * cluster as an application does, through a JDBC URL, and sees who is in the view by reading the
 * nodes. One use, by one thread.
 */
final class Demo {
  private static final String DATABASE = "shop";
  private static final int READ_TIMEOUT_MILLIS = 900;
  private static final long TICK_MILLIS = 150;
  private static final double OUT_LIMIT_SECONDS = 20;
  private static final double BACK_LIMIT_SECONDS = 90;
  private static final int LISTED = 10;
  private static final Pattern SINGLE_UPDATE = Pattern.compile(".*-v\\d+");

  private final Engine engine;
  private final int nodeCount;
  private final int seconds;
  private final int clients;
  private final long seed;
  private final Story story;
  private final EngineBridge engines = EngineBridge.real();

  private final Map<String, DatabaseNode> ids = new HashMap<>();
  private TestCluster cluster;
  private OrderWorkload workload;
  private ClusterReader reader;
  private ClusterState state;
  private long epochTold;
  private double nextFigures;
  private long totalTold;
  private double figuresTold;

  Demo(Engine engine, int nodeCount, int seconds, int clients, long seed, Story story) {
    this.engine = engine;
    this.nodeCount = nodeCount;
    this.seconds = seconds;
    this.clients = clients;
    this.seed = seed;
    this.story = story;
  }

  /** Whether everything held that Lockstep promises. */
  boolean run() throws SQLException, InterruptedException {
    story.say(
        Terminal.bold(
            "Lockstep demo: %d %s servers, %d clients, %d seconds, seed %d"
                .formatted(nodeCount, engineName(), clients, seconds, seed)));
    story.say("");
    NodeOptions options = NodeOptions.defaults().withProgress(story::event);
    try (TestCluster started = TestCluster.start(engine, nodeCount, options, false)) {
      cluster = started;
      cluster.createDatabase(DATABASE);
      for (DatabaseNode node : cluster.nodes()) {
        story.event("%s runs, port %d, pid %d".formatted(node.name(), node.port(), node.pid()));
      }
      return onServers();
    }
  }

  private String engineName() {
    return switch (engine) {
      case H2 -> "H2";
      case MARIADB -> "MariaDB";
      case MYSQL -> "MySQL";
    };
  }

  private boolean onServers() throws SQLException, InterruptedException {
    String url = cluster.lockstepUrl(DATABASE, Map.of());
    DatabaseNode any = cluster.node(0);
    Properties account = new Properties();
    account.setProperty("user", any.user());
    account.setProperty("password", any.password());
    reader = new ClusterReader(ClusterUrl.parse(url, account), READ_TIMEOUT_MILLIS);
    workload =
        OrderWorkload.on(url, any.user(), any.password()).clients(clients).seed(seed).build();
    story.event("the application's URL: " + url);
    // Holds the engine while the clients come and go.
    try (Connection first = java.sql.DriverManager.getConnection(url, account)) {
      workload.createSchema();
      story.event("tables made through that URL; the clients start");
      story.say("");
      boolean ran = underLoad();
      return check(ran);
    } finally {
      engines.closeAll();
    }
  }

  private boolean underLoad() throws InterruptedException {
    Random random = new Random(seed);
    story.restartClock();
    nextFigures = 1;
    workload.start();
    boolean ran = false;
    try {
      ran = awaitAllInView() && faults(random);
      if (ran) {
        tellUntil(seconds);
      }
    } finally {
      story.event("the clients stop");
      workload.stop();
    }
    return ran;
  }

  private boolean faults(Random random) throws InterruptedException {
    tellUntil(0.2 * seconds);
    List<DatabaseNode> replicas = nodes(ClusterState.Role.MEMBER);
    if (replicas.isEmpty()) {
      story.event(Terminal.red("there is no replica in the view to kill"));
      return false;
    }
    if (!loseAndReturn(
        replicas.get(random.nextInt(replicas.size())), "a replica", 0.35 * seconds)) {
      return false;
    }
    tellUntil(0.55 * seconds);
    List<DatabaseNode> primary = nodes(ClusterState.Role.PRIMARY);
    if (primary.isEmpty()) {
      story.event(Terminal.red("there is no primary in the view to kill"));
      return false;
    }
    return loseAndReturn(primary.get(0), "the primary", 0.7 * seconds);
  }

  private boolean loseAndReturn(DatabaseNode node, String what, double backAt)
      throws InterruptedException {
    Progress progress = workload.progress();
    double length = Math.max(1, backAt - story.seconds());
    progress.resetWindow();
    story.event(Terminal.red("kill -9 " + node.name()) + ", " + what + " (pid " + node.pid() + ")");
    node.kill();
    double killed = story.seconds();
    while (inView(node) && story.seconds() - killed < OUT_LIMIT_SECONDS) {
      tick();
    }
    if (inView(node)) {
      story.event(
          Terminal.yellow(
              "%s is still in the view after %.0f s".formatted(node.name(), OUT_LIMIT_SECONDS)));
    }
    tellUntil(killed + length);
    story.event("the loss of " + node.name() + ": " + pauses(progress));
    progress.resetWindow();
    double begin = story.seconds();
    story.event(Terminal.yellow("starting " + node.name() + " again"));
    // Not on this thread: a server may take seconds to start.
    CompletableFuture<Void> start = CompletableFuture.runAsync(node::start);
    while (!serves(node)) {
      if (start.isCompletedExceptionally()) {
        start.join();
      }
      if (story.seconds() - begin > BACK_LIMIT_SECONDS) {
        story.event(
            Terminal.red(
                "%s is not back in the view after %.0f s"
                    .formatted(node.name(), BACK_LIMIT_SECONDS)));
        return false;
      }
      tick();
    }
    double took = story.seconds() - begin;
    tellUntil(story.seconds() + 1);
    story.event(
        Terminal.green("%s is back in the view after %.1f s".formatted(node.name(), took))
            + "; "
            + pauses(progress));
    return true;
  }

  private static String pauses(Progress progress) {
    return "longest pause %d ms without any commit, %d ms for a single client"
        .formatted(progress.longestStallMillis(), progress.longestClientStallMillis());
  }

  /** At the first start the other nodes join while the first one already serves. */
  private boolean awaitAllInView() throws InterruptedException {
    double end = story.seconds() + BACK_LIMIT_SECONDS;
    do {
      tick();
      if (serving() == nodeCount) {
        return true;
      }
    } while (story.seconds() < end);
    story.event(Terminal.red("the nodes have not all come into the view"));
    return false;
  }

  private long serving() {
    return state.nodes().stream().filter(node -> state.role(node).serves()).count();
  }

  private void tellUntil(double second) throws InterruptedException {
    while (story.seconds() < second) {
      tick();
    }
  }

  /** Looks at the nodes; tells of a new view, and once a second how it stands. */
  private void tick() throws InterruptedException {
    long begin = System.nanoTime();
    state = reader.read();
    for (int i = 0; i < nodeCount; i++) {
      // Remembered, because a dead server cannot tell its id.
      String id = state.nodes().get(i).nodeId();
      if (id != null) {
        ids.put(id, cluster.node(i));
      }
    }
    state
        .view()
        .filter(view -> view.epoch() > epochTold)
        .ifPresent(
            view -> {
              epochTold = view.epoch();
              story.event(
                  Terminal.bold("view %d: %s".formatted(view.epoch(), members()))
                      + " ("
                      + view.reason()
                      + ")");
            });
    double now = story.seconds();
    if (now >= nextFigures) {
      long total = workload.progress().commits();
      story.figures(Math.round((total - totalTold) / (now - figuresTold)), total, members());
      totalTold = total;
      figuresTold = now;
      nextFigures = Math.floor(now) + 1;
    }
    Thread.sleep(Math.max(1, TICK_MILLIS - (System.nanoTime() - begin) / 1_000_000));
  }

  /** The members by the names of the servers, the primary marked. */
  private String members() {
    if (state.view().isEmpty()) {
      return "";
    }
    ClusterState.View view = state.view().get();
    List<String> words = new ArrayList<>();
    for (String id : view.members()) {
      String name = ids.containsKey(id) ? ids.get(id).name() : id;
      words.add(id.equals(view.primary()) ? name + " (primary)" : name);
    }
    return String.join(", ", words);
  }

  /** Whether the newest view has the node, dead or alive. */
  private boolean inView(DatabaseNode node) {
    return state.view().isPresent()
        && state.view().get().members().stream().anyMatch(id -> ids.get(id) == node);
  }

  private List<DatabaseNode> nodes(ClusterState.Role role) {
    List<DatabaseNode> found = new ArrayList<>();
    for (int i = 0; i < nodeCount; i++) {
      NodeState node = state.nodes().get(i);
      if (node.reachable() && state.role(node) == role) {
        found.add(cluster.node(i));
      }
    }
    return found;
  }

  private boolean serves(DatabaseNode node) {
    NodeState seen = state.nodes().get(cluster.nodes().indexOf(node));
    return seen.reachable() && state.role(seen).serves();
  }

  /** The end: clients' errors, tables, transactions. */
  private boolean check(boolean ran) throws SQLException {
    // From here on nobody writes, and the owner lets the nodes go.
    engines.closeAll();
    Progress progress = workload.progress();
    story.say("");
    story.say(
        "%d transactions acknowledged, %d tried again after 40001, %d of unknown outcome, %d other errors"
            .formatted(
                progress.commits(),
                progress.retries(),
                progress.unknownOutcomes(),
                progress.errorCount()));
    progress.errorSummary().entrySet().stream()
        .limit(LISTED)
        .forEach(error -> story.say("  " + error.getValue() + " times " + error.getKey()));
    List<DatabaseNode> alive = cluster.nodes().stream().filter(DatabaseNode::alive).toList();
    TableComparer.Result tables = TableComparer.compareNodes(alive, DATABASE);
    tables.rowCounts().forEach((table, counts) -> story.say("  " + table + ": rows " + counts));
    list(tables.differences());
    boolean found = lookForAcknowledged(alive, workload.log());
    Verification sums = OrderWorkload.verifyNodes(alive, DATABASE, workload.log());
    list(sums.problems());
    story.say("");
    boolean all = alive.size() == nodeCount;
    verdict(
        ran && all, "both servers came back into the view", "not all servers are back in the view");
    verdict(
        progress.errorCount() == 0,
        "the application saw no error but 40001 (retry)",
        "the application saw errors");
    verdict(
        tables.equal(),
        "%d tables are equal on %d nodes".formatted(tables.rowCounts().size(), alive.size()),
        tables.found() + " differences between the nodes");
    verdict(
        found && sums.ok(),
        "every acknowledged transaction is on every node, stock and money add up",
        sums.found() + " promises broken");
    return ran && all && progress.errorCount() == 0 && tables.equal() && found && sums.ok();
  }

  private void list(List<String> problems) {
    problems.stream().limit(LISTED).forEach(problem -> story.say("  " + Terminal.red(problem)));
  }

  private void verdict(boolean holds, String good, String bad) {
    story.say(holds ? Terminal.green("ok      ") + good : Terminal.red("FAILED  ") + bad);
  }

  /**
   * Looks for the row that each transaction leaves in the ledger. Single updates leave none; the
   * customers' counters, which the workload checks afterwards, tell of these.
   */
  private boolean lookForAcknowledged(List<DatabaseNode> nodes, TransactionLog log)
      throws SQLException {
    Set<String> acknowledged = log.ids(TransactionLog.Outcome.ACK);
    int all = acknowledged.size();
    acknowledged.removeIf(id -> SINGLE_UPDATE.matcher(id).matches());
    boolean complete = true;
    for (DatabaseNode node : nodes) {
      Set<String> there = new HashSet<>();
      try (Connection connection = node.connect(DATABASE);
          Statement statement = connection.createStatement();
          ResultSet r = statement.executeQuery("SELECT id FROM ledger")) {
        while (r.next()) {
          there.add(r.getString(1));
        }
      }
      long found = acknowledged.stream().filter(there::contains).count();
      complete &= found == acknowledged.size();
      story.say(
          "  %s: %d of %d acknowledged transactions found by id, %d more by their effect"
              .formatted(node.name(), found, acknowledged.size(), all - acknowledged.size()));
    }
    return complete;
  }
}
