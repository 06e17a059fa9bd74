package dev.lockstep.it;

import static dev.lockstep.it.Installation.rows;
import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sequences on three real servers. MySQL has none. */
@Timeout(240)
class SequencesTest {
  private static List<Long> draw(Connection c, String sequence) throws SQLException {
    List<Long> values = new ArrayList<>();
    for (String row : rows(c, "SELECT NEXT VALUE FOR " + sequence)) {
      values.add(Long.valueOf(row));
    }
    return values;
  }

  private static Installation on(Engine engine) throws SQLException {
    return Installation.on(engine).start();
  }

  /** The same statements on one plain server. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void answersAsOneServerDoes(Engine engine) throws Exception {
    boolean h2 = engine == Engine.H2;
    String[] statements = {
      "CREATE SEQUENCE s",
      "CREATE SEQUENCE down START WITH -5 INCREMENT BY -3 MINVALUE -1000 MAXVALUE -1",
      "CREATE SEQUENCE few MINVALUE 1 MAXVALUE 4 CYCLE CACHE 2",
      "CREATE SEQUENCE short MAXVALUE 3",
      "CREATE TABLE t (id BIGINT DEFAULT NEXT VALUE FOR s NOT NULL PRIMARY KEY, a INT, b BIGINT)",
      "SELECT NEXT VALUE FOR s",
      "SELECT NEXT VALUE FOR s, NEXT VALUE FOR s + 10",
      "INSERT INTO t (a) VALUES (1), (2)",
      "INSERT INTO t (id, a, b) VALUES (NEXT VALUE FOR s, 3, NEXT VALUE FOR s), (DEFAULT, 4,"
          + " NEXT VALUE FOR s * 2)",
      "INSERT INTO t (a, b) VALUES (5, NEXT VALUE FOR down)",
      "INSERT INTO t (id, a) VALUES (1, 6)",
      "SELECT * FROM t ORDER BY a",
      h2 ? "SELECT CURRENT VALUE FOR s" : "SELECT PREVIOUS VALUE FOR s, LASTVAL(s)",
      "INSERT INTO t (id, a) SELECT NEXT VALUE FOR s, a + 10 FROM t WHERE a < 3 ORDER BY a",
      "INSERT INTO t (a, b) SELECT a + 20, id FROM t WHERE a < 3 ORDER BY a",
      "SELECT COUNT(*), MAX(id), MAX(b) FROM t",
      "SELECT COUNT(*) FROM (SELECT NEXT VALUE FOR s AS n FROM t) x",
      "SELECT NEXT VALUE FOR few",
      "SELECT NEXT VALUE FOR few",
      "SELECT NEXT VALUE FOR few",
      "SELECT NEXT VALUE FOR few",
      "SELECT NEXT VALUE FOR few",
      "SELECT NEXT VALUE FOR short",
      "SELECT NEXT VALUE FOR short",
      "SELECT NEXT VALUE FOR short",
      "SELECT NEXT VALUE FOR short",
      "INSERT INTO t (id, a) VALUES (NEXT VALUE FOR short, 100)",
      "ALTER SEQUENCE short MAXVALUE 30 RESTART WITH 20",
      "SELECT NEXT VALUE FOR short",
      "ALTER SEQUENCE s RESTART WITH 500",
      "SELECT NEXT VALUE FOR s",
      h2 ? "VALUES (NEXT VALUE FOR s)" : "SELECT NEXTVAL(s), SETVAL(s, 900), SETVAL(s, 3)",
      "SELECT NEXT VALUE FOR s",
      h2 ? "CALL NEXT VALUE FOR s" : "SELECT NEXT VALUE FOR s FROM DUAL",
      "DROP SEQUENCE short",
      "SELECT NEXT VALUE FOR short",
      "DROP SEQUENCE IF EXISTS short",
      "SELECT NEXT VALUE FOR nothing",
      h2 ? "CREATE SEQUENCE IF NOT EXISTS s" : "CREATE OR REPLACE SEQUENCE s START WITH 7",
      "SELECT NEXT VALUE FOR s",
    };
    try (Installation on = on(engine);
        Connection c = on.connect()) {
      on.behind(0, h2 ? "CREATE SCHEMA LOCKSTEPX" : "CREATE DATABASE plainx");
      List<String> expected = new ArrayList<>();
      List<String> found = new ArrayList<>();
      try (Connection plain = on.node(0).connect(h2 ? Installation.DATABASE : "plainx")) {
        if (h2) {
          plain.setSchema("LOCKSTEPX");
        }
        for (String sql : statements) {
          expected.add(sql + " -> " + answer(plain, sql));
        }
      }
      on.behind(0, h2 ? "DROP SCHEMA LOCKSTEPX CASCADE" : "DROP DATABASE plainx");
      for (String sql : statements) {
        found.add(sql + " -> " + answer(c, sql));
      }
      assertThat(found).isEqualTo(expected);
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  private static String answer(Connection c, String sql) {
    try {
      return Installation.answer(c, sql).toString();
    } catch (SQLException e) {
      return e.getSQLState() + " " + e.getErrorCode();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void noValueTwiceAfterTheLossOfThePrimary(Engine engine) throws Exception {
    try (Installation on = on(engine);
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE SEQUENCE up INCREMENT BY 50",
          "CREATE SEQUENCE down INCREMENT BY -1 MINVALUE -100000 MAXVALUE -1",
          "CREATE TABLE t (id BIGINT DEFAULT NEXT VALUE FOR up NOT NULL PRIMARY KEY, a INT)");
      Set<Long> up = new HashSet<>();
      Set<Long> down = new HashSet<>();
      for (int round = 0; round < 3; round++) {
        c.setAutoCommit(false);
        for (int i = 0; i < 30; i++) {
          for (long value : draw(c, "up")) {
            assertThat(up.add(value)).as("%d in %s", value, up).isTrue();
          }
          for (long value : draw(c, "down")) {
            assertThat(down.add(value)).as("%d in %s", value, down).isTrue();
          }
        }
        // Seen, and rolled back.
        update(c, "INSERT INTO t (a) VALUES (1), (2), (3)");
        for (String id : rows(c, "SELECT id FROM t ORDER BY id")) {
          up.add(Long.valueOf(id));
        }
        c.rollback();
        c.setAutoCommit(true);
        on.settle();
        int primary = on.primary();
        on.node(primary).kill();
        for (long value : draw(c, "up")) {
          assertThat(up.add(value)).as("%d in %s", value, up).isTrue();
        }
        assertThat(on.primary()).isNotEqualTo(primary);
        on.node(primary).start();
        on.awaitAll();
        if (round == 1) {
          // Another process, in which nothing is known of all that.
          c.setAutoCommit(true);
          on.endLockstep();
          on.connect().close();
          on.awaitAll();
        }
        try (Connection other = on.connect()) {
          for (long value : draw(other, "down")) {
            assertThat(down.add(value)).as("%d in %s", value, down).isTrue();
          }
          assertThat(update(other, "INSERT INTO t (a) VALUES (" + round + ")")).isEqualTo(1);
          for (String id : rows(other, "SELECT id FROM t WHERE a = " + round)) {
            assertThat(up.add(Long.valueOf(id))).isTrue();
          }
          update(other, "DELETE FROM t WHERE id > 0");
        }
        if (round == 1) {
          return;
        }
      }
    }
  }

  /** The process and the primary are lost together; what was drawn was never committed. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void noValueTwiceAfterTheLossOfProcessAndPrimary(Engine engine) throws Exception {
    try (Installation on = on(engine)) {
      Set<Long> seen = new HashSet<>();
      int primary;
      try (Connection c = on.connect()) {
        Installation.execute(c, "CREATE SEQUENCE s", "CREATE TABLE t (id INT PRIMARY KEY)");
        for (int i = 0; i < 200; i++) {
          seen.addAll(draw(c, "s"));
        }
        update(c, "INSERT INTO t VALUES (1)");
        seen.addAll(draw(c, "s"));
        assertThat(rows(c, "SELECT NEXT VALUE FOR s FROM t"))
            .allMatch(value -> seen.add(Long.valueOf(value)));
        primary = on.primary();
      }
      on.settle();
      on.endLockstep();
      on.node(primary).kill();
      try (Connection c = on.connect()) {
        assertThat(on.primary()).isNotEqualTo(primary);
        for (int i = 0; i < 30; i++) {
          assertThat(draw(c, "s")).allMatch(seen::add);
        }
        on.node(primary).start();
        on.awaitAll();
        on.cluster()
            .gate()
            .exclusive(
                () -> {
                  on.cluster().switchover(on.lockstepNode(primary), "test");
                  return null;
                });
        for (int i = 0; i < 30; i++) {
          assertThat(draw(c, "s")).allMatch(seen::add);
        }
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void manyClients(Engine engine) throws Exception {
    try (Installation on = on(engine);
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE SEQUENCE s",
          "CREATE TABLE t (id BIGINT DEFAULT NEXT VALUE FOR s NOT NULL PRIMARY KEY, a BIGINT)");
      Set<Long> seen = Collections.synchronizedSet(new HashSet<>());
      int rounds = Settings.number("rounds", 60);
      SilentFailuresTest.clients(
          on,
          8,
          (number, own) -> {
            for (int i = 0; i < rounds; i++) {
              assertThat(draw(own, "s")).allMatch(seen::add);
              own.setAutoCommit(i % 2 == 0);
              try (PreparedStatement p =
                  own.prepareStatement("INSERT INTO t (a) VALUES (?), (NEXT VALUE FOR s)")) {
                p.setLong(1, -number);
                assertThat(p.executeUpdate()).isEqualTo(2);
              }
              if (!own.getAutoCommit()) {
                own.commit();
              }
            }
          });
      assertThat(rows(c, "SELECT id FROM t")).allMatch(id -> seen.add(Long.valueOf(id)));
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void readOnlyAndRefused(Engine engine) throws Exception {
    boolean h2 = engine == Engine.H2;
    try (Installation on = on(engine);
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE SEQUENCE s",
          "CREATE TABLE t (id BIGINT PRIMARY KEY, a BIGINT)",
          "CREATE TABLE d (k BIGINT DEFAULT NEXT VALUE FOR s, v INT)");
      update(c, "INSERT INTO t VALUES (1, 1)");
      c.setReadOnly(true);
      assertThatThrownBy(() -> draw(c, "s")).hasFieldOrPropertyWithValue("SQLState", "25006");
      c.setReadOnly(false);
      assertThat(draw(c, "s")).containsExactly(1L);
      List<String> refused =
          new ArrayList<>(
              List.of(
                  "UPDATE t SET a = NEXT VALUE FOR s WHERE id = 1",
                  "DELETE FROM t WHERE id = NEXT VALUE FOR s",
                  "ALTER SEQUENCE s MAXVALUE 1000",
                  "CREATE VIEW v AS SELECT NEXT VALUE FOR s AS n"));
      refused.addAll(
          h2
              ? List.of(
                  "MERGE INTO t (id, a) KEY (id) VALUES (1, NEXT VALUE FOR s)",
                  "SELECT NEXTVAL('S')",
                  "ALTER SCHEMA PUBLIC RENAME TO q")
              : List.of(
                  "INSERT INTO t VALUES (1, 2) ON DUPLICATE KEY UPDATE a = NEXT VALUE FOR s",
                  "INSERT INTO d (v) VALUES ((SELECT MAX(id) FROM t))",
                  "LOAD DATA LOCAL INFILE '/tmp/lockstep-never' INTO TABLE d (v)",
                  "CREATE TABLE e (k BIGINT DEFAULT NEXT VALUE FOR s, id INT) AS SELECT id FROM t",
                  "SELECT DEFAULT(k) FROM d",
                  "RENAME TABLE s TO z",
                  "ALTER TABLE s RENAME TO z",
                  "INSERT INTO s VALUES (1, 1, 9, 1, 1, 1, 0, 0)"));
      for (String sql : refused) {
        assertThatThrownBy(() -> Installation.execute(c, sql))
            .as(sql)
            .hasFieldOrPropertyWithValue("SQLState", "0A001");
      }
      assertThat(draw(c, "s")).containsExactly(2L);
      on.assertEverywhere("SELECT id, a FROM t", "1|1");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** What is drawn beside a query that draws for each of its rows is recorded before it is seen. */
  @Test
  void besideADrawOfManyValues() throws Exception {
    try (Installation on = on(Engine.MARIADB);
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(
          c, "CREATE SEQUENCE s NOCACHE", "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY)");
      update(c, "INSERT INTO t SELECT seq FROM seq_1_to_60");
      draw(other, "s");
      CompletableFuture<List<String>> many =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return rows(c, "SELECT NEXT VALUE FOR s FROM t WHERE SLEEP(0.02) = 0");
                } catch (SQLException e) {
                  throw new CompletionException(e);
                }
              });
      int replica = (on.primary() + 1) % 3;
      Set<Long> drawn = new HashSet<>();
      try (Connection direct = on.servers().node(replica).connect(Installation.DATABASE)) {
        while (!many.isDone()) {
          for (long value : draw(other, "s")) {
            assertThat(drawn.add(value)).isTrue();
            String place = rows(direct, "SELECT place FROM lockstep.sequence_reserve").get(0);
            assertThat(value).as("place %s", place).isLessThan(Long.parseLong(place));
          }
        }
        for (String value : many.get()) {
          assertThat(drawn.add(Long.valueOf(value))).isTrue();
        }
        String place = rows(direct, "SELECT place FROM lockstep.sequence_reserve").get(0);
        assertThat(Collections.max(drawn)).isLessThan(Long.parseLong(place));
      }
    }
  }

  /** A node that is copied in full gets sequences, and what draws from them. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "MYSQL")
  void fullCopyAndReplay(Engine engine) throws Exception {
    try (Installation on = on(engine);
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE SEQUENCE s START WITH 1000 INCREMENT BY 10",
          "CREATE SEQUENCE gone MAXVALUE 2",
          "CREATE TABLE t (id BIGINT DEFAULT NEXT VALUE FOR s NOT NULL PRIMARY KEY, a INT)");
      update(c, "INSERT INTO t (a) VALUES (1)");
      draw(c, "gone");
      draw(c, "gone");
      Set<Long> seen = new HashSet<>(draw(c, "s"));
      int away = on.replica();
      on.node(away).kill();
      on.awaitOut(away);
      Installation.execute(
          c, "CREATE SEQUENCE later", "CREATE TABLE u (id INT PRIMARY KEY, a BIGINT)");
      update(c, "INSERT INTO u VALUES (1, NEXT VALUE FOR later)");
      seen.addAll(draw(c, "s"));
      on.node(away).start();
      on.awaitAll();
      on.assertEverywhere("SELECT id, a FROM u", "1|1");
      // Now in full.
      on.node(away).kill();
      on.awaitOut(away);
      on.node(away).start();
      dev.lockstep.it.Installation.update(c, "INSERT INTO t (a) VALUES (2)");
      on.awaitAll();
      on.endLockstep();
      on.behind(away, "DROP TABLE t");
      try (Connection again = on.connect()) {
        on.awaitAll();
        on.cluster()
            .gate()
            .exclusive(
                () -> {
                  on.cluster().evict(List.of(on.lockstepNode(away)), "difference: for the test");
                  return null;
                });
        on.behind(away, "UPDATE lockstep.node_info SET incomplete = 'full copy for the test'");
        on.awaitAll();
        on.cluster()
            .gate()
            .exclusive(
                () -> {
                  on.cluster().switchover(on.lockstepNode(away), "test");
                  return null;
                });
        for (int i = 0; i < 30; i++) {
          assertThat(draw(again, "s")).allMatch(seen::add);
        }
        assertThatThrownBy(() -> draw(again, "gone")).isInstanceOf(SQLException.class);
        assertThat(update(again, "INSERT INTO t (a) VALUES (7)")).isEqualTo(1);
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }
}
