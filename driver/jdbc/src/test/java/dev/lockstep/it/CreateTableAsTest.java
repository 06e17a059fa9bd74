package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** CREATE TABLE … AS SELECT beside a plain server. */
@Timeout(240)
class CreateTableAsTest {
  private static final String LEFT =
      "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE LOWER(TABLE_NAME) LIKE 'lockstep~_%'"
          + " ESCAPE '~'";

  @ParameterizedTest
  @EnumSource(Engine.class)
  void asOnAPlainServer(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Beside b = new Beside(engine, on, "")) {
      b.both(
          my
              ? "CREATE TABLE src (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 4, s VARCHAR(20)"
                  + " CHARACTER SET latin1, d DECIMAL(10,4), f DOUBLE, at TIMESTAMP NULL DEFAULT NULL, e ENUM('x','y'),"
                  + " b BLOB, bt BIT(3), g INT AS (n + 1))"
              : "CREATE TABLE src (id INT PRIMARY KEY, n INT DEFAULT 4 NOT NULL, s VARCHAR(20),"
                  + " d DECIMAL(10,4), f DOUBLE PRECISION, at TIMESTAMP, u UUID, b BLOB, g INT GENERATED ALWAYS AS (n + 1))",
          "INSERT INTO src (id, n, s, d, f, at) VALUES (1, 1, 'ä', 1.5, 0.1, '2024-01-02 03:04:05'), (2, 2, NULL, NULL,"
              + " NULL, NULL), (3, 1, 'c', 3, 1e300, '2024-05-02 03:04:05')");
      for (int i = 0; i < 7; i++) {
        int more = 3 << i;
        b.both("INSERT INTO src (id, n, s, d) SELECT id + " + more + ", n + 1, s, d FROM src");
      }
      String[] creates =
          my
              ? new String[] {
                "CREATE TABLE t AS SELECT * FROM src",
                "CREATE TABLE t SELECT id, n + 1 AS m, s, d / 3 AS q, NOW() > '2000-01-01' AS x FROM src WHERE id < 50",
                "CREATE TABLE t (k INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(3), KEY (s)) COMMENT 'x' AS SELECT s, n FROM src WHERE id < 9 ORDER BY id DESC",
                "CREATE TABLE t (n INT PRIMARY KEY, s VARCHAR(20)) IGNORE AS SELECT n, MAX(s) AS s FROM src GROUP BY n",
                "CREATE TABLE t (n INT PRIMARY KEY) REPLACE SELECT n FROM src",
                "CREATE TABLE t (n INT PRIMARY KEY) AS SELECT n FROM src",
                "CREATE TABLE t (n INT PRIMARY KEY) AS SELECT s FROM src",
                "CREATE TABLE t (a INT, g INT AS (a * 2)) AS SELECT id AS a FROM src WHERE id < 5",
                "CREATE TABLE t DEFAULT CHARSET=latin1 (SELECT n, COUNT(*) AS c FROM src GROUP BY n) UNION ALL (SELECT 0, 0)",
                "CREATE TABLE IF NOT EXISTS t AS WITH x AS (SELECT n FROM src) SELECT DISTINCT n FROM x",
                "CREATE TABLE t AS SELECT * FROM missing",
                "CREATE TABLE t AS SELECT nothing FROM src",
              }
              : new String[] {
                "CREATE TABLE t AS SELECT * FROM src",
                "CREATE TABLE t (a, b) AS SELECT id, n + 1 FROM src WHERE id < 50",
                "CREATE CACHED TABLE IF NOT EXISTS t (a INT PRIMARY KEY, b VARCHAR(3)) AS SELECT id, s FROM src",
                "CREATE TABLE t (n INT PRIMARY KEY) AS SELECT n FROM src",
                "CREATE TABLE t AS SELECT n, COUNT(*) AS c FROM src GROUP BY n WITH DATA",
                "CREATE TABLE t AS SELECT n, s FROM src WITH NO DATA",
                "CREATE TABLE t AS SELECT * FROM missing",
                "CREATE TABLE t AS VALUES (1, 'x'), (2, 'y')",
              };
      for (boolean autocommit : new boolean[] {true, false}) {
        b.autoCommit(autocommit);
        for (String create : creates) {
          b.same(create);
          compare(engine, b);
          String again = create.replace("IF NOT EXISTS ", "");
          b.same(again);
          b.same("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS one");
          b.both("DROP TABLE IF EXISTS t");
        }
      }
      b.autoCommit(true);
      on.assertEverywhere(LEFT + " AND TABLE_SCHEMA <> 'lockstep'", "0");
      update(b.here, "CREATE TABLE kept AS SELECT id, n FROM src");
      for (String refused :
          new String[] {
            my
                ? "CREATE OR REPLACE TABLE kept AS SELECT 1 AS a"
                : "CREATE TABLE x AS SELECT my_function(1)",
            "CREATE TABLE x (p INT, FOREIGN KEY (p) REFERENCES src (id)) AS SELECT id AS p FROM src",
            "CREATE TABLE lockstep.x AS SELECT 1 AS a"
          }) {
        assertThatThrownBy(() -> update(b.here, refused))
            .as(refused)
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      }
      on.assertEverywhere("SELECT COUNT(*) FROM kept", "384");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static void compare(Engine engine, Beside b) throws SQLException {
    boolean there;
    try {
      Installation.rows(b.plain, "SELECT * FROM t");
      there = true;
    } catch (SQLException e) {
      there = false;
    }
    if (engine != Engine.H2 && there) {
      b.same("SHOW CREATE TABLE t");
      List<String> columns = Installation.rows(b.plain, "SHOW COLUMNS FROM t");
      StringBuilder order = new StringBuilder();
      for (int i = 1; i <= columns.size(); i++) {
        order.append(i == 1 ? "" : ", ").append(i);
      }
      b.same("SELECT * FROM t ORDER BY " + order);
    } else {
      b.same("SELECT * FROM t ORDER BY 1, 2");
    }
  }

  /** A node that was away gets the table too. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void replayed(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        var c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE src (id INT PRIMARY KEY, n INT)",
          "INSERT INTO src VALUES (1, 5), (2, 6), (3, 7)");
      on.settle();
      int away = on.replica();
      on.node(away).kill();
      on.awaitOut(away);
      update(c, "CREATE TABLE t AS SELECT id, n FROM src WHERE n > 5");
      update(c, "INSERT INTO t VALUES (9, 9)");
      on.node(away).start();
      on.awaitAll();
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "2|6", "3|7", "9|9");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
