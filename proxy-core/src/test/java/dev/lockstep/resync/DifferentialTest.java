package dev.lockstep.resync;

import static dev.lockstep.resync.Nodes.commit;
import static dev.lockstep.resync.Nodes.entry;
import static dev.lockstep.resync.Nodes.row;
import static dev.lockstep.resync.Nodes.run;
import static dev.lockstep.resync.Nodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.TableDifferences;
import dev.lockstep.consistency.TableDifferences.Chunk;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DifferentialTest {
  private static String t(Nodes n, String name) {
    return n.vendor == Vendor.H2 ? "\"shop\".\"" + name + "\"" : "shop." + name;
  }

  private static Differential.Result differential(Nodes n) throws SQLException {
    return differential(n, () -> false);
  }

  private static Differential.Result differential(Nodes n, BooleanSupplier cancelled)
      throws SQLException {
    return new Differential(n.vendor, n.source, n.target, "n0", cancelled, (phase, rows) -> {})
        .run("difference: for the test");
  }

  private static void both(Nodes n, String... statements) throws SQLException {
    run(n.source, statements);
    run(n.target, statements);
  }

  /** Inserts rows number 0 to count-1. */
  private static void fill(Connection c, String table, String columns, String values, int count)
      throws SQLException {
    c.setAutoCommit(false);
    for (int i = 0; i < count; i += 500) {
      StringBuilder s = new StringBuilder("INSERT INTO ").append(table).append(columns);
      for (int k = i; k < Math.min(count, i + 500); k++) {
        s.append(k == i ? " VALUES " : ",").append(values.replace("#", Integer.toString(k)));
      }
      run(c, s.toString());
    }
    c.commit();
    c.setAutoCommit(true);
  }

  private static String key(int i) {
    // Case and accents count in the data, not in the order of most collations.
    return (i % 3 == 0 ? "Ä" : i % 3 == 1 ? "a" : "Z") + (i * 7919 % 100_003);
  }

  /** Random changes of all kinds: each row is named, and repaired. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void randomChangesAreFoundAndRepaired(Vendor vendor) throws SQLException {
    long seed = Long.getLong("lockstep.it.seed", System.nanoTime() & 0xffffff);
    Random random = new Random(seed);
    int count = 6_000;
    try (Nodes n = new Nodes(vendor)) {
      String name = t(n, "r");
      for (Connection c : List.of(n.source, n.target)) {
        run(
            c,
            "CREATE TABLE "
                + name
                + " (a INT, k VARCHAR(30), v VARCHAR(40), d DOUBLE PRECISION, w BIGINT, PRIMARY KEY"
                + " (k, a))");
        c.setAutoCommit(false);
        for (int i = 0; i < count; i += 500) {
          StringBuilder s = new StringBuilder("INSERT INTO " + name + " VALUES ");
          for (int k = i; k < i + 500; k++) {
            s.append(k == i ? "" : ",")
                .append("(" + k % 17 + ",'" + key(k) + "','v" + k + "'," + k + ".5," + k + ")");
          }
          run(c, s.toString());
        }
        c.commit();
        c.setAutoCommit(true);
      }
      for (int round = 0; round < 4; round++) {
        String as = "seed " + seed + ", round " + round;
        Set<String> expected = new TreeSet<>();
        int changes = 1 + random.nextInt(round == 0 ? 1 : 60);
        for (int i = 0; i < changes; i++) {
          int k = random.nextInt(count);
          String where = " WHERE a=" + k % 17 + " AND k='" + key(k) + "'";
          Connection c = random.nextInt(4) == 0 ? n.source : n.target;
          String id = k % 17 + "/" + key(k);
          if (expected.contains(id)) {
            continue;
          }
          boolean there = !text(c, "SELECT 1 FROM " + name + where).isEmpty();
          switch (random.nextInt(6)) {
            case 0 -> {
              run(c, "DELETE FROM " + name + where);
              expected.addAll(there ? List.of(id) : List.of());
            }
            case 1 -> {
              String other = k % 17 + 100 + round + "/" + key(k);
              if (there && expected.add(other)) {
                run(c, "UPDATE " + name + " SET a=a+" + (100 + round) + where);
                expected.add(id);
              }
            }
            case 2 -> {
              String other = (1000 + k) + "/new" + round;
              if (expected.add(other)) {
                run(
                    c,
                    "INSERT INTO "
                        + name
                        + " VALUES ("
                        + (1000 + k)
                        + ",'new"
                        + round
                        + "','',0,0)");
              }
            }
            case 3 -> {
              run(c, "UPDATE " + name + " SET v=CONCAT(v,' ')" + where);
              expected.addAll(there ? List.of(id) : List.of());
            }
            case 4 -> {
              run(c, "UPDATE " + name + " SET d=d+0.0000001" + where);
              expected.addAll(there ? List.of(id) : List.of());
            }
            default -> {
              run(c, "UPDATE " + name + " SET w=NULL" + where + " AND w IS NOT NULL");
              there =
                  there
                      && !text(n.source, "SELECT w FROM " + name + where)
                          .equals(text(n.target, "SELECT w FROM " + name + where));
              expected.addAll(there ? List.of(id) : List.of());
            }
          }
        }
        assertThat(found(n, "r")).as(as).isEqualTo(expected);
        Differential.Result r = differential(n);
        assertThat(r.tables()).as(as).hasSize(expected.isEmpty() ? 0 : 1);
        assertThat(r.changed()).as(as).isBetween((long) expected.size(), 2L * expected.size());
        n.assertEqual();
        assertThat(found(n, "r")).as(as).isEmpty();
      }
    }
  }

  /** The keys that differ, as the comparison names them. */
  @SuppressWarnings("try") // sessions are closed, not read
  private static Set<String> found(Nodes n, String table) throws SQLException {
    UserTable t = UserCatalogue.of(n.vendor).table(n.source, new TableName("shop", table));
    TableChecksums sums = new TableChecksums(n.vendor);
    Set<String> keys = new TreeSet<>();
    try (var a = sums.session(n.source);
        var b = sums.session(n.target);
        TableDifferences d =
            new TableDifferences(n.vendor, List.of(n.source, n.target), () -> false)) {
      for (Chunk chunk : d.differing(t)) {
        for (Chunk small : d.narrow(t, chunk, 50)) {
          for (TableDifferences.Row r : d.rows(t, small.range())) {
            assertThat(r.hashes().get(0)).isNotEqualTo(r.hashes().get(1));
            String word = text(n.source, "SELECT " + r.key().get(0));
            assertThat(keys.add(r.key().get(1) + "/" + word)).isTrue();
          }
        }
      }
    }
    return keys;
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void aChangedRowOfALargeTable(Vendor vendor) throws Exception {
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(c, "CREATE TABLE " + t(n, "big") + " (id INT PRIMARY KEY, v VARCHAR(50))");
        fill(c, t(n, "big"), "", "(#,'value #')", 120_000);
        commit(c, row(1, 0, "common"));
      }
      commit(
          n.source,
          row(2, 0, "later", entry("big", 1, "UPDATE " + t(n, "big") + " SET v='x' WHERE id=77")));
      run(n.target, "UPDATE " + t(n, "big") + " SET v='by hand' WHERE id=66666");
      List<Chunk> chunks = new ArrayList<>();
      List<Chunk> all = new ArrayList<>();
      UserTable t = UserCatalogue.of(vendor).table(n.source, new TableName("shop", "big"));
      try (TableDifferences d =
          new TableDifferences(vendor, List.of(n.source, n.target), () -> false)) {
        d.walk(
            t,
            chunk -> {
              all.add(chunk);
              if (!chunk.equal()) {
                chunks.addAll(d.narrow(t, chunk, 100));
              }
              return true;
            });
        assertThat(all.size()).isGreaterThan(2);
        assertThat(all.stream().mapToLong(Chunk::rows).sum()).isEqualTo(120_000);
        assertThat(chunks).hasSize(2);
        assertThat(d.rows(t, chunks.get(0).range()).get(0).key()).containsExactly("77");
        assertThat(d.rows(t, chunks.get(1).range()).get(0).key()).containsExactly("66666");
        assertThat(d.rows(t, chunks.get(1).range())).hasSize(1);
      }
      Differential.Result r = differential(n);
      assertThat(r.compared()).isEqualTo(120_000);
      assertThat(r.changed()).isEqualTo(4); // two rows deleted and inserted
      assertThat(r.position().group()).isEqualTo(2);
      assertThat(IncompleteMark.get(n.target)).startsWith(Differential.MARK + " from n0: diff");
      JournalTables.reset(n.target, r.position());
      // The tail is replayed on top.
      commit(
          n.source,
          row(
              3,
              0,
              "tail",
              entry("big", 1, "UPDATE " + t(n, "big") + " SET v='y' WHERE id=66666")));
      new JournalReplay(vendor, n.target, null, "token")
          .replay(new JournalReader(n.source, 1, Long.MAX_VALUE), () -> false);
      n.assertEqual();
      assertThat(text(n.target, "SELECT grp, tx FROM lockstep.journal ORDER BY grp"))
          .isEqualTo("2,later;3,tail");
    }
  }

  /** Foreign keys with cascades, unique values that change places, no key, generated columns. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void constraints(Vendor vendor) throws SQLException {
    boolean h2 = vendor == Vendor.H2;
    try (Nodes n = new Nodes(vendor)) {
      for (Connection c : List.of(n.source, n.target)) {
        run(
            c,
            "CREATE TABLE "
                + t(n, "p")
                + " (id INT PRIMARY KEY, u INT UNIQUE, g INT GENERATED ALWAYS AS (u+1)"
                + (h2 ? ")" : " STORED)"),
            "CREATE TABLE "
                + t(n, "k")
                + " (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES "
                + t(n, "p")
                + " (id) ON DELETE CASCADE)",
            "CREATE TABLE " + t(n, "bare") + " (v INT, s VARCHAR(10))",
            "CREATE TABLE " + t(n, "blank") + " (id INT PRIMARY KEY)",
            "INSERT INTO " + t(n, "bare") + " VALUES (1,'a'),(1,'a'),(2,NULL)");
        fill(c, t(n, "p"), " (id, u)", "(#,#)", 3_000);
        fill(c, t(n, "k"), "", "(#,#)", 3_000);
      }
      run(
          n.target,
          "UPDATE " + t(n, "p") + " SET u=-1 WHERE id=1",
          "UPDATE " + t(n, "p") + " SET u=1 WHERE id=2900",
          "UPDATE " + t(n, "p") + " SET u=2900 WHERE id=1",
          "DELETE FROM " + t(n, "p") + " WHERE id=500",
          "INSERT INTO " + t(n, "bare") + " VALUES (1,'a')",
          "INSERT INTO " + t(n, "blank") + " VALUES (1)");
      Differential.Result r = differential(n);
      assertThat(r.tables())
          .extracting(TableName::name)
          .containsExactlyInAnyOrder("p", "k", "bare", "blank");
      n.assertEqual();
      // Foreign keys hold again afterwards.
      assertThatThrownBy(() -> run(n.target, "INSERT INTO " + t(n, "k") + " VALUES (9999,9999)"))
          .isInstanceOf(SQLException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void whatNeedsACopy(Vendor vendor) throws SQLException {
    boolean h2 = vendor == Vendor.H2;
    try (Nodes n = new Nodes(vendor)) {
      both(n, "CREATE TABLE " + t(n, "t") + " (id INT PRIMARY KEY, v INT)");
      run(n.target, "ALTER TABLE " + t(n, "t") + " ADD COLUMN w INT");
      needsCopy(n, "definitions differ");
      assertThat(IncompleteMark.get(n.target)).isNull();
      run(n.target, "ALTER TABLE " + t(n, "t") + " DROP COLUMN w");
      fill(n.source, t(n, "t"), "", "(#,#)", 25_000);
      needsCopy(n, "too much of table shop.t differs");
      fill(n.target, t(n, "t"), "", "(#,0)", 25_000);
      needsCopy(n, "too much of table shop.t differs");
      if (!h2) {
        both(n, "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.v=7");
        needsCopy(n, "trigger shop.tr");
      }
    }
  }

  private static void needsCopy(Nodes n, String why) {
    assertThatThrownBy(() -> differential(n))
        .isInstanceOf(CopyNeededException.class)
        .hasMessageContaining(why);
  }

  /** Interrupted in the middle and begun again. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void cancelled(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      both(n, "CREATE TABLE " + t(n, "t") + " (id INT PRIMARY KEY, v INT)");
      fill(n.source, t(n, "t"), "", "(#,#)", 6_000);
      int[] polls = new int[1];
      assertThatThrownBy(() -> differential(n, () -> polls[0]++ == 6))
          .isInstanceOf(CancelledException.class);
      assertThat(IncompleteMark.get(n.target)).startsWith(Differential.MARK);
      assertThat(differential(n).changed()).isPositive();
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
            "CREATE TABLE " + t(n, "b") + " (id INT PRIMARY KEY, v INT)",
            "INSERT INTO " + t(n, "a") + " VALUES (1,1),(2,2)",
            "INSERT INTO " + t(n, "b") + " VALUES (1,1),(2,2)");
        commit(c, row(1, 0, "common"));
      }
      run(n.target, "UPDATE " + t(n, "b") + " SET v=7 WHERE id=2");
      int[] group = {1};
      Differential.Result r =
          new Differential(
                  vendor,
                  n.source,
                  n.target,
                  "n0",
                  () -> false,
                  (phase, rows) -> {
                    try {
                      int g = ++group[0];
                      commit(
                          other,
                          row(
                              g,
                              0,
                              "tx" + g,
                              entry("a", 1, "UPDATE " + t(n, "a") + " SET v=v+1 WHERE id=1"),
                              entry("b", 1, "UPDATE " + t(n, "b") + " SET v=v+1 WHERE id=1")));
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  })
              .run("for the test");
      assertThat(group[0]).isEqualTo(5); // the snapshot, two tables compared, one repaired
      assertThat(r.position().group()).isEqualTo(1);
      assertThat(r.changed()).isEqualTo(2);
      JournalTables.reset(n.target, r.position());
      new JournalReplay(vendor, n.target, null, "token")
          .replay(new JournalReader(n.source, 0, Long.MAX_VALUE), () -> false);
      n.assertEqual();
    }
  }
}
