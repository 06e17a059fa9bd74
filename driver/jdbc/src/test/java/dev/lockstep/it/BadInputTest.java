package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.harness.server.Engine;
import dev.lockstep.jdbc.LockstepXADataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input: a clear SQLException that says what to do, and nothing half-done on any node. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class BadInputTest {
  private interface Action {
    void run() throws Exception;
  }

  private static SQLException error(Action action) {
    Throwable t = catchThrowable(action::run);
    assertThat(t).isInstanceOf(SQLException.class);
    assertThat(t.getMessage()).isNotBlank();
    return (SQLException) t;
  }

  private static void open(String url) throws SQLException {
    DriverManager.getConnection(url, "app", "app").close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:lockstep:",
        "jdbc:lockstep:mysql",
        "jdbc:lockstep:mysql:/127.0.0.1/shop",
        "jdbc:lockstep:mysql://127.0.0.1:port,127.0.0.1:3307/shop",
        "jdbc:lockstep:mysql://127.0.0.1:3306,127.0.0.1:99999/shop",
        "jdbc:lockstep:mysql://127.0.0.1:3306,127.0.0.1:3306/shop",
        "jdbc:lockstep:mysql://[::1:3306/shop",
        "jdbc:lockstep:oracle://127.0.0.1/shop",
        "jdbc:lockstep:h2:tcp://{127.0.0.1:9092,127.0.0.1:9093/./shop"
      })
  void malformedUrl(String url) {
    SQLException e = error(() -> open(url));
    assertThat(e.getSQLState()).as(e.toString()).startsWith("08");
    assertThat(e.getMessage()).startsWith("Lockstep: ");
  }

  @Test
  void unknownAndWrongSettings() {
    String url = "jdbc:lockstep:mysql://127.0.0.1:1,127.0.0.1:2/shop?";
    SQLException e = error(() -> open(url + "lockstep.nodeTimeuot=5"));
    assertThat(e.getSQLState()).isEqualTo("08004");
    assertThat(e.getMessage()).contains("lockstep.nodeTimeuot");
    for (String wrong :
        new String[] {
          "lockstep.nodeTimeout=soon",
          "lockstep.minNodes=-1",
          "lockstep.minNodes=3",
          "lockstep.ownership=maybe",
          "lockstep.poolSize=0"
        }) {
      SQLException w = error(() -> open(url + wrong));
      assertThat(w.getSQLState()).as(wrong).isEqualTo("08004");
      assertThat(w.getMessage()).contains(wrong.substring(0, wrong.indexOf('=')));
    }
  }

  @Test
  void noServerAnswers() {
    long start = System.nanoTime();
    SQLException e =
        error(() -> open("jdbc:lockstep:mysql://127.0.0.1:1,127.0.0.1:2/shop?sslMode=DISABLED"));
    assertThat(e.getSQLState()).isEqualTo("08001");
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void distributedTransactions() {
    LockstepXADataSource source = new LockstepXADataSource();
    SQLException e = error(() -> source.getXAConnection("app", "app"));
    assertThat(e.getSQLState()).startsWith("0A");
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void wrongPasswordAndUnknownDatabase(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      SQLException e = error(() -> DriverManager.getConnection(on.url(), "app", "wrong").close());
      assertThat(e.getSQLState()).as(e.toString()).startsWith("28");
      on.start();
      SQLException again =
          error(
              () ->
                  DriverManager.getConnection(on.url(), "app", "wrong")
                      .createStatement()
                      .executeQuery("SELECT 1"));
      assertThat(again.getSQLState()).as(again.toString()).startsWith("28");
      if (engine.mysqlFamily()) {
        SQLException unknown =
            error(
                () ->
                    DriverManager.getConnection(
                            on.servers().lockstepUrl("nowhere", Map.of()), "app", "app")
                        .createStatement()
                        .executeQuery("SELECT 1"));
        assertThat(unknown.getSQLState()).as(unknown.toString()).isEqualTo("42000");
      }
      assertThat(on.departures()).isEmpty();
      assertThat(on.complete()).isTrue();
    }
  }

  @Test
  void missingRights() throws Exception {
    try (Installation on = Installation.on(Engine.MARIADB)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "CREATE TABLE t (id INT PRIMARY KEY)",
            "CREATE USER 'poor'@'%' IDENTIFIED BY 'poor'",
            "GRANT ALL ON shop.* TO 'poor'@'%'");
      }
      SQLException e = error(() -> DriverManager.getConnection(on.url(), "poor", "poor").close());
      assertThat(e.getSQLState()).as(e.toString()).matches("42000|08004|28000");
      assertThat(e.getMessage()).contains("poor");
      on.assertEverywhere(
          "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'lockstep'", "0");
      // An account that has them for the engine is not enough: each session writes the journal.
      String url = on.url(Map.of("lockstep.adminUser", "app", "lockstep.adminPassword", "app"));
      try (Connection c = DriverManager.getConnection(url, "poor", "poor")) {
        SQLException denied = error(() -> Installation.execute(c, "INSERT INTO t VALUES (1)"));
        assertThat(denied.getSQLState()).as(denied.toString()).isEqualTo("42000");
        assertThat(denied.getMessage()).contains("GRANT SELECT, INSERT, UPDATE ON lockstep.*");
        on.assertEverywhere("SELECT COUNT(*) FROM t", "0");
        for (int i = 0; i < 3; i++) {
          on.behind(i, "GRANT SELECT, INSERT, UPDATE ON lockstep.* TO 'poor'@'%'");
        }
        Installation.execute(c, "INSERT INTO t VALUES (1)");
      } finally {
        dev.lockstep.engine.Engine.closeAll();
      }
      on.assertEverywhere("SELECT id FROM t", "1");
    }
  }

  /** Refused statements, in a transaction that goes on. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MARIADB | UPDATE nokey SET n = 2 WHERE n = 1",
        "MARIADB | DELETE FROM nokey WHERE n = 1",
        "MARIADB | INSERT INTO myisam VALUES (1, 1)",
        "MARIADB | UPDATE triggered SET n = 5 WHERE id = 1",
        "MARIADB | INSERT INTO triggered VALUES (9, 9)",
        "MARIADB | UPDATE t SET n = SLEEP(0) + CONNECTION_ID() WHERE id = 1",
        "MARIADB | UPDATE t SET n = plus_one(n) WHERE id = 1",
        "MARIADB | CALL doing()",
        "MARIADB | {CALL doing()}",
        "MARIADB | CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
        "MARIADB | CREATE FUNCTION w() RETURNS INT BEGIN DELETE FROM t; RETURN 1; END",
        "MARIADB | CREATE PROCEDURE p() SELECT 1; DELETE FROM t",
        "MARIADB | LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
        "MARIADB | XA START 'x'",
        "MARIADB | SET GLOBAL max_connections = 10",
        "MARIADB | LOCK TABLES t WRITE",
        "MARIADB | INSERT INTO t VALUES (70, @a := 5)",
        "MARIADB | SELECT * FROM t INTO OUTFILE '/tmp/lockstep-out'",
        "MARIADB | INSERT INTO t VALUES (71, 1); DELETE FROM t WHERE id = 1",
        "MARIADB | FLUSH TABLES WITH READ LOCK",
        "MARIADB | INSERT INTO lockstep.journal_floor VALUES (2, 2)",
        "MARIADB | DELETE FROM lockstep.view_log",
        "MARIADB | DROP DATABASE lockstep",
        "MYSQL | INSERT INTO myisam VALUES (1, 1)",
        "MYSQL | INSERT INTO triggered VALUES (9, 9)",
        "MYSQL | UPDATE t SET n = plus_one(n) WHERE id = 1",
        "MYSQL | INSERT INTO t VALUES (71, 1); DELETE FROM t WHERE id = 1",
        "MYSQL | SET PERSIST max_connections = 10",
        "MYSQL | UPDATE t SET n = CONV(HEX(RANDOM_BYTES(2)), 16, 10) WHERE id = 1",
        "MYSQL | DROP DATABASE lockstep",
        "H2 | UPDATE nokey SET n = 2 WHERE n = 1",
        "H2 | DELETE FROM nokey WHERE n = 1",
        "H2 | UPDATE t SET n = (SELECT SESSION_ID()) WHERE id = 1",
        "H2 | UPDATE t SET n = SESSION_ID() WHERE id = 1",
        "H2 | SHUTDOWN",
        "H2 | BACKUP TO '/tmp/lockstep-backup.zip'",
        "H2 | RUNSCRIPT FROM '/tmp/nothing.sql'",
        "H2 | CREATE GLOBAL TEMPORARY TABLE g (id INT)",
        "H2 | DROP ALL OBJECTS",
        "H2 | DELETE FROM lockstep.view_log",
        "H2 | DROP SCHEMA lockstep CASCADE"
      })
  void statementsThatAreNotSafe(Engine engine, String sql) throws Exception {
    try (Installation on = Installation.on(engine)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
            "INSERT INTO t VALUES (1, 1), (2, 2)",
            "CREATE TABLE nokey (n INT)",
            "INSERT INTO nokey VALUES (1), (2)");
        if (engine.mysqlFamily()) {
          on.behind(
              i,
              "CREATE TABLE myisam (id INT PRIMARY KEY, n INT) ENGINE=MyISAM",
              "CREATE TABLE triggered (id INT PRIMARY KEY, n INT)",
              "INSERT INTO triggered VALUES (1, 1)",
              "CREATE TRIGGER trg BEFORE UPDATE ON triggered FOR EACH ROW SET NEW.n = CONNECTION_ID()",
              "CREATE TRIGGER trg2 BEFORE INSERT ON triggered FOR EACH ROW SET @n = NEW.n",
              "CREATE FUNCTION plus_one(x INT) RETURNS INT DETERMINISTIC RETURN x + 1",
              "CREATE PROCEDURE doing() INSERT INTO t VALUES (99, 99)");
        }
      }
      try (Connection c = on.connect()) {
        on.awaitAll();
        SQLException alone = error(() -> Installation.execute(c, sql));
        assertThat(alone.getSQLState()).as(alone.toString()).matches("0A001|42000|25006");
        c.setAutoCommit(false);
        Installation.execute(c, "INSERT INTO t VALUES (3, 3)");
        SQLException inside = error(() -> Installation.execute(c, sql));
        assertThat(inside.getSQLState()).as(inside.toString()).matches("0A001|42000|25006");
        Installation.execute(c, "INSERT INTO t VALUES (4, 4)");
        c.commit();
        c.setAutoCommit(true);
        // Without a key only inserts of values.
        Installation.execute(c, "INSERT INTO nokey VALUES (3)");
      }
      on.assertEverywhere("SELECT id, n FROM t ORDER BY id", "1|1", "2|2", "3|3", "4|4");
      on.assertEverywhere("SELECT n FROM nokey ORDER BY n", "1", "2", "3");
      on.assertAllEqual();
      assertThat(on.departures()).isEmpty();
      assertThat(on.complete()).isTrue();
    }
  }

  /** A node that answers under two names of one URL, and one of another cluster. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void theSameServerTwice(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine)) {
      String twice =
          on.url()
              .replace(":" + on.node(1).port(), ":" + on.node(0).port())
              .replaceFirst("127.0.0.1", "localhost");
      SQLException e = error(() -> DriverManager.getConnection(twice, "app", "app").close());
      assertThat(e.getSQLState()).as(e.toString()).startsWith("08");
      on.start();
      on.assertAllEqual();
    }
  }

  /** A write set larger than the limit is refused as a whole. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void tooLargeTransactions(Engine engine) throws Exception {
    try (Installation on =
            Installation.on(engine, Map.of("lockstep.maxWriteSet", "100000")).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(2000))");
      c.setAutoCommit(false);
      SQLException e =
          error(
              () -> {
                for (int i = 0; i < 100; i++) {
                  Installation.execute(
                      c, "INSERT INTO t VALUES (" + i + ", '" + "x".repeat(1_900) + "')");
                }
              });
      assertThat(e.getMessage()).contains("lockstep.maxWriteSet");
      c.rollback();
      Installation.execute(c, "INSERT INTO t VALUES (1, 'small')");
      c.commit();
      on.assertEverywhere("SELECT id, s FROM t", "1|small");
      on.assertAllEqual();
      assertThat(on.departures()).isEmpty();
    }
  }
}
