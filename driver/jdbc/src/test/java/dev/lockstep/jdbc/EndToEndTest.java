package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lockstep.engine.Engine;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole way: a URL, three real servers, the engine between them. */
class EndToEndTest {
  @AfterEach
  void stop() {
    Engine.closeAll();
  }

  @ParameterizedTest
  @EnumSource
  void everyNodeHoldsEverything(dev.lockstep.harness.server.Engine kind) throws SQLException {
    TestCluster cluster = SharedClusters.get(kind, 3);
    DatabaseNode first = cluster.node(0);
    cluster.createDatabase("app");
    String url = cluster.lockstepUrl("app", Map.of());
    try (Connection c = DriverManager.getConnection(url, first.user(), first.password());
        Statement s = c.createStatement()) {
      s.execute("CREATE TABLE T(ID INT PRIMARY KEY, V VARCHAR(50))");
      c.setAutoCommit(false);
      try (PreparedStatement p = c.prepareStatement("INSERT INTO T VALUES (?, ?)")) {
        for (int i = 0; i < 20; i++) {
          p.setInt(1, i);
          p.setString(2, "v" + i);
          p.addBatch();
        }
        p.executeBatch();
      }
      c.commit();
      c.setAutoCommit(true);
      assertThat(s.executeUpdate("UPDATE T SET V='x' WHERE ID=3")).isEqualTo(1);
      try (ResultSet r = s.executeQuery("SELECT COUNT(*) FROM T")) {
        r.next();
        assertThat(r.getInt(1)).isEqualTo(20);
      }
      List<List<Object>> expected = FakeCluster.rows(c, "SELECT * FROM T ORDER BY ID");
      for (DatabaseNode n : cluster.nodes()) {
        try (Connection direct = n.connect("app")) {
          assertThat(FakeCluster.rows(direct, "SELECT * FROM T ORDER BY ID")).isEqualTo(expected);
        }
      }
      assertThat(c.getMetaData().getURL()).startsWith("jdbc:lockstep:");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPoolOfEightClients(dev.lockstep.harness.server.Engine kind) throws Exception {
    TestCluster cluster = SharedClusters.get(kind, 3);
    cluster.createDatabase("app");
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(cluster.lockstepUrl("app", Map.of()));
    config.setUsername(cluster.node(0).user());
    config.setPassword(cluster.node(0).password());
    config.setMaximumPoolSize(8);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      try (Connection c = pool.getConnection();
          Statement s = c.createStatement()) {
        s.execute(
            "CREATE TABLE P(ID BIGINT AUTO_INCREMENT PRIMARY KEY, V VARCHAR(50), N INT NOT NULL)");
        s.execute("INSERT INTO P(V, N) VALUES ('hot', 0)");
      }
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      ExecutorService threads = Executors.newFixedThreadPool(8);
      for (int i = 0; i < 8; i++) {
        int client = i;
        clients.add(CompletableFuture.runAsync(() -> work(pool, client), threads));
      }
      for (CompletableFuture<Void> client : clients) {
        client.get(120, TimeUnit.SECONDS);
      }
      threads.shutdown();
      List<List<Object>> rows;
      try (Connection c = pool.getConnection()) {
        rows = FakeCluster.rows(c, "SELECT * FROM P ORDER BY ID");
      }
      assertThat(rows).hasSize(1 + 8 * 25);
      assertThat(rows.get(0).get(2)).isEqualTo(8 * 25);
      for (DatabaseNode n : cluster.nodes()) {
        try (Connection direct = n.connect("app")) {
          assertThat(FakeCluster.rows(direct, "SELECT * FROM P ORDER BY ID")).isEqualTo(rows);
        }
      }
    }
  }

  private static void work(HikariDataSource pool, int client) {
    try {
      for (int i = 0; i < 25; i++) {
        try (Connection c = pool.getConnection()) {
          c.setAutoCommit(false);
          try (PreparedStatement p =
                  c.prepareStatement(
                      "INSERT INTO P(V, N) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS);
              Statement s = c.createStatement()) {
            p.setString(1, "client " + client);
            p.setInt(2, i);
            p.executeUpdate();
            try (ResultSet keys = p.getGeneratedKeys()) {
              keys.next();
              assertThat(keys.getLong(1)).isPositive();
            }
            s.executeUpdate("UPDATE P SET N = N + 1 WHERE ID = 1");
          }
          c.commit();
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
