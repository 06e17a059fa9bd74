package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.journal.SystemTables;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** Commands that look at nodes or hand commands over, on nodes whose rows are written by hand. */
class OperatorCommandsTest {
  private static final String DATABASE = "shop";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private TestCluster cluster;

  private int run(String command, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String url = cluster.lockstepUrl(DATABASE, Map.of());
    String[] all = new String[arguments.length + 4];
    all[0] = command;
    all[1] = url;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    all[all.length - 2] = "--user";
    all[all.length - 1] = "app";
    CommandLine commandLine =
        Lockstep.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return commandLine.execute(all);
  }

  /** The account's password stands in the environment of the real command; here in the URL. */
  private ClusterReader reader() {
    return new ClusterReader(
        ClusterUrl.parse(cluster.lockstepUrl(DATABASE, Map.of()), account()), 5000);
  }

  private void start(Engine engine) throws SQLException {
    cluster = SharedClusters.get(engine, 3);
    cluster.createDatabase(DATABASE);
  }

  private void execute(int node, String... statements) throws SQLException {
    try (Connection c = cluster.node(node).connect(DATABASE);
        Statement s = c.createStatement()) {
      for (String sql : statements) {
        s.execute(sql);
      }
    }
  }

  private void makeTables(int node, String id) throws SQLException {
    Vendor vendor = cluster.engine() == Engine.H2 ? Vendor.H2 : Vendor.MYSQL;
    execute(node, SystemTables.ddl(vendor).toArray(new String[0]));
    DatabaseNode server = cluster.node(node);
    execute(
        node,
        "INSERT INTO lockstep.node_info (id, cluster_id, node_id, node_name, format) VALUES"
            + " (1,'c','"
            + id
            + "','127.0.0.1:"
            + server.port()
            + "',2)",
        "INSERT INTO lockstep.fence (id, token, owner, beat) VALUES (1,'token','app@host 42',7)");
    for (int i = 0; i < 3; i++) {
      execute(
          node,
          "INSERT INTO lockstep.node_list VALUES ('"
              + "abc".charAt(i)
              + "','127.0.0.1:"
              + cluster.node(i).port()
              + "')");
    }
  }

  private void view(int node, int epoch, String members, String primary) throws SQLException {
    execute(
        node,
        "INSERT INTO lockstep.view_log (epoch, id, parent, members, lagging, primary_node, known,"
            + " reason, recorded_at) VALUES ("
            + epoch
            + ",'v"
            + epoch
            + "',NULL,'"
            + members
            + "','','"
            + primary
            + "','a,b,c','because',1700000000000)");
  }

  private void journal(int node, int group) throws SQLException {
    execute(
        node,
        "INSERT INTO lockstep.journal (grp,idx,epoch,tx,kind,at,tables,format,payload) VALUES ("
            + group
            + ",0,1,'t',0,0,'',1,'')");
  }

  @ParameterizedTest
  @EnumSource
  void statusOfNewNodes(Engine engine) throws Exception {
    start(engine);
    ClusterState state = reader().read();
    assertThat(state.view()).isEmpty();
    assertThat(state.nodes()).allSatisfy(node -> assertThat(node.reachable()).isTrue());
    assertThat(state.role(state.nodes().get(0))).isEqualTo(ClusterState.Role.UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource
  void rolesAndLag(Engine engine) throws Exception {
    start(engine);
    makeTables(0, "a");
    makeTables(1, "b");
    makeTables(2, "c");
    for (int node = 0; node < 3; node++) {
      view(node, 1, "a,b,c", "a");
      journal(node, 5);
    }
    view(0, 2, "a,b", "b");
    view(1, 2, "a,b", "b");
    journal(0, 6);
    journal(1, 6);
    // Never in force: its member b has not recorded it.
    view(0, 3, "a,b,c", "a");

    ClusterState state = reader().read();

    assertThat(state.view()).get().extracting(ClusterState.View::epoch).isEqualTo(2L);
    assertThat(state.nodes())
        .extracting(state::role)
        .containsExactly(
            ClusterState.Role.MEMBER, ClusterState.Role.PRIMARY, ClusterState.Role.EVICTED);
    assertThat(state.newestGroup()).isEqualTo(6);
    assertThat(state.nodes().get(2).group()).isEqualTo(5);
    assertThat(state.owner()).isEqualTo("app@host 42");
    assertThat(Losses.of(state, state.nodes().get(2).name()))
        .anySatisfy(line -> assertThat(line).contains("groups 6 to 6", "better recover from"));
    execute(2, "UPDATE lockstep.node_info SET incomplete='copy from a'");
    ClusterState later = reader().read();
    assertThat(later.role(later.nodes().get(2))).isEqualTo(ClusterState.Role.INCOMPLETE);
    StringWriter text = new StringWriter();
    StatusCommand.print(later, new PrintWriter(text, true));
    assertThat(text.toString())
        .contains("View 2: 2 of 3 nodes, primary " + state.nodes().get(1).name())
        .contains("incomplete", "copy from a", "app@host 42");
  }

  @Test
  void aFrozenNodeHoldsNobodyUp() throws Exception {
    start(Engine.H2);
    cluster.node(1).freeze();
    try {
      long begin = System.nanoTime();
      ClusterReader impatient =
          new ClusterReader(
              ClusterUrl.parse(cluster.lockstepUrl(DATABASE, Map.of()), account()), 500);
      ClusterState state = impatient.read();
      assertThat(System.nanoTime() - begin).isLessThan(3_000_000_000L);
      assertThat(state.nodes().get(0).reachable()).isTrue();
      assertThat(state.nodes().get(1).reachable()).isFalse();
    } finally {
      cluster.node(1).unfreeze();
    }
  }

  @Test
  void theOnlySilentNodeIsTheOnlyUnknownId() {
    ClusterState.View view =
        new ClusterState.View(1, "v", Set.of("a", "b"), Set.of(), "b", Set.of("a", "b"), "", 0);
    NodeState a =
        new NodeState("h1:1", true, null, "a", "h1:1", null, null, 1, List.of(view), Map.of());
    ClusterState state = ClusterState.of(List.of(a, NodeState.unreachable("h2:2", "refused")));
    assertThat(state.role(state.nodes().get(1))).isEqualTo(ClusterState.Role.PRIMARY);
    assertThat(state.names()).containsEntry("b", "h2:2");
  }

  private static Properties account() {
    Properties account = new Properties();
    account.setProperty("user", "app");
    account.setProperty("password", "app");
    return account;
  }

  private CommandTable table() {
    return new CommandTable(ClusterUrl.parse(cluster.lockstepUrl(DATABASE, Map.of()), account()));
  }

  private long commands(int node) throws SQLException {
    try (Connection c = cluster.node(node).connect(DATABASE);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT COUNT(*) FROM lockstep.command")) {
      r.next();
      return r.getLong(1);
    }
  }

  private void answer(int node, String state, String result) {
    try (Connection c = cluster.node(node).connect(DATABASE);
        Statement s = c.createStatement()) {
      long end = System.nanoTime() + 10_000_000_000L;
      while (s.executeUpdate("UPDATE lockstep.command SET state='RUNNING' WHERE state='NEW'") == 0
          && System.nanoTime() < end) {
        Thread.sleep(20);
      }
      Thread.sleep(300);
      s.executeUpdate(
          "UPDATE lockstep.command SET state='"
              + state
              + "', result='"
              + result
              + "' WHERE state='RUNNING'");
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void commandsGoToThePrimaryAndComeBackAnswered(Engine engine) throws Exception {
    start(engine);
    for (int node = 0; node < 3; node++) {
      makeTables(node, "abc".substring(node, node + 1));
      view(node, 1, "a,b,c", "b");
    }
    PrintWriter none = new PrintWriter(StringWriter.nullWriter());

    CompletableFuture<Void> owner = CompletableFuture.runAsync(() -> answer(1, "DONE", "view 2"));
    assertThat(table().run("evict", "x", 8, 20, none))
        .isEqualTo(new CommandTable.Answer(true, "view 2"));
    owner.join();

    owner = CompletableFuture.runAsync(() -> answer(1, "FAILED", "too few"));
    assertThat(table().run("evict", "x", 8, 20, none))
        .isEqualTo(new CommandTable.Answer(false, "too few"));
    owner.join();
    assertThat(commands(0)).isZero();
    assertThat(commands(1)).isEqualTo(2);

    // Nobody there: said so, and the row is gone.
    assertThat(code(() -> table().run("evict", "x", 1, 20, none))).isEqualTo(ExitCode.NO_OWNER);
    assertThat(commands(1)).isEqualTo(2);

    // Taken up but not finished.
    owner = CompletableFuture.runAsync(() -> answer(1, "RUNNING", ""));
    assertThat(code(() -> table().run("evict", "x", 8, 2, none))).isEqualTo(ExitCode.TIMEOUT);
    owner.join();
  }

  @Test
  void aCommandIsNotPutOnTheNodeThatItIsAbout() throws Exception {
    start(Engine.H2);
    for (int node = 0; node < 3; node++) {
      makeTables(node, "abc".substring(node, node + 1));
      view(node, 1, "a,b,c", "b");
    }
    PrintWriter none = new PrintWriter(StringWriter.nullWriter());
    CompletableFuture<Void> owner = CompletableFuture.runAsync(() -> answer(0, "DONE", "out"));
    String primary = "127.0.0.1:" + cluster.node(1).port();
    assertThat(table().run("evict", primary, 8, 20, none).text()).isEqualTo("out");
    owner.join();
    assertThat(commands(1)).isZero();
  }

  private interface Call {
    void run() throws Exception;
  }

  private static int code(Call call) throws Exception {
    try {
      call.run();
      return 0;
    } catch (CliException e) {
      return e.exitCode();
    }
  }

  @Test
  void nobodyIsEverAMember() throws Exception {
    start(Engine.H2);
    PrintWriter none = new PrintWriter(StringWriter.nullWriter());
    assertThat(code(() -> table().run("evict", "x", 1, 2, none))).isEqualTo(ExitCode.NO_OWNER);
  }

  @Test
  void aWrongPasswordIsSaidPerNode() throws Exception {
    start(Engine.H2);
    // LOCKSTEP_PASSWORD is not set here, so the command has none.
    assertThat(run("status", "--json")).isEqualTo(ExitCode.UNREACHABLE);
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.get("nodes")).hasSize(3);
    assertThat(json.get("nodes").get(0).get("error").asText())
        .contains("Wrong user name or password");
  }
}
