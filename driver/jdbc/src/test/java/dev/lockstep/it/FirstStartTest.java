package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lockstep meets servers that it does not know. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FirstStartTest {
  /** Parents and children, a secondary index, text and numbers; rows in the thousands. */
  private static void populate(Installation on, int node, int rows) throws SQLException {
    try (Connection c = on.node(node).connect(Installation.DATABASE)) {
      Installation.execute(
          c,
          "CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL)",
          "CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL, text VARCHAR(200), CONSTRAINT"
              + " child_parent FOREIGN KEY (parent_id) REFERENCES parent (id))",
          "CREATE INDEX child_text ON child (text)",
          "CREATE TABLE empty_one (id INT PRIMARY KEY, d DECIMAL(8,2) DEFAULT 1.5)");
      c.setAutoCommit(false);
      try (PreparedStatement p = c.prepareStatement("INSERT INTO parent VALUES (?,?)");
          PreparedStatement q = c.prepareStatement("INSERT INTO child VALUES (?,?,?)")) {
        for (int i = 1; i <= rows; i++) {
          p.setInt(1, i);
          p.setString(2, "parent '" + i + "' \u20ac");
          p.addBatch();
          q.setInt(1, i);
          q.setInt(2, 1 + i / 2);
          q.setString(3, i % 7 == 0 ? null : "child " + i);
          q.addBatch();
        }
        p.executeBatch();
        q.executeBatch();
      }
      c.commit();
    }
  }

  private static SQLException refused(Installation on) {
    return catchThrowableOfType(SQLException.class, () -> on.connect().close());
  }

  /** "Must show" 2. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void onePopulatedServerAndTwoEmptyOnes(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      populate(on, 1, Settings.number("rows", 3_000));
      try (Connection c = on.connect()) {
        // It serves before the others are copied; the populated one is the primary.
        assertThat(on.primary()).isEqualTo(1);
        assertThat(Installation.rows(c, "SELECT COUNT(*) FROM parent"))
            .containsExactly(Integer.toString(Settings.number("rows", 3_000)));
        for (int i = 1; i <= 50; i++) {
          Installation.execute(
              c,
              "INSERT INTO empty_one (id) VALUES (" + i + ")",
              "UPDATE parent SET name = 'changed " + i + "' WHERE id = " + i,
              "DELETE FROM child WHERE id = " + (100 + i));
        }
        on.awaitAll();
        Installation.execute(c, "INSERT INTO empty_one (id) VALUES (1000)");
      }
      assertThat(on.departures()).isEmpty();
      on.assertEverywhere("SELECT COUNT(*) FROM empty_one", "51");
      on.assertAllEqual();
      on.endLockstep();
      try (Connection c = on.connect()) {
        on.awaitAll();
        Installation.execute(c, "INSERT INTO empty_one (id) VALUES (1001)");
      }
      on.assertEverywhere("SELECT COUNT(*) FROM empty_one", "52");
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void equalServersFormAViewOfAll(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        populate(on, i, 200);
      }
      try (Connection c = on.connect()) {
        assertThat(on.view().members()).hasSize(3);
        Installation.execute(c, "INSERT INTO empty_one (id) VALUES (1)");
      }
      on.assertEverywhere("SELECT COUNT(*) FROM empty_one", "1");
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void differentDataIsRefusedAndNothingChanged(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        populate(on, i, 200);
      }
      on.behind(2, "UPDATE child SET text = 'other' WHERE id = 77");
      on.behind(1, "DROP INDEX child_text" + (engine.mysqlFamily() ? " ON child" : ""));
      List<List<String>> before = state(on);
      SQLException e = refused(on);
      assertThat((Throwable) e).isNotNull();
      assertThat(e.getSQLState()).isEqualTo("08004");
      assertThat(e.getMessage().toLowerCase(java.util.Locale.ROOT))
          .contains("child")
          .contains("lockstep init --source")
          .doesNotContain("parent")
          .doesNotContain("empty_one");
      assertThat(state(on)).isEqualTo(before);
      // Refused again: nothing was left behind that would let it in.
      assertThat((Throwable) refused(on)).isNotNull();
      assertThat(state(on)).isEqualTo(before);
    }
  }

  private static List<List<String>> state(Installation on) throws SQLException {
    List<List<String>> all = new java.util.ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(on.rows(i, "SELECT id, parent_id, text FROM child ORDER BY id"));
      all.add(on.rows(i, "SELECT id, name FROM parent ORDER BY id"));
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void anUnreachableServerAtTheFirstStartIsRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, Map.of("lockstep.connectTimeout", "1000"))) {
      populate(on, 0, 100);
      on.node(2).kill();
      try {
        SQLException e = refused(on);
        assertThat((Throwable) e).isNotNull();
        assertThat(e.getSQLState()).isEqualTo("08001");
        assertThat(e.getMessage()).contains(":" + on.node(2).port()).contains("first start");
      } finally {
        on.node(2).start();
      }
      on.start();
      on.assertAllEqual();
    }
  }

  /** A server with data of its own takes the place of one that was wiped. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aServerWithForeignDataDoesNotJoin(Engine engine) throws Exception {
    try (Installation on = Installation.proxied(engine, Map.of()).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)");
      int node = on.replica();
      on.servers().proxy(node).refuse();
      on.servers().proxy(node).cut();
      on.node(node).kill();
      Installation.execute(c, "INSERT INTO t VALUES (2)");
      on.awaitOut(node);
      on.node(node).wipe();
      on.node(node).start();
      on.node(node).createDatabase(Installation.DATABASE);
      on.behind(
          node, "CREATE TABLE precious (id INT PRIMARY KEY)", "INSERT INTO precious VALUES (42)");
      on.servers().proxy(node).heal();
      Thread.sleep(2_500);
      assertThat(on.isMember(node)).isFalse();
      assertThat(on.rows(node, "SELECT id FROM precious")).containsExactly("42");
      on.behind(node, "DROP TABLE precious");
      on.awaitAll();
      Installation.execute(c, "INSERT INTO t VALUES (3)");
      on.assertEverywhere("SELECT id FROM t ORDER BY id", "1", "2", "3");
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aWipedServerIsCopied(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c, "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(10))", "INSERT INTO t VALUES (1, 'a')");
      int node = on.primary();
      on.node(node).wipe();
      Installation.execute(c, "INSERT INTO t VALUES (2, 'b')");
      on.node(node).start();
      on.awaitAll();
      Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      on.assertEverywhere("SELECT id, s FROM t ORDER BY id", "1|a", "2|b", "3|c");
      on.assertAllEqual();
    }
  }
}
