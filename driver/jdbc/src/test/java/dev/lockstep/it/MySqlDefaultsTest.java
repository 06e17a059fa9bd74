package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.NodeOptions;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** MySQL 8 as it comes out of the package: TLS, caching_sha2_password and a binary log. */
@Timeout(120)
class MySqlDefaultsTest {
  @Test
  void transactions() throws Exception {
    NodeOptions packaged = NodeOptions.defaults().withServerArguments("--ssl=ON", "--log-bin=bin");
    try (TestCluster cluster = TestCluster.start(Engine.MYSQL, 2, packaged, false)) {
      cluster.createDatabase("shop");
      String url = cluster.lockstepUrl("shop", Map.of()).replaceFirst("\\?.*", "?sslMode=REQUIRED");
      try (Connection c = DriverManager.getConnection(url, "app", "app");
          Statement s = c.createStatement()) {
        try (ResultSet r =
            s.executeQuery(
                "SELECT (SELECT variable_value FROM performance_schema.session_status WHERE"
                    + " variable_name = 'Ssl_cipher'), (SELECT plugin FROM mysql.user WHERE user ="
                    + " 'app'), @@log_bin")) {
          assertThat(r.next()).isTrue();
          assertThat(r.getString(1)).isNotEmpty();
          assertThat(r.getString(2)).isEqualTo("caching_sha2_password");
          assertThat(r.getBoolean(3)).isTrue();
        }
        s.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT)");
        c.setAutoCommit(false);
        try (PreparedStatement p = c.prepareStatement("INSERT INTO t (v) VALUES (?)")) {
          for (int size : new int[] {1, 1_000, 100_000, 3_000_000}) {
            p.setString(1, "ä".repeat(size));
            assertThat(p.executeUpdate()).isOne();
          }
        }
        c.commit();
        c.setAutoCommit(true);
        assertThat(s.executeUpdate("UPDATE t SET v = 'short' WHERE id = 1")).isOne();
      } finally {
        dev.lockstep.engine.Engine.closeAll();
      }
      TableComparer.compareNodes(cluster.nodes(), "shop").assertEqual();
    }
  }
}
