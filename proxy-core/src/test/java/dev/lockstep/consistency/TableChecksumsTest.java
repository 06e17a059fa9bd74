package dev.lockstep.consistency;

import static dev.lockstep.resync.Nodes.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import dev.lockstep.resync.Nodes;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableChecksumsTest {
  private static final String TABLE =
      "CREATE TABLE %s (id INT PRIMARY KEY, s VARCHAR(50), c TEXT,"
          + " b VARBINARY(20), f FLOAT, d DOUBLE PRECISION, n DECIMAL(20,5), t TIMESTAMP(6) NULL)";

  /**
   * Each is one difference that must be seen, and the next statement on the other node undoes it.
   */
  private static final String[] DIFFERENCES = {
    "UPDATE %s SET s='' WHERE id=1",
    "UPDATE %s SET s='x ' WHERE id=2",
    "UPDATE %s SET s='X' WHERE id=2",
    "UPDATE %s SET c='text ' WHERE id=2",
    "UPDATE %s SET c='Text' WHERE id=2",
    "UPDATE %s SET c='' WHERE id=1",
    "UPDATE %s SET b=s WHERE id=2",
    "UPDATE %s SET f=16777218 WHERE id=2",
    "UPDATE %s SET d=0.1000000000000000194 WHERE id=2",
    "UPDATE %s SET n=1.00001 WHERE id=2",
    "UPDATE %s SET t='2020-01-01 00:00:00.000001' WHERE id=2",
    "UPDATE %s SET id=3 WHERE id=2",
    "DELETE FROM %s WHERE id=2",
    "INSERT INTO %s (id) VALUES (9)",
    "UPDATE %s SET s=c, c=s WHERE id=2",
    "UPDATE %s SET s=(CASE id WHEN 4 THEN 'five' ELSE 'four' END) WHERE id IN (4,5)"
  };

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void everyDifferenceIsSeen(Vendor vendor) throws SQLException {
    String name = vendor == Vendor.H2 ? "\"shop\".t" : "shop.t";
    try (Nodes n = new Nodes(vendor)) {
      TableChecksums sums = new TableChecksums(vendor);
      for (String difference : DIFFERENCES) {
        for (var c : List.of(n.source, n.target)) {
          run(
              c,
              "DROP TABLE IF EXISTS " + name,
              TABLE.formatted(name),
              "INSERT INTO " + name + " (id) VALUES (1)",
              "INSERT INTO "
                  + name
                  + " VALUES (2,'x','text',NULL,16777216,0.1,1,'2020-01-01 00:00:00')",
              "INSERT INTO " + name + " (id,s) VALUES (4,'four'),(5,'five')");
        }
        assertThat(sums.compare(List.of(n.source, n.target)).describe())
            .isEqualTo("all tables are equal");
        run(
            n.target,
            difference.formatted(name).replace("b=s", vendor == Vendor.H2 ? "b=X'00'" : "b=s"));
        Comparison c = sums.compare(List.of(n.source, n.target, n.source));
        assertThat(c.equal()).as(difference).isFalse();
        assertThat(c.tables()).hasSize(1);
        assertThat(c.tables().get(0).oddNodes()).containsExactly(1);
        assertThat(c.sameCatalogue()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void definitionsAndMissingTables(Vendor vendor) throws SQLException {
    String name = vendor == Vendor.H2 ? "\"shop\".t" : "shop.t";
    try (Nodes n = new Nodes(vendor)) {
      TableChecksums sums = new TableChecksums(vendor);
      assertThat(sums.hasUserTables(n.source)).isFalse();
      run(n.source, "CREATE TABLE " + name + " (id INT PRIMARY KEY, s INT)");
      assertThat(sums.hasUserTables(n.source)).isTrue();
      assertThat(sums.compare(List.of(n.source, n.target)).describe())
          .containsIgnoringCase("shop.t (0 rows / missing)");
      run(n.target, "CREATE TABLE " + name + " (id INT PRIMARY KEY, s INT, x INT)");
      assertThat(sums.compare(List.of(n.source, n.target)).describe())
          .containsIgnoringCase("shop.t (0 rows / 0 rows, defined differently)");
      run(n.target, "ALTER TABLE " + name + " DROP COLUMN x");
      assertThat(sums.compare(List.of(n.source, n.target)).equal()).isTrue();
      run(n.target, "CREATE VIEW " + name.replace(".t", ".v") + " AS SELECT 1 AS x");
      assertThat(sums.compare(List.of(n.source, n.target)).describe()).contains("views");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void keyRanges(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      String name = vendor == Vendor.H2 ? "\"shop\".t" : "shop.t";
      run(n.source, "CREATE TABLE " + name + " (a INT, b VARCHAR(10), PRIMARY KEY (a, b))");
      for (int a = 1; a <= 3; a++) {
        run(n.source, "INSERT INTO " + name + " VALUES (" + a + ",'x'),(" + a + ",'y')");
      }
      TableChecksums sums = new TableChecksums(vendor);
      UserTable t =
          UserCatalogue.of(vendor)
              .table(n.source, new TableName("shop", vendor == Vendor.H2 ? "T" : "t"));
      assertThat(rows(n, sums, t, null, null)).isEqualTo(6);
      assertThat(rows(n, sums, t, List.of("1", "'x'"), null)).isEqualTo(5);
      assertThat(rows(n, sums, t, List.of("1", "'x'"), List.of("3", "'x'"))).isEqualTo(4);
      assertThat(rows(n, sums, t, null, List.of("1", "'y'"))).isEqualTo(2);
      assertThat(rows(n, sums, t, List.of("3", "'y'"), null)).isZero();
    }
  }

  private static long rows(
      Nodes n, TableChecksums sums, UserTable t, List<String> after, List<String> upTo)
      throws SQLException {
    return sums.table(n.source, t, new KeyRange(after, upTo)).rows();
  }

  @Test
  void signatureIgnoresCountersOnly() throws SQLException {
    try (Nodes n = new Nodes(Vendor.MARIADB)) {
      UserCatalogue c = UserCatalogue.of(Vendor.MARIADB);
      TableName t = new TableName("shop", "t");
      for (var conn : List.of(n.source, n.target)) {
        run(
            conn,
            "CREATE TABLE shop.t (id INT AUTO_INCREMENT PRIMARY KEY COMMENT ') ENGINE=InnoDB"
                + " AUTO_INCREMENT=7', k INT)");
      }
      run(n.target, "INSERT INTO shop.t (k) VALUES (1),(2)", "USE shop");
      assertThat(c.tableSignature(n.target, t)).isEqualTo(c.tableSignature(n.source, t));
      run(n.target, "CREATE VIEW shop.v AS SELECT * FROM t");
      run(n.source, "CREATE VIEW shop.v AS SELECT * FROM shop.t");
      assertThat(c.signature(n.target))
          .isEqualTo(c.signature(n.source))
          .contains("AUTO_INCREMENT=7'");
      run(n.target, "ALTER TABLE shop.t ADD KEY kk (k)");
      assertThat(c.tableSignature(n.target, t)).isNotEqualTo(c.tableSignature(n.source, t));
      assertThat(c.tableSignature(n.target, new TableName("shop", "nope"))).isNull();
      assertThat(c.tableSignature(n.target, new TableName("nope", "nope"))).isNull();
    }
  }
}
