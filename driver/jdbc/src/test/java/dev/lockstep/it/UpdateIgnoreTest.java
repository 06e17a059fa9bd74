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

/** UPDATE IGNORE and DELETE IGNORE, on three real servers and on a plain one. */
@Timeout(180)
class UpdateIgnoreTest {
  private static final List<String> SETUP =
      List.of(
          "CREATE TABLE par (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE kid (id INT PRIMARY KEY, par INT, FOREIGN KEY (par) REFERENCES par (id))",
          "CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(9) UNIQUE, grp INT NOT NULL, small TINYINT, word VARCHAR(3),"
              + " price DECIMAL(5,2), twice INT AS (grp * 2))",
          "CREATE TABLE pair (a INT, b VARCHAR(5), n INT UNIQUE, PRIMARY KEY (a, b))",
          "CREATE TABLE chk (id INT PRIMARY KEY, n INT CHECK (n >= 0))",
          "INSERT INTO chk VALUES (1, 1), (2, 2), (3, 3)",
          "INSERT INTO par VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
          "INSERT INTO kid VALUES (1, 1), (2, 2), (3, NULL)",
          "INSERT INTO t (id, code, grp) VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 2), (4, NULL, 2), (5, 'e', 3)",
          "INSERT INTO pair VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)");

  private static final List<String> TABLES = List.of("chk", "par", "kid", "pair", "t");

  private static final List<String> WRITES =
      List.of(
          "UPDATE IGNORE t SET code = 'b' WHERE id = 1",
          "UPDATE IGNORE t SET code = 'z' WHERE grp = 1 ORDER BY id DESC",
          "UPDATE IGNORE t SET code = 'q' WHERE id IN (1, 2, 3, 99)",
          "UPDATE IGNORE t SET code = (SELECT MIN(b) FROM pair), grp = grp + 1 WHERE id > 2 ORDER BY id",
          "UPDATE IGNORE t SET grp = NULL, small = 1000 WHERE id = 4",
          "UPDATE IGNORE t SET small = grp * 100, word = 'too long' WHERE id < 4",
          "UPDATE IGNORE t SET small = 'abc', price = 12345.678, word = CONCAT(word, word, 'xyz')",
          "UPDATE IGNORE t SET price = (SELECT MAX(n) / 7 FROM pair), word = (SELECT 'very long' FROM par WHERE id = 1)",
          "UPDATE IGNORE t SET grp = 1 WHERE id = 99",
          "UPDATE IGNORE pair SET n = n + 1 ORDER BY n DESC",
          "UPDATE IGNORE pair SET n = n - 1 WHERE b = 'x' ORDER BY n",
          "UPDATE IGNORE kid SET par = id + 1 ORDER BY id",
          "UPDATE IGNORE kid SET par = 77 WHERE id = 3",
          "UPDATE IGNORE par SET n = n + 1",
          "UPDATE IGNORE chk SET n = -1 WHERE id = 1",
          "UPDATE IGNORE chk SET n = n - 2 ORDER BY id",
          "DELETE IGNORE FROM par WHERE id = 4",
          "DELETE IGNORE FROM par ORDER BY id",
          "DELETE IGNORE FROM par WHERE n > 100",
          "DELETE IGNORE FROM kid WHERE par = 2",
          "DELETE IGNORE FROM pair");

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void asOnAPlainServer(Engine engine) throws Exception {
    PlainServer.compare(engine, SETUP, TABLES, WRITES);
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void timesParametersAndRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(c, SETUP.toArray(String[]::new));
      Installation.execute(
          c,
          "CREATE TABLE timed (id INT PRIMARY KEY, u INT UNIQUE, changed TIMESTAMP(6) NULL ON UPDATE"
              + " CURRENT_TIMESTAMP(6), d DATE, kind ENUM('x','y'), g POINT)",
          "INSERT INTO timed (id, u) VALUES (1, 1), (2, 2), (3, 3)",
          "CREATE VIEW shown AS SELECT id, u FROM timed WHERE id < 3");
      try (PreparedStatement s =
          c.prepareStatement(
              "UPDATE IGNORE timed SET u = ? + 1, d = ? WHERE id > ? ORDER BY id DESC")) {
        s.setInt(1, 8);
        s.setString(2, "2024-02-03");
        s.setInt(3, 1);
        assertThat(s.executeUpdate()).isEqualTo(2);
      }
      on.assertEverywhere(
          "SELECT id, u, d, changed IS NULL FROM timed ORDER BY id",
          "1|1|null|1",
          "2|2|null|1",
          "3|9|2024-02-03|0");
      assertThat(update(c, "UPDATE IGNORE shown SET u = 9")).isEqualTo(2);
      assertThat(update(c, "UPDATE IGNORE shown SET u = u + 10")).isEqualTo(2);
      on.assertEverywhere("SELECT id, u FROM timed ORDER BY id", "1|11", "2|12", "3|9");
      // The other one's row is in the way as soon as it is committed; what has been there counts.
      c.setAutoCommit(false);
      other.setAutoCommit(false);
      update(other, "INSERT INTO par VALUES (50, 1)");
      assertThat(update(c, "UPDATE IGNORE timed SET u = 11 WHERE id = 3")).isEqualTo(1);
      update(c, "DELETE IGNORE FROM par WHERE id < 3"); // both have children
      other.commit();
      c.commit();
      on.assertEverywhere("SELECT id FROM par ORDER BY id", "1", "2", "3", "4", "50");
      // What was not storable is found after the write: all of the transaction is rolled back.
      update(c, "UPDATE par SET n = 99 WHERE id = 1");
      refused(c, "UPDATE IGNORE timed SET d = 'nonsense' WHERE id = 1");
      c.setAutoCommit(true);
      on.assertEverywhere("SELECT COUNT(*) FROM par WHERE n = 99", "0");
      refused(c, "UPDATE IGNORE timed SET kind = 'z' WHERE id = 1");
      refused(c, "UPDATE IGNORE timed SET g = POINT(1, 2) WHERE id = 1");
      refused(c, "UPDATE IGNORE timed SET id = 2 WHERE id = 1");
      refused(c, "UPDATE IGNORE timed, par SET timed.u = 1 WHERE par.id = timed.id");
      refused(c, "DELETE IGNORE timed FROM timed JOIN par ON par.id = timed.id");
      refused(c, "UPDATE LOW_PRIORITY IGNORE timed SET u = 1");
      refused(c, "UPDATE IGNORE timed SET u = 1 LIMIT 1");
      refused(c, "DELETE IGNORE FROM par ORDER BY id LIMIT 2");
      Installation.execute(
          c,
          "CREATE TRIGGER timed_t BEFORE UPDATE ON timed FOR EACH ROW SET NEW.d = NULL",
          "CREATE TRIGGER kid_t AFTER DELETE ON kid FOR EACH ROW INSERT INTO pair VALUES (OLD.id, 'k', NULL)");
      refused(c, "UPDATE IGNORE timed SET u = 1 WHERE id = 1");
      refused(c, "DELETE IGNORE FROM kid WHERE id = 1");
      assertThat(update(c, "DELETE IGNORE FROM timed WHERE id = 1")).isEqualTo(1);
      on.assertEverywhere("SELECT id, u FROM timed ORDER BY id", "2|12", "3|9");
      assertThat(on.departures()).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
