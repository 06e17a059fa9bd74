package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** UPDATE with sub-queries in SET, UPDATE and DELETE with joins, on three real servers. */
@Timeout(180)
class ComputedUpdatesTest {
  private static final Logger LOG = LoggerFactory.getLogger(ComputedUpdatesTest.class);

  private static final List<String> SUB_QUERIES =
      List.of(
          "UPDATE item SET n = (SELECT MAX(v) FROM part) WHERE grp = 1",
          "UPDATE item SET n = (SELECT MAX(v) FROM part)",
          "UPDATE item SET n = (SELECT MAX(v) FROM part) WHERE id = 3",
          "UPDATE item SET n = (SELECT MAX(v) FROM part) WHERE id = 99",
          "UPDATE item SET m = (SELECT SUM(p.v) FROM part p WHERE p.item = item.id)",
          "UPDATE item i SET m = (SELECT p.v FROM part p WHERE p.item = i.id AND p.v > 1000), n = n + 1",
          "UPDATE item SET n = n + 7, name = (SELECT MIN(label) FROM part WHERE item = id), m = 4"
              + " WHERE grp < 2",
          "UPDATE item SET n = 2 * (SELECT COUNT(*) FROM part) + 1, m = DEFAULT WHERE name LIKE '%1%'",
          "UPDATE item SET m = CASE WHEN EXISTS (SELECT 1 FROM part WHERE item = id) THEN 1 ELSE 0 END",
          "UPDATE item SET n = (SELECT v FROM part) WHERE id < 3",
          "UPDATE item SET n = (SELECT MAX(v) FROM part WHERE v > 1000) WHERE id < 3",
          "UPDATE item SET code = (SELECT MIN(code) FROM part) WHERE id > 4",
          "UPDATE item SET tiny = (SELECT label FROM part WHERE v = 30)",
          "UPDATE item SET d = (SELECT AVG(v) FROM part), f = (SELECT AVG(v) / 7 FROM part)",
          "UPDATE item SET d = (SELECT v FROM part WHERE v = 30) / 7 WHERE id = 2",
          "UPDATE item SET n = (SELECT 1 FROM part WHERE item = 12345 LIMIT 1), changed = NULL");

  private static final List<String> ON_MYSQL =
      List.of(
          // What was assigned before is seen behind it.
          "UPDATE item SET m = (SELECT MAX(v) FROM part), n = m + 1 ORDER BY id DESC LIMIT 3",
          "UPDATE item SET s = (SELECT MAX(label) FROM part WHERE item = id), e = (SELECT 'y')",
          "UPDATE item SET e = (SELECT 'nonsense' FROM part WHERE v = 30) WHERE id = 1",
          "UPDATE item SET n = (SELECT 99999999999 FROM part WHERE v = 30) WHERE id IN (1, 2)",
          "UPDATE item SET n = (SELECT 'abc' FROM part WHERE v = 30) WHERE id IN (1, 2)",
          "UPDATE item SET m = (SELECT 1 / 0 FROM part WHERE v = 30) WHERE id IN (1, 2)",
          "UPDATE item SET y = (SELECT 2024), b = (SELECT 5), se = (SELECT 'p,q'), j = (SELECT '{\"a\": [1]}')",
          "UPDATE item SET g = DEFAULT, n = (SELECT MIN(v) FROM part)");

  private static final List<String> ON_ITSELF =
      List.of(
          "UPDATE item SET n = (SELECT MAX(n) + 1 FROM item)",
          "UPDATE item i SET n = (SELECT SUM(x.n) FROM item x WHERE x.id <= i.id)",
          "UPDATE item i SET n = (SELECT SUM(x.n) FROM item x WHERE x.id >= i.id)",
          "UPDATE item i SET n = (SELECT SUM(x.n) FROM item x WHERE x.id <= i.id) WHERE id > (SELECT MIN(id)"
              + " FROM item)");

  private static final List<String> JOINS =
      List.of(
          "UPDATE item JOIN part ON item.id = part.item SET item.n = part.item * 10",
          "UPDATE item, part SET item.n = 5 WHERE item.id = part.item AND part.v > 15",
          "UPDATE item i LEFT JOIN part p ON i.id = p.item SET i.n = 100, i.m = NULL WHERE p.id IS NULL",
          "UPDATE part p RIGHT JOIN item i ON i.id = p.item SET p.label = 'found' WHERE i.grp = 1",
          "UPDATE item i JOIN (SELECT item, SUM(v) AS total FROM part GROUP BY item) t ON t.item = i.id"
              + " SET i.m = t.total, i.n = n + 1",
          "UPDATE item a JOIN item b ON a.id = b.id + 1 SET a.n = b.n + 1000",
          "UPDATE item INNER JOIN part ON part.item = item.id SET item.d = part.item / 7, item.f ="
              + " part.item / 3, name = CONCAT(item.name, '!')",
          "UPDATE item JOIN part ON item.id = part.item SET item.name = part.label WHERE part.id = 2",
          "UPDATE item JOIN part ON item.id = part.item SET item.n = NULL WHERE part.id = 2",
          "UPDATE item JOIN part USING (id) SET item.n = 77, item.changed = DEFAULT",
          "UPDATE shop.item STRAIGHT_JOIN part ON part.item = shop.item.id SET item.n = 3",
          "UPDATE item JOIN part ON item.id = part.item SET item.n = 1 WHERE part.v > 1000",
          "UPDATE item JOIN part ON item.id = part.item SET item.n = (SELECT MAX(v) FROM part)",
          "DELETE item FROM item JOIN part ON item.id = part.item WHERE part.v > 15",
          "DELETE i FROM item AS i LEFT JOIN part p ON p.item = i.id WHERE p.id IS NULL",
          "DELETE p.* FROM item AS i LEFT JOIN part p ON p.item = i.id",
          "DELETE FROM item USING item, part WHERE item.id = part.item AND part.label <> 'z'",
          "DELETE FROM i USING item i JOIN part ON i.id = part.item",
          "DELETE shop.item FROM item JOIN (SELECT item FROM part) x ON x.item = item.id",
          "DELETE i FROM item i WHERE i.grp = 1",
          "DELETE item FROM item JOIN part ON item.id = part.item WHERE part.v > 1000");

  private static void create(Connection c, boolean my) throws SQLException {
    Installation.execute(
        c,
        "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, grp INT NOT NULL, name VARCHAR(60) NOT NULL, n INT NOT"
            + " NULL, m INT DEFAULT 5, code INT UNIQUE, tiny VARCHAR(2), d DECIMAL(30,12), f "
            + (my
                ? "FLOAT, changed TIMESTAMP(6) NULL ON UPDATE CURRENT_TIMESTAMP(6), s VARCHAR(20) CHARACTER SET"
                    + " latin1, e ENUM('x','y'), y YEAR, b BIT(4), se SET('p','q'), j JSON, g INT AS (n + 1)"
                : "DOUBLE PRECISION, changed TIMESTAMP(6)")
            + ")",
        "CREATE TABLE part (id INT NOT NULL PRIMARY KEY, item INT NOT NULL, v INT NOT NULL, label VARCHAR(20),"
            + " code INT)");
  }

  private static void fill(Connection c) throws SQLException {
    Installation.execute(c, "DELETE FROM item", "DELETE FROM part");
    for (int i = 1; i <= 6; i++) {
      Installation.execute(
          c,
          "INSERT INTO item (id, grp, name, n, code) VALUES ("
              + i
              + ", "
              + i % 3
              + ", 'item"
              + i
              + "', "
              + i
              + ", "
              + 10 * i
              + ")");
    }
    Installation.execute(
        c,
        "INSERT INTO part VALUES (1, 1, 10, 'one', 10), (2, 2, 20, 'two', 20), (3, 2, 30, 'three \u00e9', 30),"
            + " (4, 5, 5, 'five', 60), (5, 77, 6, 'z', NULL)");
  }

  /** What a statement does: its count or error, warnings and what the tables hold then. */
  private static String effect(Connection c, String sql, boolean my) throws SQLException {
    fill(c);
    String result;
    try (Statement s = c.createStatement()) {
      result = "count " + s.executeUpdate(sql);
      SQLWarning w = s.getWarnings();
      result += w == null ? "" : " with a warning";
    } catch (SQLException e) {
      result = "error " + e.getSQLState() + " " + e.getErrorCode();
    }
    return result
        + "\n"
        + Installation.rows(
            c,
            "SELECT id, grp, name, n, m, code, tiny, d, f, changed IS NULL"
                + (my ? ", s, e, y, HEX(b), se, j, g" : "")
                + " FROM item ORDER BY id")
        + "\n"
        + Installation.rows(c, "SELECT * FROM part ORDER BY id");
  }

  /** The effect of each statement is what it would be on a server of its own. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void asTheServerDoes(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    List<String> all = new ArrayList<>(SUB_QUERIES);
    if (my) {
      all.addAll(ON_MYSQL);
      all.addAll(JOINS);
    }
    List<String> modes = my ? List.of("", "SET SESSION sql_mode = ''") : List.of("");
    List<String> seen = new ArrayList<>();
    try (Installation on = Installation.on(engine).start()) {
      try (Connection c = on.connect()) {
        create(c, my);
        for (String mode : modes) {
          if (!mode.isEmpty()) {
            update(c, mode);
          }
          for (String sql : all) {
            seen.add(sql + mode + "\n" + effect(c, sql, my));
            on.assertAllEqual();
          }
        }
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      try (Connection c = on.servers().node(0).connect(Installation.DATABASE)) {
        int i = 0;
        SoftAssertions soft = new SoftAssertions();
        for (String mode : modes) {
          if (!mode.isEmpty()) {
            update(c, mode);
          }
          for (String sql : all) {
            soft.assertThat(seen.get(i++)).isEqualTo(sql + mode + "\n" + effect(c, sql, my));
          }
        }
        soft.assertAll();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void parametersAndTransactions(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      create(c, my);
      fill(c);
      c.setAutoCommit(false);
      try (PreparedStatement p =
          c.prepareStatement(
              "UPDATE item SET grp = ?, n = (SELECT MAX(v) + ? FROM part WHERE v < ?), name = ? WHERE id > ?")) {
        p.setInt(1, 8);
        p.setInt(2, 1);
        p.setInt(3, 25);
        p.setString(4, "it's ?");
        p.setInt(5, 4);
        assertThat(p.executeUpdate()).isEqualTo(2);
      }
      assertThat(update(c, "UPDATE item SET m = (SELECT MIN(v) FROM part) WHERE id = 1"))
          .isEqualTo(1);
      // The last row hits a unique key: nothing of this statement stays, the rest does.
      assertThatThrownBy(
              () ->
                  update(
                      c,
                      "UPDATE item SET m = 0, code = (SELECT CASE WHEN item.id = 6 THEN 20 ELSE 1000 +"
                          + " item.id END FROM part WHERE v = 30) WHERE id > 3"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      c.commit();
      on.assertEverywhere(
          "SELECT id, grp, n, m, name FROM item WHERE id IN (1, 4, 5, 6) ORDER BY id",
          "1|1|1|5|item1",
          "4|1|4|5|item4",
          "5|8|21|5|it's ?",
          "6|8|21|5|it's ?");
      assertThat(update(c, "UPDATE item SET m = (SELECT 3) WHERE id = 1")).isEqualTo(1);
      c.rollback();
      on.assertAllEqual();
      if (my) {
        try (PreparedStatement p =
            c.prepareStatement(
                "UPDATE item i JOIN part p ON p.item = i.id + ? SET i.name = ?, i.n = p.v - ? WHERE p.v < ?")) {
          p.setInt(1, 0);
          p.setString(2, "joined");
          p.setInt(3, -1);
          p.setInt(4, 25);
          assertThat(p.executeUpdate()).isEqualTo(3);
        }
        c.commit();
        on.assertEverywhere(
            "SELECT id, n FROM item WHERE name = 'joined' ORDER BY id", "1|11", "2|21", "5|6");
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** What is found is locked until the transaction ends, and is what is committed now. */
  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void locksAndReadsWhatIsCommitted(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      create(c, true);
      fill(c);
      for (int level :
          new int[] {
            Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ
          }) {
        for (String sql :
            List.of(
                "UPDATE item SET m = (SELECT MAX(v) FROM part) WHERE grp = 1",
                "UPDATE item JOIN part ON part.id = 3 SET item.m = part.v WHERE item.grp = 1")) {
          c.setTransactionIsolation(level);
          c.setAutoCommit(false);
          Installation.rows(c, "SELECT * FROM part");
          update(other, "UPDATE part SET v = v + 1 WHERE id = 3");
          assertThat(update(c, sql)).isEqualTo(2);
          assertThat(Installation.rows(c, "SELECT DISTINCT m FROM item WHERE grp = 1"))
              .isEqualTo(Installation.rows(other, "SELECT v FROM part WHERE id = 3"));
          CompletableFuture<Integer> waiting =
              CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return update(other, "UPDATE part SET v = v + 1 WHERE id = 3");
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  });
          assertThatThrownBy(() -> waiting.get(300, TimeUnit.MILLISECONDS))
              .isInstanceOf(java.util.concurrent.TimeoutException.class);
          c.commit();
          assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo(1);
          c.setAutoCommit(true);
        }
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void stillRefused(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      create(c, my);
      fill(c);
      List<String> refused =
          new ArrayList<>(
              List.of(
                  "UPDATE item SET n = (SELECT my_function(v) FROM part) WHERE id = 1",
                  "UPDATE item SET (n, m) = (SELECT 1, 2) WHERE id = 1"));
      if (my) {
        refused.addAll(
            List.of(
                "UPDATE item SET n = 7, m = (SELECT MAX(v) FROM part WHERE v > n) WHERE grp = 1",
                "UPDATE item i SET n = 7, m = (SELECT MAX(v) FROM part WHERE v > i.n) WHERE grp = 1",
                "UPDATE item SET n = 7, m = (SELECT MAX(v) FROM part WHERE v > g) WHERE grp = 1",
                "UPDATE item SET m = (SELECT LAST_INSERT_ID()) WHERE id = 1",
                "UPDATE item JOIN part ON item.id = part.item SET item.n = 1, item.m = item.n + 1",
                "UPDATE item JOIN part ON item.id = part.item SET code = 1",
                "UPDATE item NATURAL JOIN part SET item.n = 1",
                "UPDATE item JOIN part ON item.id = part.item SET item.n = 1 ORDER BY item.id LIMIT 1",
                "UPDATE IGNORE item JOIN part ON item.id = part.item SET item.n = 1",
                "DELETE i FROM item AS i JOIN part ON i.id = part.item RETURNING i.id"));
      }
      List<String> before = Installation.rows(c, "SELECT id, n, m, code FROM item ORDER BY id");
      for (boolean autocommit : new boolean[] {true, false}) {
        c.setAutoCommit(autocommit);
        for (String sql : refused) {
          assertThatThrownBy(() -> update(c, sql))
              .as(sql)
              .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
        }
      }
      // A refused statement leaves the transaction as it was.
      assertThat(update(c, "UPDATE part SET v = v + 1 WHERE id = 1")).isEqualTo(1);
      c.commit();
      on.assertEverywhere("SELECT v FROM part WHERE id = 1", "11");
      assertThat(Installation.rows(c, "SELECT id, n, m, code FROM item ORDER BY id"))
          .isEqualTo(before);
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** Many rows with values of their own: in parts, and undone as a whole. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void manyRowsOrNone(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE many (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, u INT)",
          "CREATE TABLE other (id INT NOT NULL PRIMARY KEY, w INT NOT NULL)");
      Installation.execute(c, "CREATE UNIQUE INDEX many_u ON many (u)");
      c.setAutoCommit(false);
      for (String insert :
          List.of("INSERT INTO many VALUES (?, 0, ?)", "INSERT INTO other VALUES (?, ?)")) {
        try (PreparedStatement p = c.prepareStatement(insert)) {
          for (int i = 0; i < 700; i++) {
            p.setInt(1, i);
            p.setInt(2, i);
            p.addBatch();
          }
          p.executeBatch();
        }
      }
      c.commit();
      assertThat(
              update(c, "UPDATE many SET v = (SELECT w + 1 FROM other WHERE other.id = many.id)"))
          .isEqualTo(700);
      assertThatThrownBy(
              () ->
                  update(
                      c,
                      "UPDATE many SET v = 9, u = (SELECT CASE WHEN w = 650 THEN 5 ELSE w END FROM other"
                          + " WHERE other.id = many.id)"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      assertThat(update(c, "UPDATE many SET u = NULL WHERE id = 5")).isEqualTo(1);
      c.commit();
      on.assertEverywhere("SELECT COUNT(*) FROM many WHERE v = id + 1", "700");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** Values of every type come through without loss, also into columns that take no NULL. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void everyType(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    List<String> types =
        my
            ? List.of(
                "BOOLEAN~TRUE",
                "BIT(8)~b'10000001'",
                "BIGINT UNSIGNED~18446744073709551615",
                "DECIMAL(30,10)~-12345678901234567890.0123456789",
                "FLOAT~0.1",
                "DOUBLE~1.7976931348623157e308",
                "VARCHAR(40)~'it''s \\\\ ? \uD83D\uDE00'",
                "CHAR(8)~'a b'",
                "TEXT~'long'",
                "BINARY(4)~x'00ff'",
                "VARBINARY(20)~x'00ff27'",
                "BLOB~x'5c00'",
                "DATE~'2026-02-28'",
                "TIME(6)~'-12:34:56.789012'",
                "DATETIME(6)~'1969-12-31 23:59:59.999999'",
                "TIMESTAMP(6)~'2026-11-24 12:00:00.000001'",
                "TIMESTAMP~'2026-11-24 12:00:00'",
                "TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6)~'2026-11-24 12:00:00.000001'",
                "DATETIME DEFAULT CURRENT_TIMESTAMP~'2026-11-24 12:00:00'",
                "DATETIME(6) DEFAULT '2020-01-01 00:00:00.5'~'2026-11-24 12:00:00.5'",
                "DATE DEFAULT (CURRENT_DATE)~'2026-02-28'",
                "VARCHAR(40) DEFAULT (UUID())~'some'",
                "ENUM('x','y')~'y'",
                "SET('p','q')~'p,q'",
                "YEAR~2026",
                "JSON~'{\"a\": [1, null]}'")
            : List.of(
                "BOOLEAN~TRUE",
                "BIGINT~9223372036854775807",
                "DECIMAL(30,10)~-12345678901234567890.0123456789",
                "DOUBLE PRECISION~1.7976931348623157e308",
                "REAL~0.1",
                "DECFLOAT~1.1E-300",
                "VARCHAR(40)~U&'it''s ? \\D83D\\DE00'",
                "CHAR(8)~'a b'",
                "CLOB~'long'",
                "VARBINARY(20)~X'00ff27'",
                "BINARY(4)~X'00ff0000'",
                "BLOB~X'5c00'",
                "DATE~DATE '2026-02-28'",
                "TIME(9)~TIME '12:34:56.789012345'",
                "TIMESTAMP(9)~TIMESTAMP '1969-12-31 23:59:59.999999999'",
                "TIMESTAMP(9) WITH TIME ZONE~'2026-11-24 12:00:00.000000001+05:30'",
                "ENUM('x','y')~'y'",
                "UUID~UUID '550e8400-e29b-41d4-a716-446655440000'");
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      int number = 0;
      for (String line : types) {
        String[] type = line.split("~");
        String t = "t" + ++number;
        Installation.execute(
            c,
            "CREATE TABLE %s (id INT PRIMARY KEY, v %s NOT NULL, n %s NULL)"
                .formatted(t, type[0], type[0]),
            "INSERT INTO %s (id, v) VALUES (1, %s)".formatted(t, type[1]));
        assertThat(update(c, "UPDATE %1$s SET n = (SELECT v FROM %1$s x)".formatted(t)))
            .isEqualTo(1);
        assertThat(update(c, "UPDATE %1$s SET v = (SELECT n FROM %1$s x)".formatted(t)))
            .isEqualTo(1);
        assertThat(
                Installation.rows(
                    c,
                    "SELECT COUNT(*) FROM %s WHERE v = n AND v = %s"
                        .formatted(
                            t,
                            type[0].equals("JSON")
                                ? "n"
                                : type[0].equals("FLOAT") || type[0].equals("REAL")
                                    ? "n"
                                    : type[0].contains("BINARY(4)") ? "n" : type[1])))
            .as(line)
            .containsExactly("1");
      }
      on.endLockstep();
      on.assertAllEqual();
      if (my) {
        columnsOfTheStage(on);
      }
    }
  }

  /**
   * What SearchStage relies on: COALESCE of a column of time, from the inner side of an outer join,
   * has the column's type and takes NULL. A TIMESTAMP above all must stay one.
   */
  private static void columnsOfTheStage(Installation on) throws SQLException {
    String type =
        "SELECT column_type FROM information_schema.columns WHERE table_schema = 'shop' AND"
            + " table_name = '%s' AND column_name = 'v'";
    try (Connection c = on.servers().node(0).connect(Installation.DATABASE)) {
      int times = 0;
      for (int number = 1; number <= 26; number++) {
        String own = Installation.rows(c, type.formatted("t" + number)).get(0);
        if (!own.startsWith("time") && !own.startsWith("date")) {
          continue;
        }
        times++;
        Installation.execute(
            c,
            "CREATE TEMPORARY TABLE stage ENGINE=InnoDB SELECT COALESCE(t.v) AS v FROM (SELECT 1 AS"
                + " one) d LEFT JOIN t"
                + number
                + " t ON 1 = 0 LIMIT 0");
        try (Statement s = c.createStatement();
            ResultSet r = s.executeQuery("SHOW COLUMNS FROM stage")) {
          assertThat(r.next()).isTrue();
          assertThat(r.getString("Type")).isEqualTo(own);
          assertThat(r.getString("Null")).isEqualTo("YES");
        }
        Installation.execute(c, "DROP TEMPORARY TABLE stage");
      }
      assertThat(times).isEqualTo(9);
    }
  }

  /** Clients that compute from what others change. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void fromWhatOthersChange(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    LOG.info("seed {}", seed);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      create(c, my);
      fill(c);
      SilentFailuresTest.clients(
          on,
          8,
          (number, own) -> {
            Random random = new Random(seed + number);
            own.setTransactionIsolation(
                number % 2 == 0
                    ? Connection.TRANSACTION_READ_COMMITTED
                    : Connection.TRANSACTION_REPEATABLE_READ);
            for (int i = 0; i < rounds; i++) {
              own.setAutoCommit(random.nextInt(3) == 0);
              try {
                update(own, statement(random, my));
                if (!own.getAutoCommit()) {
                  update(own, statement(random, my));
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

  private static String statement(Random random, boolean my) {
    int grp = random.nextInt(3);
    return switch (random.nextInt(my ? 6 : 4)) {
      case 0 -> "UPDATE item SET n = (SELECT SUM(v) FROM part) WHERE grp = " + grp;
      case 1 -> "UPDATE part SET v = v + 1 WHERE item > " + random.nextInt(5);
      case 2 ->
          "UPDATE part SET v = (SELECT COALESCE(MAX(n), 0) - 100 FROM item WHERE grp = "
              + grp
              + ") WHERE id < "
              + random.nextInt(5);
      case 3 -> "UPDATE item SET grp = " + random.nextInt(3) + ", n = n - 1 WHERE grp = " + grp;
      case 4 ->
          "UPDATE item i JOIN (SELECT item, MAX(v) AS w FROM part GROUP BY item) p ON p.item = i.id"
              + " SET i.n = p.w, i.name = UUID() WHERE i.grp <> "
              + grp;
      default ->
          "UPDATE part p LEFT JOIN item i ON i.id = p.item SET p.v = COALESCE(i.n, 0) MOD 50 WHERE"
              + " p.id > "
              + random.nextInt(4);
    };
  }
}
