package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * INSERT IGNORE, REPLACE and ON DUPLICATE KEY UPDATE on tables with several unique keys and
 * numbered columns, on three real servers: they do what one plain server does, everywhere.
 */
@Timeout(180)
class RowwiseInsertTest {
  /** What one statement told: its count, its keys, its warnings. */
  private static String told(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      int count = s.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS);
      List<Long> keys = new ArrayList<>();
      try (ResultSet r = s.getGeneratedKeys()) {
        while (r.next()) {
          keys.add(r.getLong(1));
        }
      }
      StringBuilder warnings = new StringBuilder();
      for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) {
        warnings.append(' ').append(w.getErrorCode());
      }
      return count + " " + keys + warnings;
    }
  }

  private static void assertRefused(Connection c, String... statements) {
    for (String sql : statements) {
      assertThatThrownBy(() -> told(c, sql))
          .as(sql)
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void countsAndKeys(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      on.behind(2, "DROP DATABASE IF EXISTS plain", "CREATE DATABASE plain");
      try (Connection plain = on.node(2).connect("plain")) {
        String[] start = {
          "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30) UNIQUE, n INT NOT"
              + " NULL DEFAULT 0, changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON"
              + " UPDATE CURRENT_TIMESTAMP(6))",
          "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)",
          "CREATE TABLE apart (k VARCHAR(9) PRIMARY KEY, id INT AUTO_INCREMENT UNIQUE, n INT)",
          "INSERT INTO t (id, name) VALUES (7, 'first')",
          "INSERT INTO apart VALUES ('a', 5, 1)"
        };
        Installation.execute(c, start);
        Installation.execute(plain, start);
        String add = "INSERT INTO t (name, n) VALUES ('%s', 1) ON DUPLICATE KEY UPDATE ";
        for (boolean auto : new boolean[] {true, false}) {
          c.setAutoCommit(auto);
          for (String sql :
              new String[] {
                add.formatted("x" + auto) + "n = n + VALUES(n)",
                add.formatted("X" + auto) + "n = n + VALUES(n)",
                add.formatted("first") + "n = n",
                add.formatted("first") + "id = LAST_INSERT_ID(id)",
                add.formatted("FIRST") + "t.id = LAST_INSERT_ID(t.id), n = t.n + 1",
                add.formatted("first") + "id = id",
                "INSERT INTO t SET name = 'first' ON DUPLICATE KEY UPDATE n = n * 2, id = id",
                "INSERT INTO t (id, name) VALUES (NULL, 'f'), (7, 'x') ON DUPLICATE KEY UPDATE n ="
                    + " 77",
                "INSERT INTO t (id, name) VALUES (NULL, 'f'), (7, 'x') ON DUPLICATE KEY UPDATE n ="
                    + " 78",
                "INSERT INTO apart (k) VALUES ('a') ON DUPLICATE KEY UPDATE n = n + 1",
                "INSERT INTO apart (k) VALUES ('a') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id),"
                    + " n = n + 1",
                "INSERT IGNORE INTO t (name) VALUES ('X" + auto + "')",
                "INSERT IGNORE INTO t (name) VALUES ('g" + auto + "'), ('h" + auto + "')",
                "REPLACE INTO t (name, n) VALUES ('X" + auto + "', 3)",
                "REPLACE INTO t (id, name, n) VALUES (7, 'x" + auto + "', 9)",
                "REPLACE INTO numbered (n) VALUES (1)",
                "UPDATE t SET name = 'first' WHERE id = 7"
              }) {
            String where = engine + ", autocommit " + auto + ": " + sql;
            // Of REPLACE Connector/J makes keys of the count, whatever was deleted.
            String end = sql.startsWith("REPLACE") ? " .*" : "$";
            assertThat(told(c, sql).replaceFirst(end, ""))
                .as(where)
                .isEqualTo(told(plain, sql).replaceFirst(end, ""));
            assertThat(Installation.rows(c, "SELECT LAST_INSERT_ID()"))
                .as(where)
                .isEqualTo(Installation.rows(plain, "SELECT LAST_INSERT_ID()"));
            if (!auto) {
              c.commit();
            }
            int next =
                100 + Integer.parseInt(Installation.rows(plain, "SELECT MAX(id) FROM t").get(0));
            for (Connection each : List.of(c, plain)) {
              Installation.execute(each, "ALTER TABLE t AUTO_INCREMENT = " + next);
            }
          }
        }
        c.setAutoCommit(true);
        for (String all :
            new String[] {"SELECT id, name, n FROM t ORDER BY id", "SELECT * FROM apart"}) {
          on.assertEverywhere(all, Installation.rows(plain, all).toArray(String[]::new));
        }
      } finally {
        on.behind(2, "DROP DATABASE plain");
      }
      // Numbers in the rows between those that are there already.
      String some = told(c, "INSERT IGNORE INTO t (name) VALUES ('first'), ('c'), ('d')");
      List<String> ids =
          Installation.rows(c, "SELECT id FROM t WHERE name IN ('c', 'd') ORDER BY id");
      assertThat(some).isEqualTo("2 " + ids + " 1062");
      assertThat(Installation.rows(c, "SELECT LAST_INSERT_ID()")).containsExactly(ids.get(0));
      String replaced = told(c, "REPLACE INTO t (name) VALUES ('c'), ('e'), ('d')");
      ids = Installation.rows(c, "SELECT id FROM t WHERE name IN ('c', 'd', 'e') ORDER BY id");
      assertThat(replaced).isEqualTo("5 " + ids);
      assertThat(Installation.rows(c, "SELECT LAST_INSERT_ID()")).containsExactly(ids.get(0));
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void everyTypeByValue(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE types (id INT AUTO_INCREMENT PRIMARY KEY, k INT UNIQUE, b BOOLEAN, bt"
              + " BIT(5), u BIGINT UNSIGNED, d DECIMAL(30,20), f FLOAT, dbl DOUBLE, s VARCHAR(40),"
              + " tx TEXT, bin VARBINARY(20), bl BLOB, dt DATE, tm TIME(6), ts DATETIME(6), st"
              + " TIMESTAMP(6) NULL, e ENUM('x','y'), se SET('p','q'), y YEAR)",
          "INSERT INTO types (k) VALUES (1)");
      String values =
          "1, TRUE, b'101', 18446744073709551615, 1/3, 0.1, 1/3, 'it''s \\\\ ? \uD83D\uDE00', 'long',"
              + " x'00ff27', x'5c00', '2026-02-28', '-12:34:56.789012', '1969-12-31 23:59:59.999999',"
              + " '2026-11-24 12:00:00.000001', 'y', 'p,q', 2026";
      String columns = "k, b, bt, u, d, f, dbl, s, tx, bin, bl, dt, tm, ts, st, e, se, y";
      StringBuilder set = new StringBuilder();
      for (String column : columns.split(", ")) {
        if (!column.equals("k")) {
          set.append(set.length() == 0 ? "" : ", ").append(column).append(" = VALUES(");
          set.append(column).append(')');
        }
      }
      String upsert =
          "INSERT INTO types (%s) VALUES (%s) ON DUPLICATE KEY UPDATE %s"
              .formatted(columns, values, set);
      assertThat(told(c, upsert)).startsWith("2 [1]");
      assertThat(told(c, upsert)).startsWith("1 ");
      assertThat(told(c, upsert.replace("VALUES (1,", "VALUES (2,"))).startsWith("1 [");
      assertThat(
              told(
                  c,
                  "INSERT INTO types (k) VALUES (2) ON DUPLICATE KEY UPDATE f = f / 3, dbl = dbl / 7, d = d / 3, s = NULL"))
          .startsWith("2 [");
      on.assertEverywhere(
          "SELECT k, se, y+0, f*1e0 > 0.03, s FROM types ORDER BY k",
          "1|p,q|2026|1|it's \\ ? \uD83D\uDE00",
          "2|p,q|2026|1|null");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void keysOfEveryKind(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      String[][] kinds = {
        {"VARCHAR(20)", "'it''s'"},
        {"CHAR(10) CHARACTER SET latin1", "'\u00e4 b'"},
        {"VARCHAR(20) COLLATE utf8mb4_bin", "'\uD83D\uDE00'"},
        {"BINARY(4)", "x'00ff'"},
        {"DECIMAL(20,5)", "12345678901.5"},
        {"BIGINT UNSIGNED", "18446744073709551615"},
        {"DATE", "'2026-02-28'"},
        {"DATETIME(6)", "'2026-02-28 01:02:03.123456'"},
        {"YEAR", "2026"},
        {
          engine == Engine.MARIADB ? "UUID" : "SMALLINT",
          engine == Engine.MARIADB ? "'550e8400-e29b-41d4-a716-446655440000'" : "-7"
        }
      };
      for (int i = 0; i < kinds.length; i++) {
        String table = "k" + i;
        Installation.execute(
            c,
            "CREATE TABLE %s (a %s NOT NULL, b INT NOT NULL, u INT NOT NULL UNIQUE, n INT NOT NULL, PRIMARY KEY (a, b))"
                .formatted(table, kinds[i][0]));
        String upsert =
            "INSERT INTO %s VALUES (%s, 1, 5, 1) ON DUPLICATE KEY UPDATE n = n + 1"
                .formatted(table, kinds[i][1]);
        assertThat(told(c, upsert)).as(kinds[i][0]).isEqualTo("1 []");
        assertThat(told(c, upsert)).as(kinds[i][0]).isEqualTo("2 []");
        assertThat(told(c, "REPLACE INTO %s VALUES (%s, 2, 5, 9)".formatted(table, kinds[i][1])))
            .as(kinds[i][0])
            .isEqualTo("2 []");
        on.assertEverywhere("SELECT b, u, n FROM " + table, "2|5|9");
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void refusedAndFailing(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30) UNIQUE, n INT UNIQUE, p VARCHAR(30), UNIQUE p2 (p(2)))",
          "CREATE TABLE nokey (name VARCHAR(30) UNIQUE)",
          "CREATE TABLE parent (id INT PRIMARY KEY, u INT UNIQUE)",
          "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
          "CREATE TABLE strictparent (id INT PRIMARY KEY, u INT UNIQUE)",
          "CREATE TABLE strictchild (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES strictparent (id))",
          "INSERT INTO t (name, n, p) VALUES ('a', 1, 'abc'), ('b', 2, 'xyz')",
          "INSERT INTO strictparent VALUES (1, 1)",
          "INSERT INTO strictchild VALUES (1, 1)");
      assertRefused(
          c,
          "INSERT IGNORE INTO t (name) VALUES ('a') ON DUPLICATE KEY UPDATE n = 1",
          "REPLACE INTO nokey VALUES ('a')",
          "INSERT INTO nokey VALUES ('a') ON DUPLICATE KEY UPDATE name = 'b'",
          "INSERT INTO t (name) VALUES ('a') ON DUPLICATE KEY UPDATE id = 5",
          // A row in the way that only the index of a prefix knows of, or a converted value.
          "REPLACE INTO t (name, n, p) VALUES ('new', 9, 'abx')",
          "REPLACE INTO t (name, n) VALUES (X'61', 10)");
      // A column without default that only VALUES(…) names.
      Installation.execute(
          c, "CREATE TABLE d (id INT PRIMARY KEY, u INT UNIQUE, c VARCHAR(9) NOT NULL)");
      String missing = "INSERT INTO d (id, u) VALUES (1, 1) ON DUPLICATE KEY UPDATE c = VALUES(c)";
      boolean inserted = outcome(c, missing).equals("1 []");
      on.assertEverywhere("SELECT COUNT(*) FROM d", inserted ? "1" : "0");
      c.setAutoCommit(false);
      assertThat(told(c, "INSERT INTO t (name, n) VALUES ('before', 3)")).startsWith("1 ");
      assertRefused(c, "REPLACE INTO t (name, n, p) VALUES ('more', 8, 'q'), ('new', 9, 'abx')");
      // The second row fails: nothing of the statement stays, the rest of the transaction does.
      assertThatThrownBy(
              () ->
                  told(
                      c,
                      "INSERT INTO t (name, n) VALUES ('c', 4), ('a', 9) ON DUPLICATE KEY UPDATE n = 2"))
          .satisfies(e -> assertThat(((SQLException) e).getErrorCode()).isEqualTo(1062));
      assertThatThrownBy(() -> told(c, "REPLACE INTO strictparent VALUES (5, 5), (1, 7)"))
          .satisfies(e -> assertThat(((SQLException) e).getErrorCode()).isEqualTo(1451));
      assertThatThrownBy(() -> told(c, "REPLACE INTO t (name, n) VALUES ('d', 6), ('c', 'no')"))
          .isInstanceOf(SQLException.class);
      assertThat(told(c, "INSERT IGNORE INTO nokey VALUES ('x'), ('X')")).isEqualTo("1 [] 1062");
      // IGNORE makes other errors warnings too: values are converted, rows without parent skipped.
      assertThat(told(c, "INSERT IGNORE INTO strictchild VALUES (2, 1), (3, 99)"))
          .startsWith("1 [] 1452");
      assertThat(told(c, "INSERT IGNORE INTO strictchild VALUES (4, 'no')")).startsWith("0 [] ");
      assertThat(told(c, "INSERT IGNORE INTO parent VALUES (4, 'no')")).startsWith("1 [] 1366");
      c.commit();
      on.assertEverywhere(
          "SELECT name, n, p FROM t ORDER BY name", "a|1|abc", "b|2|xyz", "before|3|null");
      on.assertEverywhere("SELECT id, p FROM strictchild ORDER BY id", "1|1", "2|1");
      on.assertEverywhere("SELECT * FROM parent", "4|0");
      on.assertEverywhere("SELECT * FROM strictparent", "1|1");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void locksOnlyItsRows(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE l (k VARCHAR(20) NOT NULL, d DATE NOT NULL, u INT UNIQUE, n INT NOT NULL,"
              + " PRIMARY KEY (k, d))");
      for (int i = 0; i < 20; i++) {
        Installation.execute(
            c, "INSERT INTO l VALUES ('k%d', '2026-01-01', %d, 0)".formatted(i, i));
      }
      Installation.execute(other, "SET innodb_lock_wait_timeout = 1");
      c.setAutoCommit(false);
      for (int level :
          new int[] {
            Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ
          }) {
        c.setTransactionIsolation(level);
        other.setTransactionIsolation(level);
        for (String sql :
            new String[] {
              "INSERT INTO l VALUES ('k%d', '2026-01-01', 100, 0) ON DUPLICATE KEY UPDATE n = n + 1",
              "INSERT INTO l VALUES ('x%1$d', '2026-01-02', %1$d, 0) ON DUPLICATE KEY UPDATE n = n + 1",
              "REPLACE INTO l VALUES ('k%d', '2026-01-01', NULL, 0)",
              "INSERT IGNORE INTO l VALUES ('k%d', '2026-01-01', 100, 0)"
            }) {
          told(c, sql.formatted(3));
          assertThat(outcome(other, sql.formatted(10)))
              .as(level + ": " + sql)
              .doesNotContain("40001");
          c.commit();
        }
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static final String[] STRINGS = {
    "'a'", "'A'", "'b'", "'b '", "'\u00e4'", "'c'", "NULL", "'too long for it'", "3"
  };

  private static String any(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }

  private static String statement(Random random) {
    StringBuilder sql = new StringBuilder();
    int kind = random.nextInt(3);
    sql.append(kind == 0 ? "INSERT IGNORE" : kind == 1 ? "REPLACE" : "INSERT");
    sql.append(" INTO r (k, u1, u2, u3, n) VALUES ");
    for (int i = random.nextInt(3); i >= 0; i--) {
      sql.append('(').append(any(random, "'a'", "'B'", "'b'", "'c'", "'d'", "'e '", "'f'"));
      sql.append(", ").append(any(random, STRINGS));
      sql.append(", ").append(any(random, "1", "2", "3", "NULL", "'2'", "2.4"));
      sql.append(", ").append(any(random, "DATE '2026-01-01'", "DATE '2026-01-02'", "NULL"));
      sql.append(", ").append(random.nextInt(10)).append(i > 0 ? "), " : ")");
    }
    if (kind == 2) {
      sql.append(" ON DUPLICATE KEY UPDATE ");
      List<String> set = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        String assignment =
            any(
                random,
                "n = n + VALUES(n)",
                "u1 = VALUES(u1)",
                "u2 = VALUES(u2) + 1",
                "u2 = NULL",
                "k = k",
                "note = CONCAT(COALESCE(note, ''), 'x')",
                "note = VALUES(k)",
                "u3 = u3");
        if (set.stream().noneMatch(s -> s.startsWith(assignment.split(" ")[0]))) {
          set.add(assignment);
        }
      }
      sql.append(String.join(", ", set));
    }
    return sql.toString();
  }

  private static String outcome(Connection c, String sql) {
    try {
      return told(c, sql);
    } catch (SQLException e) {
      return e.getSQLState() + " " + e.getErrorCode();
    }
  }

  /** The same statements on a database of one server that Lockstep does not know. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void asAPlainServer(Engine engine) throws Exception {
    long seed = Settings.seed();
    Random random = new Random(seed);
    String table =
        "CREATE TABLE r (k VARCHAR(10) PRIMARY KEY, u1 VARCHAR(10), u2 INT, u3 DATE, n INT NOT NULL,"
            + " note VARCHAR(200), UNIQUE (u2, u3), UNIQUE (u1))";
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      on.behind(2, "DROP DATABASE IF EXISTS plain", "CREATE DATABASE plain");
      try (Connection plain = on.node(2).connect("plain")) {
        Installation.execute(c, table);
        Installation.execute(plain, table);
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < Settings.number("statements", 300); i++) {
          String sql = random.nextInt(8) == 0 ? "DELETE FROM r WHERE k = 'b'" : statement(random);
          String where = "seed " + seed + ", statement " + i + ": " + sql;
          boolean auto = random.nextInt(3) > 0;
          c.setAutoCommit(auto);
          String got = outcome(c, sql);
          if (got.startsWith("0A001")) {
            refused.add(sql);
          } else {
            assertThat(got).as(where).isEqualTo(outcome(plain, sql));
          }
          if (!auto) {
            c.commit();
          }
          String all = "SELECT * FROM r ORDER BY k";
          List<String> there = Installation.rows(plain, all);
          assertThat(Installation.rows(c, all)).as(where).isEqualTo(there);
          assertThat(on.rows(i % 3, all)).as(where).isEqualTo(there);
        }
        // Values that REPLACE would convert.
        assertThat(refused).as("seed %d", seed).allMatch(sql -> sql.startsWith("REPLACE"));
      } finally {
        on.behind(2, "DROP DATABASE plain");
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).as("seed %d", seed).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void manyClients(Engine engine) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 40);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE, v VARCHAR(10) UNIQUE, n INT NOT NULL)");
      SilentFailuresTest.clients(
          on,
          8,
          (number, own) -> {
            Random random = new Random(seed + number);
            for (int i = 0; i < rounds; i++) {
              own.setTransactionIsolation(
                  random.nextBoolean()
                      ? Connection.TRANSACTION_READ_COMMITTED
                      : Connection.TRANSACTION_REPEATABLE_READ);
              own.setAutoCommit(random.nextBoolean());
              try {
                for (int k = own.getAutoCommit() ? 1 : 1 + random.nextInt(3); k > 0; k--) {
                  String rows = "";
                  for (int r = random.nextInt(2); r >= 0; r--) {
                    rows +=
                        "(%d, 'v%d', 1)%s"
                            .formatted(random.nextInt(6), random.nextInt(6), r > 0 ? ", " : "");
                  }
                  String sql =
                      switch (random.nextInt(5)) {
                        case 0 -> "DELETE FROM m WHERE u = " + random.nextInt(6);
                        case 1 -> "REPLACE INTO m (u, v, n) VALUES " + rows;
                        case 2 -> "INSERT IGNORE INTO m (u, v, n) VALUES " + rows;
                        default ->
                            "INSERT INTO m (u, v, n) VALUES "
                                + rows
                                + " ON DUPLICATE KEY UPDATE n = n + VALUES(n)"
                                + (random.nextInt(4) == 0 ? ", v = VALUES(v)" : "");
                      };
                  try (PreparedStatement p = own.prepareStatement(sql)) {
                    p.executeUpdate();
                  } catch (SQLException e) {
                    if (e.getErrorCode() != 1062) {
                      throw e;
                    }
                  }
                }
                if (!own.getAutoCommit()) {
                  if (random.nextInt(4) == 0) {
                    own.rollback();
                  } else {
                    own.commit();
                  }
                }
              } catch (SQLException e) {
                if (!"40001".equals(e.getSQLState())) {
                  throw new AssertionError("seed " + seed, e);
                }
              }
            }
          });
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).as("seed %d", seed).isEmpty();
    }
  }
}
