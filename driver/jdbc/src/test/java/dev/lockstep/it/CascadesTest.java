package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static dev.lockstep.it.StoredObjectsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Foreign keys that change other tables, and parents and children written at the same time. */
@Timeout(180)
class CascadesTest {
  private static final List<String> TABLES =
      List.of("p", "c1", "g", "s", "u", "u2", "self", "strict", "logged");

  /** A family of tables; each child has another rule. */
  private static List<String> family(Engine engine) {
    boolean my = engine.mysqlFamily();
    String touched = my ? ", touched TIMESTAMP(6) NULL ON UPDATE CURRENT_TIMESTAMP(6)" : "";
    String twice = ", twice INT GENERATED ALWAYS AS (p * 2)" + (my ? " VIRTUAL" : "");
    List<String> all =
        new ArrayList<>(
            List.of(
                "CREATE TABLE p (id INT PRIMARY KEY, code INT NOT NULL UNIQUE, n INT)",
                "CREATE TABLE c1 (id INT PRIMARY KEY, p INT, n INT"
                    + touched
                    + ", FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
                "CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c1 (id) ON DELETE CASCADE)",
                "CREATE TABLE s (id INT PRIMARY KEY, p INT"
                    + twice
                    + touched
                    + ", FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE)",
                "CREATE TABLE u (id INT PRIMARY KEY, code INT UNIQUE, FOREIGN KEY (code) REFERENCES p (code)"
                    + " ON DELETE CASCADE ON UPDATE CASCADE)",
                "CREATE TABLE u2 (code INT, n INT, FOREIGN KEY (code) REFERENCES u (code) ON DELETE"
                    + " SET NULL ON UPDATE CASCADE)",
                "CREATE TABLE self (id INT PRIMARY KEY, up INT, grp INT, FOREIGN KEY (up) REFERENCES self (id)"
                    + " ON DELETE CASCADE)",
                "CREATE TABLE strict (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c1 (id))",
                "CREATE TABLE logged (id INT PRIMARY KEY, what VARCHAR(20))"));
    if (my) {
      all.add(
          "CREATE TRIGGER c1_gone AFTER DELETE ON c1 FOR EACH ROW INSERT INTO logged VALUES (OLD.id, 'gone')");
      all.add(
          "CREATE TRIGGER s_new BEFORE UPDATE ON s FOR EACH ROW SET NEW.touched = '2001-01-01'");
    }
    all.add(
        "INSERT INTO p VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3), (4, 40, 4), (5, 50, 5), (6, 60, 6),"
            + " (7, 70, 7), (8, 80, 8)");
    all.add(
        "INSERT INTO c1 (id, p, n) VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1), (4, 3, 1), (5, 4, 1), (6, 5, 1),"
            + " (7, 6, 1), (8, 7, 1), (9, NULL, 1)");
    all.add("INSERT INTO g VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (7, 8)");
    all.add("INSERT INTO s (id, p) VALUES (1, 1), (2, 1), (3, 2), (4, 4), (5, 5), (6, 7)");
    all.add("INSERT INTO u VALUES (1, 10), (2, 20), (3, 30), (4, 40), (5, 50), (6, 70)");
    all.add("INSERT INTO u2 VALUES (10, 1), (10, 1), (20, 2), (30, 3), (40, 4), (50, 5)");
    all.add(
        "INSERT INTO self VALUES (1, NULL, 1), (2, 1, 1), (3, 2, 2), (4, NULL, 2), (5, 4, 1), (6, NULL, 3),"
            + " (7, 6, 3), (8, 6, 3), (9, NULL, 4), (10, 9, 5)");
    all.add("INSERT INTO strict VALUES (1, 7)");
    return all;
  }

  private static List<String> writes(Engine engine) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "DELETE FROM p WHERE id = 1",
                "DELETE FROM p WHERE n = 2",
                "DELETE FROM p WHERE id IN (3, 99)",
                "DELETE FROM p WHERE id = 6",
                "UPDATE p SET code = 41 WHERE id = 4",
                "UPDATE p SET code = code + 1000 WHERE n IN (4, 5)",
                "UPDATE p SET n = 7 WHERE id = 7",
                "DELETE FROM c1 WHERE id = 9",
                "DELETE FROM self WHERE id = 10",
                "DELETE FROM self WHERE grp = 1 AND id < 3",
                "DELETE FROM self WHERE id IN (4, 5)",
                "DELETE FROM self WHERE grp = 3 ORDER BY id DESC",
                "DELETE FROM self WHERE id = 9",
                "DELETE FROM p WHERE id IN (SELECT p FROM c1 WHERE id = 5)"));
    if (engine == Engine.H2) {
      all.remove("DELETE FROM self WHERE grp = 3 ORDER BY id DESC");
      all.add("DELETE FROM self WHERE id > 1 FETCH FIRST 3 ROWS ONLY");
    } else {
      all.add("DELETE p FROM p JOIN c1 ON c1.p = p.id WHERE c1.id = 6");
      all.add("REPLACE INTO p VALUES (7, 71, 1)");
      all.add("INSERT INTO p VALUES (8, 80, 1) ON DUPLICATE KEY UPDATE code = 88");
      all.add("INSERT INTO self VALUES (20, NULL, 1), (21, 20, 1)");
      all.add("REPLACE INTO self VALUES (20, NULL, 2)");
      all.add("SET foreign_key_checks = 0");
      all.add("INSERT INTO c1 (id, p, n) VALUES (50, 8, 1), (51, 77, 1)");
      all.add("DELETE FROM p WHERE id = 8");
      all.add("SET foreign_key_checks = 1");
      all.add("INSERT INTO p VALUES (77, 770, 1)");
      all.add("DELETE FROM p WHERE id = 77");
    }
    return all;
  }

  /** The same statements give the same answers and rows as on a plain server, on all nodes. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void asOnAPlainServer(Engine engine) throws Exception {
    PlainServer.compare(engine, family(engine), TABLES, writes(engine));
  }

  /** A child's row that was written without the parent's lock is not lost on some nodes. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void waitsForRowsThatItCannotSee(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection writer = on.connect();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, code INT NOT NULL UNIQUE)",
          "CREATE TABLE c (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES p (code) ON DELETE CASCADE)",
          "CREATE TABLE d (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
          "INSERT INTO p VALUES (1, 10), (2, 20)");
      writer.setAutoCommit(false);
      if (engine.mysqlFamily()) {
        Installation.execute(writer, "SET foreign_key_checks = 0");
      }
      Installation.execute(writer, "INSERT INTO d VALUES (1, 1)");
      Installation.execute(writer, "INSERT INTO c VALUES (1, 10)");
      CompletableFuture<Integer> deleted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
                  return update(c, "DELETE FROM p WHERE id = 1");
                } catch (SQLException e) {
                  throw new CompletionException(e);
                }
              });
      assertThat(deleted).isNotCompleted();
      Installation.execute(writer, "INSERT INTO d VALUES (2, 1)");
      writer.commit();
      assertThat(deleted.get(20, TimeUnit.SECONDS)).isEqualTo(1);
      on.assertEverywhere("SELECT id FROM c");
      on.assertEverywhere("SELECT id, COALESCE(p, -1) FROM d ORDER BY id", "1|-1", "2|-1");
      // The other way round, and both want both: one of them is told to repeat.
      c.setAutoCommit(false);
      Installation.execute(writer, "INSERT INTO d VALUES (3, 2)");
      Installation.execute(c, "INSERT INTO d VALUES (4, NULL)");
      if (engine == Engine.H2) {
        CompletableFuture<Integer> first =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return update(writer, "DELETE FROM p WHERE id = 2");
                  } catch (SQLException e) {
                    throw new CompletionException(e);
                  }
                });
        assertThatThrownBy(
                () -> {
                  update(c, "DELETE FROM p WHERE id = 2");
                  first.get(30, TimeUnit.SECONDS);
                })
            .satisfies(
                e -> {
                  Throwable t = e;
                  while (!(t instanceof SQLException)) {
                    t = t.getCause();
                  }
                  assertThat(((SQLException) t).getSQLState()).isEqualTo("40001");
                });
        c.rollback();
        writer.rollback();
      } else {
        writer.commit();
        c.commit();
      }
      c.setAutoCommit(true);
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void whatIsNotProvedIsRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id) ON DELETE CASCADE)",
          "INSERT INTO p VALUES (1, 1)");
      List<String> wrong = new ArrayList<>();
      if (engine == Engine.H2) {
        Installation.execute(
            c,
            "CREATE TABLE c (id INT PRIMARY KEY, p INT, t TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
                + " FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
            "CREATE TABLE q (id INT PRIMARY KEY)",
            "CREATE TABLE d (id INT PRIMARY KEY, q INT GENERATED BY DEFAULT AS IDENTITY,"
                + " FOREIGN KEY (q) REFERENCES q (id) ON DELETE SET DEFAULT)");
        wrong.add("DELETE FROM p WHERE id = 1");
        wrong.add("DELETE FROM q WHERE id = 1");
      } else {
        Installation.execute(
            c,
            "CREATE TABLE q (id INT PRIMARY KEY, n INT, KEY (n))",
            "CREATE TABLE d (id INT PRIMARY KEY, n INT, FOREIGN KEY (n) REFERENCES q (n) ON DELETE CASCADE)",
            "CREATE TABLE self2 (id INT PRIMARY KEY, k INT UNIQUE, up INT, FOREIGN KEY (up) REFERENCES self2 (id) ON"
                + " DELETE CASCADE)");
        wrong.add("DELETE FROM q WHERE id = 1");
        wrong.add("DELETE FROM self WHERE id > 1 LIMIT 2");
        wrong.add("REPLACE INTO self2 VALUES (1, 1, NULL)");
      }
      for (String sql : wrong) {
        c.setAutoCommit(false);
        refused(c, sql);
        c.setAutoCommit(true);
        refused(c, sql);
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** H2 would not delete a child that was inserted after the transaction's snapshot. */
  @Test
  void aSnapshotHidesChildren() throws Exception {
    try (Installation on = Installation.on(Engine.H2).start();
        Connection c = on.connect();
        Connection writer = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY)",
          "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
          "INSERT INTO p VALUES (1), (2)");
      c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      c.setAutoCommit(false);
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM c")).containsExactly("0");
      Installation.execute(writer, "INSERT INTO c VALUES (1, 1), (2, 2)");
      refused(c, "DELETE FROM p WHERE id = 1");
      c.rollback();
      assertThat(update(c, "DELETE FROM p WHERE id = 1")).isEqualTo(1);
      c.commit();
      on.assertEverywhere("SELECT id FROM c", "2");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** A node that was away, and one whose data was changed by hand. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void comesBack(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
          "INSERT INTO p VALUES (1, 1), (2, 2), (3, 3)",
          "INSERT INTO c VALUES (1, 1), (2, 2), (3, 3), (4, 3)");
      on.settle();
      int away = on.replica();
      on.node(away).kill();
      on.awaitOut(away);
      Installation.execute(c, "DELETE FROM p WHERE id = 1", "INSERT INTO c VALUES (5, 2)");
      on.node(away).start();
      on.awaitAll();
      on.assertEverywhere("SELECT id FROM c ORDER BY id", "2", "3", "4", "5");
      // A parent that one node lacks: its children must stay when it is mended.
      int odd = on.replica();
      if (engine.mysqlFamily()) {
        on.behind(odd, "SET foreign_key_checks = 0", "DELETE FROM p WHERE id = 3");
      } else {
        on.behind(odd, "INSERT INTO p VALUES (9, 9)");
      }
      try {
        Installation.execute(
            c,
            engine.mysqlFamily()
                ? "UPDATE p SET n = 9 WHERE id = 3"
                : "INSERT INTO p VALUES (9, 1)");
      } catch (SQLException e) {
        assertThat(e.getSQLState()).isEqualTo("40001");
      }
      on.awaitOut(odd);
      on.awaitAll();
      on.assertEverywhere("SELECT id FROM c ORDER BY id", "2", "3", "4", "5");
      Installation.execute(c, "DELETE FROM p WHERE id = 3");
      on.assertEverywhere("SELECT id FROM c ORDER BY id", "2", "5");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** One session writes children while another takes their parent away. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void parentsAndChildrenAtTheSameTime(Engine engine) throws Exception {
    for (String rule : List.of("", " ON DELETE CASCADE", " ON DELETE SET NULL")) {
      atTheSameTime(engine, rule);
    }
  }

  private static void atTheSameTime(Engine engine, String rule) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id)"
              + rule
              + ")");
      RandomWriters.run(
          on,
          engine,
          seed,
          rounds,
          (random, number, i) -> {
            int parent = random.nextInt(4);
            int child = number * 1000 + i;
            return w ->
                switch (random.nextInt(6)) {
                  case 0 -> "DELETE FROM p WHERE id = " + parent;
                  case 1 -> "INSERT INTO p VALUES (" + parent + ", " + i + ")";
                  case 2 -> "DELETE FROM c WHERE p = " + parent;
                  case 3 -> "UPDATE c SET p = " + parent + " WHERE p = " + random.nextInt(4);
                  default -> "INSERT INTO c VALUES (" + (child + 500 * w) + ", " + parent + ")";
                };
          });
      assertThat(on.departures()).as("seed " + seed).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
