package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static dev.lockstep.it.StoredObjectsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DELETE from several tables, and common table expressions in front of a write. */
@Timeout(180)
class SeveralTablesTest {
  private static final List<String> SETUP =
      List.of(
          "CREATE TABLE a (id INT PRIMARY KEY, grp INT, n INT)",
          "CREATE TABLE b (x INT, y VARCHAR(10), a INT, PRIMARY KEY (x, y))",
          "CREATE TABLE par (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE kid (id INT PRIMARY KEY, par INT, FOREIGN KEY (par) REFERENCES par (id) ON DELETE CASCADE)",
          "CREATE TABLE strict (id INT PRIMARY KEY, par INT, FOREIGN KEY (par) REFERENCES par (id))",
          "INSERT INTO a VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (5, 3, 5), (6, 3, 6), (7, 4, 7), (8, 4, 8),"
              + " (9, 5, 1), (10, 5, 1), (11, 6, 2), (12, 6, 3)",
          "INSERT INTO b VALUES (1, 'a', 1), (1, 'b', 1), (2, 'a', 3), (3, 'a', 5), (4, 'a', NULL), (5, 'a', 99),"
              + " (6, 'a', 7), (7, 'a', 11), (8, 'a', 12)",
          "INSERT INTO par VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)",
          "INSERT INTO kid VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 5), (6, 6)",
          "INSERT INTO strict VALUES (1, 3), (2, 4)");

  private static final List<String> TABLES = List.of("a", "b", "par", "kid", "strict");

  private static List<String> writes(Engine engine) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "DELETE a, b FROM a JOIN b ON b.a = a.id WHERE a.grp = 1",
                "DELETE FROM p, q USING a p LEFT JOIN b q ON q.a = p.id WHERE p.id IN (3, 4)",
                "DELETE p, q FROM a p RIGHT JOIN b AS q ON q.a = p.id WHERE q.x > 3 AND q.x < 6",
                "DELETE p, q FROM a p, a q WHERE p.grp = 5 AND q.id = p.id + 1 AND q.grp = 5",
                "DELETE a.*, b.* FROM a INNER JOIN b ON b.a = a.id WHERE a.n > 100",
                "DELETE FROM par WHERE id = 3",
                "DELETE b, a FROM a JOIN b ON b.a = a.id"));
    if (engine == Engine.MYSQL) {
      all.add(
          5,
          "WITH x AS (SELECT id FROM a WHERE grp = 3) UPDATE b SET y = 'with' WHERE a IN (SELECT id FROM x)");
      all.add(
          6,
          "WITH x (k) AS (SELECT id FROM a WHERE grp = 4), z AS (SELECT k FROM x) DELETE FROM b WHERE a IN"
              + " (SELECT k FROM z)");
      all.add(
          7,
          "WITH x AS (SELECT grp, COUNT(*) AS n FROM a GROUP BY grp) UPDATE a JOIN x ON x.grp = a.grp SET"
              + " a.n = x.n WHERE a.id > 10");
      all.add(8, "WITH x AS (SELECT 6 AS id) DELETE a FROM a JOIN x ON x.id = a.id");
      all.add(9, "WITH x AS (SELECT 3 AS v) UPDATE a SET n = (SELECT v FROM x) WHERE id = 8");
      all.add(10, "WITH b AS (SELECT 12 AS id) UPDATE a JOIN b ON a.id = b.id SET a.n = 77");
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void asOnAPlainServer(Engine engine) throws Exception {
    PlainServer.compare(engine, SETUP, TABLES, writes(engine));
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void preparedAndRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, SETUP.toArray(String[]::new));
      Installation.execute(
          c,
          "ALTER TABLE strict ADD COLUMN at DATETIME(6) NULL",
          "CREATE TRIGGER b_gone AFTER DELETE ON b FOR EACH ROW INSERT INTO strict VALUES (100 * OLD.x + ASCII(OLD.y), NULL, NOW(6))");
      try (PreparedStatement s =
          c.prepareStatement("DELETE a, b FROM a JOIN b ON b.a = a.id WHERE a.id = ? OR b.x = ?")) {
        s.setInt(1, 3);
        s.setInt(2, 7);
        assertThat(s.executeUpdate()).isEqualTo(4);
      }
      on.assertEverywhere("SELECT id FROM strict ORDER BY id", "1", "2", "297", "797");
      if (engine == Engine.MYSQL) {
        try (PreparedStatement s =
            c.prepareStatement(
                "WITH x AS (SELECT id FROM a WHERE grp = ?) UPDATE a SET n = ? + 1 WHERE id IN (SELECT id FROM x)"
                    + " AND id > ?")) {
          s.setInt(1, 4);
          s.setInt(2, 40);
          s.setInt(3, 7);
          assertThat(s.executeUpdate()).isEqualTo(1);
        }
        on.assertEverywhere("SELECT id FROM a WHERE n = 41", "8");
        refused(c, "WITH a AS (SELECT 1 AS id) UPDATE a SET id = 3");
        refused(c, "WITH a AS (SELECT 1 AS id) DELETE a FROM a JOIN b ON b.x = a.id");
      }
      c.setAutoCommit(false);
      assertThat(update(c, "DELETE p, q FROM a p JOIN b q ON q.a = p.id")).isPositive();
      c.rollback();
      c.setAutoCommit(true);
      refused(c, "UPDATE a JOIN b ON b.a = a.id SET a.n = 1, b.y = 'x'");
      refused(c, "DELETE par, kid FROM par JOIN kid ON kid.par = par.id");
      refused(c, "DELETE IGNORE FROM par WHERE id = 1");
      refused(c, "UPDATE IGNORE a SET n = 1 WHERE id = 1");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
