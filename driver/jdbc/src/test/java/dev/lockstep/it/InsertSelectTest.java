package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** INSERT … SELECT on three real servers. */
@Timeout(180)
class InsertSelectTest {
  @ParameterizedTest
  @EnumSource(Engine.class)
  void rowsOfEveryType(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    String columns =
        my
            ? "id INT PRIMARY KEY, b BOOLEAN, bt BIT(1), u BIGINT UNSIGNED, d DECIMAL(30,10), f DOUBLE, s"
                + " VARCHAR(40), tx TEXT, bin VARBINARY(20), bl BLOB, dt DATE, tm TIME(6), ts DATETIME(6), st"
                + " TIMESTAMP(6) NULL, e ENUM('x','y'), se SET('p','q'), y YEAR, j JSON"
            : "id INT PRIMARY KEY, b BOOLEAN, u BIGINT, d DECIMAL(30,10), f DOUBLE PRECISION, r REAL, s"
                + " VARCHAR(40), tx CLOB, bin VARBINARY(20), bl BLOB, dt DATE, tm TIME(9), ts TIMESTAMP(9), st"
                + " TIMESTAMP(9) WITH TIME ZONE, id2 UUID";
    String one =
        my
            ? "1, TRUE, b'1', 18446744073709551615, -12345678901234567890.0123456789, 1.7976931348623157e308,"
                + " 'it''s \\\\ ? \uD83D\uDE00', 'long', x'00ff27', x'5c00', '2026-02-28', '-12:34:56.789012',"
                + " '1969-12-31 23:59:59.999999', '2026-11-24 12:00:00.000001', 'y', 'p,q', 2026, '{\"a\": [1, null]}'"
            : "1, TRUE, 9223372036854775807, -12345678901234567890.0123456789, 1.7976931348623157e308, 0.1, U&'it''s"
                + " ? \\D83D\\DE00', 'long', X'00ff27', X'5c00', DATE '2026-02-28', TIME '12:34:56.789012345',"
                + " TIMESTAMP '1969-12-31 23:59:59.999999999', '2026-11-24"
                + " 12:00:00.000000001+05:30', UUID '550e8400-e29b-41d4-a716-446655440000'";
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE source (" + columns + ")",
          "CREATE TABLE target (" + columns + ")",
          "INSERT INTO source VALUES (" + one + ")",
          "INSERT INTO source (id) VALUES (2)");
      assertThat(update(c, "INSERT INTO target SELECT * FROM source")).isEqualTo(2);
      String all = "SELECT * FROM %s ORDER BY id";
      String same =
          "SELECT COUNT(*) FROM source s JOIN target t ON s.id = t.id WHERE s.id = 1 AND s.d = t.d AND s.f = t.f AND"
              + " s.s = t.s AND s.tx = t.tx AND s.bin = t.bin AND s.dt = t.dt AND s.tm = t.tm AND s.ts = t.ts AND"
              + " s.st = t.st AND s.u = t.u";
      assertThat(Installation.rows(c, same)).containsExactly("1");
      if (my) {
        assertThat(Installation.rows(c, all.formatted("target")))
            .isEqualTo(Installation.rows(c, all.formatted("source")));
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void numbersAndTimesOfTheTarget(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE a (x INT NOT NULL PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
          "CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, x INT, at TIMESTAMP NOT NULL DEFAULT"
              + " CURRENT_TIMESTAMP)",
          "CREATE TABLE c (x INT NOT NULL PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
          "INSERT INTO a (x) VALUES (1), (2)",
          "INSERT INTO b (id, x) VALUES (56, 0)");
      if (my) {
        assertThat(update(c, "INSERT INTO b (x) VALUES (9)")).isEqualTo(1);
        // The stage's own numbers are not the application's.
        assertThat(update(c, "INSERT INTO c SELECT * FROM a")).isEqualTo(2);
        assertThat(Installation.rows(c, "SELECT LAST_INSERT_ID()")).containsExactly("57");
        assertThat(update(c, "INSERT INTO b SELECT NULL, x, at FROM a")).isEqualTo(2);
        on.assertEverywhere("SELECT id, x FROM b ORDER BY id", "56|0", "57|9", "58|1", "59|2");
      } else {
        assertThat(update(c, "INSERT INTO c SELECT * FROM a")).isEqualTo(2);
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** A statement that fails behind its first rows leaves none of them. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void halfOfALargeOneIsUndone(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      String text = engine == Engine.H2 ? "CLOB" : "LONGTEXT";
      Installation.execute(
          c,
          "CREATE TABLE a (id INT NOT NULL PRIMARY KEY, k INT NOT NULL, v " + text + ")",
          "CREATE TABLE b (id INT NOT NULL PRIMARY KEY, k INT NOT NULL UNIQUE, v " + text + ")");
      try (PreparedStatement p = c.prepareStatement("INSERT INTO a VALUES (?, ?, ?)")) {
        for (int i = 0; i < 12; i++) {
          p.setInt(1, i);
          p.setInt(2, i == 11 ? 0 : i);
          p.setString(3, "x".repeat(1 << 20));
          p.executeUpdate();
        }
      }
      c.setAutoCommit(false);
      update(c, "INSERT INTO b VALUES (100, 100, 'before')");
      assertThatThrownBy(() -> update(c, "INSERT INTO b SELECT * FROM a ORDER BY id"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      c.commit();
      on.assertEverywhere("SELECT id FROM b", "100");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void manyRowsKeysAndTransactions(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE a (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, u INT)",
          "CREATE TABLE b (id "
              + (my
                  ? "INT AUTO_INCREMENT PRIMARY KEY"
                  : "INT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
              + ", v INT NOT NULL, at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6), u INT)",
          "CREATE UNIQUE INDEX b_u ON b (u)",
          "INSERT INTO a VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4)");
      for (int i = 0; i < 7; i++) {
        update(
            c,
            "INSERT INTO a (id, v, u) SELECT id + (SELECT MAX(id) FROM a), v, u + 1000 * "
                + (i + 1)
                + " FROM a");
      }
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM a")).containsExactly("512");
      c.setAutoCommit(false);
      for (int level :
          new int[] {
            Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ
          }) {
        c.setTransactionIsolation(level);
        try (PreparedStatement p =
            c.prepareStatement("INSERT INTO b (v) SELECT v + ? FROM a WHERE id > ?")) {
          p.setInt(1, 10);
          p.setInt(2, 12);
          assertThat(p.executeUpdate()).isEqualTo(500);
        }
        assertThat(update(c, "INSERT INTO b (v) SELECT v FROM a WHERE id < 0")).isZero();
        c.commit();
      }
      // The last row of the second part fails: nothing of the statement stays, the rest does.
      assertThat(update(c, "INSERT INTO b (v, u) VALUES (77, 1)")).isEqualTo(1);
      assertThatThrownBy(
              () ->
                  update(
                      c,
                      "INSERT INTO b (v, u) SELECT 99, CASE WHEN id = 150 THEN 1 ELSE id + 5000 END"
                          + " FROM a WHERE id <= 300 ORDER BY id"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      assertThat(update(c, "INSERT INTO b (v, u) SELECT 78, 2")).isEqualTo(1);
      c.commit();
      assertThat(
              Installation.rows(c, "SELECT v, COUNT(*) FROM b WHERE v > 70 GROUP BY v ORDER BY v"))
          .containsExactly("77|1", "78|1");
      c.setAutoCommit(true);
      if (my) {
        Installation.execute(
            c,
            "CREATE TABLE sums (v INT PRIMARY KEY, n INT NOT NULL)",
            "INSERT INTO sums VALUES (1, 5)");
        assertThat(
                update(
                    c,
                    "INSERT INTO sums SELECT v, COUNT(*) FROM a GROUP BY v ON DUPLICATE KEY UPDATE n"
                        + " = n + VALUES(n)"))
            .isEqualTo(5);
        on.assertEverywhere("SELECT n FROM sums ORDER BY v", "133", "128", "128", "128");
      }
      assertThatThrownBy(() -> update(c, "INSERT INTO b (v) SELECT my_function(v) FROM a"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void generatedKeys(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Statement s = c.createStatement()) {
      Installation.execute(
          c,
          "CREATE TABLE a (id INT NOT NULL PRIMARY KEY)",
          "CREATE TABLE b (id "
              + (my
                  ? "INT AUTO_INCREMENT PRIMARY KEY"
                  : "INT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
              + ", v INT UNIQUE)",
          "INSERT INTO a VALUES (1), (2), (3), (4), (5), (6), (7), (8)");
      for (int n = 8; n < 256; n *= 2) {
        update(c, "INSERT INTO a SELECT id + " + n + " FROM a");
      }
      for (boolean auto : new boolean[] {true, false}) {
        c.setAutoCommit(auto);
        String copy = "INSERT INTO b (v) SELECT id + %d FROM a ORDER BY id";
        int base = auto ? 0 : 1000;
        assertThat(s.executeUpdate(copy.formatted(base), Statement.RETURN_GENERATED_KEYS))
            .isEqualTo(256);
        List<String> keys = new ArrayList<>();
        try (ResultSet r = s.getGeneratedKeys()) {
          while (r.next()) {
            keys.add(r.getString(1));
          }
        }
        assertThat(keys)
            .isEqualTo(Installation.rows(c, "SELECT id FROM b WHERE v > " + base + " ORDER BY v"));
        if (my) {
          assertThat(Installation.rows(c, "SELECT LAST_INSERT_ID()")).containsExactly(keys.get(0));
        }
      }
      c.commit();
      c.setAutoCommit(true);
      if (my) {
        assertThat(update(c, "INSERT IGNORE INTO b (v) SELECT id + 200 FROM a WHERE id > 50"))
            .isEqualTo(200);
        assertThat(s.executeUpdate("REPLACE INTO b (v) SELECT id + 200 FROM a WHERE id <= 60"))
            .isEqualTo(120);
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  /** In autocommit it is repeated on the new primary, like other statements. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, names = "MARIADB")
  void theOldPrimaryDies(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE a (id INT NOT NULL PRIMARY KEY)",
          "CREATE TABLE b (id INT AUTO_INCREMENT PRIMARY KEY, client INT NOT NULL)",
          "INSERT INTO a VALUES (1), (2), (3), (4), (5), (6), (7), (8)");
      for (int n = 8; n < 512; n *= 2) {
        update(c, "INSERT INTO a SELECT id + " + n + " FROM a");
      }
      int old = on.primary();
      AtomicInteger running = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      Thread killer =
          new Thread(
              () -> {
                Awaitility.await().until(() -> done.get() > 4 && running.get() > 1);
                on.node(old).kill();
              });
      killer.start();
      SilentFailuresTest.clients(
          on,
          4,
          (number, own) -> {
            do {
              running.incrementAndGet();
              assertThat(update(own, "INSERT INTO b (client) SELECT " + number + " FROM a"))
                  .isEqualTo(512);
              running.decrementAndGet();
              done.incrementAndGet();
            } while (killer.isAlive() || done.get() < 24);
          });
      killer.join();
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM b"))
          .containsExactly(String.valueOf(512 * done.get()));
      on.node(old).start();
      on.awaitAll();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** A quotient has more digits than its text, a FLOAT too; and a time can come twice. */
  private static void convertedByTheServer(Installation on, Connection c) throws SQLException {
    Installation.execute(
        c,
        "CREATE TABLE exact (id INT PRIMARY KEY, d DOUBLE, e DECIMAL(30,20), f FLOAT, ts TIMESTAMP NULL)",
        "INSERT INTO exact (id, f) VALUES (1, 0.1), (2, 16777217)");
    String expressions = "SELECT id + %d, 1 / 3, 1 / 3, f / 3, NULL FROM exact WHERE id < 3";
    assertThat(update(c, "INSERT INTO exact " + expressions.formatted(10))).isEqualTo(2);
    // The same without Lockstep, on one node.
    on.behind(0, "CREATE TABLE other LIKE exact", "INSERT INTO other " + expressions.formatted(10));
    String all = "SELECT id, d, e, f * 1e0 FROM %s WHERE id > 10 ORDER BY id";
    assertThat(on.rows(1, all.formatted("exact"))).isEqualTo(on.rows(0, all.formatted("other")));
    on.behind(0, "DROP TABLE other");
    Installation.execute(
        c,
        "SET time_zone = '+00:00'",
        "INSERT INTO exact (id, ts) VALUES (50, '2026-10-25 00:30:00')",
        "INSERT INTO exact (id, ts) SELECT 51, ts FROM exact WHERE id = 50");
    on.assertEverywhere(
        "SELECT UNIX_TIMESTAMP(ts) FROM exact WHERE id >= 50", "1792888200", "1792888200");
  }
}
