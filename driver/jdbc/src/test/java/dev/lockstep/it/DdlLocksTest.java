package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DDL beside open transactions, on three real servers. */
@Timeout(180)
class DdlLocksTest {
  /** Far above what the tests take where nothing blocks, also on a slow machine. */
  private static final Map<String, String> PATIENT = Map.of("lockstep.ddlTimeout", "60000");

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  /** Runs DDL beside the test, and returns when it waits for somebody, or is over. */
  private Future<?> ddl(Installation on, String sql) {
    AtomicReference<Thread> runner = new AtomicReference<>();
    Future<?> ddl =
        threads.submit(
            () -> {
              runner.set(Thread.currentThread());
              try (Connection own = on.connect()) {
                update(own, sql);
              }
              return null;
            });
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> ddl.isDone() || coordinated(runner.get()));
    return ddl;
  }

  private static boolean coordinated(Thread thread) {
    return thread != null
        && Arrays.stream(thread.getStackTrace())
            .anyMatch(e -> e.getClassName().endsWith(".DdlCoordinator"));
  }

  private static void family(Connection c, String rule) throws SQLException {
    Installation.execute(
        c,
        "CREATE TABLE g (id INT NOT NULL PRIMARY KEY, n INT)",
        "CREATE TABLE p (id INT NOT NULL PRIMARY KEY, g INT, n INT, FOREIGN KEY (g) REFERENCES"
            + " g (id)"
            + rule
            + ")",
        "CREATE TABLE c (id INT NOT NULL PRIMARY KEY, p INT, n INT, FOREIGN KEY (p) REFERENCES"
            + " p (id)"
            + rule
            + ")",
        "CREATE TABLE other (id INT NOT NULL PRIMARY KEY, n INT)");
    for (String insert :
        new String[] {
          "INSERT INTO g VALUES (1, 0), (2, 0)",
          "INSERT INTO p VALUES (1, 1, 0), (2, 2, 0)",
          "INSERT INTO c VALUES (1, 1, 0), (2, 2, 0)",
          "INSERT INTO other VALUES (1, 0), (2, 0)"
        }) {
      update(c, insert);
    }
  }

  /**
   * Whichever table of a foreign key a transaction has written to and whichever is altered, the
   * transaction can write to all of them and commit, and the DDL runs after that.
   */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aTransactionGoesOnOverForeignKeys(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, PATIENT).start();
        Connection c = on.connect();
        Connection open = on.connect()) {
      family(c, engine == Engine.H2 ? " ON DELETE CASCADE" : "");
      open.setAutoCommit(false);
      String[] tables = {"g", "p", "c"};
      int column = 0;
      for (String written : tables) {
        for (String altered : tables) {
          column++;
          update(open, "UPDATE " + written + " SET n = n + 1 WHERE id = 1");
          if (written.equals("c")) {
            update(open, "INSERT INTO c (id, p, n) VALUES (" + (10 + column) + ", 2, 0)");
          }
          long begin = System.nanoTime();
          Future<?> ddl = ddl(on, "ALTER TABLE " + altered + " ADD COLUMN x" + column + " INT");
          for (String next : tables) {
            update(open, "UPDATE " + next + " SET n = n + 1 WHERE id = 2");
          }
          open.commit();
          ddl.get(50, TimeUnit.SECONDS);
          assertThat(Duration.ofNanos(System.nanoTime() - begin))
              .as("%s written, %s altered", written, altered)
              .isLessThan(Duration.ofSeconds(40));
        }
      }
      assertThat(column).isEqualTo(9);
      on.assertEverywhere("SELECT n FROM g WHERE id = 2", "9");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  /** Writers of other tables do not notice; commits of transactions that came first go through. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void otherTablesGoOnWhileDdlWaits(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, PATIENT).start();
        Connection c = on.connect();
        Connection open = on.connect();
        Connection second = on.connect()) {
      family(c, "");
      open.setAutoCommit(false);
      second.setAutoCommit(false);
      update(open, "UPDATE p SET n = 5 WHERE id = 1");
      update(second, "UPDATE c SET n = 5 WHERE id = 2");
      Future<?> ddl = ddl(on, "ALTER TABLE p ADD COLUMN x INT");
      for (int i = 0; i < 20; i++) {
        update(c, "UPDATE other SET n = n + 1 WHERE id = 1");
      }
      second.commit();
      try (Statement s = open.createStatement();
          ResultSet r = s.executeQuery("SELECT p.n FROM p JOIN other ON p.id = other.id")) {
        assertThat(r.next()).isTrue(); // one of the tables is its own
      }
      assertThat(ddl.isDone()).isFalse();
      open.commit();
      ddl.get(50, TimeUnit.SECONDS);
      on.assertEverywhere("SELECT n FROM other WHERE id = 1", "20");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** No server can see this circle: DDL, what it holds, and a row lock. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aCircleOverARowLockIsLoosened(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, PATIENT).start();
        Connection c = on.connect();
        Connection first = on.connect();
        Connection second = on.connect()) {
      family(c, "");
      first.setAutoCommit(false);
      second.setAutoCommit(false);
      update(first, "UPDATE p SET n = 1 WHERE id = 1");
      update(second, "UPDATE other SET n = 1 WHERE id = 1");
      Future<?> ddl = ddl(on, "ALTER TABLE p ADD COLUMN x INT");
      Future<?> held =
          threads.submit(
              () -> {
                update(second, "UPDATE p SET n = 2 WHERE id = 2");
                second.commit();
                return null;
              });
      int attempts = 0;
      while (true) {
        try {
          update(first, "UPDATE other SET n = 2 WHERE id = 1");
          break;
        } catch (SQLException e) {
          // H2 waits for a row lock for a second only.
          assertThat(e.getSQLState()).isEqualTo("40001");
          assertThat(++attempts).isLessThan(10);
          update(first, "UPDATE p SET n = 1 WHERE id = 1");
        }
      }
      first.commit();
      held.get(50, TimeUnit.SECONDS);
      ddl.get(50, TimeUnit.SECONDS);
      on.assertEverywhere("SELECT n FROM other WHERE id = 1", "2");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** Somebody who bypasses Lockstep holds a lock: the DDL fails, and nothing of it is left. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void ddlThatTimesOutLeavesNothing(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine, Map.of("lockstep.ddlTimeout", "1500")).start();
        Connection c = on.connect();
        Connection behind = on.node(on.primary()).connect(Installation.DATABASE)) {
      family(c, "");
      String mine = engine == Engine.H2 ? "P_COPY_1_1" : "p_copy_1_1";
      update(c, "CREATE TABLE " + mine + " (id INT NOT NULL PRIMARY KEY)");
      behind.setAutoCommit(false);
      for (String table : new String[] {"c", "p"}) {
        update(behind, "UPDATE " + table + " SET n = 5 WHERE id = 1");
        for (String ddl :
            engine == Engine.H2 // which waits 10 s each time
                ? new String[] {"ALTER TABLE p ADD COLUMN x INT"}
                : new String[] {"ALTER TABLE p ADD COLUMN x INT", "ALTER TABLE p DROP COLUMN n"}) {
          assertThatThrownBy(() -> update(c, ddl))
              .as(ddl)
              .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("40001"));
        }
        behind.rollback();
      }
      on.assertEverywhere(
          "SELECT LOWER(TABLE_NAME) FROM INFORMATION_SCHEMA.TABLES WHERE LOWER(TABLE_SCHEMA) IN"
              + " ('shop', 'public') ORDER BY 1",
          "c",
          "g",
          "other",
          "p",
          "p_copy_1_1");
      update(c, "ALTER TABLE p ADD COLUMN x INT");
      update(c, "INSERT INTO p (id, g, n, x) VALUES (9, 1, 1, 1)");
      on.assertEverywhere("SELECT id, x FROM p WHERE id = 9", "9|1");
      assertThat(on.departures()).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /**
   * What H2 only reads it does not lock, so DDL does not wait for readers, and what they write
   * after that is on all nodes or on none.
   */
  @Test
  void aReaderOnH2IsHeld() throws Exception {
    try (Installation on = Installation.on(Engine.H2, PATIENT).start();
        Connection c = on.connect();
        Connection reader = on.connect();
        Connection writer = on.connect()) {
      family(c, "");
      reader.setAutoCommit(false);
      writer.setAutoCommit(false);
      assertThat(Installation.rows(reader, "SELECT id FROM other")).hasSize(2);
      update(writer, "INSERT INTO other VALUES (7, 7)");
      Future<?> ddl = ddl(on, "TRUNCATE TABLE other");
      Future<?> held =
          threads.submit(
              () -> {
                update(reader, "INSERT INTO other VALUES (8, 8)");
                reader.commit();
                return null;
              });
      writer.commit();
      ddl.get(50, TimeUnit.SECONDS);
      held.get(50, TimeUnit.SECONDS);
      on.endLockstep();
      on.assertAllEqual();
    }
  }
}
