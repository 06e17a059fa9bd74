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

/** UPDATE and DELETE of several tables, and common table expressions in front of a write. */
@Timeout(180)
class SeveralTablesTest {
  private static final List<String> SETUP =
      List.of(
          "CREATE TABLE a (id INT PRIMARY KEY, grp INT, n INT)",
          "CREATE TABLE b (x INT, y VARCHAR(10), a INT, PRIMARY KEY (x, y))",
          "CREATE TABLE par (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE kid (id INT PRIMARY KEY, par INT, FOREIGN KEY (par) REFERENCES par (id) ON DELETE CASCADE)",
          "CREATE TABLE strict (id INT PRIMARY KEY, par INT, FOREIGN KEY (par) REFERENCES par (id))",
          "INSERT INTO a (id, grp, n) VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (5, 3, 5), (6, 3, 6), (7, 4, 7), (8, 4, 8),"
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
      refused(c, "DELETE par, kid FROM par JOIN kid ON kid.par = par.id");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static final List<String> UPDATES =
      List.of(
          "UPDATE a JOIN b ON b.a = a.id SET a.n = 100, b.y = CONCAT(b.y, '!') WHERE a.grp = 1",
          "UPDATE a, b SET a.n = a.n + 1, b.a = a.id + 1 WHERE b.a = a.id AND a.id > 4",
          "UPDATE a p LEFT JOIN b q ON q.a = p.id SET p.n = p.n + 1, q.y = 'left' WHERE p.id < 5",
          "UPDATE a p RIGHT JOIN b q ON q.a = p.id SET p.grp = 9, q.x = q.x + 50 WHERE q.x > 3",
          "UPDATE a JOIN b ON b.a = a.id SET a.n = 1, b.y = 'x' WHERE a.n > 1000",
          "UPDATE a JOIN b SET a.n = DEFAULT, b.y = 'cross' WHERE a.id = 1 AND b.x = 1 AND b.y LIKE 'a%'",
          "UPDATE b JOIN kid ON kid.id = b.a JOIN par ON par.id = kid.par SET b.a = 77, kid.par = NULL, par.n = par.n"
              + " * 2",
          "UPDATE a JOIN kid ON kid.id = a.id SET a.n = (SELECT MAX(n) FROM par), kid.par = (SELECT MIN(id) FROM par)",
          "UPDATE a JOIN strict ON strict.id = a.id SET a.n = 5, strict.par = 99",
          "UPDATE a JOIN kid ON kid.id = a.id SET a.id = a.id + 100, kid.par = 5 WHERE kid.id < 3",
          "UPDATE a JOIN kid ON kid.id = a.id SET a.id = 12, kid.par = 6 WHERE a.id = 3",
          "UPDATE wide w JOIN a ON a.id = w.k SET w.id = w.id + 1000, w.n = 7.6, a.n = 8.4, w.t = 'x'",
          "UPDATE wide w JOIN a ON a.id = w.k SET w.n = 'many', a.n = 1",
          "UPDATE wide w JOIN a ON a.id = w.k SET w.t = 'much too long', a.n = 2",
          "UPDATE shop.wide JOIN shop.a ON a.id = wide.k SET wide.t = 'full', a.n = 3",
          "UPDATE (SELECT MAX(id) AS id FROM a) m JOIN a ON a.id = m.id JOIN b ON b.x = 1 SET a.n = m.id, b.a = m.id");

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void updatesAsOnAPlainServer(Engine engine) throws Exception {
    List<String> setup = new ArrayList<>(SETUP);
    setup.add(
        "CREATE TABLE wide (id BIGINT PRIMARY KEY, k INT, n INT NOT NULL, t VARCHAR(4), twice INT AS (n * 2))");
    setup.add(
        "INSERT INTO wide (id, k, n, t) VALUES (1, 5, 1, 'a'), (2, 5, 2, 'b'), (3, 6, 3, 'c')");
    setup.add("INSERT INTO wide (id, k, n, t) VALUES (4, 99, 1, 'a')");
    List<String> tables = new ArrayList<>(TABLES);
    tables.add("wide");
    PlainServer.compare(engine, setup, tables, UPDATES);
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void updatesPreparedAndRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      for (String sql : SETUP) {
        update(
            c,
            sql.replace(
                "grp INT, n INT)",
                "grp INT, n INT, touched TIMESTAMP(6) NULL ON UPDATE CURRENT_TIMESTAMP(6))"));
      }
      Installation.execute(
          c,
          "CREATE TABLE seen (id INT AUTO_INCREMENT PRIMARY KEY, a INT, at DATETIME(6))",
          "CREATE TABLE owner (id INT PRIMARY KEY)",
          "CREATE TABLE pet (id INT PRIMARY KEY, owner INT, FOREIGN KEY (owner) REFERENCES owner (id) ON UPDATE"
              + " CASCADE)",
          "INSERT INTO owner VALUES (1)",
          "INSERT INTO pet VALUES (1, 1)",
          "ALTER TABLE b ADD COLUMN at DATETIME(6)",
          "ALTER TABLE par ADD COLUMN g INT AS (n + 1)");
      try (PreparedStatement s =
          c.prepareStatement(
              "UPDATE a JOIN b ON b.a = a.id + ? SET a.n = ? + b.x, b.y = ?, b.at = NOW(6) WHERE a.id = ?")) {
        s.setInt(1, 0);
        s.setInt(2, 40);
        s.setString(3, "it's");
        s.setInt(4, 3);
        assertThat(s.executeUpdate()).isEqualTo(2);
      }
      on.assertEverywhere(
          "SELECT a.id, a.n, b.y, touched = at FROM a JOIN b ON b.a = a.id WHERE a.n > 40",
          "3|42|it's|1");
      // A row that several find gets the values of one of them.
      assertThat(
              update(
                  c,
                  "UPDATE a JOIN b ON b.a = a.id SET a.n = ASCII(b.y), b.at = NULL WHERE a.id = 1"))
          .isEqualTo(3);
      assertThat(Installation.rows(c, "SELECT n FROM a WHERE id = 1")).containsAnyOf("97", "98");
      c.setAutoCommit(false);
      assertThat(update(c, "UPDATE a, b SET a.n = 0, b.a = 55 WHERE b.a = a.id")).isPositive();
      c.rollback();
      c.setAutoCommit(true);
      on.assertEverywhere("SELECT COUNT(*) FROM b WHERE a = 55", "0");
      List<String> before = Installation.rows(c, "SELECT * FROM a ORDER BY id");
      for (String sql :
          List.of(
              "UPDATE a JOIN b ON b.a = a.id SET a.n = 1, b.a = a.n",
              "UPDATE a JOIN b ON b.a = a.id SET b.at = a.touched, a.n = 1",
              "UPDATE a JOIN par ON par.id = a.id SET a.n = par.g, par.n = 1",
              "UPDATE a JOIN b ON b.a = a.id SET a.n = 1, a.grp = n + 1, b.y = 'x'",
              "UPDATE a p JOIN a q ON q.id = p.id + 1 SET p.n = 1, q.grp = 2",
              "UPDATE owner JOIN pet ON pet.owner = owner.id SET owner.id = 2, pet.owner = 2",
              "UPDATE a, b SET a.n = 1, b.y = 'x' ORDER BY a.id LIMIT 1",
              "UPDATE a JOIN b ON b.a = a.id SET grp = 1, at = NULL, x = 2, id = 3, unknown = 4")) {
        refused(c, sql);
      }
      assertThat(Installation.rows(c, "SELECT * FROM a ORDER BY id")).isEqualTo(before);
      // Triggers fire on every node, at the statement's time.
      Installation.execute(
          c,
          "CREATE TRIGGER a_seen BEFORE UPDATE ON a FOR EACH ROW SET NEW.grp = 77",
          "CREATE TRIGGER b_seen AFTER UPDATE ON b FOR EACH ROW INSERT INTO owner VALUES (1000 + NEW.x)");
      assertThat(
              update(c, "UPDATE b JOIN a ON b.a = a.id SET a.n = 1, b.at = NOW(6) WHERE a.id = 3"))
          .isEqualTo(2);
      refused(c, "UPDATE b JOIN a ON b.a = a.id SET a.n = 1, b.x = a.grp");
      on.assertEverywhere("SELECT grp, id FROM a WHERE grp = 77", "77|3");
      on.assertEverywhere("SELECT COUNT(*) FROM owner", "2");
      assertThat(on.departures()).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
