package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Fewer members than lockstep.minNodes: reads only, and back by itself. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MinNodesTest {
  private static final Map<String, String> QUICK =
      Map.of("lockstep.nodeTimeout", "1500", "lockstep.connectTimeout", "1000");

  private static void write(Connection c, String sql) throws SQLException {
    for (int i = 0; ; i++) {
      try {
        Installation.execute(c, sql);
        return;
      } catch (SQLException e) {
        if (!"40001".equals(e.getSQLState()) || i == 20) {
          throw e;
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"MARIADB,true", "MARIADB,false", "MYSQL,true", "MYSQL,false", "H2,true", "H2,false"})
  void twoOfThreeServersDie(Engine engine, boolean primaryToo) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    try (Installation on = Installation.on(engine, QUICK).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
          "INSERT INTO t VALUES (1, 1)",
          "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, n INT)");
      for (int i = 0; i < 40; i++) {
        write(c, "INSERT INTO numbered (n) VALUES (" + i + ")");
      }
      int primary = on.primary();
      int second = on.replica();
      int left = primaryToo ? 3 - primary - second : primary;
      int other = 3 - second - left;
      on.settle();
      on.node(second).kill();
      on.node(other).kill();
      SQLException e = null;
      for (int i = 0; i < 20 && (e == null || "40001".equals(e.getSQLState())); i++) {
        int n = i;
        e =
            catchThrowableOfType(
                SQLException.class,
                () -> Installation.execute(c, "INSERT INTO t VALUES (" + (100 + n) + ", 0)"));
      }
      assertThat((Throwable) e).isNotNull();
      assertThat(e.getSQLState()).isEqualTo("25006");
      assertThat(e.getMessage()).contains("minNodes");
      // Reads go on, also on new connections and in transactions.
      assertThat(Installation.rows(c, "SELECT id, n FROM t WHERE id = 1")).containsExactly("1|1");
      try (Connection d = on.connect()) {
        d.setAutoCommit(false);
        assertThat(Installation.rows(d, "SELECT n FROM t WHERE id = 1")).containsExactly("1");
        d.commit();
        SQLException ddl =
            catchThrowableOfType(
                SQLException.class, () -> Installation.execute(d, "CREATE TABLE u (id INT)"));
        assertThat(ddl.getSQLState()).isEqualTo("25006");
      }
      assertThat(on.rows(left, "SELECT COUNT(*) FROM t WHERE id >= 100")).containsExactly("0");
      // One more is enough for writes, as the two are a majority of those that have ever joined.
      on.node(second).start();
      Awaitility.await("writes go on")
          .atMost(Installation.BACK)
          .until(
              () -> on.cluster().state() == Cluster.State.SERVING || !memberWasEvicted(on, other));
      on.node(other).start();
      on.awaitAll();
      write(c, "UPDATE t SET n = 2 WHERE id = 1");
      write(c, "INSERT INTO t VALUES (3, 3)");
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "1|2", "3|3");
      // Also where the new primary was down when it became one: no number is given twice.
      write(c, "INSERT INTO numbered (n) VALUES (100)");
      on.assertEverywhere("SELECT COUNT(*) FROM numbered", "41");
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /**
   * Whether the node that is still down was out of the view when writes stopped, so that those that
   * are back are all the members there are.
   */
  private static boolean memberWasEvicted(Installation on, int down) {
    return !on.isMember(down) || on.view().members().size() == 3;
  }

  /** {@code gap}: milliseconds for which the second node is primary before it dies too. */
  @ParameterizedTest
  @CsvSource({"MARIADB,0", "MARIADB,12", "MYSQL,0", "H2,0", "H2,4", "H2,12"})
  void underLoadNothingIsLost(Engine engine, int gap) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    long seed = Settings.seed();
    try (Installation on = Installation.on(engine, QUICK)) {
      OrderWorkload load = on.workload(seed).clients(4).build();
      try (Connection first = on.connect()) {
        load.createSchema();
        on.awaitAll();
        load.start();
        try {
          Thread.sleep(500);
          on.node(0).kill();
          Thread.sleep(gap);
          on.node(1).kill();
          Thread.sleep(2_500);
          on.node(1).start();
          on.node(0).start();
          on.awaitAll();
          long before = load.progress().commits();
          Awaitility.await("commits go on")
              .atMost(Duration.ofSeconds(30))
              .until(() -> load.progress().commits() > before + 20);
        } finally {
          on.node(1).start();
          on.node(0).start();
          load.stop();
        }
      }
      on.endLockstep();
      on.verify(load.log());
      assertThat(load.progress().errors())
          .as("seed %d", seed)
          .filteredOn(e -> !"25006".equals(e.sqlState()))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void twoOfTwoWithOneAllowed(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    Map<String, String> settings = new java.util.HashMap<>(QUICK);
    settings.put("lockstep.minNodes", "1");
    try (Installation on = Installation.on(engine, settings).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY)");
      int one = on.replica();
      on.settle();
      on.node(one).kill();
      write(c, "INSERT INTO t VALUES (1)");
      int two = on.primary();
      on.node(two).kill();
      write(c, "INSERT INTO t VALUES (2)");
      assertThat(on.view().members()).hasSize(1);
      on.node(one).start();
      on.node(two).start();
      on.awaitAll();
      on.assertEverywhere("SELECT id FROM t ORDER BY id", "1", "2");
      on.assertAllEqual();
    }
  }
}
