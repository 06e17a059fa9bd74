package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** CALL through Lockstep on three real servers, compared with one plain server. */
@Timeout(300)
class ProceduresTest {
  private static final String[] TABLES = {
    "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, n INT, s VARCHAR(10), d DECIMAL(10,2), at"
        + " DATETIME)",
    "CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY, n INT, t VARCHAR(40))",
    "CREATE TABLE coded (id INT NOT NULL PRIMARY KEY, e ENUM('10', '5', '1'))",
    "INSERT INTO coded VALUES (1, '10')"
  };

  private static final String[] ROWS = {
    "DROP PROCEDURE IF EXISTS p",
    "DROP PROCEDURE IF EXISTS q",
    "DROP PROCEDURE IF EXISTS r",
    "DROP PROCEDURE IF EXISTS s",
    "DROP FUNCTION IF EXISTS f",
    "DELETE FROM item",
    "DELETE FROM other",
    "INSERT INTO item VALUES (1, 1, 'a', 1.10, '2020-01-01 10:00:00'), (2, 2, 'b', 2.20, NULL),"
        + " (3, 3, NULL, 3.30, '2021-01-01 10:00:00')",
    "INSERT INTO other (n, t) VALUES (1, 'x'), (2, 'y')"
  };

  private static final String[] COMPARED = {
    "SELECT * FROM item ORDER BY id", "SELECT n, t FROM other ORDER BY id"
  };

  /** Lines of procedures.txt. */
  private record Case(String title, List<String> before, List<String> statements) {}

  private static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    try (InputStream in = ProceduresTest.class.getResourceAsStream("/procedures.txt")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String rest = line.length() > 2 ? line.substring(2) : "";
        switch (line.isEmpty() ? '#' : line.charAt(0)) {
          case '*' -> cases.add(new Case(rest, new ArrayList<>(), new ArrayList<>()));
          case '!' -> cases.get(cases.size() - 1).before().add(rest);
          case '>' -> cases.get(cases.size() - 1).statements().add(rest);
          case 'r' -> cases.get(cases.size() - 1).statements().add("refused");
          default -> assertThat(line).matches("(#.*)?");
        }
      }
    }
    return cases;
  }

  /** All results of a statement, or its error. */
  private static List<String> answer(Connection c, String sql) {
    List<String> all = new ArrayList<>();
    try (Statement s = c.createStatement()) {
      boolean rows = s.execute(sql);
      while (rows || s.getUpdateCount() >= 0) {
        all.add(rows ? rows(s.getResultSet()) : "count " + s.getUpdateCount());
        rows = s.getMoreResults();
      }
    } catch (SQLException e) {
      all.clear(); // the vendor's driver gives no result before an error
      all.add(e.getSQLState() + " " + e.getErrorCode());
    }
    return all;
  }

  private static String rows(ResultSet r) throws SQLException {
    StringBuilder text = new StringBuilder();
    int columns = r.getMetaData().getColumnCount();
    for (int i = 1; i <= columns; i++) {
      text.append(r.getMetaData().getColumnLabel(i)).append(i < columns ? "," : ":");
    }
    while (r.next()) {
      for (int i = 1; i <= columns; i++) {
        text.append(' ').append(r.getString(i));
      }
      text.append(';');
    }
    return text.toString();
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void asOnAPlainServer(Engine engine) throws Exception {
    List<String> different = new ArrayList<>();
    try (Installation on = Installation.on(engine).start();
        Beside both = new Beside(engine, on, "")) {
      Connection c = both.here;
      Connection p = both.plain;
      Installation.execute(c, TABLES);
      Installation.execute(p, TABLES);
      for (Case one : cases()) {
        for (boolean autocommit : new boolean[] {true, false}) {
          compare(c, p, one, autocommit, different);
        }
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
    assertThat(different).as(engine + ": not as on a plain server").isEmpty();
  }

  private static void compare(
      Connection c, Connection p, Case one, boolean autocommit, List<String> different)
      throws SQLException {
    for (Connection connection : List.of(c, p)) {
      Installation.execute(connection, ROWS);
      Installation.execute(connection, one.before().toArray(String[]::new));
      connection.setAutoCommit(autocommit);
    }
    boolean refused = false;
    for (String sql : one.statements()) {
      if (sql.equals("refused")) {
        refused = true;
        continue;
      }
      List<String> given = answer(c, sql);
      List<String> expected = refused ? List.of("0A001 0") : answer(p, sql);
      if (!given.equals(expected)) {
        different.add(
            one.title()
                + (autocommit ? ": " : ", in a transaction: ")
                + sql
                + "\n  gave     "
                + given
                + "\n  expected "
                + expected);
      }
    }
    if (!autocommit) {
      c.commit();
      p.commit();
      c.setAutoCommit(true);
      p.setAutoCommit(true);
    }
    for (String sql : COMPARED) {
      if (!answer(c, sql).equals(answer(p, sql))) {
        different.add(
            one.title()
                + (autocommit ? "" : ", in a transaction")
                + " left\n  "
                + answer(c, sql)
                + "\n  expected "
                + answer(p, sql));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void callableStatements(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Beside both = new Beside(engine, on, "")) {
      Connection c = both.here;
      Connection p = both.plain;
      for (Connection connection : List.of(c, p)) {
        Installation.execute(connection, TABLES);
        Installation.execute(connection, ROWS);
        Installation.execute(
            connection,
            "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a * 3",
            "CREATE PROCEDURE p(IN a INT, OUT b DECIMAL(10,2), INOUT c VARCHAR(30), OUT d DATE, OUT"
                + " e INT) BEGIN SELECT id FROM item WHERE n >= a ORDER BY id; SET b = a / 3; SET c"
                + " = CONCAT(c, 'é', a); SET d = '2020-02-03'; SET e = NULL; SELECT 'last'; END");
      }
      assertThat(called(c)).isEqualTo(called(p));
    }
  }

  private static List<String> called(Connection c) throws SQLException {
    List<String> all = new ArrayList<>();
    try (CallableStatement s = c.prepareCall("{call p(?, ?, ?, ?, ?)}")) {
      for (int round = 1; round <= 2; round++) {
        s.setInt(1, round);
        s.registerOutParameter(2, Types.DECIMAL);
        s.setString("c", "it's ");
        s.registerOutParameter("c", Types.VARCHAR);
        s.registerOutParameter(4, Types.DATE);
        s.registerOutParameter("e", Types.INTEGER);
        boolean rows = s.execute();
        while (rows || s.getUpdateCount() >= 0) {
          all.add(rows ? rows(s.getResultSet()) : "count " + s.getUpdateCount());
          rows = s.getMoreResults();
        }
        all.add(s.getBigDecimal(2) + " " + s.getObject(2) + " " + s.getDouble("b"));
        all.add(s.getString(3) + " " + s.getObject("c"));
        all.add(s.getDate(4) + " " + s.getObject(4).getClass());
        all.add(s.getInt(5) + " " + s.wasNull() + " " + s.getObject("e"));
      }
    }
    try (CallableStatement s = c.prepareCall("{? = call f(?)}")) {
      s.registerOutParameter(1, Types.INTEGER);
      s.setInt(2, 14);
      s.execute();
      all.add(s.getInt(1) + " " + s.getObject(1));
    }
    return all;
  }

  /** What it runs under is the session's, or it is refused before anything is done. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void whoAndWhere(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "CREATE USER 'poor'@'%' IDENTIFIED BY 'poor'",
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON shop.* TO 'poor'@'%'",
            "CREATE DATABASE elsewhere",
            "GRANT ALL ON elsewhere.* TO 'poor'@'%'");
      }
      on.start();
      try (Connection c = on.connect();
          Connection poor = DriverManager.getConnection(on.url(), "poor", "poor")) {
        Installation.execute(c, TABLES);
        Installation.execute(
            c,
            "CREATE PROCEDURE p(a INT) INSERT INTO other (n) VALUES (a)",
            "CREATE PROCEDURE q(a INT) SQL SECURITY INVOKER INSERT INTO other (n) VALUES (a)",
            "SET sql_mode = 'NO_ZERO_DATE'",
            "CREATE PROCEDURE r(a INT) INSERT INTO other (n) VALUES (a)");
        assertThat(answer(poor, "CALL p(1)")).containsExactly("0A001 0");
        assertThat(answer(poor, "CALL q(2)")).containsExactly("42000 1370");
        Installation.execute(c, "SET sql_mode = DEFAULT");
        assertThat(answer(c, "CALL r(3)")).containsExactly("0A001 0");
        Installation.execute(c, "USE elsewhere");
        assertThat(answer(c, "CALL shop.p(4)")).containsExactly("0A001 0");
        Installation.execute(c, "USE shop");
        for (int i = 0; i < 3; i++) {
          on.behind(
              i,
              "GRANT EXECUTE ON PROCEDURE shop.q TO 'poor'@'%'",
              "GRANT SELECT, INSERT, UPDATE ON lockstep.* TO 'poor'@'%'");
        }
        assertThat(answer(poor, "CALL q(5)")).containsExactly("count 1");
      }
      on.assertEverywhere("SELECT n FROM other", "5");
      for (int i = 0; i < 3; i++) {
        on.behind(i, "DROP USER 'poor'@'%'", "DROP DATABASE elsewhere");
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** The primary dies while the procedure waits for a lock: no handler of its own hides that. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void thePrimaryDies(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(c, TABLES);
      Installation.execute(c, "INSERT INTO item (id, n) VALUES (1, 1), (2, 2)");
      Installation.execute(
          c,
          "CREATE PROCEDURE p(OUT a INT) BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION INSERT INTO"
              + " other (n, t) VALUES (2, 'handled'); INSERT INTO other (n, t) VALUES (1, 'first');"
              + " START TRANSACTION; UPDATE item SET n = 10 WHERE id = 1; UPDATE item SET n = 20"
              + " WHERE id = 2; COMMIT; SET a = 5; END");
      other.setAutoCommit(false);
      Installation.execute(other, "UPDATE item SET n = 3 WHERE id = 2");
      CompletableFuture<List<String>> call =
          CompletableFuture.supplyAsync(() -> answer(c, "CALL p(@a)"));
      int primary = on.primary();
      try (Connection direct = on.servers().node(primary).connect(Installation.DATABASE)) {
        Awaitility.await("it waits")
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    !Installation.rows(
                            direct,
                            "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK"
                                + " WAIT'")
                        .isEmpty());
      }
      on.node(primary).kill();
      assertThat(call.get(60, TimeUnit.SECONDS)).hasSize(1).first().asString().startsWith("40001");
      assertThat(Installation.rows(c, "SELECT n, t FROM other")).containsExactly("1|first");
      assertThat(Installation.rows(c, "SELECT id, n FROM item ORDER BY id"))
          .containsExactly("1|1", "2|2");
      other.close();
      Installation.execute(c, "DELETE FROM other");
      assertThat(answer(c, "CALL p(@a)"))
          .containsExactly(engine == Engine.MYSQL ? "count 0" : "count 3");
      assertThat(Installation.rows(c, "SELECT @a")).containsExactly("5");
      on.node(primary).start();
      on.awaitAll();
      on.assertEverywhere("SELECT n FROM item WHERE id = 2", "20");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** A variable's value does not begin the transaction's snapshot, as it does not on a server. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void theSnapshotBeginsWithTheFirstRead(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(c, TABLES);
      Installation.execute(
          c,
          "INSERT INTO item (id, n) VALUES (1, 1)",
          "CREATE PROCEDURE p(a INT) BEGIN DECLARE b INT; SET b = a; IF b > 5 THEN INSERT INTO other"
              + " (n) VALUES (b); END IF; END");
      c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      c.setAutoCommit(false);
      Installation.execute(c, "CALL p(1)");
      Installation.execute(other, "UPDATE item SET n = 12 WHERE id = 1");
      assertThat(Installation.rows(c, "SELECT n FROM item")).containsExactly("12");
      c.rollback();
    }
  }

  /** What Lockstep cannot do ends the transaction too, as no handler of the procedure runs. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void refusedInTheMiddle(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, TABLES);
      Installation.execute(
          c,
          "CREATE TABLE f (id INT NOT NULL PRIMARY KEY, x FLOAT)",
          "INSERT INTO f VALUES (1, 1.5)",
          "CREATE PROCEDURE p() BEGIN DECLARE b DOUBLE; DECLARE k CURSOR FOR SELECT x FROM f; DECLARE"
              + " EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION;"
              + " INSERT INTO item (id) VALUES (7); OPEN k; FETCH k INTO b; CLOSE k; COMMIT; END");
      assertThat(answer(c, "CALL p()")).containsExactly("0A001 0");
      Installation.execute(c, "INSERT INTO item (id) VALUES (8)");
      on.assertEverywhere("SELECT id FROM item", "8");
      on.endLockstep();
      on.assertAllEqual();
    }
  }
}
