package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** UPDATE and DELETE whose rows have to be looked for, on three real servers. */
@Timeout(180)
class SearchedWritesTest {
  private static final Logger LOG = LoggerFactory.getLogger(SearchedWritesTest.class);
  private static final String ALL = "SELECT id, grp, name, n FROM item ORDER BY id";

  private static void tables(Connection c) throws SQLException {
    Installation.execute(
        c,
        "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, grp INT NOT NULL, name VARCHAR(60) NOT"
            + " NULL, n INT NOT NULL, code INT, changed TIMESTAMP(6) NULL)",
        "CREATE UNIQUE INDEX item_code ON item (code)",
        "CREATE TABLE pair (a VARCHAR(20) NOT NULL, b DECIMAL(6,2) NOT NULL, v INT NOT NULL,"
            + " PRIMARY KEY (a, b))");
    for (int i = 1; i <= 10; i++) {
      Installation.execute(
          c,
          "INSERT INTO item (id, grp, name, n, code) VALUES ("
              + i
              + ", "
              + i % 3
              + ", 'item"
              + i
              + "', 0, "
              + 10 * i
              + ")");
    }
    Installation.execute(
        c,
        "INSERT INTO pair (a, b, v) VALUES ('a', 1, 1), ('a', 1.50, 2), ('it''s', -2.25, 3),"
            + " ('b\\u00e9', 0, 4)".replace("\\u00e9", "\u00e9"));
  }

  private static int count(Connection c, String sql) throws SQLException {
    return Integer.parseInt(Installation.rows(c, sql).get(0));
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void anyWhere(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      tables(c);
      for (boolean autocommit : new boolean[] {true, false}) {
        c.setAutoCommit(autocommit);
        assertThat(update(c, "UPDATE item SET n = n + 1 WHERE grp = 2")).isEqualTo(3);
        assertThat(update(c, "UPDATE item SET n = n + 1 WHERE grp = 77")).isZero();
        assertThat(update(c, "UPDATE item i SET n = i.n + 1 WHERE i.name LIKE 'item2%'"))
            .isEqualTo(1);
        assertThat(update(c, "UPDATE item SET n = n + 1")).isEqualTo(10);
        assertThat(update(c, "UPDATE item SET n = 5 WHERE id IN (1, 99, 2, 2)")).isEqualTo(2);
        assertThat(update(c, "UPDATE item SET n = 6 WHERE id = 3 AND grp = 0")).isEqualTo(1);
        assertThat(update(c, "UPDATE item SET n = 6 WHERE id = 3 AND grp = 1")).isZero();
        assertThat(update(c, "UPDATE item SET n = n + 3 WHERE id = (SELECT MIN(v) FROM pair)"))
            .isEqualTo(1);
        assertThat(update(c, "UPDATE pair SET v = v + 10 WHERE b < 1.2 OR a = 'it''s'"))
            .isEqualTo(3);
        assertThat(update(c, "UPDATE item SET changed = CURRENT_TIMESTAMP WHERE grp = 1"))
            .isEqualTo(4);
        assertThat(update(c, "UPDATE item SET name = UUID() WHERE id BETWEEN 7 AND 9"))
            .isEqualTo(3);
        if (my) {
          assertThat(
                  update(c, "UPDATE item SET n = n + 1 WHERE grp < 9 ORDER BY name DESC LIMIT 2"))
              .isEqualTo(2);
          assertThat(update(c, "UPDATE item SET code = code + 10 ORDER BY code DESC"))
              .isEqualTo(10);
          // A key compared with another type: the server converts, and finds what it finds.
          assertThat(update(c, "UPDATE item SET n = n + 1 WHERE id = '4 '")).isEqualTo(1);
        }
        try (PreparedStatement p =
            c.prepareStatement("UPDATE item SET n = ?, name = ? WHERE grp = ? AND n <> ?")) {
          p.setInt(1, 42);
          p.setString(2, "it's \\ ?");
          p.setInt(3, 1);
          p.setInt(4, -1);
          assertThat(p.executeUpdate()).isEqualTo(4);
        }
        if (!autocommit) {
          c.commit();
        }
        on.assertAllEqual();
      }
      assertThat(new HashSet<>(Installation.rows(c, "SELECT name FROM item WHERE id IN (8, 9)")))
          .hasSize(2);
      int left = count(c, "SELECT COUNT(*) FROM item");
      assertThat(update(c, "DELETE FROM item WHERE n = 42 AND id < 5")).isEqualTo(2);
      assertThat(update(c, "DELETE FROM pair WHERE NOT EXISTS (SELECT 1 FROM item WHERE id < 0)"))
          .isEqualTo(4);
      c.commit();
      assertThat(update(c, "DELETE FROM item WHERE id > 8")).isEqualTo(2);
      c.rollback();
      if (my) {
        assertThat(update(c, "DELETE FROM item ORDER BY id LIMIT 1")).isEqualTo(1);
        c.commit();
        left--;
      }
      assertThat(count(c, "SELECT COUNT(*) FROM item")).isEqualTo(left - 2);
      assertThat(update(c, "DELETE FROM item")).isEqualTo(left - 2);
      c.commit();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** Many rows: the write is split, and undone as a whole where a part of it fails. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void manyRowsOrNone(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c, "CREATE TABLE many (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, u INT)");
      Installation.execute(c, "CREATE UNIQUE INDEX many_u ON many (u)");
      c.setAutoCommit(false);
      try (PreparedStatement p = c.prepareStatement("INSERT INTO many VALUES (?, 0, ?)")) {
        for (int i = 0; i < 1_700; i++) {
          p.setInt(1, i);
          p.setInt(2, i);
          p.addBatch();
        }
        p.executeBatch();
      }
      c.commit();
      assertThat(update(c, "UPDATE many SET v = v + 1 WHERE id >= 100")).isEqualTo(1_600);
      // Row 1650 is in the fourth part; u = 5 exists.
      assertThatThrownBy(
              () ->
                  update(
                      c,
                      "UPDATE many SET v = 9, u = CASE WHEN id = 1650 THEN 5 ELSE u END WHERE v ="
                          + " 1"))
          .isInstanceOf(SQLException.class)
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      assertThat(update(c, "UPDATE many SET v = v + 1 WHERE id < 100")).isEqualTo(100);
      c.commit();
      assertThat(Installation.rows(c, "SELECT v, COUNT(*) FROM many GROUP BY v"))
          .containsExactly("1|1700");
      c.setAutoCommit(true);
      assertThatThrownBy(() -> update(c, "UPDATE many SET v = 9, u = 1 WHERE id > 1600"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
      assertThat(update(c, "DELETE FROM many WHERE v = 9")).isZero();
      assertThat(update(c, "DELETE FROM many WHERE v = 1")).isEqualTo(1_700);
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** What is not understood is still refused, and nothing is done. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void stillRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      tables(c);
      Installation.execute(c, "CREATE TABLE keyless (v INT)", "INSERT INTO keyless VALUES (1)");
      for (String sql :
          List.of(
              "UPDATE item SET n = 1 WHERE my_function(grp) = 1",
              "UPDATE item SET n = 1 WHERE grp = 1 RETURNING id",
              "UPDATE item, pair SET item.n = pair.v, pair.v = item.n WHERE item.id = pair.v",
              "UPDATE item SET n = 4 WHERE grp = 7 UNION SELECT 4",
              "UPDATE item SET n = 4 WHERE grp = 1 GROUP BY id HAVING COUNT(*) > 0",
              "DELETE FROM item WHERE grp = 1 FOR UPDATE",
              "DELETE FROM item WHERE id IN (SELECT 1 UNION SELECT 2) LIMIT 1, 2",
              "UPDATE keyless SET v = 2 WHERE v = 1")) {
        assertThatThrownBy(() -> update(c, sql))
            .as(sql)
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      }
      assertThatThrownBy(() -> update(c, "UPDATE item SET n = 1 WHERE nowhere = 1"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("42"));
      assertThat(Installation.rows(c, "SELECT MAX(n) FROM item")).containsExactly("0");
    }
  }

  /** Found by review: values that would become another token, and keys that are no numbers. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void valuesStayTokensOfTheirOwn(Engine engine) throws Exception {
    boolean my = engine != Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE neg (id INT PRIMARY KEY, n INT NOT NULL)",
          "INSERT INTO neg VALUES (1, -10), (2, 0), (3, 7)",
          "CREATE TABLE copied (id INT PRIMARY KEY, n INT NOT NULL)");
      try (PreparedStatement p =
          c.prepareStatement("DELETE FROM neg WHERE n-?>0 AND id=?or id=99")) {
        p.setInt(1, -5);
        p.setInt(2, 2);
        assertThat(p.executeUpdate()).isEqualTo(1);
      }
      try (PreparedStatement p = c.prepareStatement("UPDATE neg SET n = n-?")) {
        p.setInt(1, -5);
        assertThat(p.executeUpdate()).isEqualTo(2);
      }
      try (PreparedStatement p = c.prepareStatement("UPDATE neg SET n = n-? WHERE id=?")) {
        p.setInt(1, -1);
        p.setInt(2, 1);
        assertThat(p.executeUpdate()).isEqualTo(1);
      }
      try (PreparedStatement p =
          c.prepareStatement("INSERT INTO copied SELECT id, n-?\nFROM neg")) {
        p.setInt(1, -100);
        assertThat(p.executeUpdate()).isEqualTo(2);
      }
      on.assertEverywhere("SELECT id, n FROM neg ORDER BY id", "1|-4", "3|12");
      on.assertEverywhere("SELECT id, n FROM copied ORDER BY id", "1|96", "3|112");
      if (my) {
        Installation.execute(
            c,
            "CREATE TABLE yr (y YEAR PRIMARY KEY, v INT NOT NULL)",
            "INSERT INTO yr VALUES (2022, 0), (2024, 1)");
        assertThat(update(c, "UPDATE yr SET v = 77 WHERE v = 1")).isEqualTo(1);
        on.assertEverywhere("SELECT y+0, v FROM yr ORDER BY y", "2022|0", "2024|77");
        Installation.execute(
            c,
            "CREATE TABLE u (id INT PRIMARY KEY, ok INT NOT NULL)",
            "INSERT INTO u VALUES (1, 1), (3, 0)");
        subQueriesReadWhatIsCommitted(on, c);
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  private static void subQueriesReadWhatIsCommitted(Installation on, Connection c)
      throws SQLException {
    try (Connection other = on.connect()) {
      c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      c.setAutoCommit(false);
      Installation.rows(c, "SELECT * FROM u");
      update(other, "UPDATE u SET ok = 1 - ok WHERE id > 0");
      assertThat(update(c, "UPDATE neg SET n = 500 WHERE id IN (SELECT id FROM u WHERE ok = 1)"))
          .isEqualTo(1);
      c.commit();
      c.setAutoCommit(true);
    }
    on.assertEverywhere("SELECT id FROM neg WHERE n = 500", "3");
  }

  /**
   * Clients move amounts between groups by conditions that others change meanwhile. At READ
   * COMMITTED a second look at such a condition finds other rows.
   */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void conditionsThatOthersChange(Engine engine) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    LOG.info("seed {}", seed);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      tables(c);
      for (int i = 11; i <= 60; i++) {
        Installation.execute(
            c, "INSERT INTO item (id, grp, name, n) VALUES (" + i + ", " + i % 3 + ", 'x', 0)");
      }
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
                move(own, random);
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

  private static void move(Connection c, Random random) throws SQLException {
    int grp = random.nextInt(3);
    switch (random.nextInt(5)) {
      case 0 -> update(c, "UPDATE item SET n = n + 1 WHERE grp = " + grp);
      case 1 ->
          update(
              c,
              "UPDATE item SET grp = "
                  + random.nextInt(3)
                  + ", n = n - 1 WHERE grp = "
                  + grp
                  + " AND id > "
                  + random.nextInt(60));
      case 2 -> update(c, "UPDATE item SET name = UUID() WHERE n > " + random.nextInt(5));
      case 3 -> update(c, "DELETE FROM item WHERE n < -" + (1 + random.nextInt(4)));
      default -> {
        int id = 100 + random.nextInt(900);
        try {
          update(
              c, "INSERT INTO item (id, grp, name, n) VALUES (" + id + ", " + grp + ", 'new', 0)");
        } catch (SQLException e) {
          if (!e.getSQLState().startsWith("23")) {
            throw e;
          }
        }
      }
    }
    if (!c.getAutoCommit()) {
      if (random.nextInt(4) == 0) {
        c.rollback();
      } else {
        update(c, "UPDATE item SET n = n + 1 WHERE grp <> " + grp);
        c.commit();
      }
    }
  }
}
