package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Result sets whose rows are changed, beside a plain server. */
@Timeout(180)
class UpdatableResultSetTest {
  private static final String ALL = "SELECT * FROM t ORDER BY 1, 2";

  private static Statement updatable(Connection c, int type) throws SQLException {
    return c.createStatement(type, ResultSet.CONCUR_UPDATABLE);
  }

  private static String row(ResultSet r) throws SQLException {
    return r.getString("id") + "|" + r.getString("s") + "|" + r.getBigDecimal(3) + "|" + r.getRow();
  }

  /** What is seen on the way. */
  private static List<String> script(Connection c, Engine engine) throws SQLException {
    List<String> seen = new ArrayList<>();
    try (Statement s = updatable(c, ResultSet.TYPE_SCROLL_INSENSITIVE)) {
      seen.add("statement " + s.getResultSetConcurrency());
      try (ResultSet r = s.executeQuery("SELECT id, s, d FROM t ORDER BY id")) {
        seen.add("concurrency " + r.getConcurrency());
        r.next();
        r.updateString("s", "changed");
        r.updateBigDecimal(3, new BigDecimal("7.005"));
        r.updateRow();
        seen.add(row(r));
        r.next();
        r.updateNull(3);
        r.cancelRowUpdates();
        r.updateObject("s", "it's ? \\ ä");
        r.updateRow();
        seen.add(row(r));
        r.previous();
        seen.add(row(r));
        r.next();
        r.next();
        r.updateString(2, "lost by moving");
        r.next();
        seen.add(row(r));
        r.moveToInsertRow();
        r.updateInt(1, 90);
        r.updateString(2, "new");
        r.insertRow();
        r.moveToCurrentRow();
        seen.add(row(r));
        r.refreshRow();
        seen.add(row(r));
      }
      try (ResultSet r = s.executeQuery("SELECT x.d AS id, x.id AS s FROM t x WHERE id = 2")) {
        r.next();
        r.updateBigDecimal("id", new BigDecimal("11"));
        r.updateRow();
        seen.add(r.getBigDecimal(1) + " " + r.getInt(2));
      }
      for (String fixed :
          new String[] {
            "SELECT s FROM t", "SELECT id + 1 FROM t", "SELECT COUNT(*) FROM t", "SELECT 1"
          }) {
        try (ResultSet r = s.executeQuery(fixed)) {
          r.next();
          boolean refused = false;
          try {
            r.updateString(1, "9");
            r.updateRow();
          } catch (SQLException e) {
            refused = true;
          }
          seen.add(fixed + " " + refused);
        }
      }
    }
    try (PreparedStatement p =
        c.prepareStatement(
            "SELECT * FROM t WHERE id > ?",
            ResultSet.TYPE_FORWARD_ONLY,
            ResultSet.CONCUR_UPDATABLE)) {
      p.setInt(1, 3);
      try (ResultSet r = p.executeQuery()) {
        while (r.next()) {
          if (r.getInt(1) % 2 == 0) {
            r.deleteRow();
          }
        }
      }
    }
    if (engine == Engine.H2) {
      try (Statement s = updatable(c, ResultSet.TYPE_FORWARD_ONLY);
          ResultSet r = s.executeQuery("SELECT * FROM t")) {
        r.moveToInsertRow();
        r.updateInt("ID", 91);
        r.insertRow();
        r.moveToCurrentRow();
      }
    }
    return seen;
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void asOnAPlainServer(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Beside b = new Beside(engine, on, "")) {
      b.both(
          "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20) DEFAULT 'dflt', d DECIMAL(10,2) DEFAULT 3)",
          "CREATE TABLE p (a VARCHAR(5), b BIGINT, n INT, PRIMARY KEY (a, b))");
      for (boolean autocommit : new boolean[] {true, false}) {
        b.autoCommit(autocommit);
        b.both(
            "DELETE FROM t",
            "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4), (6, 'e', 5), (7, 'f', 6)");
        List<String> expected = script(b.plain, engine);
        assertThat(script(b.here, engine)).isEqualTo(expected);
        if (!autocommit) {
          b.here.commit();
          b.plain.commit();
        }
        b.same(ALL);
      }
      b.autoCommit(true);
      b.both("INSERT INTO p VALUES ('x', 9007199254740993, 1), ('x', 9007199254740992, 2)");
      for (Connection c : new Connection[] {b.here, b.plain}) {
        try (Statement s = updatable(c, ResultSet.TYPE_FORWARD_ONLY);
            ResultSet r = s.executeQuery("SELECT n, b, a FROM p ORDER BY b")) {
          r.next();
          r.updateInt("n", 5);
          r.updateRow();
          r.next();
          r.deleteRow();
        }
      }
      b.same("SELECT * FROM p ORDER BY b");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** A rollback takes changes back, and what cannot be done is refused. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void undoneAndRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect();
        Statement s = updatable(c, ResultSet.TYPE_SCROLL_INSENSITIVE)) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT PRIMARY KEY, n INT UNIQUE)",
          "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
      c.setAutoCommit(false);
      try (ResultSet r = s.executeQuery("SELECT id, n FROM t ORDER BY id FOR UPDATE")) {
        assertThatThrownBy(() -> r.updateInt(2, 5)).isInstanceOf(SQLException.class);
        r.next();
        r.updateInt(2, 50);
        r.updateRow();
        r.updateInt(2, 2);
        assertThatThrownBy(r::updateRow)
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("23"));
        r.cancelRowUpdates();
        assertThat(r.getInt(2)).isEqualTo(50);
        assertThatThrownBy(r::insertRow).isInstanceOf(SQLException.class);
        r.updateInt(1, 9);
        assertThatThrownBy(r::updateRow)
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
        r.next();
        r.deleteRow();
      }
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "1|1", "2|2", "3|3");
      c.rollback();
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "1|1", "2|2", "3|3");
      try (ResultSet r = s.executeQuery("SELECT id, n FROM t ORDER BY id")) {
        r.last();
        r.updateInt(2, 30);
        r.updateRow();
        c.commit();
      }
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "1|1", "2|2", "3|30");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
