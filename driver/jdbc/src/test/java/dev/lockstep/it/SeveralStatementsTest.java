package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts of several statements on three real servers, compared with what a server alone does. */
@Timeout(180)
class SeveralStatementsTest {
  private static final String[] TEXTS = {
    "INSERT INTO t VALUES (1, 'a;b'), (2, 'x'); SELECT s FROM t ORDER BY id; UPDATE t SET s = 'y'"
        + " WHERE id >= 1; SELECT COUNT(*) FROM t -- the end; really",
    "INSERT INTO t VALUES (3, 'a'); INSERT INTO t VALUES (1, 'again'); INSERT INTO t VALUES (4, 'b')",
    "SELECT id FROM t ORDER BY id; DELETE FROM t WHERE id = 3;",
    "UPDATE t SET s = 'z' WHERE id = 1; SELECT * FROM missing; DELETE FROM t WHERE id > 0",
    "/* ; */ DELETE FROM t WHERE s = ';' ; INSERT INTO t VALUES (10, ';')",
  };

  private static Connection several(Installation on) throws SQLException {
    return DriverManager.getConnection(
        on.url(Map.of("allowMultiQueries", "true")), on.user(), on.password());
  }

  private static Connection alone(DatabaseNode node, boolean h2) throws SQLException {
    Properties p = new Properties();
    p.setProperty("user", node.user());
    p.setProperty("password", node.password());
    if (!h2) {
      p.setProperty("allowMultiQueries", "true");
    }
    return DriverManager.getConnection(node.jdbcUrl(Installation.DATABASE), p);
  }

  /** All results of a text, or what was told of an error. */
  private static List<String> results(Connection c, String text) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Statement s = c.createStatement()) {
      boolean rows = s.execute(text);
      while (true) {
        if (rows) {
          StringBuilder b = new StringBuilder();
          try (ResultSet r = s.getResultSet()) {
            while (r.next()) {
              b.append(r.getString(1)).append(' ');
            }
          }
          all.add(b.toString());
        } else if (s.getUpdateCount() >= 0) {
          all.add("count " + s.getUpdateCount());
        } else {
          return all;
        }
        rows = s.getMoreResults();
      }
    } catch (SQLException e) {
      return List.of("error " + e.getSQLState());
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void runOneAfterTheOther(Engine engine) throws Exception {
    boolean h2 = engine == Engine.H2;
    try (Installation on = Installation.on(engine).start();
        Connection c = h2 ? on.connect() : several(on);
        Connection server = alone(on.node(on.replica()), h2)) {
      String columns = " (id INT NOT NULL PRIMARY KEY, s VARCHAR(20))";
      Installation.execute(c, "CREATE TABLE t" + columns);
      // One of the same kind that only this connection sees.
      try (Statement s = server.createStatement()) {
        s.execute(
            h2
                ? "CREATE LOCAL TEMPORARY TABLE alone" + columns
                : "CREATE TEMPORARY TABLE alone" + columns);
      }
      for (boolean autocommit : new boolean[] {true, false}) {
        c.setAutoCommit(autocommit);
        server.setAutoCommit(autocommit);
        for (String text : TEXTS) {
          if (!autocommit && h2) {
            continue;
          }
          List<String> mine = results(c, text);
          List<String> servers =
              results(server, text.replace(" t ", " alone ").replace(" t;", " alone;"));
          assertThat(h2 && !mine.isEmpty() ? mine.subList(0, 1) : mine)
              .as("%s, autocommit %s", text, autocommit)
              .isEqualTo(servers);
          assertThat(Installation.rows(c, "SELECT * FROM t ORDER BY id"))
              .as("after %s, autocommit %s", text, autocommit)
              .isEqualTo(Installation.rows(server, "SELECT * FROM alone ORDER BY id"));
        }
        if (!autocommit) {
          c.rollback();
          server.rollback();
        }
      }
      c.setAutoCommit(true);
      try (Statement s = c.createStatement()) {
        assertThat(s.executeUpdate("DELETE FROM t WHERE id = 1; DELETE FROM t WHERE id > 0"))
            .isEqualTo(1);
        assertThatThrownBy(() -> s.executeUpdate("SELECT 1; INSERT INTO t VALUES (50, 'a')"))
            .isInstanceOf(SQLException.class);
        try (ResultSet r = s.executeQuery("SELECT 5; INSERT INTO t VALUES (60, 'a')")) {
          assertThat(r.next()).isTrue();
          assertThat(r.getInt(1)).isEqualTo(5);
        }
        s.execute("CREATE TABLE event (id INT NOT NULL PRIMARY KEY); INSERT INTO event VALUES (1)");
        s.execute("CREATE TABLE u (id INT NOT NULL PRIMARY KEY); INSERT INTO u VALUES (1), (2)");
        assertThatThrownBy(() -> s.execute("INSERT INTO u VALUES (3); GRANT SELECT ON u TO x"))
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      }
      assertThatThrownBy(() -> prepared(c))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
      on.assertEverywhere("SELECT id FROM t", "60");
      on.assertEverywhere("SELECT COUNT(*) FROM event", "1");
      on.assertEverywhere("SELECT id FROM u ORDER BY id", "1", "2", "3");
      if (!h2) {
        try (Connection plain = on.connect();
            Statement s = plain.createStatement()) {
          assertThatThrownBy(() -> s.execute("DELETE FROM u; DELETE FROM t WHERE id > 0"))
              .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
        }
      }
      server.close();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static void prepared(Connection c) throws SQLException {
    try (PreparedStatement p =
        c.prepareStatement("INSERT INTO t VALUES (?, 'a'); DELETE FROM t WHERE id = ?")) {
      p.setInt(1, 1);
    }
  }

  /** Code in comments that one server executes and another one does not. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void commentsByVersion(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = several(on);
        Statement s = c.createStatement()) {
      s.execute(
          "CREATE TABLE v (id INT NOT NULL PRIMARY KEY /*!80000 , a INT */ /*M!100100 , b INT */);"
              + " INSERT INTO v (id) VALUES (1 /*!80000 + 1 */ /*M!110400 + 2 */)");
      s.execute("/*!99999 DROP TABLE v */");
      try (PreparedStatement p =
          c.prepareStatement("UPDATE v SET /*!80000 a = ? */ /*M!100100 b = ? */ WHERE id > 0")) {
        p.setInt(1, 5);
        assertThat(p.executeUpdate()).isEqualTo(1);
      }
      boolean mysql = engine == Engine.MYSQL;
      on.assertEverywhere("SELECT * FROM v", mysql ? "2|5" : "3|5");
      assertThat(
              Installation.rows(
                  c, "SELECT /*+ MAX_EXECUTION_TIME(5000) */ id /*!80000 + 10 */ FROM v"))
          .containsExactly(mysql ? "12" : "3");
      assertThatThrownBy(() -> c.prepareCall("{call p()}"))
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("42000"));
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
