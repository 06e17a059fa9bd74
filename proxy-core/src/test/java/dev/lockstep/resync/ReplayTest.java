package dev.lockstep.resync;

import static dev.lockstep.resync.Nodes.commit;
import static dev.lockstep.resync.Nodes.entry;
import static dev.lockstep.resync.Nodes.row;
import static dev.lockstep.resync.Nodes.run;
import static dev.lockstep.resync.Nodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalRow.Kind;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplayTest {
  private static final DdlResolver NEVER = resolver(DdlResolver.State.UNKNOWN, false);

  private static DdlResolver resolver(DdlResolver.State state, boolean accept) {
    return new DdlResolver() {
      @Override
      public State state(Connection target, JournalRow intent, JournalRow done) {
        return state;
      }

      @Override
      public boolean accept(
          Connection target, JournalRow intent, JournalRow done, SQLException error) {
        return accept;
      }
    };
  }

  private static ReplayResult replay(Nodes n, long after) throws SQLException {
    return replay(n, after, NEVER);
  }

  private static ReplayResult replay(Nodes n, long after, DdlResolver ddl) throws SQLException {
    return new JournalReplay(n.vendor, n.target, ddl, "token")
        .replay(new JournalReader(n.source, after, Long.MAX_VALUE), () -> false);
  }

  private static String t(Nodes n) {
    return n.vendor == Vendor.H2 ? "\"shop\".t" : "shop.t";
  }

  private static void tables(Nodes n) throws SQLException {
    for (Connection c : List.of(n.source, n.target)) {
      run(c, "CREATE TABLE " + t(n) + " (id INT PRIMARY KEY, v VARCHAR(200))");
    }
  }

  private static JournalRow insert(Nodes n, long group, int index, int id) {
    return row(
        group,
        index,
        "tx" + group + "-" + index,
        entry("t", 1, "INSERT INTO " + t(n) + " VALUES (" + id + ",'it''s; -- ?')"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void groupsInOrderAndWhatIsThereIsSkipped(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      tables(n);
      for (int g = 1; g <= 1500; g++) {
        commit(n.source, insert(n, g, 0, g * 10));
        commit(
            n.source,
            row(
                g,
                1,
                "u" + g,
                entry("t", 1, "UPDATE " + t(n) + " SET v='new' WHERE id=" + g * 10),
                entry("t", 0, "DELETE FROM " + t(n) + " WHERE id=-1")));
      }
      commit(n.target, insert(n, 1, 0, 10));
      ReplayResult r = replay(n, 0);
      assertThat(r).isEqualTo(new ReplayResult(2999, 1, 1500, null));
      n.assertEqual();
      assertThat(text(n.target, "SELECT COUNT(*), MIN(tx), MAX(tx) FROM lockstep.journal"))
          .isEqualTo(text(n.source, "SELECT COUNT(*), MIN(tx), MAX(tx) FROM lockstep.journal"));
      assertThat(JournalCompare.compare(n.target, n.source, 1500))
          .isEqualTo(new JournalRelation.Prefix(1500));
      assertThat(replay(n, 1400)).isEqualTo(new ReplayResult(0, 200, 1500, null));
      assertThat(n.target.getAutoCommit()).isTrue();
    }
  }

  /** The trimmer goes ahead of a reader, whose chunks have 1,000 rows. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void trimmedRowsAreNoticed(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      n.source.setAutoCommit(false);
      for (int g = 1; g <= 2500; g++) {
        if (g % 7 != 0) {
          JournalTables.insert(n.source, row(g, 0, "tx" + g));
        }
      }
      n.source.commit();
      n.source.setAutoCommit(true);
      JournalReader reader = new JournalReader(n.source, 0, 2500).whole();
      for (int i = 0; i < 900; i++) {
        assertThat(reader.nextGroup()).hasSize(1);
      }
      trim(n.source, 1400);
      assertThatThrownBy(
              () -> {
                while (!reader.nextGroup().isEmpty()) {
                  continue;
                }
              })
          .isInstanceOf(CopyNeededException.class)
          .hasMessageContaining("trimmed during the replay");
      assertThat(new JournalReader(n.source, 1400, 2500).whole().next().group()).isEqualTo(1401);
      // Nothing of what was to be read is missing.
      assertThat(new JournalReader(n.source, 1300, 1300).whole().next()).isNull();
      trim(n.source, 2500);
      assertThat(new JournalReader(n.source, 2500, 2600).whole().next()).isNull();
      JournalReader nothingLeft = new JournalReader(n.source, 2499, 2600).whole();
      assertThatThrownBy(nothingLeft::next).isInstanceOf(CopyNeededException.class);
    }
  }

  private static void trim(Connection c, long upTo) throws SQLException {
    run(
        c,
        "UPDATE lockstep.journal_floor SET grp=" + upTo,
        "DELETE FROM lockstep.journal WHERE grp<=" + upTo);
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void mismatchesNameTheEntryAndKeepWhatCameBefore(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      tables(n);
      for (int g = 1; g <= 5; g++) {
        commit(n.source, insert(n, g, 0, g));
      }
      run(n.target, "INSERT INTO " + t(n) + " VALUES (4,'by hand')");
      assertThatThrownBy(() -> replay(n, 0))
          .isInstanceOfSatisfying(
              ReplayException.class,
              e -> {
                assertThat(e.row().group()).isEqualTo(4);
                assertThat(e.entry().sql()).startsWith("INSERT");
                assertThat(e.getCause()).isInstanceOf(SQLException.class);
              });
      assertThat(JournalTables.position(n.target)).isEqualTo(3);
      assertThat(text(n.target, "SELECT COUNT(*) FROM " + t(n))).isEqualTo("4");
      run(n.target, "DELETE FROM " + t(n) + " WHERE id=4");
      commit(
          n.source,
          row(6, 0, "u", entry("t", 2, "UPDATE " + t(n) + " SET v='x' WHERE id IN (1,5)")));
      run(n.target, "DELETE FROM " + t(n) + " WHERE id=1");
      assertThatThrownBy(() -> replay(n, 3))
          .isInstanceOfSatisfying(
              ReplayException.class,
              e -> {
                assertThat(e.expected()).isEqualTo(2);
                assertThat(e.actual()).isEqualTo(1);
                assertThat(e.row().group()).isEqualTo(6);
              });
      assertThat(JournalTables.position(n.target)).isEqualTo(5);
      // another transaction in the same place
      commit(n.target, row(6, 0, "other"));
      assertThatThrownBy(() -> replay(n, 5)).hasMessageContaining("another transaction (other)");
    }
  }

  @Test
  void withoutPacketsOfSeveralStatements() throws SQLException {
    try (Nodes n = new Nodes(Vendor.MARIADB)) {
      tables(n);
      commit(n.source, insert(n, 1, 0, 1));
      commit(n.source, insert(n, 2, 0, 2));
      try (Connection c = n.open(1, "")) {
        ReplayResult r =
            new JournalReplay(n.vendor, c, NEVER, "token")
                .replay(new JournalReader(n.source, 0, 2), () -> false);
        assertThat(r.applied()).isEqualTo(2);
      }
    }
  }

  @Test
  void contextsAreSetAndPutBack() throws SQLException {
    try (Nodes n = new Nodes(Vendor.MARIADB)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(c, "CREATE TABLE shop.t (id INT PRIMARY KEY, t TIMESTAMP(6) NULL, v VARCHAR(20))");
      }
      String other =
          "SET time_zone='+05:00', sql_mode='ANSI_QUOTES', foreign_key_checks=0; USE shop";
      Entry e1 =
          new Entry(
              other,
              "SET TIMESTAMP=1000000.25",
              "INSERT INTO t VALUES (1, '2020-01-01', \"id\"), (2, NOW(6), ';')",
              "SET TIMESTAMP=DEFAULT",
              2,
              new TableName("shop", "t"));
      Entry e2 = entry("t", 1, "INSERT INTO shop.t VALUES (3, '2020-01-01', \"id\")");
      String before =
          text(
              n.target,
              "SELECT @@time_zone, @@sql_mode, @@foreign_key_checks, @@collation_connection");
      for (long g = 1; g <= 3; g++) {
        JournalTables.insert(
            n.source,
            row(
                g,
                0,
                "tx" + g,
                g == 1
                    ? new Entry[] {
                      new Entry(
                          other,
                          e1.before(),
                          "INSERT INTO t VALUES (1, '2020-01-01', 'id'), (2, NOW(6), ';')",
                          e1.after(),
                          2,
                          e1.table()),
                      e2
                    }
                    : new Entry[] {
                      entry("t", 1, "INSERT INTO shop.t (id) VALUES (" + g * 10 + ")")
                    }));
      }
      replay(n, 0);
      assertThat(
              text(n.target, "SELECT id, UNIX_TIMESTAMP(t), v FROM shop.t WHERE id<10 ORDER BY id"))
          .isEqualTo("1,1577818800.000000,id;2,1000000.250000,;;3,1577836800.000000,id");
      assertThat(
              text(
                  n.target,
                  "SELECT @@time_zone, @@sql_mode, @@foreign_key_checks, @@collation_connection"))
          .isEqualTo(before);
      assertThat(text(n.target, "SELECT ABS(UNIX_TIMESTAMP()-UNIX_TIMESTAMP(SYSDATE())) < 5"))
          .isEqualTo("1");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void ddl(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      tables(n);
      commit(n.source, insert(n, 1, 0, 1));
      String use = vendor == Vendor.H2 ? "SET SCHEMA \"shop\"" : "USE shop";
      JournalRow intent =
          row(
              Kind.DDL_INTENT,
              2,
              0,
              "ddl1",
              entry("t", -1, "ALTER TABLE t ADD COLUMN w INT DEFAULT 7", use));
      JournalTables.insert(n.source, intent);
      // A transaction that had touched the table before commits between intent and end.
      commit(n.source, row(2, 1, "b", entry("t", 1, "INSERT INTO " + t(n) + " VALUES (3,'old')")));
      ReplayResult r = replay(n, 0);
      assertThat(r.openDdl().tx()).isEqualTo("ddl1");
      assertThat(r.position()).isEqualTo(2);
      run(n.source, "ALTER TABLE " + t(n) + " ADD COLUMN w INT DEFAULT 7");
      JournalTables.insert(n.source, row(Kind.DDL_DONE, 4, 0, "ddl1"));
      commit(n.source, row(5, 0, "a", entry("t", 1, "INSERT INTO " + t(n) + " VALUES (2,'x',8)")));
      assertThatThrownBy(() -> replay(n, 2)).hasMessageContaining("copy the node");
      assertThatThrownBy(() -> replay(n, 2, resolver(DdlResolver.State.OLD, false)))
          .hasMessageContaining("another definition");
      assertThat(JournalTables.position(n.target)).isEqualTo(2);
      // That DDL has been run now, and its end was not recorded.
      assertThat(replay(n, 2, resolver(DdlResolver.State.NEW, false)))
          .isEqualTo(new ReplayResult(2, 0, 5, null));
      n.assertEqual();
      assertThat(JournalTables.openDdl(n.target)).isEmpty();

      JournalTables.insert(
          n.source,
          row(
              Kind.DDL_INTENT,
              6,
              0,
              "ddl2",
              entry("t", -1, "ALTER TABLE t ADD COLUMN y INT", use)));
      run(n.source, "ALTER TABLE " + t(n) + " ADD COLUMN y INT");
      JournalTables.insert(n.source, row(Kind.DDL_DONE, 7, 0, "ddl2"));
      assertThat(replay(n, 5, resolver(DdlResolver.State.OLD, true)))
          .isEqualTo(new ReplayResult(2, 0, 7, null));
      n.assertEqual();

      // DDL that fails
      JournalTables.insert(
          n.source,
          row(Kind.DDL_INTENT, 8, 0, "ddl3", entry("t", -1, "ALTER TABLE t DROP COLUMN no", use)));
      JournalTables.insert(n.source, row(Kind.DDL_DONE, 9, 0, "ddl3"));
      assertThatThrownBy(() -> replay(n, 7, resolver(DdlResolver.State.OLD, false)))
          .isInstanceOfSatisfying(
              ReplayException.class, e -> assertThat(e.row().tx()).isEqualTo("ddl3"));
      assertThat(replay(n, 7, resolver(DdlResolver.State.OLD, true)).position()).isEqualTo(9);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void fenceAndCancel(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      tables(n);
      for (int g = 1; g <= 2000; g++) {
        JournalTables.insert(n.source, insert(n, g, 0, g));
      }
      AtomicInteger asked = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  new JournalReplay(vendor, n.target, NEVER, "token")
                      .replay(
                          new JournalReader(n.source, 0, 2000),
                          () -> asked.incrementAndGet() > 700))
          .isInstanceOf(CancelledException.class);
      assertThat(JournalTables.position(n.target)).isEqualTo(500);
      run(n.target, "UPDATE lockstep.fence SET token='new owner'");
      assertThatThrownBy(() -> replay(n, 500)).hasMessageContaining("taken over");
      assertThat(JournalTables.position(n.target)).isEqualTo(500);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void tablesThatAreAlreadyThereAreLeftOut(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      tables(n);
      for (int g = 1; g <= 4; g++) {
        commit(n.source, insert(n, g, 0, g));
      }
      for (int i = 1; i <= 3; i++) {
        run(n.target, "INSERT INTO " + t(n) + " VALUES (" + i + ",'it''s; -- ?')");
      }
      SnapshotPosition at = new SnapshotPosition(3, List.of(insert(n, 3, 0, 3)));
      new JournalReplay(vendor, n.target, NEVER, null)
          .without(Set.of(new TableName("shop", "t")), at)
          .replay(new JournalReader(n.source, 0, 4), () -> false);
      n.assertEqual();
      assertThat(JournalTables.position(n.target)).isEqualTo(4);
    }
  }
}
