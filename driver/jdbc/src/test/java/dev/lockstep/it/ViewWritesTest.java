package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static dev.lockstep.it.StoredObjectsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** INSERT, UPDATE and DELETE through views, on three real servers and on a plain one beside. */
@Timeout(180)
class ViewWritesTest {
  private static final String[] TABLES = {
    "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, code VARCHAR(20) UNIQUE, grp INT, n INT DEFAULT 0, note"
        + " VARCHAR(50), twice INT AS (n * 2))",
    "CREATE TABLE other (id INT NOT NULL PRIMARY KEY, item_id INT, v INT)",
    "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(20), at TIMESTAMP(6) DEFAULT"
        + " CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))",
    "CREATE VIEW plain AS SELECT id, code, grp, n FROM item",
    "CREATE VIEW some AS SELECT id, code, n, grp FROM item i WHERE grp = 1 OR note LIKE 'it''s %'",
    "CREATE VIEW renamed (k, c, amount, twofold) AS SELECT id, code, n, n * 2 FROM item WHERE n < 100",
    "CREATE VIEW checked AS SELECT id, code, n, grp FROM item WHERE n BETWEEN 0 AND 50 WITH CHECK OPTION",
    "CREATE VIEW logged AS SELECT id, text FROM log WHERE text <> 'never' WITH LOCAL CHECK OPTION"
  };

  private static final String[] ROWS = {
    "DELETE FROM item",
    "DELETE FROM other",
    "INSERT INTO item (id, code, grp, n, note) VALUES (1, 'c1', 1, 1, NULL), (2, 'c2', 1, 2, 'x'), (3, 'c3', 2, 3,"
        + " 'it''s me'), (4, 'c4', 2, 40, NULL), (5, 'c5', 3, 500, 'y')",
    "INSERT INTO other VALUES (1, 1, 4), (2, 2, 5), (3, 3, 6), (4, 5, 7)"
  };

  private static final List<String> WRITES =
      List.of(
          "UPDATE plain SET n = n + 1 WHERE id = 1",
          "UPDATE plain SET n = 7, code = CONCAT(code, '!') WHERE id IN (1, 2, 99)",
          "UPDATE plain p SET p.n = p.n * 2 WHERE p.grp = 2",
          "UPDATE shop.plain SET plain.n = 4 ORDER BY plain.n DESC LIMIT 2",
          "UPDATE plain SET id = id + 100 WHERE n = 40",
          "UPDATE plain SET code = 'c2' WHERE id = 1",
          "UPDATE plain SET n = (SELECT MAX(v) FROM other WHERE item_id > 1) WHERE id IN (SELECT o.item_id FROM other o)",
          "UPDATE some SET n = 9",
          "UPDATE some SET n = 9 WHERE id = 4",
          "UPDATE some SET grp = 5 WHERE n > 1 OR id = 5",
          "UPDATE some AS s SET n = n + 1 WHERE s.id = 3 OR s.id = 5 ORDER BY s.id LIMIT 1",
          "UPDATE renamed SET amount = amount + 1, c = 'new' WHERE k = 2",
          "UPDATE renamed r SET r.amount = r.k * 10 WHERE r.amount > 2 ORDER BY r.k",
          "UPDATE renamed SET amount = 5 WHERE amount = 500",
          "DELETE FROM plain WHERE id = 1",
          "DELETE FROM plain WHERE n > 2 ORDER BY id LIMIT 1",
          "DELETE FROM plain",
          "DELETE FROM some",
          "DELETE FROM some WHERE id > 1",
          "DELETE FROM some ORDER BY id DESC LIMIT 1",
          "DELETE FROM renamed WHERE k IN (1, 5) OR c = 'c4'",
          "DELETE FROM checked WHERE id > 3",
          "INSERT INTO plain (id, code, n) VALUES (101, 'c101', 5), (102, 'c102', DEFAULT)",
          "INSERT INTO plain VALUES (101, 'c101', 1, 2)",
          "INSERT INTO plain SET id = 101, n = 3",
          "INSERT INTO plain (id) VALUES (1)",
          "INSERT IGNORE INTO plain (id, code) VALUES (1, 'c101'), (101, 'c101')",
          "INSERT INTO plain (id, n) SELECT id + 100, v FROM other WHERE v > 4",
          "INSERT INTO plain SELECT id + 100, 'x', v, v FROM other WHERE id = 2",
          "INSERT INTO plain (id, n) VALUES (101, (SELECT MAX(v) FROM other))",
          "INSERT INTO plain (id, code, n) VALUES (1, 'c1', 5), (6, 'c6', 5) ON DUPLICATE KEY UPDATE n = n + VALUES(n)",
          "INSERT INTO some (id, grp) VALUES (101, 9)",
          "REPLACE INTO plain (id, code, n) VALUES (1, 'c2', 5)",
          "UPDATE checked SET n = n + 1 WHERE id < 3",
          "UPDATE checked SET n = 60 WHERE id = 1",
          "UPDATE checked SET n = n * 20 WHERE grp = 1 OR grp = 2",
          "UPDATE checked SET grp = 8, code = NULL WHERE n = 3",
          "UPDATE checked SET n = (SELECT MAX(v) FROM other)",
          "UPDATE checked SET n = (SELECT MAX(v) * 100 FROM other)",
          "UPDATE checked SET n = 2 WHERE id = 5",
          "INSERT INTO checked (id, n) VALUES (101, 5)",
          "INSERT INTO checked (id, n) VALUES (101, 5), (102, 51)",
          "INSERT INTO checked VALUES (101, 'c101', NULL, 4)",
          "INSERT INTO checked (id) VALUES (1)",
          "INSERT INTO logged (text) VALUES ('a'), ('b')",
          "INSERT INTO logged (text) VALUES ('c'), ('never')",
          "UPDATE logged SET text = CONCAT(text, text)",
          "UPDATE logged SET text = 'never' WHERE text LIKE 'a%'");

  private static final List<String> REFUSED =
      List.of(
          "UPDATE plain SET n = 1 WHERE id IN (SELECT id FROM plain)",
          "UPDATE plain SET n = 1 WHERE id IN (SELECT item_id FROM other WHERE note = 'x')",
          "UPDATE renamed SET amount = 1 WHERE k IN (SELECT item_id FROM other WHERE v = amount)",
          "UPDATE renamed SET amount = twofold",
          "INSERT INTO renamed (k, c) VALUES (101, 'x')",
          "INSERT IGNORE INTO checked (id, n) VALUES (101, 51)",
          "REPLACE INTO checked (id, n) VALUES (1, 5)",
          "INSERT INTO checked (id, n) SELECT 101, 5",
          "INSERT INTO checked (id, n) VALUES (101, (SELECT 5))",
          "INSERT INTO checked (id, n) VALUES (1, 5) ON DUPLICATE KEY UPDATE n = 77",
          "UPDATE joined SET n = 1 WHERE id = 1",
          "UPDATE grouped SET grp = 1",
          "UPDATE counted SET grp = 1",
          "UPDATE nested SET n = 1 WHERE id = 1",
          "UPDATE limited SET n = 1",
          "UPDATE calling SET n = 1",
          "UPDATE mine SET n = 1",
          "UPDATE inner_select SET n = 1",
          "DELETE FROM table_made",
          "INSERT INTO hidden (text) VALUES ('x')",
          "UPDATE shown SET n = 1 WHERE id = 1",
          "UPDATE plain JOIN other ON other.id = plain.id SET plain.n = 1");

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void asOnAPlainServer(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Beside beside = new Beside(engine, on, "")) {
      beside.both(TABLES);
      for (boolean auto : new boolean[] {true, false}) {
        beside.autoCommit(auto);
        for (String sql : WRITES) {
          beside.both(ROWS);
          beside.same(sql);
          beside.same("SELECT * FROM item ORDER BY id");
          beside.same("SELECT id, text FROM log ORDER BY id");
          if (!auto) {
            beside.here.commit();
            beside.plain.commit();
          }
        }
      }
      on.assertAllEqual();
      assertThat(on.departures()).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void preparedAndRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, TABLES);
      Installation.execute(c, ROWS);
      Installation.execute(
          c,
          "CREATE FUNCTION a_one() RETURNS INT DETERMINISTIC RETURN 1",
          "CREATE VIEW joined AS SELECT item.id, n, v FROM item JOIN other ON item_id = item.id",
          "CREATE VIEW grouped AS SELECT grp, COUNT(*) AS c FROM item GROUP BY grp",
          "CREATE VIEW counted AS SELECT MAX(grp) AS grp FROM item",
          "CREATE VIEW nested AS SELECT id, n FROM some",
          "CREATE VIEW limited AS SELECT id, n FROM item ORDER BY id LIMIT 1",
          "CREATE VIEW calling AS SELECT id, n FROM item WHERE n = a_one()",
          "CREATE VIEW mine AS SELECT id, n FROM item WHERE note <> CURRENT_USER()",
          "CREATE VIEW inner_select AS SELECT id, n FROM item WHERE id IN (SELECT item_id FROM other)",
          "CREATE ALGORITHM = TEMPTABLE VIEW table_made AS SELECT id, n FROM item",
          "CREATE VIEW hidden AS SELECT text FROM log",
          "CREATE VIEW shown AS SELECT n, id, n AS again FROM item");
      List<String> before = Installation.rows(c, "SELECT * FROM item ORDER BY id");
      for (String sql : REFUSED) {
        assertThat(refused(c, sql)).containsAnyOf("write to", "insert into", "rows first");
      }
      refused(c, "UPDATE plain SET n = 1 WHERE note = 'x'", "42S22");
      refused(c, "UPDATE plain SET item.n = 1", "42S22");
      assertThat(Installation.rows(c, "SELECT * FROM item ORDER BY id")).isEqualTo(before);
      for (int i = 0; i < 2; i++) {
        try (PreparedStatement s =
            c.prepareStatement(
                "UPDATE some SET code = ?, n = n + ? WHERE id BETWEEN ? AND ? LIMIT 5")) {
          s.setString(1, null);
          s.setInt(2, 10);
          s.setInt(3, 2);
          s.setInt(4, 5);
          assertThat(s.executeUpdate()).isEqualTo(2);
        }
        // The view is another one then, the same text has to be read anew.
        Installation.execute(
            c, "CREATE OR REPLACE VIEW some AS SELECT id, code, n FROM item WHERE grp = 2");
      }
      on.assertEverywhere(
          "SELECT id, n FROM item WHERE code IS NULL ORDER BY id", "2|12", "3|23", "4|50");
      try (PreparedStatement s =
          c.prepareStatement("INSERT INTO checked (n, id) VALUES (?, ?), (1, 202)")) {
        s.setInt(1, 50);
        s.setInt(2, 201);
        assertThat(s.executeUpdate()).isEqualTo(2);
      }
      Installation.execute(c, "SET @five = 5");
      assertThat(update(c, "UPDATE renamed SET amount = @five WHERE k > 200")).isEqualTo(2);
      on.assertEverywhere("SELECT id, n FROM item WHERE id > 200 ORDER BY id", "201|5", "202|5");
      assertThat(on.departures()).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** H2 has no writes through views, but for triggers in Java. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, names = "H2")
  void refusedOnH2(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE item (id INT PRIMARY KEY, n INT)",
          "CREATE VIEW plain AS SELECT id, n FROM item");
      assertThat(refused(c, "UPDATE plain SET n = 1 WHERE id = 1")).contains("write to its tables");
    }
  }
}
