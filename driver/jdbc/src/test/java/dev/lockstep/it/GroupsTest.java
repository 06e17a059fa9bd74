package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Groups: autocommit writes that all members execute in one transaction, groups that are prepared
 * while the one before commits, and the fence that both hold.
 */
@Timeout(120)
class GroupsTest {
  private static final int CLIENTS = 8;
  private static final int EACH = 100;

  /** The engine that all tests run on. */
  Engine engine() {
    return Engine.MARIADB;
  }

  private Installation accounts(int rows) throws SQLException {
    return accounts(rows, Map.of());
  }

  private Installation accounts(int rows, Map<String, String> settings) throws SQLException {
    Installation on = Installation.on(engine(), settings).start();
    try (Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL, name VARCHAR(10) UNIQUE)");
      for (int id = 1; id <= rows; id++) {
        Installation.execute(c, "INSERT INTO account VALUES (" + id + ", 0, 'n" + id + "')");
      }
    }
    return on;
  }

  private static long transactionsBegun(Installation on) throws SQLException {
    String row = on.rows(on.primary(), "SHOW GLOBAL STATUS LIKE 'Com_begin'").get(0);
    return Long.parseLong(row.substring(row.indexOf('|') + 1));
  }

  @Test
  void autocommitWritesOfManyClientsShareTransactions() throws Exception {
    try (Installation on = accounts(3)) {
      long before = transactionsBegun(on);
      SilentFailuresTest.clients(on, CLIENTS, (number, c) -> addToHotRows(number, c, (i, r) -> {}));
      assertThat(transactionsBegun(on) - before)
          .as("writes that had a transaction of their own on the primary")
          .isLessThan(CLIENTS * EACH / 2);
      on.assertEverywhere("SELECT SUM(balance) FROM account", CLIENTS * EACH + "");
      AtomicInteger missing = new AtomicInteger();
      AtomicInteger duplicates = new AtomicInteger();
      SilentFailuresTest.clients(
          on,
          CLIENTS,
          (number, c) -> {
            try (Statement s = c.createStatement()) {
              addToHotRows(
                  number,
                  c,
                  (i, random) -> {
                    if (random.nextInt(10) == 0) {
                      assertThat(s.executeUpdate("DELETE FROM account WHERE id = 4711")).isZero();
                      missing.incrementAndGet();
                    }
                    if (random.nextInt(10) == 0) {
                      String sql = "INSERT INTO account VALUES (" + (number + 10) * 1000 + i;
                      assertThatThrownBy(() -> s.executeUpdate(sql + ", 0, 'n1')"))
                          .satisfies(
                              e -> assertThat(((SQLException) e).getErrorCode()).isEqualTo(1062));
                      duplicates.incrementAndGet();
                    }
                  });
            }
          });
      assertThat(missing.get()).isPositive();
      assertThat(duplicates.get()).isPositive();
      on.assertEverywhere("SELECT SUM(balance), COUNT(*) FROM account", 2 * CLIENTS * EACH + "|3");
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).isEmpty();
    }
  }

  /** Who joins a group sends behind what its lanes have not answered yet. */
  @Test
  void packetsBehindOneAnother() throws Exception {
    try (Installation on = accounts(3)) {
      ServerConnection c = on.cluster().primary().openDedicated();
      try {
        c.manualCommit(true);
        c.send(Packet.of("DO SLEEP(0.3)", "UPDATE shop.account SET balance = 7 WHERE id = 1"));
        assertThat(c.answered()).isFalse();
        Packet wrong =
            Packet.of(
                "UPDATE shop.account SET balance = 8 WHERE id = 2",
                "INSERT INTO shop.account VALUES (4711, 0, 'n1')",
                "UPDATE shop.account SET balance = 9");
        assertThat(c.takesBehind(wrong)).isTrue();
        c.send(wrong);
        c.send(Packet.of("UPDATE shop.account SET balance = balance + 1 WHERE id IN (1, 2)"));
        String longer = "DO '" + "x".repeat(40_000) + "'";
        assertThat(c.takesBehind(Packet.of(longer))).isFalse();

        assertThat(c.await(10_000).counts()).containsExactly(0, 1);
        Outcome second = c.await(10_000);
        assertThat(second.error().getErrorCode()).isEqualTo(1062);
        assertThat(second.counts()).containsExactly(1);
        assertThat(second.lost()).isFalse();
        assertThat(c.await(10_000).counts()).containsExactly(2);
        assertThat(c.takesBehind(Packet.of(longer))).isFalse();
        assertThat(c.run(Packet.of("ROLLBACK"), 10_000).ok()).isTrue();
        assertThat(Installation.rows(c.jdbc(), "SELECT SUM(balance) FROM shop.account"))
            .containsExactly("0");
      } finally {
        c.release(false);
      }
    }
  }

  private interface InBetween {
    void run(int i, Random random) throws SQLException;
  }

  /** Three rows, so that many groups have several writes of one row. */
  private static void addToHotRows(int seed, Connection c, InBetween between) throws SQLException {
    Random random = new Random(seed);
    try (PreparedStatement add =
        c.prepareStatement("UPDATE account SET balance = balance + 1 WHERE id = ?")) {
      for (int i = 0; i < EACH; i++) {
        add.setInt(1, 1 + random.nextInt(3));
        assertThat(add.executeUpdate()).isOne();
        between.run(i, random);
      }
    }
  }

  @Test
  void aWriteThatMeetsAnOpenTransactionWaitsWithoutTheGate() throws Exception {
    try (Installation on = accounts(2);
        Connection holder = on.connect();
        Connection other = on.connect()) {
      holder.setAutoCommit(false);
      Installation.execute(holder, "UPDATE account SET balance = 10 WHERE id = 1");
      AtomicBoolean updated = new AtomicBoolean();
      Thread waits =
          new Thread(
              () -> {
                try {
                  Installation.execute(
                      other, "UPDATE account SET balance = balance + 1 WHERE id = 1");
                  updated.set(true);
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      waits.start();
      // The holder needs the gate for its commit while the other one waits for its row lock.
      Installation.execute(holder, "UPDATE account SET balance = 20 WHERE id = 2");
      Thread.sleep(100);
      assertThat(updated).isFalse();
      holder.commit();
      waits.join();
      assertThat(updated).isTrue();
      on.assertEverywhere("SELECT balance FROM account ORDER BY id", "11", "20");
    }
  }

  @Test
  void aRowLockTakenBehindOurBackDoesNotStopTheOthers() throws Exception {
    try (Installation on = accounts(2);
        Connection a = on.connect();
        Connection b = on.connect();
        Connection behind = on.node(on.primary()).connect(Installation.DATABASE)) {
      behind.setAutoCommit(false);
      Installation.execute(behind, "SELECT * FROM account WHERE id = 1 FOR UPDATE");
      Thread waits =
          new Thread(
              () -> {
                try {
                  Installation.execute(a, "UPDATE account SET balance = 1 WHERE id = 1");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      waits.start();
      Thread.sleep(50);
      for (int i = 1; i <= 20; i++) {
        Installation.execute(b, "UPDATE account SET balance = " + i + " WHERE id = 2");
      }
      on.assertEverywhere("SELECT balance FROM account ORDER BY id", "0", "20");
      behind.rollback();
      waits.join();
      on.assertEverywhere("SELECT balance FROM account ORDER BY id", "1", "20");
      assertThat(on.departures()).isEmpty();
    }
  }

  @Test
  void warningsAreTold() throws Exception {
    try (Installation on = accounts(1);
        Connection c = on.connect();
        Statement s = c.createStatement()) {
      Installation.execute(c, "SET sql_mode = ''");
      assertThat(s.executeUpdate("UPDATE account SET name = '12345678901' WHERE id = 1")).isOne();
      assertThat((Object) s.getWarnings()).isNotNull();
      assertThat(s.getWarnings().getMessage()).contains("name");
      on.assertEverywhere("SELECT name FROM account", "1234567890");
    }
  }

  @Test
  void rightsAreThoseOfTheConnectionsOwnAccount() throws Exception {
    try (Installation on = accounts(1)) {
      for (int i = 0; i < 3; i++) {
        on.behind(
            i,
            "DROP USER IF EXISTS clerk@'%'",
            "CREATE USER clerk@'%' IDENTIFIED BY 'clerk'",
            "GRANT SELECT ON shop.* TO clerk@'%'",
            "GRANT SELECT, INSERT, UPDATE ON lockstep.* TO clerk@'%'");
      }
      on.endLockstep();
      String url =
          on.url(Map.of("lockstep.adminUser", on.user(), "lockstep.adminPassword", on.password()));
      try (Connection c = java.sql.DriverManager.getConnection(url, "clerk", "clerk")) {
        assertThatThrownBy(
                () -> Installation.execute(c, "UPDATE account SET balance = 5 WHERE id = 1"))
            .satisfies(e -> assertThat(((SQLException) e).getErrorCode()).isEqualTo(1142));
      } finally {
        dev.lockstep.engine.Engine.closeAll();
      }
      on.assertEverywhere("SELECT balance FROM account", "0");
    }
  }

  @Test
  void aNodeThatRejoinsFromThePrimaryGetsEveryGroupWhole() throws Exception {
    // Of two nodes the primary is the source, and there a group appears one transaction at a time.
    long seed = Settings.seed();
    try (Installation on = Installation.pair(engine())) {
      OrderWorkload load = on.workload(seed).build();
      try (Connection first = on.connect()) {
        load.createSchema();
        on.awaitAll();
        load.start();
        try {
          for (int round = 0; round < Settings.number("rejoins", 2); round++) {
            long before = load.progress().commits();
            Awaitility.await("commits go on").until(() -> load.progress().commits() > before + 100);
            int replica = on.replica();
            on.node(replica).kill();
            on.awaitOut(replica);
            on.node(replica).start();
            on.awaitAll();
          }
        } finally {
          on.node(0).start();
          on.node(1).start();
          load.stop();
        }
      }
      on.endLockstep();
      on.verify(load.log());
      assertThat(load.progress().errors()).as("seed %d", seed).isEmpty();
    }
  }

  @Test
  void aResultThatRestsOnANeighbourIsNotGiven() throws Exception {
    // In one group the second of these matches no row only because of the first, which is undone:
    // it names a key that is missing, and such keys cannot be looked for.
    String one = "TIMESTAMP '2026-01-01 00:00:01'";
    String two = "TIMESTAMP '2026-01-01 00:00:02'";
    try (Installation on = accounts(1);
        Connection owner = on.connect()) {
      Installation.execute(
          owner,
          "CREATE TABLE stamped (id TIMESTAMP NOT NULL PRIMARY KEY, balance INT NOT NULL)",
          "INSERT INTO stamped VALUES (" + one + ", 0)");
      AtomicInteger lost = new AtomicInteger();
      SilentFailuresTest.clients(
          on,
          CLIENTS,
          (number, c) -> {
            String delete = "DELETE FROM stamped WHERE id IN (" + one + ", " + two + ")";
            String update = "UPDATE stamped SET balance = balance + 1 WHERE id = " + one;
            try (Statement s = c.createStatement()) {
              for (int i = 0; i < EACH; i++) {
                if (number % 2 == 0) {
                  assertThatThrownBy(() -> s.executeUpdate(delete))
                      .hasMessageContaining("no exact literal");
                } else if (s.executeUpdate(update) == 0) {
                  lost.incrementAndGet();
                }
              }
            }
          });
      assertThat(lost).hasValue(0);
      on.assertEverywhere("SELECT balance FROM stamped", "" + CLIENTS / 2 * EACH);
    }
  }

  @Test
  void aLockWaitOfTheSecondWriteOfAGroupIsNoticedToo() throws Exception {
    try (Installation on = accounts(3);
        Connection behind = on.node(on.primary()).connect(Installation.DATABASE)) {
      behind.setAutoCommit(false);
      Installation.execute(behind, "SELECT * FROM account WHERE id = 1 FOR UPDATE");
      AtomicBoolean waiting = new AtomicBoolean(true);
      Thread releases =
          new Thread(
              () -> {
                try {
                  // Only what needs no row of the locked one can have come so far.
                  Awaitility.await()
                      .until(
                          () ->
                              on.rows(on.primary(), "SELECT balance FROM account WHERE id = 3")
                                  .equals(List.of("60")));
                  behind.rollback();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                } finally {
                  waiting.set(false);
                }
              });
      releases.start();
      SilentFailuresTest.clients(
          on,
          5,
          (number, c) -> {
            int id = number < 2 ? 1 : 3;
            for (int i = 0; i < (number < 2 ? 1 : 20); i++) {
              Installation.execute(
                  c,
                  "UPDATE account SET balance = balance + 1, name = CONCAT(id, SUBSTR(NOW(), 20)) WHERE id = "
                      + id);
            }
          });
      releases.join();
      assertThat(waiting).isFalse();
      on.assertEverywhere("SELECT balance FROM account ORDER BY id", "2", "0", "60");
      on.assertAllEqual();
      assertThat(on.departures()).isEmpty();
    }
  }

  @Test
  void noOwnerButTheFencesCommits() throws Exception {
    // With and without foreign key checks the session's journal row holds the fence.
    for (String setting : List.of("SET foreign_key_checks = 1", "SET foreign_key_checks = 0", "")) {
      for (boolean transaction : new boolean[] {true, false}) {
        // So long that the commit finds out first.
        try (Installation on = accounts(1, Map.of("lockstep.healthInterval", "60000"));
            Connection c = on.connect()) {
          if (!setting.isEmpty()) {
            Installation.execute(c, setting);
          }
          c.setAutoCommit(!transaction);
          if (transaction) {
            Installation.execute(c, "UPDATE account SET balance = 5 WHERE id = 1");
          }
          on.behind(
              on.primary(),
              "SET foreign_key_checks = 0",
              "UPDATE lockstep.fence SET token = 'another', number = 4711");
          assertThatThrownBy(
                  () -> {
                    if (transaction) {
                      c.commit();
                    } else {
                      Installation.execute(c, "UPDATE account SET balance = 5 WHERE id = 1");
                    }
                  })
              .as("%s, %s", setting, transaction)
              // An autocommit write is told when it is about to be repeated.
              .hasMessageContaining(
                  transaction ? "taken the cluster over" : "another one took it over");
          on.assertEverywhere("SELECT balance FROM account", "0");
        }
      }
    }
  }

  @Test
  void raisingTheFenceWaitsForTransactionsThatHoldIt() throws Exception {
    try (Installation on = accounts(1);
        Connection old = on.node(0).connect("lockstep");
        Connection raising = on.node(0).connect("lockstep")) {
      String number = on.rows(0, "SELECT number FROM lockstep.fence").get(0);
      old.setAutoCommit(false);
      Installation.execute(
          old,
          "INSERT INTO lockstep.journal (grp,idx,epoch,tx,kind,at,tables,format,payload,fence)"
              + " VALUES (1000000,0,1,'x',0,0,'',0,'',"
              + number
              + ")");
      Installation.execute(
          raising, "SET SESSION innodb_lock_wait_timeout = 1", "SET foreign_key_checks = 0");
      String raise = "UPDATE lockstep.fence SET number = 4711 WHERE id = 1";
      assertThatThrownBy(() -> Installation.execute(raising, raise))
          .satisfies(e -> assertThat(((SQLException) e).getErrorCode()).isEqualTo(1205));
      old.rollback();
      Installation.execute(raising, raise);
    }
  }
}
