package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A read never shows a commit that is not yet on every member. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class StrictReadsTest {
  private static final long DELAY_MILLIS = 150;

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aReadIsHeldUntilTheSlowestMemberHasCommitted(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine.mysqlFamily());
    held(engine, "SELECT n FROM t WHERE id = 1");
  }

  /** Where the read does not name the table that the write names. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MARIADB | SELECT n FROM log ORDER BY n DESC LIMIT 1 | CREATE TABLE log (n INT) "
            + "| CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.n)",
        "MYSQL | SELECT n FROM log ORDER BY n DESC LIMIT 1 | CREATE TABLE log (n INT) "
            + "| CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.n)",
        "MARIADB | SELECT n FROM w | CREATE VIEW v AS SELECT t.n FROM other o LEFT JOIN t ON t.id = o.id "
            + "| CREATE VIEW w AS SELECT n FROM v",
        "MYSQL | SELECT f(1) | CREATE FUNCTION f(i INT) RETURNS INT READS SQL DATA RETURN (SELECT n FROM t "
            + "WHERE id = i) | CREATE VIEW w AS SELECT f(1)"
      })
  void aReadIsHeldThatNamesAnotherTable(Engine engine, String read, String first, String second)
      throws Exception {
    held(engine, read, first, second);
  }

  private void held(Engine engine, String read, String... more) throws Exception {
    try (Installation on =
            Installation.proxied(engine, Map.of("lockstep.nodeTimeout", "10000")).start();
        Connection writer = on.connect();
        Connection reader = on.connect();
        Connection apart = on.connect()) {
      Installation.execute(
          writer,
          "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE other (id INT PRIMARY KEY, n INT)",
          "INSERT INTO t VALUES (1, 0)",
          "INSERT INTO other VALUES (1, 0)");
      Installation.execute(writer, more);
      Installation.execute(writer, "UPDATE t SET n = 0 WHERE id = 1");
      int slow = on.replica();
      List<String> early = Collections.synchronizedList(new ArrayList<>());
      AtomicBoolean done = new AtomicBoolean();
      List<Long> waits = Collections.synchronizedList(new ArrayList<>());
      List<Long> waitsApart = Collections.synchronizedList(new ArrayList<>());
      on.servers().proxy(slow).delay(Duration.ofMillis(DELAY_MILLIS));
      try (Connection direct = on.node(slow).connect(Installation.DATABASE)) {
        CompletableFuture<Void> reads =
            CompletableFuture.runAsync(
                () -> {
                  int last = 0;
                  while (!done.get()) {
                    try {
                      long start = System.nanoTime();
                      int n = Integer.parseInt(Installation.rows(reader, read).get(0));
                      waits.add((System.nanoTime() - start) / 1_000_000);
                      if (n > last) {
                        // What Lockstep has shown is on the slow member too.
                        int there = Integer.parseInt(Installation.rows(direct, read).get(0));
                        if (there < n) {
                          early.add("saw " + n + " while the slow member has " + there);
                        }
                        last = n;
                      }
                    } catch (SQLException e) {
                      early.add(e.toString());
                    }
                  }
                });
        CompletableFuture<Void> readsApart =
            CompletableFuture.runAsync(
                () -> {
                  while (!done.get()) {
                    try {
                      long start = System.nanoTime();
                      Installation.rows(apart, "SELECT n FROM other WHERE id = 1");
                      waitsApart.add((System.nanoTime() - start) / 1_000_000);
                      Thread.sleep(5);
                    } catch (SQLException | InterruptedException e) {
                      early.add(e.toString());
                    }
                  }
                });
        writer.setAutoCommit(false);
        for (int i = 1; i <= 8; i++) {
          Installation.execute(writer, "UPDATE t SET n = " + i + " WHERE id = 1");
          writer.commit();
        }
        done.set(true);
        reads.get(30, TimeUnit.SECONDS);
        readsApart.get(30, TimeUnit.SECONDS);
      } finally {
        on.servers().proxy(slow).heal();
      }
      assertThat(early).isEmpty();
      // Some read met a commit under way and was held; reads of other tables were not.
      assertThat(Collections.max(waits)).isGreaterThan(DELAY_MILLIS / 2);
      Collections.sort(waitsApart);
      assertThat(waitsApart.get(waitsApart.size() / 2)).isLessThan(DELAY_MILLIS / 2);
      assertThat(on.departures()).isEmpty();
    }
  }

  /** What was read stays, also when every member but one is lost right afterwards. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void whatWasReadSurvivesTheLossOfThePrimary(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    try (Installation on =
            Installation.on(
                    engine, Map.of("lockstep.nodeTimeout", "1500", "lockstep.minNodes", "1"))
                .start();
        Connection writer = on.connect();
        Connection reader = on.connect()) {
      Installation.execute(
          writer, "CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1, 0)");
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<Void> writes =
          CompletableFuture.runAsync(
              () -> {
                while (!done.get()) {
                  try {
                    Installation.execute(writer, "UPDATE t SET n = n + 1 WHERE id = 1");
                  } catch (SQLException e) {
                    if (!"40001".equals(e.getSQLState())) {
                      throw new IllegalStateException(e);
                    }
                  }
                }
              });
      int last = 0;
      for (int round = 0; round < 2; round++) {
        long end = System.nanoTime() + 400_000_000L;
        while (System.nanoTime() < end) {
          int n = read(reader);
          assertThat(n).isGreaterThanOrEqualTo(last);
          last = n;
        }
        on.node(on.primary()).kill();
        int n = read(reader);
        assertThat(n).as("after the loss of the primary").isGreaterThanOrEqualTo(last);
        last = n;
      }
      done.set(true);
      writes.get(30, TimeUnit.SECONDS);
      for (int i = 0; i < 3; i++) {
        on.node(i).start();
      }
      on.awaitAll();
      on.assertAllEqual();
      assertThat(read(reader)).isGreaterThanOrEqualTo(last);
    }
  }

  private static int read(Connection c) throws SQLException {
    return Integer.parseInt(Installation.rows(c, "SELECT n FROM t WHERE id = 1").get(0));
  }
}
