package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.h2.engine.SessionLocal;
import org.h2.index.Index;
import org.h2.jdbc.JdbcConnection;
import org.h2.table.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * H2 does not store all of its maps as of one moment, so a database that was killed may hold single
 * records of transactions that it never committed. Here they are made by hand, while Lockstep does
 * not look.
 */
@Timeout(180)
class H2CrashTest {
  private static final String ALL = "SELECT id, v FROM t ORDER BY id";
  private static final String[] RIGHT = {"1|a", "2|b", "3|c"};

  /** What a transaction leaves that was open: one row too many, one changed, a part of a write. */
  private static final String[] LEFT = {
    "INSERT INTO t VALUES (100, 'never committed')",
    "UPDATE t SET v = 'never committed' WHERE id = 2",
    part()
  };

  private static final String PARTS = "SELECT COUNT(*) FROM lockstep.journal_part";

  /** The row of a large transaction of two parts that was only prepared. */
  private static final String JOURNAL_ROW =
      "INSERT INTO lockstep.journal (grp, idx, epoch, tx, kind, at, tables, format, payload)"
          + " SELECT MAX(grp) + 1, 0, MAX(epoch), 'open-1', 0, 1, 'PUBLIC.T', 3, x'32'"
          + " FROM lockstep.journal";

  private static String part() {
    StringBuilder entry = new StringBuilder();
    String sql = "INSERT INTO t VALUES (100, 'never committed')";
    WriteSetCodec.append(entry, new Entry("", null, sql, null, 1, new TableName("PUBLIC", "T")));
    return JournalParts.Part.of("open-1", 0, entry.toString()).insert(Dialect.of(Vendor.H2));
  }

  private static Installation start() throws SQLException {
    Installation on = Installation.on(Engine.H2).start();
    try (Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))",
          "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    }
    on.settle();
    return on;
  }

  private static void assertEqual(Installation on) throws SQLException {
    on.assertEverywhere(ALL, RIGHT);
    on.assertEverywhere(PARTS, "0");
    on.endLockstep();
    on.assertAllEqual();
    on.assertJournalsAgree();
  }

  /** Closes a database, as if it were killed or cleanly, and leaves these on it. */
  private static void reopen(Installation on, int node, boolean clean, String... left)
      throws SQLException {
    on.settle();
    try {
      on.behind(node, clean ? "SHUTDOWN" : "SHUTDOWN IMMEDIATELY");
    } catch (SQLException e) {
      assertThat(e.getErrorCode()).isIn(90121, 90067); // that it is closed
    }
    on.behind(node, left);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNodeThatWasReopenedIsCompared(boolean primary) throws Exception {
    Settings.onlyInCampaignUnless(!primary);
    try (Installation on = start();
        Connection c = on.connect()) {
      int node = primary ? on.primary() : on.replica();
      on.node(node).kill();
      on.awaitOut(node);
      Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      on.endLockstep(); // or it would be quicker
      on.node(node).start();
      on.behind(node, LEFT);
      on.start();
      assertThat(on.view().reason()).startsWith("rejoined (differential, ");
      assertEqual(on);
    }
  }

  /** It stays within the health interval, or nobody has asked it for anything. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMemberThatIsBackAtOnceIsCompared(boolean clean) throws Exception {
    Settings.onlyInCampaignUnless(!clean);
    try (Installation on = start();
        Connection c = on.connect()) {
      int node = on.replica();
      long epoch = on.view().epoch();
      reopen(on, node, clean, LEFT);
      Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      Awaitility.await("out and back")
          .atMost(Duration.ofSeconds(60))
          .until(() -> on.view().epoch() >= epoch + 2 && on.complete());
      assertThat(on.view().reason()).startsWith("rejoined (differential, ");
      assertEqual(on);
    }
  }

  /** Nor are a table and its indexes of one moment. */
  @Test
  void aNodeWithARowThatAnIndexLacksIsCopied() throws Exception {
    try (Installation on = start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE INDEX tv ON t(v)");
      int node = on.replica();
      on.settle();
      on.node(node).kill();
      on.awaitOut(node);
      Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      String file = on.node(node).dataDirectory().resolve(Installation.DATABASE).toString();
      try (Connection own =
          DriverManager.getConnection("jdbc:h2:" + file, on.user(), on.password())) {
        SessionLocal session = (SessionLocal) own.unwrap(JdbcConnection.class).getSession();
        Table t = session.getDatabase().getSchema("PUBLIC").getTableOrView(session, "T");
        for (Index index : t.getIndexes()) {
          if (index.getName().equals("TV")) {
            index.remove(session, t.getRow(session, 1));
          }
        }
        session.commit(true);
        Installation.execute(own, "SHUTDOWN"); // or it would stay open in this process
      }
      on.node(node).start();
      on.awaitAll();
      assertThat(on.view().reason()).startsWith("rejoined (full copy");
      on.assertEverywhere("SELECT id FROM t USE INDEX (tv) WHERE v = 'a'", "1");
      assertEqual(on);
    }
  }

  /** A node that only left the view has all that its journal says. */
  @Test
  void aNodeThatStayedOpenIsReplayed() throws Exception {
    Settings.onlyInCampaignUnless(false);
    try (Installation on = start();
        Connection c = on.connect()) {
      int node = on.replica();
      String name = on.lockstepNode(node).name();
      on.engine()
          .cluster()
          .gate()
          .exclusive(() -> on.cluster().evict(List.of(on.lockstepNode(node)), "test of " + name));
      Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      on.awaitAll();
      assertThat(on.view().reason()).isEqualTo("rejoined (replay)");
      assertEqual(on);
    }
  }

  /** A member that stayed open is right, also about what was committed. */
  @Test
  void someMembersWereReopenedBeforeTheStart() throws Exception {
    try (Installation on = start()) {
      try (Connection c = on.connect()) {
        Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      }
      on.endLockstep();
      // A large one, of which not all is there.
      reopen(on, 0, false, LEFT);
      on.behind(0, JOURNAL_ROW);
      reopen(on, 1, true, "DELETE FROM t WHERE id = 1");
      on.start();
      assertThat(on.rows(0, "SELECT tx FROM lockstep.lost_transaction ORDER BY tx"))
          .containsExactly("open-1", "open-1/1");
      assertEqual(on);
    }
  }

  /** All were reopened: two of three outvote the third, in each table. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void allMembersWereReopenedBeforeTheStart(boolean primary) throws Exception {
    Settings.onlyInCampaignUnless(primary);
    try (Installation on = start()) {
      try (Connection c = on.connect()) {
        Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      }
      int odd = primary ? on.primary() : on.replica();
      on.endLockstep();
      for (int i = 0; i < 3; i++) {
        reopen(on, i, i == 1, i == odd ? LEFT : new String[0]);
      }
      on.start();
      assertThat(on.view().members()).hasSize(3);
      assertEqual(on);
    }
  }

  /** A write set that was prepared on one is on all or none afterwards; here it is on all. */
  @Test
  void onlyTheJournalRowIsLeft() throws Exception {
    Settings.onlyInCampaignUnless(false);
    try (Installation on = start()) {
      try (Connection c = on.connect()) {
        Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      }
      on.endLockstep();
      for (int i = 0; i < 3; i++) {
        reopen(on, i, false, "DELETE FROM t WHERE id = 3");
        if (i != 2) {
          on.behind(
              i,
              "DELETE FROM lockstep.journal WHERE grp = (SELECT MAX(grp) FROM lockstep.journal)");
        }
      }
      on.start();
      assertEqual(on);
    }
  }

  /** A row that cannot be rolled forward does not keep the cluster from starting. */
  @Test
  void theJournalRowThatIsLeftIsNotWhole() throws Exception {
    Settings.onlyInCampaignUnless(false);
    try (Installation on = start()) {
      try (Connection c = on.connect()) {
        Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      }
      on.endLockstep();
      for (int i = 0; i < 3; i++) {
        reopen(on, i, false);
      }
      on.behind(1, JOURNAL_ROW);
      on.start();
      assertThat(on.view().members()).hasSize(3);
      on.assertEverywhere(ALL, RIGHT);
      on.assertAllEqual();
    }
  }

  /** The process is lost while it compares: the member still counts, and is compared again. */
  @Test
  void anAlignmentThatWasInterrupted() throws Exception {
    Settings.onlyInCampaignUnless(false);
    try (Installation on = start()) {
      try (Connection c = on.connect()) {
        Installation.execute(c, "INSERT INTO t VALUES (3, 'c')");
      }
      on.endLockstep();
      reopen(on, 0, false, "DELETE FROM t");
      on.behind(0, "UPDATE lockstep.node_info SET incomplete = 'differential resync at the start'");
      reopen(on, 1, false);
      on.node(2).kill();
      on.connect().close();
      assertThat(on.view().members()).hasSize(2);
      on.node(2).start();
      on.awaitAll();
      assertEqual(on);
    }
  }
}
