package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierTest {
  private final Fixture mysql = Fixture.mysql();
  private final Fixture h2 = Fixture.h2();

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "SELECT 1 ~ READ ~ ",
        "/* SELECT */ -- x¶ select * from plain where v = 'FOR UPDATE' ~ READ ~ plain",
        "SELECT *¶FROM plain¶FOR /* x */¶UPDATE ~ LOCKING_READ ~ plain",
        "SELECT * FROM plain LOCK IN SHARE MODE ~ LOCKING_READ ~ plain",
        "SELECT * FROM plain p, (SELECT x FROM nokey) y JOIN t ON t.id = p.id, code WHERE a IN (SELECT v FROM two) ~ READ ~ plain nokey t code two",
        "(SELECT id FROM plain) UNION (SELECT id FROM `t`) ORDER BY 1 ~ READ ~ plain t",
        "WITH c (n) AS (SELECT id FROM plain) SELECT * FROM c, shop.t ~ READ ~ plain t",
        "SELECT * FROM aview ~ READ ~ aview *",
        "SELECT * FROM joined j ~ READ ~ joined t over nokey plain",
        "SELECT * FROM calls ~ READ ~ calls *",
        "SELECT pure(v), shop.pure(1) FROM plain ~ READ ~ plain",
        "SELECT * FROM dated ~ READ ~ dated plain",
        "SELECT counting() ~ READ ~ *",
        "UPDATE plain SET v = 1 WHERE v = pure(5) ~ WRITE ~ plain",
        "SELECT * FROM unknown_table ~ READ ~ *",
        "SELECT * FROM information_schema.tables ~ READ ~ ",
        "SELECT COUNT(*), NOW(), UUID() FROM (plain, t) ~ READ ~ plain t",
        "SELECT EXTRACT(DAY FROM v) FROM plain, two ~ READ ~ plain two *",
        "SELECT @@version, v FROM plain ~ SESSION_READ ~ plain",
        "SELECT @a := @a + 1 FROM plain ~ SESSION_READ ~ plain",
        "SELECT LAST_INSERT_ID() ~ SESSION_READ ~ ",
        "SELECT GET_LOCK('a', 1) ~ SESSION_READ ~ ",
        "SELECT v INTO @x FROM plain WHERE id = 1 ~ SESSION_READ ~ plain",
        "SHOW TABLES ~ SESSION_READ ~ ",
        "EXPLAIN UPDATE plain SET v=1 ~ SESSION_READ ~ ",
        "BEGIN ~ BEGIN ~ ",
        "START TRANSACTION READ ONLY ~ BEGIN ~ ",
        "COMMIT WORK; ~ COMMIT ~ ",
        "ROLLBACK ~ ROLLBACK ~ ",
        "ROLLBACK TO `a b` ~ ROLLBACK_TO_SAVEPOINT ~ ",
        "SAVEPOINT x ~ SAVEPOINT ~ ",
        "RELEASE SAVEPOINT x ~ RELEASE_SAVEPOINT ~ ",
        "USE `other` ~ USE ~ ",
        " ; -- nothing ~ EMPTY ~ ",
        "CREATE TABLE IF NOT EXISTS neu (a INT PRIMARY KEY, b INT AS (a+1), FOREIGN KEY (a) REFERENCES plain (id)) ENGINE = InnoDB ~ DDL ~ neu plain",
        "CREATE TABLE `other`.`x` LIKE plain ~ DDL ~ x plain",
        "ALTER TABLE plain ADD c TIMESTAMP NULL, RENAME TO plan2 ~ DDL ~ plain plan2",
        "ALTER TABLE plain ALTER COLUMN c SET DEFAULT CURRENT_TIMESTAMP ~ DDL ~ plain",
        "CREATE TABLE x (engine VARCHAR(10), type INT) ~ DDL ~ x",
        "ALTER TABLE plain ADD engine VARCHAR(10) ~ DDL ~ plain",
        "DROP TABLE IF EXISTS plain, t ~ DDL ~ plain t",
        "RENAME TABLE plain TO a, t TO b ~ DDL ~ plain a t b",
        "TRUNCATE plain ~ DDL ~ plain",
        "CREATE UNIQUE INDEX i ON plain (v(10)) ~ DDL ~ plain",
        "DROP INDEX i ON plain ~ DDL ~ plain",
        "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW w AS SELECT * FROM plain ~ DDL ~ w *",
        "DROP VIEW w ~ DDL ~ w",
        "CREATE DATABASE IF NOT EXISTS d ~ DDL ~ *",
      })
  void classifiesMySql(String sql, String kind, String tables) throws SQLException {
    StatementPlan p = mysql.plan(sql.trim().replace('¶', '\n'));
    assertThat(p.kind()).isEqualTo(Kind.valueOf(kind.trim()));
    String found = p.tables().stream().map(t -> t.name()).collect(Collectors.joining(" "));
    assertThat((found + (p.allTables() ? " *" : "")).trim())
        .isEqualTo(tables == null ? "" : tables.trim());
  }

  @Test
  void storedPrograms() throws SQLException {
    Fixture f = Fixture.mysql();
    StatementPlan p =
        f.plan(
            "CREATE TRIGGER x BEFORE INSERT ON plain FOR EACH ROW FOLLOWS y lbl: BEGIN SET NEW.v = 1;"
                + " IF NEW.v THEN SET NEW.v = 2; ELSE SET NEW.v = 3; END IF; END lbl;");
    assertThat(p.kind()).isEqualTo(Kind.DDL);
    assertThat(p.tables()).hasToString("[shop.plain]");
    assertThat(p.allTables()).isFalse();
    assertThat(p.keepsSession()).isTrue();
    assertThat(p.definedBy("`a`@`b`")).startsWith("CREATE DEFINER=`a`@`b` TRIGGER x BEFORE");
    p = f.plan("CREATE OR REPLACE DEFINER = CURRENT_USER() PROCEDURE p() BEGIN END");
    assertThat(p.definedBy("x")).isEqualTo("CREATE OR REPLACE DEFINER=x PROCEDURE p() BEGIN END");
    assertThat(p.allTables()).isTrue();
    p = f.plan("CREATE DEFINER='a'@'%' FUNCTION f() RETURNS INT RETURN 1");
    assertThat(p.definedByCaller()).isFalse();
    assertThat(p.keepsSession()).isTrue();
    p = f.plan("ALTER ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v AS SELECT 1");
    assertThat(p.definedBy("x"))
        .isEqualTo("ALTER ALGORITHM=MERGE DEFINER=x SQL SECURITY INVOKER VIEW v AS SELECT 1");
    assertThat(f.plan("DROP PROCEDURE IF EXISTS p").allTables()).isTrue();
    assertThat(f.plan("DROP EVENT e").kind()).isEqualTo(Kind.DDL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT * INTO DUMPFILE '/tmp/x' FROM plain",
        "SELECT NEXTVAL(s)",
        "SELECT NEXT VALUE FOR s",
        "SELECT my_function(1)",
        "SELECT `my_function` (1)",
        "SELECT shop.now()",
        "SELECT RELEASE_ALL_LOCKS()",
        "SELECT 1 /*!80000 INTO OUTFILE '/tmp/x' */",
        "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
        "SELECT 1; SELECT 2",
        "WITH a AS (SELECT 1) UPDATE plain SET v=1",
        "EXPLAIN ANALYZE UPDATE plain SET v=1",
        "ANALYZE UPDATE plain SET v=1",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1; DROP TABLE t",
        "CREATE TRIGGER lockstep.x BEFORE INSERT ON lockstep.journal FOR EACH ROW SET NEW.a = 1",
        "CREATE TRIGGER x BEFORE INSERT ON mysql.user FOR EACH ROW SET NEW.a = 1",
        "CREATE DEFINER=root@localhost PROCEDURE p() BEGIN SELECT 1; END; DROP TABLE t",
        "CREATE PROCEDURE p() COMMENT 'x' SELECT 1; DROP TABLE t",
        "CREATE PROCEDURE p() BEGIN SELECT CASE 1 WHEN 1 THEN IF(1,2,3) END; END CASE; DROP TABLE t",
        "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END WHILE; END",
        "CREATE PROCEDURE p() BEGIN SELECT 1; END END",
        "CREATE FUNCTION f() RETURNS INT RETURN (SELECT id FROM plain FOR UPDATE)",
        "CREATE FUNCTION f() RETURNS INT BEGIN INSERT INTO plain VALUES (1, 1); RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN IF 1 THEN CALL p(); END IF; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN DECLARE EXIT HANDLER FOR NOT FOUND DELETE FROM plain; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN DECLARE EXIT HANDLER FOR 1062 SET @x = 1; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN SET @x = 1; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN SELECT 1 INTO OUTFILE 'x'; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT RETURN g(1)",
        "CREATE FUNCTION f() RETURNS INT BEGIN SET time_zone = '+00:00'; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN SET SESSION foreign_key_checks = 0; RETURN 1; END",
        "CREATE FUNCTION f() RETURNS INT BEGIN DECLARE x INT; SET x = 1, sql_mode = ''; RETURN x; END",
        "ANALYZE SELECT writing()",
        "SELECT @'a\\' FROM plain",
        "CREATE FUNCTION f() RETURNS INT RETURN GET_LOCK('a', 1)",
        "CREATE FUNCTION mid(a INT) RETURNS INT RETURN 1",
        "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "SELECT writing()",
        "SELECT nested()",
        "SELECT * FROM writes",
        "SELECT * FROM deeper",
        "UPDATE plain SET v = 1 WHERE v = counting()",
        "UPDATE plain SET v = pure(1) WHERE id = 1",
        "UPDATE plain SET v = 1 WHERE v IN (SELECT a FROM calls)",
        "INSERT INTO plain SELECT counting(), 1",
        "SET SESSION sort_buffer_size = counting()",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM plain",
        "ALTER EVENT e ENABLE",
        "CREATE DEFINER=CURRENT_ROLE VIEW v AS SELECT 1",
        "CREATE TABLE x (a INT) ENGINE=MyISAM",
        "CREATE TABLE x (a INT) ENGINE MEMORY",
        "CREATE OR REPLACE TABLE x AS SELECT 1",
        "CREATE TABLE x (a INT) ENGINE=MyISAM SELECT 1 AS a",
        "CREATE TABLE x (a INT) REPLACE AS SELECT my_function(1) AS a",
        "CREATE TABLE x (a INT) PARTITION BY HASH (a) AS SELECT 1 AS a",
        "CREATE TABLE mysql.x AS SELECT 1",
        "CREATE TABLE x AS SELECT id FROM plain FOR UPDATE",
        "CREATE TABLE lockstep.x (a INT)",
        "DROP TABLE mysql.user",
        "DROP DATABASE lockstep",
        "ALTER TABLE plain ENGINE=Aria",
        "ALTER TABLE plain ADD c TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
        "ALTER TABLE plain ADD c VARCHAR(36) DEFAULT (uuid())",
        "ALTER TABLE nokey ADD id INT AUTO_INCREMENT PRIMARY KEY",
        "CREATE USER x",
        "GRANT ALL ON *.* TO x",
        "LOCK TABLES plain WRITE",
        "FLUSH TABLES",
        "LOAD DATA INFILE 'x' INTO TABLE plain",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE trig",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE plain (id, id)",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE plain PARTITION (p) (id)",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE plain (id) SET v = (SELECT 1)",
        "{? = call p(?)}",
        "DO SLEEP(1)",
        "XA START 'x'",
        "PREPARE s FROM 'SELECT 1'",
        "KILL 5",
        "COMMIT AND CHAIN",
        "SAVEPOINT lockstep",
        "SET PASSWORD = 'x'",
        "SET @x = (SELECT 1)",
        "BEGIN NOT ATOMIC SELECT 1; END",
        "INSERT INTO lockstep.journal VALUES (1)",
        "nonsense",
      })
  void refusesMySql(String sql) {
    assertThatThrownBy(() -> mysql.plan(sql))
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isIn("0A001", "42S02"));
  }

  @Test
  void readsSet() throws SQLException {
    assertThat(
            mysql
                .plan("SET autocommit=0, @@session.sql_mode = 'A,B', GLOBAL x = 1, @u := 5")
                .assignments())
        .containsExactly(
            new Assignment("autocommit", "0", Assignment.Scope.SESSION),
            new Assignment("sql_mode", "'A,B'", Assignment.Scope.SESSION),
            new Assignment("x", "1", Assignment.Scope.GLOBAL),
            new Assignment("@u", "5", Assignment.Scope.USER_VARIABLE));
    assertThat(mysql.plan("SET NAMES utf8mb4 COLLATE utf8mb4_bin").assignments())
        .containsExactly(
            new Assignment("names", "utf8mb4 COLLATE utf8mb4_bin", Assignment.Scope.SESSION));
    assertThat(mysql.plan("/*!40101 SET CHARACTER SET utf8 */;").assignments())
        .containsExactly(new Assignment("character set", "utf8", Assignment.Scope.SESSION));
    assertThat(
            mysql
                .plan("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY")
                .assignments())
        .containsExactly(
            new Assignment(
                "transaction isolation level", "READ COMMITTED", Assignment.Scope.SESSION),
            new Assignment("transaction read only", "1", Assignment.Scope.SESSION));
    assertThat(mysql.plan("SET foreign_key_checks = 0").pinsSession()).isFalse();
    assertThat(mysql.plan("SET @x = 1").pinsSession()).isFalse();
    assertThat(mysql.plan("SET @x = GET_LOCK('x', 1)").pinsSession()).isTrue();
    assertThat(mysql.plan("SELECT 1, @B := 2").setsVariables()).containsExactly("@b");
    assertThat(mysql.plan("SELECT 1, 2 INTO @a, @b").setsVariables()).containsExactly("@a", "@b");
    assertThat(h2.plan("SET LOCK_TIMEOUT 1000").assignments())
        .containsExactly(new Assignment("lock_timeout", "1000", Assignment.Scope.SESSION));
    assertThat(h2.plan("SET SCHEMA shop").name()).isEqualTo("SHOP");
    assertThat(h2.plan("SET SCHEMA shop").kind()).isEqualTo(Kind.USE);
    assertThat(mysql.plan("START TRANSACTION READ ONLY").assignments())
        .containsExactly(
            new Assignment("transaction read only", "1", Assignment.Scope.TRANSACTION));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM FINAL TABLE (MERGE INTO t (a) VALUES (1))",
        "SELECT s.NEXTVAL",
        "SELECT NEXTVAL('S')",
        "CREATE VIEW v AS SELECT NEXT VALUE FOR s",
        "ALTER SEQUENCE s INCREMENT BY 2",
        "ALTER SEQUENCE s RESTART WITH (SELECT MAX(id) FROM t)",
        "CREATE ALIAS x FOR 'y'",
        "CREATE TEMPORARY TABLE x (a INT)",
        "CREATE TABLE x AS SELECT FILE_WRITE('a', 'b')",
        "RUNSCRIPT FROM 'x'",
        "SELECT FILE_WRITE('a', 'b')",
        "CREATE USER x PASSWORD 'y'",
        "SHUTDOWN",
      })
  void refusesH2(String sql) {
    assertThatThrownBy(() -> h2.plan(sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A001"));
  }

  @Test
  void classifiesH2() throws SQLException {
    assertThat(
            h2.plan("CREATE CACHED TABLE neu (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
                .tables()
                .toString())
        .contains("NEU");
    assertThat(h2.plan("DROP INDEX i").allTables()).isTrue();
    assertThat(h2.plan("CREATE SCHEMA s").schemaWide()).isTrue();
    assertThat(h2.plan("COMMENT ON TABLE plain IS 'x'").kind()).isEqualTo(Kind.DDL);
    assertThat(h2.plan("SELECT * FROM \"PLAIN\" FOR UPDATE").kind()).isEqualTo(Kind.LOCKING_READ);
    assertThat(h2.plan("SELECT ROWNUM, USER FROM plain").kind()).isEqualTo(Kind.SESSION_READ);
    assertThat(h2.plan("VALUES (1), (2)").kind()).isEqualTo(Kind.READ);
  }
}
