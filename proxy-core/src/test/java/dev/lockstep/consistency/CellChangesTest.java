package dev.lockstep.consistency;

import static dev.lockstep.resync.Nodes.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import dev.lockstep.resync.Nodes;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No two different rows have the same checksum, and none depends on the session's settings. */
class CellChangesTest {
  private static final String ALL = "ALL";
  private static final String MYSQL = "MYSQL MARIADB";

  /** Which engines; columns; then rows that all differ. */
  private static final List<List<String>> CASES =
      List.of(
          List.of(
              ALL,
              "s VARCHAR(20), c VARCHAR(20)",
              "NULL,NULL",
              "'',NULL",
              "NULL,''",
              "'',''",
              "'a',''",
              "'','a'",
              "'a','b'",
              "'ab',''",
              "'a,','b'",
              "'a',',b'",
              "'1:a','b'",
              "'a ','b'",
              "'A','b'",
              "'ä','b'",
              "'b','a'",
              "'NULL',NULL",
              "'-','-'"),
          List.of(
              ALL, "s TEXT, c VARCHAR(10)", "NULL,''", "'',NULL", "'a',''", "'a ',''", "'A',''"),
          List.of(
              ALL,
              "f REAL, d DOUBLE PRECISION",
              "0,0",
              "1.1,0",
              "0,1.1",
              "1.1000001,0",
              "0,1.1000000000000003",
              "16777216,0",
              "16777218,0",
              "0,1.7976931348623157e308",
              "0,1.7976931348623155e308",
              "0,2.2250738585072014e-308",
              "0,2.2250738585072019e-308",
              "NULL,0",
              "0,NULL"),
          List.of(
              ALL, "n DECIMAL(20,5), m DECIMAL(5,0)", "1,1", "1.00001,1", "11,1", "1,11", "-1,1"),
          List.of(
              ALL,
              "i BIGINT, j INT",
              "9223372036854775807,0",
              "9223372036854775806,0",
              "-1,0",
              "0,-1",
              "1,23",
              "12,3"),
          List.of(
              ALL,
              "a DATE, t TIME(6), d TIMESTAMP(6) NULL",
              "'2020-01-01','00:00:00','2020-01-01 00:00:00'",
              "'2020-01-02','00:00:00','2020-01-01 00:00:00'",
              "'2020-01-01','00:00:00.000001','2020-01-01 00:00:00'",
              "'2020-01-01','00:00:00','2020-01-01 00:00:00.000001'",
              "'2020-01-01','00:00:00','2020-01-01 01:00:00'",
              "NULL,'00:00:00','2020-01-01 00:00:00'",
              "'2020-01-01','00:00:00',NULL"),
          List.of(
              ALL,
              "b VARBINARY(20), v VARBINARY(5000), l BLOB",
              "NULL,NULL,NULL",
              "X'',NULL,NULL",
              "NULL,X'',NULL",
              "NULL,NULL,X''",
              "X'00',NULL,NULL",
              "X'0000',NULL,NULL",
              "X'20',NULL,NULL",
              "X'2C',X'2C',X'2C'",
              "X'2C2C',X'2C',X'2C'",
              "X'00',X'01',X'02'",
              "X'00',X'02',X'01'"),
          List.of(
              ALL,
              "e ENUM('a,b','a','b,c','c'), f ENUM('c','b,c','a')",
              "'a,b','c'",
              "'a','b,c'",
              "'a','c'",
              "NULL,'c'",
              "'c',NULL",
              "'c','a'"),
          List.of(
              MYSQL,
              "d DATETIME(3), u BIGINT UNSIGNED, y YEAR, k BIT(64), s SET('a','b','c')",
              "'0000-00-00',0,0,0,''",
              "'2020-00-00',0,0,0,''",
              "'2020-02-31',0,0,0,''",
              "NULL,18446744073709551615,0,0,''",
              "NULL,18446744073709551614,0,0,''",
              "NULL,0,2000,0,''",
              "NULL,0,0,0xFFFFFFFFFFFFFFFF,''",
              "NULL,0,0,0xFFFFFFFFFFFFFFFE,''",
              "NULL,0,0,0,'a'",
              "NULL,0,0,0,'a,b'",
              "NULL,0,0,0,NULL"),
          List.of(MYSQL, "d DOUBLE", "0e0", "-0e0", "1e-323", "5e-324"),
          List.of(MYSQL, "e ENUM('','x')", "''", "'x'", "NULL", "'no such value'"),
          List.of(
              MYSQL,
              "l VARCHAR(20) CHARACTER SET latin1, u VARCHAR(20) CHARACTER SET utf16",
              "'ä',''",
              "'a',''",
              "'','ä'",
              "'','ä '",
              "'','𝄞'",
              "'Ã¤',''"),
          List.of(
              MYSQL,
              "j JSON, g GEOMETRY",
              "NULL,NULL",
              "'null',NULL",
              "'{}',NULL",
              "'[1]',NULL",
              "'[1.0]',NULL",
              "'[\"1\"]',NULL",
              "'[\"1 \"]',NULL",
              "NULL,ST_GeomFromText('POINT(1 2)')",
              "NULL,ST_GeomFromText('POINT(2 1)')",
              "NULL,ST_GeomFromText('POINT(1 2)',4326)"),
          List.of(
              "MARIADB",
              "u UUID, i INET6",
              "NULL,NULL",
              "'00000000-0000-0000-0000-000000000001',NULL",
              "'00000000-0000-0000-0000-000000000002',NULL",
              "NULL,'::1'",
              "NULL,'::2'"),
          List.of(
              "H2",
              "u UUID, b BOOLEAN, j JSON, z TIMESTAMP(9) WITH TIME ZONE, c CHAR(5), f DECFLOAT",
              "NULL,NULL,NULL,NULL,NULL,NULL",
              "NULL,FALSE,NULL,NULL,NULL,NULL",
              "NULL,TRUE,NULL,NULL,NULL,NULL",
              "RANDOM_UUID(),NULL,NULL,NULL,NULL,NULL",
              "NULL,NULL,JSON 'null',NULL,NULL,NULL",
              "NULL,NULL,JSON '1',NULL,NULL,NULL",
              "NULL,NULL,JSON '\"1\"',NULL,NULL,NULL",
              "NULL,NULL,NULL,'2020-01-01 00:00:00+00',NULL,NULL",
              "NULL,NULL,NULL,'2020-01-01 01:00:00+01',NULL,NULL",
              "NULL,NULL,NULL,NULL,'a',NULL",
              "NULL,NULL,NULL,NULL,'A',NULL",
              "NULL,NULL,NULL,NULL,'',NULL",
              "NULL,NULL,NULL,NULL,NULL,1.0",
              "NULL,NULL,NULL,NULL,NULL,1.01",
              "NULL,NULL,NULL,NULL,NULL,1E2"),
          List.of(
              "H2",
              "a VARCHAR(10) ARRAY, b INT ARRAY",
              "NULL,NULL",
              "ARRAY[],NULL",
              "NULL,ARRAY[]",
              "ARRAY['a, b'],NULL",
              "ARRAY['a','b'],NULL",
              "ARRAY[NULL],NULL",
              "ARRAY['NULL'],NULL",
              "ARRAY['null'],NULL",
              "ARRAY['1'],NULL",
              "NULL,ARRAY[1]",
              "NULL,ARRAY[1,2]",
              "NULL,ARRAY[12]"));

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void allDifferent(Vendor vendor) throws SQLException {
    boolean h2 = vendor == Vendor.H2;
    String name = h2 ? "\"shop\".t" : "shop.t";
    TableName table = new TableName("shop", h2 ? "T" : "t");
    TableChecksums sums = new TableChecksums(vendor);
    try (Nodes n = new Nodes(vendor)) {
      if (!h2) {
        run(n.source, "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00'");
      }
      for (List<String> one : CASES) {
        if (!one.get(0).equals(ALL) && !one.get(0).contains(vendor.name())) {
          continue;
        }
        String columns = one.get(1);
        run(
            n.source,
            "DROP TABLE IF EXISTS " + name,
            "CREATE TABLE "
                + name
                + " (id INT PRIMARY KEY, "
                + (h2 ? columns : columns.replace("REAL", "FLOAT"))
                + ")");
        UserTable t = UserCatalogue.of(vendor).table(n.source, table);
        Map<TableChecksum, String> seen = new HashMap<>();
        for (String values : one.subList(2, one.size())) {
          run(
              n.source,
              "DELETE FROM " + name,
              "INSERT INTO " + name + " VALUES (1," + values + ")");
          if (!h2) {
            run(
                n.source,
                "SET sql_mode='ANSI,PAD_CHAR_TO_FULL_LENGTH', time_zone='-03:00', NAMES latin1");
          }
          TableChecksum sum = sums.table(n.source, t, KeyRange.ALL);
          if (!h2) {
            run(n.source, "SET sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00', NAMES utf8mb4");
          }
          assertThat(sum).as(values).isEqualTo(sums.table(n.source, t, KeyRange.ALL));
          assertThat(sum.rows()).isEqualTo(1);
          assertThat(seen.put(sum, values)).as("%s (%s) is like", values, columns).isNull();
        }
      }
    }
  }

  /** Rows that are there twice do not cancel each other out, and may not change their number. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void equalRows(Vendor vendor) throws SQLException {
    boolean h2 = vendor == Vendor.H2;
    String name = h2 ? "\"shop\".t" : "shop.t";
    try (Nodes n = new Nodes(vendor)) {
      run(n.source, "CREATE TABLE " + name + " (a INT, b VARCHAR(10))");
      TableChecksums sums = new TableChecksums(vendor);
      UserTable t = UserCatalogue.of(vendor).table(n.source, new TableName("shop", h2 ? "T" : "t"));
      Map<TableChecksum, String> seen = new HashMap<>();
      for (String rows :
          List.of(
              "(1,'a'),(1,'a')",
              "(2,'a'),(2,'a')",
              "(1,'a'),(1,'a'),(2,'a'),(2,'a')",
              "(1,'a'),(1,'a'),(1,'a'),(2,'a')",
              "(1,'a'),(2,'b')",
              "(1,'b'),(2,'a')")) {
        run(n.source, "DELETE FROM " + name, "INSERT INTO " + name + " VALUES " + rows);
        assertThat(seen.put(sums.table(n.source, t, KeyRange.ALL), rows)).as(rows).isNull();
      }
    }
  }
}
