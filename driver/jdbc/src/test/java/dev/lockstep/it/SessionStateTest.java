package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** User variables and temporary tables on three real servers, also when the primary dies. */
@Timeout(180)
class SessionStateTest {
  private static void run(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static void refused(Connection c, String sql) {
    assertThatThrownBy(() -> run(c, sql))
        .as(sql)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).as(sql).isEqualTo("0A001"));
  }

  /** The session has another primary after that. */
  private static void killPrimary(Installation on) throws Exception {
    int old = on.primary();
    on.node(old).kill();
    on.awaitOut(old);
    on.node(old).start();
    on.awaitAll();
  }

  /** What a variable has is what every node gets, and what it has on the next primary too. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void userVariables(Engine engine) throws Exception {
    boolean h2 = engine == Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, s VARCHAR(60), d DECIMAL(20, 5), b"
              + " VARBINARY(20))",
          "CREATE TABLE other (id INT NOT NULL PRIMARY KEY, s VARCHAR(60), d DECIMAL(20, 5), b"
              + " VARBINARY(20))");
      for (String set :
          new String[] {
            "SET @id = 1",
            "SET @text = 'it''s'",
            "SET @big = 12345.678",
            "SET @bytes = X'00FF27'",
            "SET @sum = @id + 41",
            "SET @nothing = NULL"
          }) {
        run(c, set);
      }
      update(c, "INSERT INTO t VALUES (@id, @text, @big, @bytes), (@sum, @nothing, 1, NULL)");
      try (PreparedStatement p =
          c.prepareStatement("UPDATE t SET s = CONCAT(@text, ?), d = d + @id WHERE id = @id")) {
        for (int i = 0; i < 2; i++) {
          p.setString(1, "+" + i);
          assertThat(p.executeUpdate()).isEqualTo(1);
        }
      }
      update(c, "UPDATE t SET d = 7 WHERE d < @sum AND id > @id");
      update(c, "INSERT INTO other SELECT id + @id, @text, d, b FROM t WHERE id >= @id");
      update(c, "DELETE FROM other WHERE id = @sum + 1");
      if (!h2) {
        run(c, "SELECT s, d INTO @s, @d FROM t WHERE id = 42");
        run(c, "SELECT @n := COUNT(*) FROM t");
        run(c, "SET @old_sql_mode = @@sql_mode, @x = @n * 2, sql_mode = 'STRICT_ALL_TABLES'");
        update(c, "INSERT INTO t VALUES (@x, @s, @d, NULL)");
      } else {
        update(c, "INSERT INTO t VALUES (4, NULL, 7, NULL)");
      }
      killPrimary(on);
      if (!h2) {
        assertThat(
                Installation.rows(c, "SELECT @ID, @`text`, @big, HEX(@bytes), @sum, @nothing, @x"))
            .containsExactly("1|it's|12345.678|00FF27|42|null|4");
        assertThat(Installation.rows(c, "SELECT @@sql_mode = 'STRICT_ALL_TABLES'"))
            .containsExactly("1");
        run(c, "SET sql_mode = @old_sql_mode");
      } else {
        assertThat(Installation.rows(c, "SELECT @id, @text, @big, @sum, @nothing"))
            .containsExactly("1|it's|12345.678|42|null");
      }
      update(c, "UPDATE t SET s = @text WHERE id = @sum");
      on.assertEverywhere(
          "SELECT id, s, d FROM t ORDER BY id",
          "1|it's+1|12347.67800",
          "4|null|7.00000",
          "42|it's|7.00000");
      on.assertEverywhere("SELECT id, s, d FROM other", "2|it's|12347.67800");
      on.endLockstep();
      on.assertJournalsAgree();
    }
  }

  /** Temporary tables are on the primary only, and what is copied out of them is everywhere. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void temporaryTables(Engine engine) throws Exception {
    boolean h2 = engine == Engine.H2;
    String create = h2 ? "CREATE LOCAL TEMPORARY TABLE " : "CREATE TEMPORARY TABLE ";
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)",
          "CREATE TABLE same (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)");
      update(c, "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
      PreparedStatement early = c.prepareStatement("INSERT INTO same VALUES (?, 0)");
      early.setInt(1, 100);
      early.executeUpdate();

      if (!h2) {
        run(c, "DROP TEMPORARY TABLE IF EXISTS tmp, t");
      }
      run(c, create + "tmp (id INT, n INT)");
      if (!h2) { // which has one namespace for both
        run(c, create + "same (id INT, n INT)");
        early.setInt(1, 1);
        early.executeUpdate(); // into the temporary one now
        refused(c, "UPDATE t JOIN same ON same.id = t.id SET same.n = t.n"); // which of the two?
        refused(c, "DELETE same FROM same JOIN t ON same.id = t.id");
      }
      update(c, "INSERT INTO tmp SELECT id, n + 1 FROM t");
      try (PreparedStatement p = c.prepareStatement("INSERT INTO tmp VALUES (?, ?), (5, 5)")) {
        p.setInt(1, 4);
        p.setInt(2, 41);
        p.addBatch();
        p.setInt(1, 6);
        p.addBatch();
        p.executeBatch();
      }
      assertThat(update(c, "UPDATE tmp SET n = n + 100 WHERE n > 20")).isEqualTo(4);
      assertThat(update(c, "DELETE FROM tmp WHERE id >= 4")).isEqualTo(4);
      update(other, "INSERT INTO same VALUES (7, 7)");
      if (!h2) {
        assertThat(Installation.rows(c, "SELECT id FROM same")).containsExactly("1");
      }

      c.setAutoCommit(false);
      update(c, "INSERT INTO tmp VALUES (9, 9)");
      update(c, "INSERT INTO t VALUES (9, 9)");
      c.rollback();
      update(c, "INSERT INTO tmp VALUES (8, 8)");
      update(c, "INSERT INTO t SELECT id + 10, n FROM tmp");
      update(c, "UPDATE t SET n = 0 WHERE id IN (SELECT id FROM tmp WHERE n > 100)");
      c.commit();
      c.setAutoCommit(true);
      on.assertEverywhere(
          "SELECT id, n FROM t ORDER BY id",
          "1|10",
          "2|0",
          "3|0",
          "11|11",
          "12|121",
          "13|131",
          "18|8");
      for (int i = 0; i < 3; i++) {
        if (i != on.primary()) {
          assertThat(on.rows(i, "SELECT id FROM same ORDER BY id")).containsExactly("7", "100");
        }
      }
      refused(c, "ALTER TABLE t ADD COLUMN tmp INT");
      refused(c, "DROP TABLE t, tmp");
      refused(c, "ALTER TABLE tmp RENAME TO u");
      refused(c, "CREATE VIEW v AS SELECT * FROM tmp");
      refused(
          c,
          "CREATE "
              + (h2 ? "GLOBAL " : "")
              + "TEMPORARY TABLE"
              + (h2 ? " g (id INT)" : " g AS SELECT my_function(1)"));
      if (!h2) {
        refused(c, "CREATE TEMPORARY TABLE lockstep.journal (id INT)");
        refused(c, "UPDATE tmp, t SET t.n = 1");
        refused(c, "DELETE tmp, t FROM tmp JOIN t ON t.id = tmp.id");
        refused(c, "INSERT INTO TMP VALUES (1, 1)");
      }
      if (!h2) {
        run(c, "ALTER TABLE tmp ADD COLUMN more INT");
        run(c, "CREATE INDEX more ON tmp (n)");
      }
      run(c, "TRUNCATE TABLE tmp");
      assertThat(Installation.rows(c, "SELECT * FROM tmp")).isEmpty();
      if (!h2) {
        run(c, "DROP TABLE same");
      }
      early.setInt(1, 101);
      early.executeUpdate(); // into the one that is everywhere again
      on.assertEverywhere("SELECT id FROM same ORDER BY id", "7", "100", "101");

      // What it had cannot be rebuilt, and the application is told so, once.
      killPrimary(on);
      assertThatThrownBy(() -> update(c, "INSERT INTO tmp (id) VALUES (1)"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"));
      update(c, "INSERT INTO t VALUES (99, 99)");
      assertThatThrownBy(() -> update(c, "INSERT INTO tmp (id) VALUES (1)"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("42S02"));
      run(c, create + "tmp (id INT)");
      update(c, "INSERT INTO tmp VALUES (1)");
      on.assertEverywhere("SELECT n FROM t WHERE id = 99", "99");
      on.endLockstep();
      on.assertJournalsAgree();
    }
  }
}
