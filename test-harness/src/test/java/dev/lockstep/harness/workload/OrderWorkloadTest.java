package dev.lockstep.harness.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class OrderWorkloadTest {
  private static final long SEED = 4711;

  private static DatabaseNode node(Engine engine) throws SQLException {
    DatabaseNode node = SharedClusters.get(engine, 2).node(0);
    node.createDatabase("shop");
    return node;
  }

  private static OrderWorkload.Builder on(DatabaseNode node) {
    return OrderWorkload.on(node.jdbcUrl("shop"), node.user(), node.password()).seed(SEED);
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void onePlainNodeKeepsItsPromises(Engine engine, @TempDir Path directory) throws Exception {
    DatabaseNode node = node(engine);
    Path file = directory.resolve("transactions");
    try (TransactionLog log = new TransactionLog(file)) {
      boolean deadlocks = engine != Engine.H2; // see OrderWorkload.Builder.deadlocks
      OrderWorkload workload = on(node).clients(4).deadlocks(deadlocks).log(log).build();
      workload.createSchema();
      workload.runSteps(600, Duration.ofSeconds(60));

      Progress progress = workload.progress();
      assertThat(progress.errorSummary()).as("seed %d", SEED).isEmpty();
      assertThat(progress.commits()).isGreaterThan(300);
      assertThat(progress.rollbacks()).isPositive();
      assertThat(progress.reads()).isPositive();
      assertThat(progress.unknownOutcomes()).isZero();
      Verification verification = OrderWorkload.verifyNodes(List.of(node), "shop", log);
      verification.assertOk();
      assertThat(verification.acknowledged()).isEqualTo((int) progress.commits());
      assertThat(verification.rolledBack()).isGreaterThan((int) progress.rollbacks());

      TransactionLog again = TransactionLog.read(file);
      for (TransactionLog.Outcome outcome : TransactionLog.Outcome.values()) {
        assertThat(again.ids(outcome)).isEqualTo(log.ids(outcome));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void theVerifierFindsBrokenPromises(Engine engine) throws Exception {
    DatabaseNode node = node(engine);
    OrderWorkload workload = on(node).clients(2).build();
    workload.createSchema();
    workload.runSteps(100, Duration.ofSeconds(60));
    String lost =
        workload.log().ids(TransactionLog.Outcome.ACK).stream()
            .filter(id -> id.endsWith("-o"))
            .findFirst()
            .orElseThrow();
    String risen = workload.log().ids(TransactionLog.Outcome.FAIL).iterator().next();
    try (Connection c = node.connect("shop");
        Statement s = c.createStatement()) {
      s.execute("DELETE FROM ledger WHERE id='" + lost + "'");
      s.execute("INSERT INTO ledger VALUES ('" + risen + "', 0, 0)");
      s.execute("INSERT INTO ledger VALUES ('stranger-0-1-l', 0, 0)");
      s.execute("UPDATE products SET stock = stock - 1 WHERE id = 7");
      s.execute("UPDATE customers SET balance = balance - 1, visits = visits + 1 WHERE id = 9");
    }
    Verification verification = OrderWorkload.verifyNodes(List.of(node), "shop", workload.log());
    assertThat(verification.ok()).isFalse();
    assertThat(verification.problems())
        .anyMatch(p -> p.contains("acknowledged transaction " + lost + " is missing"))
        .anyMatch(p -> p.contains("rolled-back transaction " + risen + " is there"))
        .anyMatch(p -> p.contains("transaction stranger-0-1-l was never begun"))
        .anyMatch(p -> p.contains("product 7 "))
        .anyMatch(p -> p.contains("balance of customer 9 "))
        .anyMatch(p -> p.contains("visits of customer 9 "));
    assertThatThrownBy(verification::assertOk).hasMessageContaining(lost);
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void countsConflictsAndSurvivesAKilledServer(Engine engine) throws Exception {
    DatabaseNode node = node(engine);
    try (OrderWorkload workload = on(node).clients(3).products(5).customers(2).build()) {
      workload.createSchema();
      workload.start();
      Progress progress = workload.progress();
      await(() -> progress.commits() > 50);
      progress.resetWindow();
      long before = System.nanoTime();
      node.kill();
      node.start();
      long commits = progress.commits();
      await(() -> progress.commits() > commits + 50);
      workload.stop();
      long elapsed = (System.nanoTime() - before) / 1_000_000;

      assertThat(progress.longestStallMillis()).isBetween(50L, elapsed + 50);
      assertThat(progress.longestClientStallMillis())
          .isGreaterThanOrEqualTo(progress.longestStallMillis());
      assertThat(progress.errorCount()).isPositive();
      OrderWorkload.verifyNodes(List.of(node), "shop", workload.log()).assertOk();
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + 60_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(5);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void theLogOfAKilledClientTellsWhatWasAcknowledged(Engine engine, @TempDir Path directory)
      throws Exception {
    DatabaseNode node = node(engine);
    on(node).build().createSchema();
    Path file = directory.resolve("transactions");
    Process client =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ClientMain.class.getName(),
                node.jdbcUrl("shop"),
                file.toString())
            .inheritIO()
            .start();
    try {
      await(() -> file.toFile().length() > 20_000);
    } finally {
      client.destroyForcibly();
    }
    assertThat(client.waitFor(10, TimeUnit.SECONDS)).isTrue();
    node.restart(); // nothing of the client is still under way after this
    Verification verification =
        OrderWorkload.verifyNodes(List.of(node), "shop", TransactionLog.read(file));
    verification.assertOk();
    assertThat(verification.acknowledged()).isGreaterThan(100);
    // Each client has one under way, perhaps with a part that is to be rolled back.
    assertThat(verification.unknown()).isBetween(0, 8);
  }

  /** A client process; arguments: URL, log file. */
  static final class ClientMain {
    public static void main(String[] arguments) throws Exception {
      OrderWorkload.on(arguments[0], "app", "app")
          .seed(SEED)
          .clients(4)
          .log(new TransactionLog(Path.of(arguments[1])))
          .build()
          .runFor(Duration.ofSeconds(60));
    }
  }

  @Test
  void aLogCutOffInTheMiddleOfALineIsRead(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("log");
    Files.writeString(
        file,
        "BEGIN a-0-1-o\nACK a-0-1-o\nBEGIN a-0-2-o\nFAIL a-0-2-o 40001\nBEGIN a-0-3-o\n"
            + "BEGIN a-0-4-o\nUNKNOWN a-0-4-o\nBEGIN a-0-5-o\nAC");
    TransactionLog log = TransactionLog.read(file);
    assertThat(log.ids(TransactionLog.Outcome.ACK)).isEqualTo(Set.of("a-0-1-o"));
    assertThat(log.ids(TransactionLog.Outcome.FAIL)).isEqualTo(Set.of("a-0-2-o"));
    assertThat(log.ids(TransactionLog.Outcome.BEGUN)).isEqualTo(Set.of("a-0-3-o", "a-0-5-o"));
    assertThat(log.ids(TransactionLog.Outcome.UNKNOWN)).isEqualTo(Set.of("a-0-4-o"));
  }
}
