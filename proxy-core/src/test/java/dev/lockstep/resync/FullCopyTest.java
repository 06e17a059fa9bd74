package dev.lockstep.resync;

import static dev.lockstep.resync.Nodes.run;
import static dev.lockstep.resync.Nodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.TableChecksums;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FullCopyTest {
  private static CopyResult copy(Nodes n) throws SQLException {
    return copy(n, () -> false);
  }

  private static CopyResult copy(Nodes n, BooleanSupplier cancelled) throws SQLException {
    return FullCopy.of(n.vendor, n.source, n.target, "n1", cancelled, CopyProgress.NONE).run();
  }

  private static void assertEqual(Nodes n) throws SQLException {
    n.assertEqual();
    assertThat(new TableChecksums(n.vendor).compare(List.of(n.source, n.target)).describe())
        .isEqualTo("all tables are equal");
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void everyTypeOfMariaDbAndMySql(Vendor vendor) throws SQLException {
    boolean mariadb = vendor == Vendor.MARIADB;
    try (Nodes n = new Nodes(vendor)) {
      run(
          n.source,
          "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone='+05:30'",
          "CREATE DATABASE `odd ``name` CHARACTER SET latin1 COLLATE latin1_german2_ci",
          "CREATE TABLE shop.numbers (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a TINYINT, b"
              + " SMALLINT UNSIGNED ZEROFILL, c MEDIUMINT, d INT, e BIGINT, f DECIMAL(65,30), g"
              + " FLOAT, h DOUBLE, i FLOAT(7,4), j DOUBLE(10,3), k BIT(1), l BIT(64), m BOOLEAN, v"
              + " INT AS (a+1) VIRTUAL, w INT AS (a+2) STORED, KEY w_key (w))",
          "INSERT INTO shop.numbers (id,a,b,c,d,e,f,g,h,i,j,k,l,m) VALUES"
              + " (0,-128,7,-8388608,-2147483648,-9223372036854775808,-12345678901234567890.123456789012345678901234567890,0.1,0.1,1.23456,2.5,b'1',0xFFFFFFFFFFFFFFFF,1),"
              + "(18446744073709551614,127,65535,8388607,2147483647,9223372036854775807,0,16777217,1.7976931348623157e308,0,0,b'0',1,0),"
              + "(5,NULL,NULL,NULL,NULL,NULL,NULL,3.4028234663852886e38,5e-324,NULL,NULL,NULL,NULL,NULL),"
              + "(6,NULL,NULL,NULL,NULL,NULL,NULL,1.17549435e-38,0.30000000000000004,NULL,NULL,NULL,NULL,NULL)",
          "CREATE TABLE shop.times (id INT PRIMARY KEY, a DATE, b TIME(6), c DATETIME(6), d"
              + " TIMESTAMP(6) NULL, e YEAR, f TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON"
              + " UPDATE CURRENT_TIMESTAMP)",
          "INSERT INTO shop.times VALUES"
              + " (1,'0000-00-00','-838:59:59.999999','0000-00-00','0000-00-00',0,'2020-01-01'),"
              + "(2,'2020-02-31','838:59:59','9999-12-31 23:59:59.999999','2038-01-19"
              + " 03:14:07.999999',2155,'2021-10-31 02:30:00'),"
              + "(3,'2020-00-00',NULL,'2020-00-00 00:00:00',NULL,1901,'1970-01-02'),"
              + "(4,NULL,NULL,NULL,NULL,NULL,'2000-01-01')",
          "CREATE TABLE shop.texts (id INT PRIMARY KEY, a CHAR(10), b VARCHAR(200) CHARACTER SET"
              + " latin1, c TEXT, d LONGTEXT CHARACTER SET utf16, e ENUM('x','','ä') CHARACTER SET"
              + " utf8mb4, f SET('a','b','c'), g JSON, h TINYTEXT CHARACTER SET sjis, i MEDIUMTEXT"
              + " CHARACTER SET ucs2, j VARCHAR(50) CHARACTER SET big5,"
              + (mariadb ? " u UUID, n INET6," : " u VARCHAR(36), n VARCHAR(40),")
              + " UNIQUE KEY"
              + " ab (a,b), FULLTEXT KEY ft (c))",
          "INSERT INTO shop.texts VALUES (1,'a','ä','it''s \\\\ \\n \\0 \\r \\Z"
              + " %','𝄞x','x','a,c','{\"a\":\"é\"}','表ソ','ä','許功蓋',UUID(),'::1'),"
              + "(2,'','','','','','','[]','','','','00000000-0000-0000-0000-000000000000','::'),"
              + "(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),"
              + "(4,'A ','trail  ','trail  ',' ','ä','b',' {} ','\\\\','\\\\',' ',NULL,NULL)",
          "SET sql_mode=''",
          "INSERT INTO shop.texts (id,a,b,e) VALUES (5,'err','','no such value')",
          "CREATE TABLE shop.bytes (id BINARY(16) PRIMARY KEY, a VARBINARY(300), b BLOB, c LONGBLOB,"
              + " d TINYBLOB, p POINT, q GEOMETRY)",
          "INSERT INTO shop.bytes VALUES (0x00,'',0x00FF,0x27275C5C,NULL,POINT(1,2),"
              + "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))',4326)),"
              + "(UNHEX(REPLACE(UUID(),'-','')),0x20,'ascii',NULL,'',NULL,NULL)",
          "CREATE TABLE shop.no_key (a INT, b TEXT)",
          "INSERT INTO shop.no_key VALUES (1,'x'),(1,'x'),(NULL,NULL)",
          "CREATE TABLE shop.empty_table (a INT PRIMARY KEY) COMMENT='AUTO_INCREMENT=7 '",
          "CREATE TABLE `odd ``name`.`z parent` (id INT PRIMARY KEY, `sel``ect` VARCHAR(10) DEFAULT"
              + " 'ä''', CHECK (id > 0)) ROW_FORMAT=COMPRESSED",
          "CREATE TABLE shop.a_child (id INT PRIMARY KEY, p INT, CONSTRAINT fk_p FOREIGN KEY (p)"
              + " REFERENCES `odd ``name`.`z parent` (id) ON DELETE CASCADE)",
          "INSERT INTO `odd ``name`.`z parent` VALUES (1,'é')",
          "INSERT INTO shop.a_child VALUES (1,1),(2,NULL)",
          "CREATE TABLE shop.parts (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION p0"
              + " VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
          "INSERT INTO shop.parts VALUES (1,1),(10,2),(100,3)",
          "CREATE VIEW shop.b_view AS SELECT * FROM shop.no_key WHERE b='ä'",
          "CREATE VIEW shop.a_view AS SELECT v.a, t.id FROM shop.b_view v, `odd ``name`.`z parent`"
              + " t");
      if (mariadb) {
        run(
            n.source,
            "CREATE SEQUENCE shop.sq START WITH 5 INCREMENT BY -2 MINVALUE -50 MAXVALUE 100"
                + " NOCACHE CYCLE",
            "CREATE SEQUENCE shop.over MAXVALUE 2 NOCACHE",
            "DO NEXT VALUE FOR shop.over",
            "DO NEXT VALUE FOR shop.over",
            "CREATE TABLE shop.a_drawn (id INT NOT NULL DEFAULT NEXT VALUE FOR shop.sq PRIMARY"
                + " KEY)",
            "INSERT INTO shop.a_drawn VALUES (DEFAULT), (DEFAULT)");
      } else {
        run(
            n.source,
            "CREATE TABLE shop.eight (id INT, a VARCHAR(20) DEFAULT (CONCAT('ä', 'b''c', NOW())), j"
                + " JSON DEFAULT (JSON_ARRAY('x')), p POINT NOT NULL SRID 4326, KEY f"
                + " ((LENGTH(a))), KEY d (id DESC, a) INVISIBLE, SPATIAL KEY s (p), PRIMARY KEY (id"
                + " DESC)) COLLATE=utf8mb4_0900_as_cs",
            "INSERT INTO shop.eight (id, p) VALUES (1, ST_GeomFromText('POINT(1 2)', 4326))",
            "INSERT INTO shop.eight VALUES (2, 'É', '{\"b\": 1.0, \"a\": [1e3, null, \"\\\\u20ac\"]}',"
                + " ST_GeomFromText('POINT(3 4)', 4326))");
      }
      run(
          n.target,
          "CREATE DATABASE rubbish",
          "CREATE TABLE rubbish.p (id INT PRIMARY KEY)",
          "CREATE TABLE shop.c (id INT, FOREIGN KEY (id) REFERENCES rubbish.p (id))");
      CopyResult r = copy(n);
      assertThat(r.tables()).isEqualTo(10);
      assertEqual(n);
      if (mariadb) {
        for (Connection c : List.of(n.source, n.target)) {
          assertThat(text(c, "SELECT NEXT VALUE FOR shop.sq")).isEqualTo("1");
          assertThatThrownBy(() -> text(c, "SELECT NEXT VALUE FOR shop.over"))
              .hasMessageContaining("run out");
        }
      }
      assertThat(
              text(
                  n.target, "SELECT id, a, HEX(a), CAST(e AS UNSIGNED) FROM shop.texts WHERE id=5"))
          .isEqualTo("5,err,657272,0");
      assertThat(text(n.target, "SELECT HEX(g*1e0=16777216), c FROM shop.numbers WHERE a=127"))
          .isEqualTo("1,8388607");
      assertThat(
              text(
                  n.target,
                  "SELECT @@foreign_key_checks, @@unique_checks, @@sql_mode=@@global.sql_mode"))
          .isEqualTo("1,1,1");
      run(n.target, "INSERT INTO shop.numbers (a) SELECT 1 FROM DUAL WHERE FALSE");
      assertThat(text(n.target, "SHOW CREATE TABLE shop.numbers"))
          .isEqualTo(text(n.source, "SHOW CREATE TABLE shop.numbers"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void valuesLargerThanAPacket(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      run(
          n.source,
          "SET GLOBAL max_allowed_packet=64*1024*1024",
          "CREATE TABLE shop.big (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT, u LONGTEXT CHARACTER"
              + " SET utf16)");
      run(n.target, "SET GLOBAL max_allowed_packet=4*1024*1024");
      try (Connection s = n.open(0);
          Connection t = n.open(1)) {
        run(
            s,
            "INSERT INTO shop.big VALUES (1, REPEAT(CAST(0x00FF27 AS BINARY), 1000000), REPEAT('ä', 1500000),"
                + " REPEAT('x',1000000)),(2, 'small', NULL, 'y'),(3, NULL, REPEAT('q',3900000), '')");
        FullCopy.of(n.vendor, s, t, "n1", () -> false, CopyProgress.NONE).run();
        assertThat(text(t, "SELECT id, LENGTH(b), LENGTH(t), LENGTH(u) FROM shop.big"))
            .isEqualTo("1,3000000,3000000,2000000;2,5,null,2;3,null,3900000,0");
        assertThat(new TableChecksums(n.vendor).compare(List.of(s, t)).equal()).isTrue();
        run(s, "INSERT INTO shop.big VALUES (4, REPEAT('q',5000000), NULL, NULL)");
        assertThatThrownBy(
                () -> FullCopy.of(n.vendor, s, t, "n1", () -> false, CopyProgress.NONE).run())
            .hasMessageContaining("max_allowed_packet");
      } finally {
        run(n.source, "SET GLOBAL max_allowed_packet=DEFAULT");
        run(n.target, "SET GLOBAL max_allowed_packet=DEFAULT");
      }
    }
  }

  @Test
  void everyTypeOfH2() throws SQLException {
    try (Nodes n = new Nodes(Vendor.H2)) {
      run(
          n.source,
          "CREATE TABLE numbers (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a TINYINT, b"
              + " SMALLINT, c INT, d BIGINT, e NUMERIC(100,50), f REAL, g DOUBLE PRECISION, h"
              + " DECFLOAT(20), i BOOLEAN, j INT GENERATED ALWAYS AS (a+1))",
          "INSERT INTO numbers (a,b,c,d,e,f,g,h,i) VALUES"
              + " (-128,1,2,-9223372036854775808,1.5,0.1,0.1,1E20,TRUE),(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),"
              + "(1,1,1,1,1.00000000000000000000000000000000000000000000000001,16777216,'NaN','Infinity',FALSE),"
              + "(1,1,1,1,0,'-0.0','-0.0',0,FALSE)",
          "CREATE TABLE \"shop\".\"times\" (id INT PRIMARY KEY, a DATE, b TIME(9), c TIME(9) WITH"
              + " TIME ZONE, d TIMESTAMP(9), e TIMESTAMP(9) WITH TIME ZONE, f INTERVAL YEAR TO"
              + " MONTH, g INTERVAL DAY TO SECOND(9))",
          "INSERT INTO \"shop\".\"times\" VALUES (1,DATE '0001-01-01',TIME"
              + " '23:59:59.999999999',TIME WITH TIME ZONE '10:00:00+05:30',TIMESTAMP '1582-10-10"
              + " 00:00:00.123456789',TIMESTAMP WITH TIME ZONE '2021-10-31"
              + " 02:30:00.5+05:45',INTERVAL '3-4' YEAR TO MONTH,INTERVAL '-5"
              + " 04:03:02.000000001' DAY TO SECOND),(2,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
          "CREATE TABLE texts (id UUID PRIMARY KEY, a CHAR(10), b VARCHAR(100) UNIQUE, c"
              + " VARCHAR_IGNORECASE(20), d CLOB, e ENUM('x','y'), f JSON, g INT ARRAY, h"
              + " VARCHAR(5) ARRAY, i VARBINARY(100), j BLOB, k BINARY(4))",
          "INSERT INTO texts VALUES (RANDOM_UUID(),'a','it''s','Ab',REPEAT('ä𝄞',100000),'y',JSON"
              + " '{\"a\":[1.50,\"é\"]}',ARRAY[1,NULL,3],ARRAY['a','',NULL],X'00FF',CAST(REPEAT('x',100000)"
              + " AS BLOB),X'01020304'),(RANDOM_UUID(),'','',NULL,'',NULL,JSON"
              + " 'null',ARRAY[],NULL,X'','',NULL),"
              + "(RANDOM_UUID(),NULL,'  trail ','',NULL,'x',NULL,NULL,NULL,NULL,NULL,NULL)",
          "CREATE TABLE a_child (id INT PRIMARY KEY, p INT REFERENCES \"shop\".\"times\"(id) ON DELETE"
              + " CASCADE, q INT CHECK (q > 0), t VARCHAR(20) DEFAULT 'FOREIGN KEY')",
          "INSERT INTO a_child VALUES (1,1,1,'x'),(2,NULL,NULL,NULL)",
          "CREATE INDEX a_child_t ON a_child(t, q DESC)",
          "CREATE TABLE no_key (a INT)",
          "INSERT INTO no_key VALUES (1),(1),(NULL)",
          "CREATE CONSTANT answer VALUE 42",
          "CREATE SEQUENCE sq START WITH 5 INCREMENT BY -2 MINVALUE -50 MAXVALUE 100 CYCLE",
          "CREATE SEQUENCE over MAXVALUE 2",
          "CALL NEXT VALUE FOR over",
          "CALL NEXT VALUE FOR over",
          "CALL NEXT VALUE FOR sq",
          "CREATE DOMAIN positive AS INT CHECK (VALUE > 0)",
          "CREATE TABLE a_domain (id positive DEFAULT answer, b BIGINT DEFAULT NEXT VALUE FOR sq)",
          "INSERT INTO a_domain VALUES (DEFAULT, DEFAULT), (3, DEFAULT)",
          "CREATE SYNONYM an_other FOR no_key",
          "CREATE VIEW b_view AS SELECT a FROM no_key",
          "CREATE VIEW a_view AS SELECT a FROM b_view");
      run(
          n.target,
          "CREATE SCHEMA rubbish",
          "CREATE TABLE rubbish.p (id INT PRIMARY KEY)",
          "CREATE TABLE c (id INT REFERENCES rubbish.p (id))",
          "CREATE SEQUENCE s",
          "CREATE SEQUENCE rubbish.other",
          "CREATE DOMAIN dd AS INT DEFAULT NEXT VALUE FOR s",
          "CREATE TABLE with_domain (id dd, b INT DEFAULT NEXT VALUE FOR s)",
          "CREATE TABLE rubbish.crossed (b INT DEFAULT NEXT VALUE FOR rubbish.other)",
          "CREATE TABLE crossed (b INT DEFAULT NEXT VALUE FOR rubbish.other)",
          "CREATE VIEW v AS SELECT * FROM c");
      CopyResult r = copy(n);
      assertThat(r.tables()).isEqualTo(6);
      assertEqual(n);
      for (Connection c : List.of(n.source, n.target)) {
        assertThat(text(c, "CALL NEXT VALUE FOR sq")).isEqualTo("-1");
        assertThatThrownBy(() -> run(c, "CALL NEXT VALUE FOR over"))
            .hasMessageContaining("run out");
      }
      run(n.source, "INSERT INTO numbers (a) VALUES (5)");
      run(n.target, "INSERT INTO numbers (a) VALUES (5)");
      assertEqual(n);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void positionAndJournal(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      run(n.source, "CREATE TABLE " + shop(vendor) + ".t (id INT PRIMARY KEY)");
      CopyResult none = copy(n);
      assertThat(none.position().group()).isZero();
      JournalTables.reset(n.target, none.position());
      assertThat(JournalTables.position(n.target)).isZero();
      Nodes.commit(n.source, Nodes.row(7, 0, "a"));
      Nodes.commit(n.source, Nodes.row(8, 0, "b"));
      CopyResult r = copy(n);
      assertThat(r.position().group()).isEqualTo(8);
      assertThat(IncompleteMark.get(n.target)).isEqualTo("full copy from n1");
      JournalTables.reset(n.target, r.position());
      IncompleteMark.clear(n.target);
      assertThat(IncompleteMark.get(n.target)).isNull();
      assertThat(JournalTables.floor(n.target)).isEqualTo(7);
      assertThat(JournalTables.position(n.target)).isEqualTo(8);
      assertThat(r.position().includes(Nodes.row(8, 1, "late"))).isFalse();
      assertThat(r.position().includes(Nodes.row(7, 1, "x"))).isTrue();
      // DDL that has begun and not ended
      Nodes.commit(n.source, Nodes.row(dev.lockstep.journal.JournalRow.Kind.DDL_INTENT, 9, 0, "d"));
      assertThatThrownBy(() -> copy(n)).isInstanceOf(DefinitionChangedException.class);
      Nodes.commit(n.source, Nodes.row(dev.lockstep.journal.JournalRow.Kind.DDL_DONE, 10, 0, "d"));
      assertThat(copy(n).position().group()).isEqualTo(10);
    }
  }

  private static String shop(Vendor vendor) {
    return vendor == Vendor.H2 ? "\"shop\"" : "shop";
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void cancelledMidwayStaysMarked(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      fill(n.source, shop(vendor) + ".t", 50_000);
      AtomicInteger asked = new AtomicInteger();
      assertThatThrownBy(() -> copy(n, () -> asked.incrementAndGet() > 5))
          .isInstanceOf(CancelledException.class);
      assertThat(IncompleteMark.get(n.target)).isNotNull();
      // The connections still work, and a second attempt succeeds.
      copy(n);
      assertEqual(n);
      assertThat(n.source.getAutoCommit()).isTrue();
      assertThat(n.target.getAutoCommit()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void snapshotIgnoresWhatIsWrittenMeanwhile(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor);
        Connection writer = n.open(0)) {
      fill(n.source, shop(vendor) + ".a", 20_000);
      fill(n.source, shop(vendor) + ".b", 10);
      Nodes.commit(n.source, Nodes.row(1, 0, "a"));
      CopyProgress meanwhile =
          (table, rows, estimate, bytes) -> {
            if (!table.name().equalsIgnoreCase("a")) {
              return;
            }
            try {
              run(
                  writer,
                  "DELETE FROM " + shop(vendor) + ".b WHERE id=1",
                  "UPDATE " + shop(vendor) + ".a SET k=-1 WHERE id>19990");
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          };
      CopyResult r = FullCopy.of(vendor, n.source, n.target, "n1", () -> false, meanwhile).run();
      assertThat(r.rows()).isEqualTo(20_010);
      assertThat(text(n.target, "SELECT COUNT(*) FROM " + shop(vendor) + ".b")).isEqualTo("10");
      assertThat(text(n.target, "SELECT COUNT(*) FROM " + shop(vendor) + ".a WHERE k=-1"))
          .isEqualTo("0");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void ddlMeanwhileIsNoticed(Vendor vendor) throws SQLException {
    for (String ddl :
        new String[] {
          "ALTER TABLE %s.b ADD COLUMN extra INT",
          "DROP TABLE %s.b",
          "TRUNCATE TABLE %s.b",
          "CREATE INDEX ix ON %s.b (k)"
        }) {
      try (Nodes n = new Nodes(vendor);
          Connection writer = n.open(0)) {
        fill(n.source, shop(vendor) + ".a", 20_000);
        fill(n.source, shop(vendor) + ".b", 10);
        AtomicInteger once = new AtomicInteger();
        CopyProgress meanwhile =
            (table, rows, estimate, bytes) -> {
              try {
                if (once.getAndIncrement() == 0) {
                  run(writer, ddl.formatted(shop(vendor)));
                }
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            };
        try {
          FullCopy.of(vendor, n.source, n.target, "n1", () -> false, meanwhile).run();
          // Only where the data are those of the snapshot.
          assertThat(ddl).startsWith("TRUNCATE");
          assertThat(text(n.target, "SELECT COUNT(*) FROM " + shop(vendor) + ".b")).isEqualTo("10");
        } catch (DefinitionChangedException expected) {
          assertThat(expected.getSQLState()).isEqualTo("40001");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void storedProgramsKeepTheirSettings(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      run(
          n.source,
          "CREATE DATABASE `odd ``db` COLLATE utf8mb4_bin",
          "USE `odd ``db`",
          "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))",
          "INSERT INTO t VALUES (1, 'a')",
          "SET character_set_client = latin1, collation_connection = latin1_german2_ci, sql_mode ="
              + " 'ANSI_QUOTES,PIPES_AS_CONCAT'",
          "CREATE TRIGGER \"a ``b\" BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.\"v\" || 'x'",
          "CREATE DEFINER='none'@'nowhere' PROCEDURE p() SQL SECURITY INVOKER SELECT \"v\" FROM t",
          "SET character_set_client = utf8mb4, collation_connection = utf8mb4_bin, sql_mode = ''",
          "CREATE FUNCTION f(a VARCHAR(10) CHARACTER SET latin1, b ENUM('x','ä')) RETURNS CHAR(3)"
              + " DETERMINISTIC RETURN CONCAT(a, 'ä€😀')",
          "CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, 'z')",
          "CREATE TRIGGER y BEFORE INSERT ON t FOR EACH ROW PRECEDES z SET NEW.v = CONCAT(NEW.v, 'y')",
          "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW FOLLOWS `a ````b` SET NEW.v = 'x'",
          "CREATE VIEW b AS SELECT f('a', 'x') AS c FROM t",
          "CREATE VIEW a AS SELECT c FROM b",
          "USE shop");
      copy(n);
      assertEqual(n);
      run(n.target, "USE `odd ``db`", "INSERT INTO t VALUES (2, 'q')");
      run(n.source, "USE `odd ``db`", "INSERT INTO t VALUES (2, 'q')");
      assertThat(text(n.target, "SELECT v FROM t WHERE id = 2"))
          .isEqualTo(text(n.source, "SELECT v FROM t WHERE id = 2"));
      assertThat(text(n.target, "SELECT v FROM t WHERE id = 1")).isEqualTo("a");
    }
  }

  @Test
  void objectsOfMySqlThatCannotBeCopiedAreNamed() throws SQLException {
    try (Nodes n = new Nodes(Vendor.MYSQL)) {
      run(
          n.source,
          "CREATE TABLE shop.t (id INT PRIMARY KEY)",
          "CREATE TABLE shop.isam (id INT) ENGINE=MyISAM",
          "CREATE TRIGGER shop.good BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.id=1",
          "CREATE FUNCTION shop.f() RETURNS INT DETERMINISTIC RETURN 1",
          "SET character_set_client = latin1",
          "CREATE TRIGGER shop.tr AFTER INSERT ON shop.t FOR EACH ROW SET @x = 'ä'",
          "SET character_set_client = utf8mb4",
          "ALTER DATABASE shop COLLATE utf8mb4_bin",
          "CREATE EVENT shop.ev ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1");
      run(n.target, "CREATE TABLE shop.precious (id INT)");
      assertThatThrownBy(() -> copy(n))
          .hasMessageContaining("table shop.isam")
          .hasMessageContaining("trigger shop.tr (on table shop.t: its text is not plain ASCII")
          .hasMessageContaining("function shop.f (made when its database had the collation")
          .hasMessageContaining("event shop.ev (each node would run")
          .hasMessageNotContaining("shop.t,");
      assertThat(text(n.target, "SELECT COUNT(*) FROM shop.precious")).isEqualTo("0");
      assertThat(IncompleteMark.get(n.target)).isNull();
    }
  }

  @Test
  void objectsThatCannotBeCopiedAreNamed() throws SQLException {
    try (Nodes n = new Nodes(Vendor.MARIADB)) {
      run(
          n.source,
          "CREATE TABLE shop.t (id INT PRIMARY KEY)",
          "CREATE TABLE shop.isam (id INT) ENGINE=MyISAM",
          "CREATE TRIGGER shop.good BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.id=1",
          "CREATE SEQUENCE shop.sq",
          "CREATE PROCEDURE shop.p() SELECT 1",
          "SET sql_mode = ORACLE",
          "CREATE PACKAGE shop.pack AS FUNCTION f RETURN INT; END",
          "SET sql_mode = ''",
          "CREATE EVENT shop.ev ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
          "CREATE TABLE shop.v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING");
      run(n.target, "CREATE TABLE shop.precious (id INT)");
      assertThatThrownBy(() -> copy(n))
          .hasMessageContaining("table shop.isam")
          .hasMessageNotContaining("trigger shop.good")
          .hasMessageNotContaining("sequence shop.sq")
          .hasMessageContaining("package shop.pack")
          .hasMessageContaining("event shop.ev")
          .hasMessageContaining("table shop.v (")
          .hasMessageNotContaining("shop.t,");
      assertThat(text(n.target, "SELECT COUNT(*) FROM shop.precious")).isEqualTo("0");
      assertThat(IncompleteMark.get(n.target)).isNull();
    }
    try (Nodes n = new Nodes(Vendor.H2)) {
      run(
          n.source,
          "CREATE SEQUENCE sq",
          "CREATE DOMAIN dd AS INT",
          "CREATE ALIAS al FOR \"java.lang.Math.abs(double)\"",
          "CREATE TABLE r (a ROW(x INT, y INT), id INT GENERATED BY DEFAULT AS IDENTITY)");
      assertThatThrownBy(() -> copy(n))
          .hasMessageNotContaining("sequence PUBLIC.SQ")
          .hasMessageNotContaining("domain PUBLIC.DD")
          .hasMessageContaining("alias PUBLIC.AL")
          .hasMessageContaining("table PUBLIC.R (column A of type ROW");
    }
  }

  static void fill(Connection c, String table, int rows) throws SQLException {
    run(
        c,
        "CREATE TABLE "
            + table
            + " (id BIGINT PRIMARY KEY, k INT, c VARCHAR(120), pad VARCHAR(60))",
        "CREATE INDEX k_" + table.replaceAll("[^a-z]", "") + " ON " + table + "(k)");
    c.setAutoCommit(false);
    try (PreparedStatement s = c.prepareStatement("INSERT INTO " + table + " VALUES (?,?,?,?)")) {
      for (int i = 1; i <= rows; i++) {
        s.setLong(1, i);
        s.setInt(2, (int) (i * 2654435761L % 1_000_003));
        s.setString(3, "c".repeat(100) + i);
        s.setString(4, "pad-" + i + "x".repeat(40));
        s.addBatch();
        if (i % 2000 == 0) {
          s.executeBatch();
        }
      }
      s.executeBatch();
    }
    c.commit();
    c.setAutoCommit(true);
  }
}
