package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Map;
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
}
