package dev.lockstep.resync;

import static dev.lockstep.resync.Nodes.commit;
import static dev.lockstep.resync.Nodes.entry;
import static dev.lockstep.resync.Nodes.row;
import static dev.lockstep.resync.Nodes.run;
import static dev.lockstep.resync.Nodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalRow.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RepairTest {
  @TempDir Path directory;

  private static String t(Nodes n, String name) {
    return n.vendor == Vendor.H2 ? "\"shop\".\"" + name + "\"" : "shop." + name;
  }

  private JournalRelation.Extra extra(Nodes n) throws SQLException {
    return (JournalRelation.Extra)
        JournalCompare.compare(n.target, n.source, JournalTables.position(n.source));
  }

  private Repair repair(Nodes n, KeyExtractor keys) {
    return new Repair(
        n.vendor, n.source, n.target, "n1", directory.resolve("lost"), keys, () -> false);
  }

  private static void replay(Nodes n, JournalRelation.Extra x, Repair.Result r)
      throws SQLException {
    new JournalReplay(n.vendor, n.target, null, "token")
        .without(r.tables(), r.position())
        .replay(new JournalReader(n.source, x.position(), Long.MAX_VALUE), () -> false);
    IncompleteMark.clear(n.target);
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void relations(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(0));
      JournalTables.insert(n.source, row(1, 0, "a"));
      JournalTables.insert(n.source, row(1, 1, "b"));
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(0));
      JournalTables.insert(n.target, row(1, 1, "b"));
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(0));
      JournalTables.insert(n.target, row(1, 0, "a"));
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(1));
      JournalTables.insert(n.target, row(2, 0, "x"));
      JournalTables.insert(n.target, row(2, 1, "y"));
      JournalRelation.Extra e = (JournalRelation.Extra) compare(n);
      assertThat(e.position()).isEqualTo(1);
      assertThat(e.rows()).extracting(JournalRow::tx).containsExactly("x", "y");
      JournalTables.insert(n.source, row(2, 1, "y"));
      JournalTables.insert(n.source, row(2, 0, "z"));
      JournalTables.insert(n.source, row(3, 0, "c"));
      e = (JournalRelation.Extra) compare(n);
      assertThat(e.position()).isEqualTo(1);
      assertThat(e.rows()).extracting(JournalRow::tx).containsExactly("x");
      run(n.target, "DELETE FROM lockstep.journal WHERE tx='x'");
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(1));
      JournalTables.insert(n.target, row(3, 0, "c"));
      assertThat(compare(n)).isInstanceOf(JournalRelation.Gap.class);
      // trimmed
      run(
          n.source,
          "DELETE FROM lockstep.journal WHERE grp<3",
          "UPDATE lockstep.journal_floor SET grp=2");
      run(n.target, "DELETE FROM lockstep.journal WHERE grp=3");
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(2));
      run(n.target, "DELETE FROM lockstep.journal WHERE grp=2");
      assertThat(compare(n)).isInstanceOf(JournalRelation.Gap.class);
      run(n.target, "UPDATE lockstep.node_info SET cluster_id='d'");
      assertThat(compare(n)).isInstanceOf(JournalRelation.Foreign.class);
    }
  }

  private static JournalRelation compare(Nodes n) throws SQLException {
    return JournalCompare.compare(n.target, n.source, JournalTables.position(n.source));
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void oldDifferencesAreFoundByNumber(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        c.setAutoCommit(false);
        for (int g = 1; g <= 4000; g++) {
          if (g != 100 || c == n.target) {
            JournalTables.insert(c, row(g, 0, "t" + g));
          }
        }
        c.commit();
        c.setAutoCommit(true);
      }
      JournalRelation.Extra e = (JournalRelation.Extra) compare(n);
      assertThat(e.rows()).extracting(JournalRow::group).containsExactly(100L);
      assertThat(e.position()).isEqualTo(99);
      run(n.target, "DELETE FROM lockstep.journal WHERE grp=100");
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(4000));
      run(n.target, "DELETE FROM lockstep.journal WHERE grp=200");
      assertThat(compare(n)).isInstanceOf(JournalRelation.Gap.class);
    }
  }

  /** Other transactions in equal numbers, from before the groups that are compared exactly. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void aLongDivergenceIsFoundFromItsStart(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        c.setAutoCommit(false);
        for (int g = 1; g <= 2500; g++) {
          JournalTables.insert(c, row(g, 0, g < 300 ? "t" + g : (c == n.source ? "s" : "x") + g));
        }
        c.commit();
        c.setAutoCommit(true);
      }
      JournalRelation.Extra e = (JournalRelation.Extra) compare(n);
      assertThat(e.position()).isEqualTo(299);
      assertThat(e.rows()).hasSize(2201);
      assertThat(e.rows().get(0).tx()).isEqualTo("x300");
    }
  }

  /** The node was ahead with changes of all kinds; the cluster went on with others on top. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void wholeTables(Vendor vendor) throws Exception {
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(
            c,
            "CREATE TABLE " + t(n, "p") + " (id INT PRIMARY KEY, u INT UNIQUE, v VARCHAR(50))",
            "CREATE TABLE "
                + t(n, "k")
                + " (id VARCHAR(10) PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES "
                + t(n, "p")
                + " (id) ON DELETE CASCADE)",
            "CREATE TABLE " + t(n, "other") + " (id INT PRIMARY KEY, v INT)",
            "CREATE TABLE " + t(n, "bare") + " (v INT)",
            "INSERT INTO " + t(n, "other") + " VALUES (1,1)");
        c.setAutoCommit(false);
        for (int i = 1; i <= 6000; i++) {
          run(c, "INSERT INTO " + t(n, "p") + " VALUES (" + i + "," + i + ",'v" + i + "')");
        }
        run(
            c,
            "INSERT INTO " + t(n, "k") + " VALUES ('a',1),('b',2),('c',NULL)",
            "INSERT INTO " + t(n, "bare") + " VALUES (1),(1),(2)");
        c.commit();
        c.setAutoCommit(true);
        commit(c, row(1, 0, "common"));
      }
      commit(
          n.target,
          row(
              2,
              0,
              "lost1",
              entry("p", 1, "DELETE FROM " + t(n, "p") + " WHERE id=1"),
              entry("p", 1, "UPDATE " + t(n, "p") + " SET u=-1 WHERE id=5"),
              entry("p", 1, "UPDATE " + t(n, "p") + " SET u=5 WHERE id=5000"),
              entry("p", 1, "UPDATE " + t(n, "p") + " SET u=5000 WHERE id=5"),
              entry("p", 1, "INSERT INTO " + t(n, "p") + " VALUES (7000,7000,'lost')"),
              entry("bare", 1, "INSERT INTO " + t(n, "bare") + " VALUES (1)")));
      commit(
          n.source,
          row(
              2,
              0,
              "kept1",
              entry("p", 1, "INSERT INTO " + t(n, "p") + " VALUES (8000,8000,'kept')"),
              entry("other", 1, "UPDATE " + t(n, "other") + " SET v=v+1 WHERE id=1")));
      commit(
          n.source,
          row(3, 0, "kept2", entry("k", 1, "INSERT INTO " + t(n, "k") + " VALUES ('d',8000)")));
      commit(
          n.source,
          row(
              4,
              0,
              "kept3",
              entry("p", 1, "DELETE FROM " + t(n, "p") + " WHERE id=8000"),
              entry("other", 1, "UPDATE " + t(n, "other") + " SET v=v+1 WHERE id=1")));
      JournalRelation.Extra x = extra(n);
      Repair.Result r = repair(n, KeyExtractor.NONE).run(x);
      assertThat(IncompleteMark.get(n.target)).isNotNull();
      assertThat(r.tables()).hasSize(3);
      assertThat(r.rowsChanged()).isLessThan(20);
      commit(
          n.source,
          row(5, 0, "kept4", entry("p", 1, "UPDATE " + t(n, "p") + " SET u=u+9999 WHERE id=9")));
      replay(n, x, r);
      n.assertEqual();
      assertThat(compare(n)).isEqualTo(new JournalRelation.Prefix(5));
      assertThat(Files.readString(r.file())).contains("VALUES (7000,7000,'lost')");
      for (Connection c : List.of(n.source, n.target)) {
        assertThat(text(c, "SELECT node_id, grp, idx, tx FROM lockstep.lost_transaction"))
            .isEqualTo("n1,2,0,lost1");
      }
      if (vendor == Vendor.H2) {
        assertThatThrownBy(
                () -> run(n.target, "INSERT INTO " + t(n, "k") + " VALUES ('zz',424242)"))
            .hasMessageContaining("Referential integrity");
      }
    }
  }

  /** Only the rows named are looked at where nothing else can be concerned. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void singleKeys(Vendor vendor) throws SQLException {
    Pattern id = Pattern.compile("id=(\\d+)|VALUES \\((\\d+)");
    KeyExtractor keys =
        e -> {
          Matcher m = id.matcher(e.sql());
          return m.find() ? List.of(List.of(m.group(1) == null ? m.group(2) : m.group(1))) : null;
        };
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(
            c,
            "CREATE TABLE " + t(n, "a") + " (id INT PRIMARY KEY, v INT)",
            "INSERT INTO " + t(n, "a") + " VALUES (1,1),(2,2),(3,3)",
            "CREATE TABLE " + t(n, "b") + " (id INT PRIMARY KEY, v INT)",
            "INSERT INTO " + t(n, "b") + " VALUES (1,1),(2,2),(3,3)");
      }
      commit(
          n.target,
          row(
              1,
              0,
              "lost",
              entry("a", 1, "UPDATE " + t(n, "a") + " SET v=9 WHERE id=1"),
              entry("a", 1, "DELETE FROM " + t(n, "a") + " WHERE id=2"),
              entry("a", 1, "INSERT INTO " + t(n, "a") + " VALUES (4,4)"),
              entry("b", 1, "UPDATE " + t(n, "b") + " SET v=9 WHERE id=1")));
      commit(
          n.source,
          row(1, 0, "kept", entry("b", 1, "UPDATE " + t(n, "b") + " SET v=v*10 WHERE id=1")));
      JournalRelation.Extra x = extra(n);
      Repair.Result r = repair(n, keys).run(x);
      assertThat(r.tables()).extracting("name").containsExactly("b");
      replay(n, x, r);
      n.assertEqual();
    }
  }

  /** What is committed while tables are read belongs to the replay alone. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void theSourceGoesOnMeanwhile(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor);
        Connection other = n.open(0)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(
            c,
            "CREATE TABLE " + t(n, "a") + " (id INT PRIMARY KEY, v INT)",
            "INSERT INTO " + t(n, "a") + " VALUES (1,1),(2,2)",
            "CREATE TABLE " + t(n, "b") + " (id INT PRIMARY KEY, v INT)",
            "INSERT INTO " + t(n, "b") + " VALUES (1,1),(2,2)");
      }
      commit(
          n.target,
          row(
              1,
              0,
              "lost",
              entry("a", 1, "UPDATE " + t(n, "a") + " SET v=9 WHERE id=2"),
              entry("b", 1, "UPDATE " + t(n, "b") + " SET v=9 WHERE id=2")));
      int[] group = {0};
      JournalRelation.Extra x = extra(n);
      Repair.Result r =
          new Repair(
                  vendor,
                  n.source,
                  n.target,
                  "n1",
                  directory.resolve("lost"),
                  KeyExtractor.NONE,
                  () -> {
                    try {
                      int g = ++group[0];
                      commit(
                          other,
                          row(
                              g,
                              0,
                              "kept" + g,
                              entry("a", 1, "UPDATE " + t(n, "a") + " SET v=v+1 WHERE id=1"),
                              entry("b", 1, "UPDATE " + t(n, "b") + " SET v=v+1 WHERE id=1")));
                      return false;
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  })
              .run(x);
      assertThat(group[0]).isPositive();
      replay(n, x, r);
      n.assertEqual();
    }
  }

  @Test
  void aRepairDoesNotNeedTheFile() throws Exception {
    try (Nodes n = new Nodes(Vendor.H2)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(c, "CREATE TABLE " + t(n, "a") + " (id INT PRIMARY KEY, v INT)");
      }
      commit(n.target, row(1, 0, "l", entry("a", 1, "INSERT INTO " + t(n, "a") + " VALUES (1,1)")));
      Files.writeString(directory.resolve("lost"), "no directory");
      JournalRelation.Extra x = extra(n);
      Repair.Result r = repair(n, KeyExtractor.NONE).run(x);
      assertThat(r.file()).isNull();
      replay(n, x, r);
      n.assertEqual();
      assertThat(text(n.source, "SELECT tx FROM lockstep.lost_transaction")).isEqualTo("l");
    }
  }

  @Test
  void whereTheFileGoes() {
    assertThat(Rejoin.lostTransactionDirectory())
        .isEqualTo(Path.of(System.getProperty("user.home"), ".lockstep", "lost-transactions"));
    System.setProperty("lockstep.lostTransactionDirectory", directory.toString());
    try {
      assertThat(Rejoin.lostTransactionDirectory()).isEqualTo(directory);
    } finally {
      System.clearProperty("lockstep.lostTransactionDirectory");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void whatOnlyACopyMends(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(c, "CREATE TABLE " + t(n, "a") + " (id INT PRIMARY KEY, v INT)");
      }
      JournalTables.insert(
          n.target, row(Kind.DDL_INTENT, 1, 0, "d", entry("a", -1, "DROP TABLE x")));
      assertThatThrownBy(() -> repair(n, KeyExtractor.NONE).run(extra(n)))
          .isInstanceOf(CopyNeededException.class);
      assertThat(text(n.source, "SELECT tx FROM lockstep.lost_transaction")).isEqualTo("d");
      run(n.target, "DELETE FROM lockstep.journal");
      commit(n.target, row(1, 0, "l", entry("a", 1, "INSERT INTO " + t(n, "a") + " VALUES (1,1)")));
      JournalTables.insert(
          n.source, row(Kind.DDL_INTENT, 1, 0, "d", entry("a", -1, "TRUNCATE TABLE " + t(n, "a"))));
      JournalTables.insert(n.source, row(Kind.DDL_DONE, 2, 0, "d"));
      assertThatThrownBy(() -> repair(n, KeyExtractor.NONE).run(extra(n)))
          .isInstanceOf(CopyNeededException.class)
          .hasMessageContaining("DDL on its tables");
      assertThat(IncompleteMark.get(n.target)).isNotNull();
    }
  }

  /** A trigger would fire for the rows that are mended, or for entries replayed after that. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void tablesWithTriggersAreCopied(Vendor vendor) throws SQLException {
    for (String trigger :
        new String[] {
          "BEFORE INSERT ON shop.a FOR EACH ROW SET NEW.v = NEW.v + 1",
          "AFTER INSERT ON shop.b FOR EACH ROW INSERT INTO shop.a VALUES (NEW.id, 1)"
        }) {
      try (Nodes n = new Nodes(vendor)) {
        for (Connection c : List.of(n.source, n.target)) {
          run(
              c,
              "CREATE TABLE shop.a (id INT PRIMARY KEY, v INT)",
              "CREATE TABLE shop.b (id INT PRIMARY KEY, v INT)",
              "CREATE TRIGGER shop.t " + trigger);
        }
        commit(n.target, row(1, 0, "l", entry("a", 1, "INSERT INTO shop.a VALUES (1,1)")));
        assertThatThrownBy(() -> repair(n, KeyExtractor.NONE).run(extra(n)))
            .isInstanceOf(CopyNeededException.class)
            .hasMessageContaining("trigger");
        assertThat(IncompleteMark.get(n.target)).isNotNull();
      }
    }
  }
}
