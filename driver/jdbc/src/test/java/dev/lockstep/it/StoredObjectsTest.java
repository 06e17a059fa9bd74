package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DDL of views, triggers and routines, and their full copy, on three real servers. */
@Timeout(180)
class StoredObjectsTest {
  /** Returns the message. */
  static String refused(Connection c, String sql) {
    return refused(c, sql, "0A001");
  }

  static String refused(Connection c, String sql, String state) {
    Throwable error = catchThrowable(() -> Installation.execute(c, sql));
    assertThat(error).as(sql).isInstanceOf(SQLException.class);
    assertThat(((SQLException) error).getSQLState()).as(sql + ": " + error).isEqualTo(state);
    return error.getMessage();
  }

  static void assertEqualCatalogues(Installation on) throws SQLException {
    UserCatalogue catalogue = UserCatalogue.of(Vendor.MYSQL);
    String first = null;
    for (int i = 0; i < on.servers().nodes().size(); i++) {
      try (Connection c = on.servers().node(i).connect(Installation.DATABASE)) {
        String signature = catalogue.signature(c);
        if (first == null) {
          first = signature;
        }
        assertThat(signature).as("node " + i).isEqualTo(first);
      }
    }
  }

  /** The node, whose row of u has gone, shows a difference, is evicted for it and copied. */
  static void copyByDifference(Installation on, Connection c, int target) throws SQLException {
    Installation.execute(c, "UPDATE u SET n = n + 1 WHERE id = 1");
    Awaitility.await("node " + target + " left the view")
        .atMost(Duration.ofSeconds(30))
        .until(() -> on.departures().stream().anyMatch(d -> d.node() == target));
    on.awaitAll();
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void areMadeEverywhereAndCopied(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(40))",
          "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')",
          "CREATE TABLE u (id INT PRIMARY KEY, n INT)",
          "INSERT INTO u VALUES (1, 1)",
          "CREATE FUNCTION twice(x INT, s VARCHAR(20)) RETURNS VARCHAR(40) DETERMINISTIC\nBEGIN\n"
              + "  DECLARE i INT DEFAULT 0;\n  WHILE i < 2 DO SET i = i + 1; END WHILE;\n"
              + "  IF x > 100 THEN RETURN 'large; very'; ELSE RETURN CONCAT(x * i, s, 'ä€'); END IF;\nEND",
          "CREATE FUNCTION rows_of() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM t)",
          "CREATE PROCEDURE both_of(IN a INT, OUT b INT)\n COMMENT 'has; a BEGIN' SQL SECURITY INVOKER\nlbl: BEGIN\n"
              + " DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END;\n"
              + " REPEAT SET a = CASE WHEN a > 1 THEN a - 1 ELSE 0 END; UNTIL a < 1 END REPEAT;\n"
              + " CASE a WHEN 0 THEN UPDATE t SET n = n + 1; ELSE DELETE FROM t; END CASE;\nEND lbl",
          "CREATE VIEW base AS SELECT id, n FROM t WHERE n > 0",
          "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW above AS SELECT id, 'ä' AS c FROM base",
          "CREATE TRIGGER second BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1",
          "CREATE TRIGGER first_of BEFORE INSERT ON t FOR EACH ROW PRECEDES second BEGIN IF NEW.n < 0"
              + " THEN SET NEW.n = 0; END IF; SET NEW.s = CONCAT('é', NEW.s); END;",
          "SET sql_mode = 'NO_ZERO_DATE'",
          "CREATE DEFINER=CURRENT_USER TRIGGER aft AFTER UPDATE ON t FOR EACH ROW SIGNAL SQLSTATE"
              + " '45000' SET MESSAGE_TEXT = 'no; never'",
          "CREATE DEFINER='nobody'@'nowhere' PROCEDURE other() SELECT 1");
      assertEqualCatalogues(on);
      try (Connection direct = on.servers().node(2).connect(Installation.DATABASE)) {
        assertThat(Installation.rows(direct, "SELECT twice(2, 'x'), rows_of()"))
            .containsExactly("4xä€|2");
        assertThat(
                Installation.rows(
                    direct,
                    "SELECT SQL_MODE FROM information_schema.TRIGGERS WHERE TRIGGER_NAME = 'aft'"))
            .containsExactly("NO_ZERO_DATE");
      }
      // Whatever the node has is replaced, with all of these objects.
      int target = on.replica();
      on.behind(
          target,
          "DROP VIEW above",
          "DROP PROCEDURE other",
          "DROP TRIGGER second",
          "DELETE FROM t",
          "DELETE FROM u");
      copyByDifference(on, c, target);
      assertEqualCatalogues(on);
      Installation.execute(
          c,
          "ALTER PROCEDURE both_of COMMENT 'other'",
          "ALTER VIEW base AS SELECT id FROM t",
          "DROP TRIGGER second",
          "DROP TRIGGER IF EXISTS nothing_there",
          "DROP PROCEDURE other",
          "DROP FUNCTION rows_of");
      assertEqualCatalogues(on);
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** Functions that queries and views call, some made before Lockstep was there. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void functionsInQueries(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
            "CREATE TABLE hits (n INT)",
            "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)",
            "CREATE FUNCTION hit() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO hits VALUES (1);"
                + " RETURN 1; END",
            "CREATE FUNCTION half(a INT) RETURNS INT DETERMINISTIC RETURN a DIV 2",
            "CREATE FUNCTION total() RETURNS INT READS SQL DATA RETURN (SELECT SUM(n) FROM t)",
            "CREATE VIEW hidden AS SELECT id, hit() AS h FROM t",
            "CREATE VIEW deeper AS SELECT h FROM hidden");
      }
      try (Connection c = on.connect()) {
        on.awaitAll();
        assertThat(Installation.rows(c, "SELECT half(n), shop.total() FROM t WHERE half(id) = 1"))
            .containsExactly("10|60", "15|60");
        Installation.execute(
            c,
            "UPDATE t SET n = 11 WHERE half(id) = 1",
            "INSERT INTO t SELECT id + 10, half(n) FROM t WHERE id = 1",
            "CREATE VIEW v AS SELECT id, half(n) AS h FROM t");
        assertThat(Installation.rows(c, "SELECT h FROM v WHERE id = 11")).containsExactly("2");
        for (String sql :
            new String[] {
              "SELECT hit()",
              "SELECT * FROM hidden",
              "SELECT * FROM deeper",
              "SELECT 1 FROM t WHERE EXISTS (SELECT h FROM deeper)",
              "UPDATE t SET n = 1 WHERE id IN (SELECT h FROM hidden)",
              "UPDATE t SET n = 1 WHERE n = total()",
              "UPDATE t SET n = half(n) WHERE id = 1",
              "INSERT INTO t VALUES (5, half(3))",
              "INSERT INTO t SELECT 100 + h, h FROM deeper",
              "INSERT INTO t SELECT 100, hit()",
              "CREATE VIEW other AS SELECT hit()"
            }) {
          refused(c, sql);
        }
      }
      on.assertEverywhere("SELECT COUNT(*) FROM hits", "0");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** A node that was down meanwhile makes them by replay of the journal, and then fires them. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void madeWhileANodeIsDown(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, Map.of("lockstep.nodeTimeout", "1500")).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40), at DATETIME(6))",
          "CREATE TABLE log (id INT, v VARCHAR(40), at DATETIME(6))",
          "INSERT INTO t (v) VALUES ('first')");
      int down = on.replica();
      on.node(down).kill();
      Installation.execute(
          c,
          "SET sql_mode = 'NO_ZERO_DATE'",
          "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC BEGIN IF a > 1 THEN RETURN 1; END IF;"
              + " RETURN 'ä' = 'Ä'; END",
          "CREATE PROCEDURE p() BEGIN SELECT ';'; DELETE FROM t; END",
          "CREATE VIEW v AS SELECT f(id) FROM t",
          "CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW SET NEW.at = NOW(6)",
          "INSERT INTO t (v) VALUES ('second'), ('third')",
          "CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW BEGIN INSERT INTO log VALUES (OLD.id,"
              + " NEW.v, NOW(6)); END",
          "UPDATE t SET v = CONCAT(v, id) WHERE v <> 'third'",
          "DROP TRIGGER fill",
          "INSERT INTO t (v) VALUES ('late')");
      on.awaitOut(down);
      on.node(down).start();
      on.awaitAll();
      assertEqualCatalogues(on);
      Installation.execute(c, "UPDATE t SET v = 'all'");
      on.assertEverywhere(
          "SELECT COUNT(*), COUNT(DISTINCT v), COUNT(at) FROM log",
          Installation.rows(c, "SELECT COUNT(*), COUNT(DISTINCT v), COUNT(at) FROM log").get(0));
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM log")).containsExactly("6");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** The definer is the account of the session, also where the lanes have another one. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void theDefinerIsTheSameEverywhere(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "CREATE USER 'mary o'@'%' IDENTIFIED BY 'pw'",
            "GRANT ALL ON *.* TO 'mary o'@'%'",
            "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
            "CREATE TABLE log (n INT)");
      }
      String url =
          on.url(Map.of("lockstep.adminUser", on.user(), "lockstep.adminPassword", on.password()));
      try (Connection c = DriverManager.getConnection(url, "mary o", "pw")) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> {
                  Installation.execute(c, "INSERT INTO log VALUES (1)");
                  return !on.rows(1, "SELECT 1 FROM shop.log").isEmpty()
                      && !on.rows(2, "SELECT 1 FROM shop.log").isEmpty();
                });
        Installation.execute(
            c,
            "CREATE VIEW v AS SELECT n FROM t",
            "CREATE OR REPLACE DEFINER = CURRENT_USER VIEW v AS SELECT n, id FROM t",
            "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.n)",
            "CREATE PROCEDURE p() SELECT CURRENT_USER()",
            "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
            "INSERT INTO t VALUES (1, 5), (2, 6)");
        Installation.execute(c, "UPDATE v SET n = 1 WHERE id = 1");
        on.assertEverywhere("SELECT n FROM shop.t WHERE id = 1", "1");
        for (int i = 0; i < 3; i++) {
          assertThat(
                  on.rows(
                      i,
                      "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'shop' UNION"
                          + " SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA ="
                          + " 'shop' UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE"
                          + " ROUTINE_SCHEMA = 'shop'"))
              .as("node " + i)
              .containsExactly("mary o@%");
        }
      }
      assertEqualCatalogues(on);
      on.assertAllEqual();
    }
  }
}
