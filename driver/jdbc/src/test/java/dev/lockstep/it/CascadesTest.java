package dev.lockstep.it;

import static dev.lockstep.it.StoredObjectsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Foreign keys that change other tables, and parents and children written at the same time. */
@Timeout(180)
class CascadesTest {
  @ParameterizedTest
  @EnumSource(Engine.class)
  void whatWouldCascadeIsRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE u (id INT PRIMARY KEY, code INT NOT NULL UNIQUE, n INT)",
          "CREATE TABLE c1 (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
          "CREATE TABLE c2 (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES u (id) ON DELETE SET NULL)",
          "CREATE TABLE c3 (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES u (code) ON UPDATE CASCADE)",
          "CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id) ON DELETE CASCADE)",
          "INSERT INTO p VALUES (1, 1), (2, 2)",
          "INSERT INTO u VALUES (1, 10, 1), (2, 20, 2)",
          "INSERT INTO c1 VALUES (1, 1), (2, 2)",
          "INSERT INTO c2 VALUES (1, 1)",
          "INSERT INTO c3 VALUES (1, 10)",
          "INSERT INTO self VALUES (1, NULL), (2, 1), (3, 2)");
      List<String> wrong =
          new ArrayList<>(
              List.of(
                  "DELETE FROM p WHERE id = 1",
                  "DELETE FROM p WHERE n = 1",
                  "DELETE FROM u WHERE id = 1",
                  "DELETE FROM self WHERE id = 1",
                  "UPDATE p SET id = 5 WHERE id = 1",
                  "UPDATE u SET code = 11 WHERE id = 1",
                  "UPDATE u SET code = 11 WHERE n = 1",
                  "UPDATE self SET id = id + 10 WHERE id = 1"));
      if (engine.mysqlFamily()) {
        wrong.add("REPLACE INTO p VALUES (1, 5)");
        wrong.add("REPLACE INTO self VALUES (1, NULL)");
        wrong.add("REPLACE INTO u VALUES (1, 11, 1)");
        wrong.add("INSERT INTO u VALUES (1, 10, 1) ON DUPLICATE KEY UPDATE code = 12");
        wrong.add("INSERT INTO p SELECT 1, 1 FROM p ON DUPLICATE KEY UPDATE id = 9");
      }
      for (String sql : wrong) {
        c.setAutoCommit(false);
        refused(c, sql);
        c.setAutoCommit(true);
        refused(c, sql);
      }
      Installation.execute(
          c,
          "DELETE FROM c1 WHERE p = 1",
          "UPDATE p SET n = 7 WHERE id = 1",
          "UPDATE self SET up = NULL WHERE id = 3",
          "INSERT INTO u VALUES (3, 30, 3)");
      on.assertEverywhere("SELECT COUNT(*) FROM self", "3");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** One session writes children while another takes their parent away. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void parentsAndChildrenAtTheSameTime(Engine engine) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE p (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))");
      SilentFailuresTest.clients(
          on,
          6,
          (number, own) -> {
            Random random = new Random(seed + number);
            for (int i = 0; i < rounds; i++) {
              own.setAutoCommit(random.nextInt(3) == 0);
              own.setTransactionIsolation(
                  random.nextBoolean()
                      ? Connection.TRANSACTION_READ_COMMITTED
                      : Connection.TRANSACTION_REPEATABLE_READ);
              int parent = random.nextInt(4);
              int child = number * 1000 + i;
              try {
                for (int w = 0; w < 2; w++) {
                  String sql =
                      switch (random.nextInt(6)) {
                        case 0 -> "DELETE FROM p WHERE id = " + parent;
                        case 1 -> "INSERT INTO p VALUES (" + parent + ", " + i + ")";
                        case 2 -> "DELETE FROM c WHERE p = " + parent;
                        case 3 -> "UPDATE c SET p = " + parent + " WHERE p = " + random.nextInt(4);
                        default ->
                            "INSERT INTO c VALUES (" + (child + 500 * w) + ", " + parent + ")";
                      };
                  try {
                    Installation.execute(own, sql);
                  } catch (SQLException e) {
                    if (!e.getSQLState().startsWith("23")) {
                      throw e;
                    }
                  }
                }
                if (!own.getAutoCommit()) {
                  own.commit();
                }
              } catch (SQLException e) {
                if (!"40001".equals(e.getSQLState())) {
                  throw new AssertionError("seed " + seed, e);
                }
              }
            }
          });
      assertThat(on.departures()).as("seed " + seed).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
