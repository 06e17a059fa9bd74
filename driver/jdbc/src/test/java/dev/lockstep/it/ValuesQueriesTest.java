package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** INSERT … VALUES with sub-queries as values, beside a plain server. */
@Timeout(180)
class ValuesQueriesTest {
  @ParameterizedTest
  @EnumSource(Engine.class)
  void asOnAPlainServer(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Beside b = new Beside(engine, on, "")) {
      b.both(
          "CREATE TABLE o (id INT PRIMARY KEY, n INT, s VARCHAR(20), d DECIMAL(10,4), at TIMESTAMP)",
          "INSERT INTO o VALUES (1, 5, 'five', 5.5555, '2024-01-02 03:04:05'), (2, 7, NULL, 1.0001, NULL)",
          "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL DEFAULT 3, s VARCHAR(5) NOT"
              + " NULL DEFAULT 'dflt', d DECIMAL(6,2), at TIMESTAMP NULL DEFAULT NULL, u INT UNIQUE)",
          "CREATE TABLE plain (a INT PRIMARY KEY, b INT)");
      String rows = "SELECT id, n, s, d, at, u FROM t ORDER BY n, u, id";
      b.same(
          "INSERT INTO t (n, d, at) VALUES ((SELECT MAX(n) FROM o), (SELECT d FROM o WHERE id = 1), NULL)");
      b.same(
          "INSERT INTO t (id, n, at) VALUES (10, 1 + (SELECT n FROM o WHERE id = 2), (SELECT at FROM o WHERE id = 1))");
      b.same("INSERT INTO t (n) VALUES ((SELECT n FROM o))");
      b.same("INSERT INTO t (n) VALUES ((SELECT n FROM o WHERE id = 99))");
      b.same("INSERT INTO t (n, s) VALUES (1, (SELECT MAX('toolong') FROM o))");
      b.same("INSERT INTO t (id, n) VALUES (10, (SELECT MAX(n) FROM o))");
      b.same("INSERT INTO plain VALUES (1, (WITH x AS (SELECT n FROM o) SELECT MAX(n) FROM x))");
      b.same("INSERT INTO plain VALUES ((SELECT MAX(id) + 1 FROM o), (SELECT COUNT(*) FROM o))");
      b.same(rows);
      if (my) {
        b.same(
            "INSERT INTO t (n, s, u) VALUES ((SELECT MAX(n) FROM o), DEFAULT, 1), (2, 'b', (SELECT 2)), ('3', 4.5, NULL)");
        b.sameKeys("INSERT INTO t SET n = (SELECT MIN(n) FROM o), u = 3");
        b.same("SELECT LAST_INSERT_ID()");
        b.same(
            "INSERT INTO t (id, n, u) VALUES (10, (SELECT 77), 9) ON DUPLICATE KEY UPDATE n = VALUES(n), u = VALUES(u)");
        b.same(
            "INSERT IGNORE INTO t (id, n, s) VALUES (50, (SELECT 'x'), (SELECT 'far too long'))");
        b.same("INSERT IGNORE INTO t (id, n) VALUES (50, (SELECT 1)), (51, (SELECT NULL))");
        b.same("REPLACE INTO plain VALUES (1, (SELECT COUNT(*) FROM o))");
        b.same("REPLACE INTO plain (a) VALUES ((SELECT 1)), (2)");
        b.both("SET sql_mode = ''");
        b.same(
            "INSERT INTO t (id, n, d) VALUES (60, (SELECT 'abc'), (SELECT 1.005)), (61, (SELECT NULL), 7)");
        b.same("INSERT INTO t (id, n) VALUES (62, (SELECT NULL))");
        b.both("SET @v = 8");
        b.same("INSERT INTO t (id, n, u) VALUES (63, @v, (SELECT @v + COUNT(*) FROM o))");
      }
      b.same(rows);
      b.same("SELECT * FROM plain ORDER BY a");
      b.autoCommit(false);
      b.same("INSERT INTO plain VALUES (80, (SELECT MAX(n) FROM o))");
      b.here.rollback();
      b.plain.rollback();
      for (var c : new java.sql.Connection[] {b.here, b.plain}) {
        c.setAutoCommit(false);
        try (PreparedStatement p =
            c.prepareStatement(
                "INSERT INTO plain VALUES (?, ? + (SELECT n FROM o WHERE id = ?))")) {
          for (int i = 90; i < 93; i++) {
            p.setInt(1, i);
            p.setInt(2, i);
            p.setInt(3, 1 + i % 2);
            p.addBatch();
          }
          assertThat(p.executeBatch()).containsExactly(1, 1, 1);
        }
        c.commit();
      }
      b.same("SELECT * FROM plain ORDER BY a");
      b.autoCommit(true);
      for (String refused :
          my
              ? new String[] {
                "INSERT INTO t (id, n) VALUES (70, (SELECT MAX(n) FROM o) + id)",
                "INSERT INTO plain (a) VALUES ((SELECT my_function(1)))"
              }
              : new String[] {
                "INSERT INTO plain VALUES (70, (SELECT 1)), (71, 2.5)",
                "INSERT INTO t (n, u) VALUES (DEFAULT, (SELECT 1))",
                "INSERT INTO plain (a) VALUES ((SELECT my_function(1)))"
              }) {
        assertThatThrownBy(() -> update(b.here, refused))
            .as(refused)
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
