package dev.lockstep.harness.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class DatabaseNodeTest {

  @ParameterizedTest
  @EnumSource(Engine.class)
  void keepsCommittedDataAndItsPortOverKillStopAndRestart(Engine engine) throws Exception {
    try (TestCluster cluster = TestCluster.start(engine, 1)) {
      DatabaseNode node = cluster.node(0);
      int port = node.port();
      long firstPid = node.pid();
      node.createDatabase("shop");
      try (Connection c = node.connect("shop");
          Statement s = c.createStatement()) {
        s.execute("CREATE TABLE t (id INT PRIMARY KEY)");
        s.execute("INSERT INTO t VALUES (1)");
      }

      node.kill();
      assertThat(node.alive()).isFalse();
      assertThat(node.pid()).isEqualTo(-1);
      assertThat(ProcessHandle.of(firstPid).filter(ProcessHandle::isAlive)).isEmpty();
      assertThatThrownBy(() -> node.connect("shop")).isInstanceOf(SQLException.class);

      node.start();
      assertThat(node.pid()).isNotEqualTo(firstPid);
      assertThat(count(node, "shop")).isEqualTo(1);

      node.restart();
      assertThat(node.port()).isEqualTo(port);
      assertThat(count(node, "shop")).isEqualTo(1);

      node.wipe();
      assertThat(node.alive()).isFalse();
      node.start();
      assertThatThrownBy(() -> count(node, "shop")).isInstanceOf(SQLException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void answersNothingWhileFrozen(Engine engine) throws Exception {
    DatabaseNode node = SharedClusters.get(engine, 2).node(0);
    node.createDatabase("shop");
    try (Connection c = node.connect("shop");
        Statement s = c.createStatement()) {
      node.freeze();
      assertThat(node.frozen()).isTrue();
      assertThat(node.alive()).isTrue();
      CompletableFuture<Boolean> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try (ResultSet r = s.executeQuery("SELECT 1")) {
                  return r.next();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      node.unfreeze();
      assertThat(answer.get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aSharedClusterComesBackRunningAndEmpty(Engine engine) throws Exception {
    TestCluster cluster = SharedClusters.get(engine, 2);
    cluster.createDatabase("shop");
    cluster.createDatabase("lockstep");
    for (DatabaseNode node : cluster.nodes()) {
      try (Connection c = node.connect("shop");
          Statement s = c.createStatement()) {
        s.execute("CREATE TABLE t (id INT PRIMARY KEY)");
      }
    }
    cluster.node(0).kill();
    cluster.node(1).freeze();

    assertThat(SharedClusters.get(engine, 2)).isSameAs(cluster);

    for (DatabaseNode node : cluster.nodes()) {
      node.createDatabase("shop");
      assertThatThrownBy(() -> count(node, "shop")).isInstanceOf(SQLException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void resetEndsConnectionsThatHoldLocks(Engine engine) throws Exception {
    TestCluster cluster = SharedClusters.get(engine, 2);
    DatabaseNode node = cluster.node(0);
    node.createDatabase("shop");
    // Not closed: a close after the reset fails as it should.
    Connection c = node.connect("shop");
    Statement s = c.createStatement();
    s.execute("CREATE TABLE t (id INT PRIMARY KEY)");
    c.setAutoCommit(false);
    s.execute("INSERT INTO t VALUES (1)");
    cluster.reset();
    assertThatThrownBy(() -> s.execute("INSERT INTO t VALUES (2)"))
        .isInstanceOf(SQLException.class);
  }

  @Test
  void resetEndsPreparedTransactionsAndDropsAccounts() throws Exception {
    TestCluster cluster = SharedClusters.get(Engine.MARIADB, 2);
    DatabaseNode node = cluster.node(0);
    node.createDatabase("shop");
    try (Connection c = node.connect("shop");
        Statement s = c.createStatement()) {
      s.execute("CREATE USER guest@'%' IDENTIFIED BY 'x'");
      s.execute("CREATE TABLE t (id INT PRIMARY KEY)");
      for (String sql :
          List.of(
              "XA START 'a',X'00FF'",
              "INSERT INTO t VALUES (1)",
              "XA END 'a',X'00FF'",
              "XA PREPARE 'a',X'00FF'")) {
        s.execute(sql);
      }
    }
    long pid = node.pid();
    cluster.reset();
    assertThat(node.pid()).as("emptied in place").isEqualTo(pid);
    try (Connection c = node.connect("");
        Statement s = c.createStatement()) {
      assertThat(s.executeQuery("XA RECOVER").next()).isFalse();
      assertThat(s.executeQuery("SELECT 1 FROM mysql.user WHERE user='guest'").next()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void theServerDiesWithItsJvm(Engine engine) throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                StartAndWaitMain.class.getName(),
                engine.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String[] words;
    try (var reader = jvm.inputReader()) {
      words = reader.readLine().split(" ");
    } finally {
      jvm.destroyForcibly();
    }
    long server = Long.parseLong(words[0]);
    Path data = Path.of(words[1]);
    for (int i = 0; i < 100 && ProcessIdentity.of(server).isPresent(); i++) {
      Thread.sleep(50);
    }
    assertThat(ProcessIdentity.of(server)).isEmpty();
    assertThat(data).exists();

    // The next JVM removes what the dead one left.
    Process next =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                StartAndWaitMain.class.getName())
            .inheritIO()
            .start();
    assertThat(next.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(data).doesNotExist();
  }

  /** Starts a node, tells its pid and data directory, waits; without an argument just reaps. */
  static final class StartAndWaitMain {
    public static void main(String[] arguments) throws Exception {
      if (arguments.length == 0) {
        Workspace.current();
        return;
      }
      TestCluster cluster = TestCluster.start(Engine.of(arguments[0]), 1);
      System.out.println(cluster.node(0).pid() + " " + cluster.node(0).dataDirectory());
      Thread.sleep(60_000);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void namesAllNodesInTheUrl(Engine engine) {
    TestCluster cluster = SharedClusters.get(engine, 2);
    int one = cluster.node(0).port();
    int two = cluster.node(1).port();
    String url = cluster.lockstepUrl("shop", Map.of("lockstep.mode", "semi"));
    if (engine.mysqlFamily()) {
      assertThat(url)
          .isEqualTo(
              "jdbc:lockstep:mysql://127.0.0.1:%d,127.0.0.1:%d/shop?sslMode=DISABLED&allowPublicKeyRetrieval=true&lockstep.mode=semi",
              one, two);
    } else {
      assertThat(url)
          .isEqualTo(
              "jdbc:lockstep:h2:tcp://{127.0.0.1:%d,127.0.0.1:%d}/./shop;WRITE_DELAY=0;RETENTION_TIME=86400000;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=5000;lockstep.mode=semi",
              one, two);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aServerThatCannotStartSaysWhy(Engine engine) {
    NodeOptions bad = NodeOptions.defaults().withServerArguments("--no-such-option-as-this");
    assertThatThrownBy(() -> TestCluster.start(engine, 1, bad, false))
        .isInstanceOf(ServerException.class)
        .hasMessageContaining("no-such-option-as-this");
  }

  private static int count(DatabaseNode node, String database) throws SQLException {
    try (Connection c = node.connect(database);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT COUNT(*) FROM t")) {
      r.next();
      return r.getInt(1);
    }
  }
}
