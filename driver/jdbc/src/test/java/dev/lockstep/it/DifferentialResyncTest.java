package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Data that was changed behind Lockstep's back on one node is found and repaired row by row. */
@Timeout(300)
class DifferentialResyncTest {
  private static void fill(Connection c, String table, int count) throws SQLException {
    c.setAutoCommit(false);
    try (Statement s = c.createStatement()) {
      for (int i = 0; i < count; i += 1_000) {
        StringBuilder sql = new StringBuilder("INSERT INTO " + table + " (id, n, s) VALUES ");
        for (int k = i; k < i + 1_000; k++) {
          sql.append(k == i ? "" : ",").append("(" + k + "," + k + ",'value " + k + "')");
        }
        s.executeUpdate(sql.toString());
        if (i % 10_000 == 0) {
          c.commit();
        }
      }
    }
    c.commit();
    c.setAutoCommit(true);
  }

  private static void untilDone(Connection c, String sql) throws SQLException {
    for (int i = 0; i < 20; i++) {
      try {
        Installation.execute(c, sql);
        return;
      } catch (SQLException e) {
        if (!"40001".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
    fail("20 times 40001: " + sql);
  }

  /** Its journal begins with the group of the comparison, but it holds what was before. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aStartSoonAfterDoesNothingTwice(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine == Engine.MARIADB);
    try (Installation on = Installation.on(engine).start()) {
      int away = on.replica();
      try (Connection c = on.connect()) {
        Installation.execute(
            c,
            "CREATE TABLE counter (id INT PRIMARY KEY, n INT)",
            "INSERT INTO counter VALUES (1, 0)");
        on.settle();
        for (int i = 0; i < 3; i++) {
          Installation.execute(c, "UPDATE counter SET n = n + 1 WHERE id = 1");
        }
        on.cluster()
            .gate()
            .exclusive(
                () ->
                    on.cluster().evict(List.of(on.lockstepNode(away)), "difference: for the test"));
        on.awaitAll();
        assertThat(on.view().reason()).startsWith("rejoined (differential, ");
      }
      on.endLockstep();
      on.start();
      on.assertEverywhere("SELECT n FROM counter", "3");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void rowsChangedByHand(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE big (id INT PRIMARY KEY, n INT, s VARCHAR(40))",
          "CREATE TABLE other (id INT PRIMARY KEY, n INT)",
          "INSERT INTO other VALUES (1, 0)");
      fill(c, "big", 110_000);
      int odd = on.replica();
      on.behind(
          odd,
          "UPDATE big SET s = 'by hand' WHERE id = 77",
          "UPDATE big SET s = 'VALUE 90000' WHERE id = 90000",
          "DELETE FROM big WHERE id = 66666",
          "INSERT INTO big VALUES (200000, 1, '')");
      // Another client writes all the time, before, during and after the rejoin.
      AtomicBoolean end = new AtomicBoolean();
      AtomicInteger written = new AtomicInteger();
      AtomicReference<Exception> error = new AtomicReference<>();
      Thread writer =
          new Thread(
              () -> {
                try (Connection own = on.connect()) {
                  while (!end.get()) {
                    int i = written.get();
                    untilDone(own, "UPDATE other SET n = n + 1 WHERE id = 1");
                    untilDone(own, "UPDATE big SET n = n + 1 WHERE id = " + i % 60_000);
                    written.incrementAndGet();
                  }
                } catch (SQLException | RuntimeException e) {
                  error.set(e);
                }
              });
      writer.start();
      try {
        untilDone(c, "UPDATE big SET n = -1 WHERE id = 66666");
        on.awaitAll();
        int then = written.get();
        org.awaitility.Awaitility.await().until(() -> written.get() > then + 20);
      } finally {
        end.set(true);
        writer.join();
      }
      if (error.get() != null) {
        throw error.get();
      }
      on.assertEverywhere("SELECT n FROM big WHERE id = 66666", "-1");
      on.assertEverywhere("SELECT s FROM big WHERE id IN (77, 90000)", "value 77", "value 90000");
      on.assertEverywhere("SELECT COUNT(*) FROM big", "110000");
      on.assertEverywhere("SELECT n FROM other", Integer.toString(written.get()));
      on.assertAllEqual();
      assertThat(on.departures()).extracting(Installation.Departure::node).containsExactly(odd);
      assertThat(on.departures().get(0).reason()).startsWith("difference: ");
      assertThat(on.view().reason()).startsWith("rejoined (differential, ");
    }
  }

  /** A row that is too many on a replica is found by the key of the INSERT. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aRowTooMany(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(40))",
          "CREATE TABLE nokey (n INT)",
          "INSERT INTO nokey VALUES (1), (1)");
      fill(c, "t", 2_000);
      int odd = on.replica();
      on.behind(odd, "INSERT INTO t VALUES (5001, 1, 'foreign')", "INSERT INTO nokey VALUES (1)");
      untilDone(c, "INSERT INTO t VALUES (5001, 1, 'right')");
      on.awaitAll();
      on.assertEverywhere("SELECT s FROM t WHERE id >= 5000", "right");
      on.assertEverywhere("SELECT COUNT(*) FROM nokey", "2");
      on.assertAllEqual();
      assertThat(on.departures()).extracting(Installation.Departure::node).containsExactly(odd);
      assertThat(on.view().reason()).startsWith("rejoined (differential, ");
    }
  }

  /** The journal cannot be replayed over what somebody has changed. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void whatTheReplayFinds(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(40))");
      fill(c, "t", 2_000);
      int out = on.replica();
      on.behind(out, "DELETE FROM t WHERE id = 1000", "UPDATE t SET n = 1 WHERE id = 1001");
      on.settle();
      on.node(out).kill();
      Installation.execute(c, "UPDATE t SET n = 5 WHERE id = 1000");
      on.awaitOut(out);
      on.node(out).start();
      on.awaitAll();
      on.assertEverywhere("SELECT n FROM t WHERE id IN (1000, 1001) ORDER BY id", "5", "1001");
      on.assertAllEqual();
      assertThat(on.view().reason()).startsWith("rejoined (differential, ");
    }
  }

  /** Nothing that is executed shows that a row was changed by hand: an operator asks. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void anOperatorAsks(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(40))");
      fill(c, "t", 2_000);
      int odd = on.replica();
      String name = on.lockstepNode(odd).name();
      on.behind(odd, "UPDATE t SET s = NULL WHERE id = 1000");
      command(on, "rejoin-compare", name);
      on.awaitAll();
      on.assertAllEqual();
      assertThat(on.view().reason()).startsWith("rejoined (differential, 2 rows");
      // The same for one that is out already.
      on.behind(odd, "UPDATE t SET s = '' WHERE id = 1000");
      command(on, "evict", name);
      assertThat(on.isMember(odd)).isFalse();
      command(on, "rejoin-compare", name);
      on.awaitAll();
      on.assertAllEqual();
      assertThat(on.view().reason()).startsWith("rejoined (differential, 2 rows");
    }
  }

  private static void command(Installation on, String name, String args) throws SQLException {
    int primary = on.primary();
    String id = name + System.nanoTime();
    on.behind(
        primary,
        "INSERT INTO lockstep.command (id, name, args, state, created) VALUES ('"
            + id
            + "','"
            + name
            + "','"
            + args
            + "','NEW',1)");
    org.awaitility.Awaitility.await()
        .atMost(Installation.BACK)
        .until(
            () ->
                on.rows(primary, "SELECT state FROM lockstep.command WHERE id = '" + id + "'")
                    .equals(java.util.List.of("DONE")));
  }
}
