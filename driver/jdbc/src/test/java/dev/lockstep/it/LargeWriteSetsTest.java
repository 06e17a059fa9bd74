package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Write sets that are not kept in memory (lockstep.spillAbove), on three real servers. */
@Timeout(240)
class LargeWriteSetsTest {
  private static final Map<String, String> SMALL = Map.of("lockstep.spillAbove", "4096");
  private static final String PARTS =
      "SELECT tx, COUNT(*) FROM lockstep.journal_part GROUP BY tx ORDER BY tx";

  private static void insert(Connection c, int from, int to) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
      for (int i = from; i < to; i++) {
        p.setInt(1, i);
        p.setString(2, "row " + i + " it's " + "x".repeat(100));
        p.executeUpdate();
      }
    }
  }

  private static Installation start(Engine engine) throws SQLException {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    Installation on = Installation.on(engine, SMALL).start();
    try (Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(200))");
    }
    return on;
  }

  private static void assertParts(Installation on, boolean some) throws SQLException {
    assertThat(on.rows(0, PARTS).isEmpty()).isEqualTo(!some);
    assertThat(on.rows(1, PARTS)).isEqualTo(on.rows(0, PARTS));
    assertThat(on.rows(2, PARTS)).isEqualTo(on.rows(0, PARTS));
    assertNoOrphans(on);
  }

  /** On each node there are only parts of the transactions in its journal. */
  private static void assertNoOrphans(Installation on) throws SQLException {
    for (int i = 0; i < 3; i++) {
      assertThat(
              on.rows(
                  i,
                  "SELECT tx, part FROM lockstep.journal_part WHERE tx NOT IN (SELECT tx FROM"
                      + " lockstep.journal)"))
          .as("on node %d", i)
          .isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void transactionsWithSavepoints(Engine engine) throws Exception {
    try (Installation on = start(engine);
        Connection c = on.connect();
        Connection other = on.connect()) {
      Installation.execute(other, "CREATE TABLE small (id INT NOT NULL PRIMARY KEY)");
      c.setAutoCommit(false);
      insert(c, 0, 300);
      c.rollback();
      assertParts(on, false);

      insert(c, 1000, 1005);
      Savepoint early = c.setSavepoint("early"); // before anything was spilled
      insert(c, 1005, 1200);
      Installation.execute(other, "INSERT INTO small VALUES (1)");
      c.rollback(early);
      insert(c, 2000, 2100);
      Savepoint late = c.setSavepoint("late");
      insert(c, 2100, 2300);
      c.rollback(late);
      insert(c, 2100, 2103);
      c.releaseSavepoint(late);
      insert(c, 3000, 3100);
      c.commit();
      on.assertEverywhere("SELECT COUNT(*), MIN(id), MAX(id) FROM t", "208|1000|3099");
      on.assertEverywhere("SELECT id FROM small", "1");
      assertParts(on, true);

      // Back to the time before the first write: what is left is small.
      Savepoint first = c.setSavepoint("first");
      insert(c, 5000, 5200);
      c.rollback(first);
      insert(c, 6000, 6001);
      c.commit();
      on.assertEverywhere("SELECT COUNT(*) FROM t WHERE id >= 5000", "1");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void statementsInAutocommit(Engine engine) throws Exception {
    try (Installation on = start(engine);
        Connection c = on.connect()) {
      c.setAutoCommit(false);
      insert(c, 0, 400);
      c.commit();
      c.setAutoCommit(true);
      try (var s = c.createStatement()) {
        assertThat(s.executeUpdate("INSERT INTO t SELECT id + 1000, v FROM t")).isEqualTo(400);
        assertThat(s.executeUpdate("UPDATE t SET v = CONCAT('a', v) WHERE id >= 200"))
            .isEqualTo(600);
        assertThat(s.executeUpdate("DELETE FROM t WHERE id < 100")).isEqualTo(100);
      }
      on.assertEverywhere("SELECT COUNT(*) FROM t WHERE v LIKE 'a%'", "600");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertParts(on, true);
    }
  }

  /** A node that was compared (on H2, where its server died) begins a new journal. */
  private static void assertPartsAfterRejoin(Installation on, Engine engine) throws SQLException {
    if (engine == Engine.H2) {
      assertNoOrphans(on);
    } else {
      assertParts(on, true);
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void nodesDieAndComeBack(Engine engine) throws Exception {
    try (Installation on = start(engine);
        Connection c = on.connect()) {
      c.setAutoCommit(false);
      on.settle();
      int replica = on.replica();
      insert(c, 0, 300);
      on.node(replica).kill();
      c.commit();
      insert(c, 300, 600);
      c.commit();
      on.node(replica).start();
      on.awaitAll();
      assertPartsAfterRejoin(on, engine);
      on.assertEverywhere("SELECT COUNT(*) FROM t", "600");

      on.settle();
      int primary = on.primary();
      insert(c, 600, 900);
      on.node(primary).kill();
      SQLException e = catchThrowableOfType(SQLException.class, c::commit);
      assertThat(e.getSQLState()).isEqualTo("40001");
      insert(c, 900, 1200);
      c.commit();
      on.node(primary).start();
      on.awaitAll();
      on.assertEverywhere("SELECT COUNT(*), MAX(id) FROM t", "900|1199");
      if (engine == Engine.H2) {
        assertThat(on.view().reason()).startsWith("rejoined (differential, ");
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertPartsAfterRejoin(on, engine);
    }
  }

  /** As after a death of the application in step 3, where one node's COMMIT did not arrive. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aNodeThatHasNotCommittedIsRolledForward(Engine engine) throws Exception {
    try (Installation on = start(engine)) {
      try (Connection c = on.connect()) {
        c.setAutoCommit(false);
        insert(c, 0, 300);
        c.commit();
      }
      on.endLockstep();
      on.behind(
          1,
          "DELETE FROM t",
          "DELETE FROM lockstep.journal WHERE format = 3",
          "DELETE FROM lockstep.journal_part");
      on.start();
      on.assertEverywhere("SELECT COUNT(*) FROM t", "300");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertParts(on, true);
    }
  }

  /** A large transaction that only a node outside of the view has is saved before it goes. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void oneThatOnlyOneNodeHasIsSaved(Engine engine) throws Exception {
    try (Installation on = start(engine)) {
      on.settle();
      int replica = on.replica();
      on.node(replica).kill();
      on.awaitOut(replica);
      on.endLockstep();
      on.node(replica).start();
      Vendor vendor = Vendor.valueOf(engine.name());
      String schema = engine.mysqlFamily() ? Installation.DATABASE : "PUBLIC";
      for (int part = 0; part < 2; part++) {
        StringBuilder entry = new StringBuilder();
        String sql = "INSERT INTO t VALUES (" + part + ", 'lost')";
        WriteSetCodec.append(entry, new Entry("", null, sql, null, 1, new TableName(schema, "t")));
        on.behind(
            replica,
            sql,
            JournalParts.Part.of("lost-1", part, entry.toString()).insert(Dialect.of(vendor)));
      }
      on.behind(
          replica,
          "INSERT INTO lockstep.journal (grp, idx, epoch, tx, kind, at, tables, format, payload)"
              + " SELECT MAX(grp) + 1, 0, MAX(epoch), 'lost-1', 0, 1, '"
              + schema
              + ".t', 3, x'32' FROM lockstep.journal");
      on.start();
      on.assertEverywhere("SELECT COUNT(*) FROM t", "0");
      assertThat(on.rows(replica, "SELECT write_set FROM lockstep.lost_transaction ORDER BY tx"))
          .hasSize(2)
          .allMatch(text -> text.contains("'lost'"));
      on.endLockstep();
      on.assertAllEqual();
      assertThat(on.rows(replica, PARTS)).isEmpty();
    }
  }

  /**
   * One statement that writes many megabytes: {@code -Dlockstep.it.megabytes=1024
   * -DargLine=-Xmx256m}.
   */
  @Test
  @Timeout(7200)
  void aHugeInsertSelect() throws Exception {
    int megabytes = Settings.number("megabytes", 0);
    Assumptions.assumeTrue(megabytes > 0, "lockstep.it.megabytes is not set");
    try (Installation on = Installation.on(Engine.MARIADB).start();
        Connection c = on.connect();
        Statement s = c.createStatement()) {
      s.execute("CREATE TABLE source (id INT NOT NULL PRIMARY KEY, v TEXT NOT NULL)");
      s.execute("CREATE TABLE target (id INT NOT NULL PRIMARY KEY, v TEXT NOT NULL)");
      s.execute("INSERT INTO source VALUES (0, REPEAT(MD5('seed'), 256))"); // 8 KiB
      int rows = 1;
      int wanted = megabytes * 128;
      while (rows < wanted) {
        int more = Math.min(rows, wanted - rows);
        s.executeUpdate(
            "INSERT INTO source SELECT id + "
                + rows
                + ", REPEAT(MD5(id + "
                + rows
                + "), 256) FROM source WHERE id < "
                + more);
        rows += more;
      }
      long from = System.nanoTime();
      assertThat(s.executeUpdate("INSERT INTO target SELECT * FROM source")).isEqualTo(rows);
      System.out.printf(
          "%d MiB in one statement: %d s, heap at most %d MiB%n",
          megabytes,
          (System.nanoTime() - from) / 1_000_000_000,
          Runtime.getRuntime().maxMemory() >> 20);
      String sum = "SELECT COUNT(*), SUM(CRC32(v)) FROM target";
      on.assertEverywhere(sum, on.rows(0, sum.replace("target", "source")).get(0));
      assertThat(on.departures()).isEmpty();
    }
  }
}
