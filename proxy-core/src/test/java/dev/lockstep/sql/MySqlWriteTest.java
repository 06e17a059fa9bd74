package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.node.TableName;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MySqlWriteTest {
  private final Fixture f = Fixture.mysql();

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "insert into plain (id, v) values (1, 'a;b') ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'a;b')",
        "INSERT plain(id,v) VALUE (-1,\"it's\") ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (-1, \"it's\")",
        "INSERT INTO plain SET id = 4, `order` = 1+2 ~ INSERT INTO `shop`.`plain` (`id`, `order`) VALUES (4, 1+2)",
        "INSERT INTO shop.plain VALUES (1, N'x', NULL) ~ INSERT INTO `shop`.`plain` VALUES (1, N'x', NULL)",
        "INSERT INTO plain (plain.id, v) VALUES (1, _utf8mb4 'x') ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, _utf8mb4'x')",
        "INSERT INTO plain (id, v) VALUES (1, 'NOW()') -- NOW() ' ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'NOW()')",
        "INSERT INTO plain (id, v) VALUES (1, 'a\\'b') # it's ? ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'a\\'b')",
        "INSERT INTO plain (id, v) VALUES /* '?' */ (1, 'a\\\\') ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'a\\\\')",
        "INSERT INTO plain (id, v) VALUES (1, '?'), (2, x'ff'); ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, '?'), (2, x'ff')",
        "/*!40101 INSERT INTO plain (id) VALUES (0x10) */ ~ INSERT INTO `shop`.`plain` (`id`) VALUES (0x10)",
        "INSERT INTO plain (id, v) VALUES (1, {ts '2020-01-01 10:00:00'}) ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, TIMESTAMP'2020-01-01 10:00:00')",
        "INSERT INTO plain (id, v) VALUES (1, {fn UCASE('a')}) ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, UCASE('a'))",
        "INSERT INTO plain (id, v) VALUES (1, CONCAT('a', UPPER('b'))) ~ INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, CONCAT('a', UPPER('b')))",
        "update plain set v = 'x' where id = 5 ~ UPDATE `shop`.`plain` set v = 'x' where id = 5",
        "UPDATE plain SET v = CASE WHEN `order` > 3 THEN 'a' ELSE v END WHERE id IN (1, 2) ~ UPDATE `shop`.`plain` SET v = CASE WHEN `order` > 3 THEN 'a' ELSE v END WHERE id IN (1, 2)",
        "UPDATE plain p SET p.v = 'x' WHERE p.id = 5 ~ UPDATE `shop`.`plain` p SET p.v = 'x' WHERE p.id = 5",
        "UPDATE plain AS p SET v='x' WHERE 5 = p.id ~ UPDATE `shop`.`plain` AS p SET v='x' WHERE 5 = p.id",
        "UPDATE `plain` SET plain.v = shop.plain.v WHERE plain.id='5' ~ UPDATE `shop`.`plain` SET plain.v = shop.plain.v WHERE plain.id=5",
        "UPDATE t SET a = a + 1, b = LOWER(b), n = a DIV 2 % 3 | 4 WHERE (id = -7) ~ UPDATE `shop`.`t` SET a = a + 1, b = LOWER(b), n = a DIV 2 % 3 | 4 WHERE (id = -7)",
        "UPDATE t SET n = CAST(a AS DECIMAL(10, 2)), b = DATE_ADD(b, INTERVAL 1 DAY) WHERE id=1 ~ UPDATE `shop`.`t` SET n = CAST(a AS DECIMAL(10, 2)), b = DATE_ADD(b, INTERVAL 1 DAY) WHERE id=1",
        "UPDATE t SET a = - a, n = IF(a IS NOT NULL, a, NULL), b = b COLLATE utf8mb4_bin WHERE id=1 ~ UPDATE `shop`.`t` SET a = - a, n = IF(a IS NOT NULL, a, NULL), b = b COLLATE utf8mb4_bin WHERE id=1",
        "UPDATE t SET a = a--1 WHERE id=1 ~ UPDATE `shop`.`t` SET a = a--1 WHERE id=1",
        "DELETE FROM two WHERE q = 'x' AND p = 3 ~ DELETE FROM `shop`.`two` WHERE q = 'x' AND p = 3",
        "DELETE FROM two WHERE (q = 'x') && (p = 3) ~ DELETE FROM `shop`.`two` WHERE (q = 'x') && (p = 3)",
        "DELETE FROM `shop` . `plain` WHERE `id` = 3 ~ DELETE FROM `shop`.`plain` WHERE `id` = 3",
        "DELETE FROM plain x WHERE x.id = 3 ~ DELETE FROM `shop`.`plain` x WHERE x.id = 3",
        "DELETE FROM bin WHERE k = x'00ff' ~ DELETE FROM `shop`.`bin` WHERE k = x'00ff'",
        "DELETE FROM amount WHERE k = 1.50 ~ DELETE FROM `shop`.`amount` WHERE k = 1.5",
        "DELETE FROM daily WHERE d = DATE '2020-01-02' ~ DELETE FROM `shop`.`daily` WHERE d = DATE '2020-01-02'",
        "DELETE FROM daily WHERE d = {d '2020-01-02'} ~ DELETE FROM `shop`.`daily` WHERE d = DATE'2020-01-02'",
        "INSERT INTO nokey VALUES (1, 'a') ~ INSERT INTO `shop`.`nokey` VALUES (1, 'a')",
        "INSERT INTO calc (id, g) VALUES (1, DEFAULT) ~ INSERT INTO `shop`.`calc` (`id`, `g`) VALUES (1, DEFAULT)",
      })
  void renders(String sql, String expected) throws SQLException {
    BoundWrite w = f.write(sql.trim());
    assertThat(w.sql().replaceAll("  +", " ")).isEqualTo(expected.trim());
    assertThat(w.entrySql(null)).isEqualTo(w.sql());
    assertThat(w.before()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE plain SET v=1 WHERE id=1 OR 1=1",
        "UPDATE plain SET v=1 WHERE id=1 AND 1=1",
        "UPDATE plain SET v=1 WHERE id=1 AND v='a'",
        "UPDATE plain SET v=1 WHERE id=1 AND id=2",
        "UPDATE plain SET v=1 WHERE id<=>1",
        "UPDATE plain SET v=1 WHERE NOT id=1",
        "UPDATE plain SET v=1 WHERE id>1",
        "UPDATE plain SET v=1 WHERE id=1=1",
        "UPDATE plain SET v=1 WHERE id=id",
        "UPDATE plain SET v=1 WHERE id=1+0",
        "UPDATE plain SET v=1 WHERE id IN (SELECT 1)",
        "UPDATE plain SET v=1 WHERE id NOT IN (1)",
        "UPDATE plain SET v=1 WHERE id = TRUE",
        "UPDATE plain SET v=1 WHERE id = 0x10",
        "UPDATE plain SET v=1 WHERE id = 1.5",
        "UPDATE plain SET v=1 WHERE id = '1a'",
        "UPDATE plain SET v=1 WHERE id = ' 1'",
        "UPDATE plain SET v=1 WHERE id = 1e0",
        "UPDATE plain SET v=1 WHERE id = 1 ORDER BY id",
        "UPDATE plain SET v=1 WHERE id = 1 LIMIT 1",
        "UPDATE plain SET v=1",
        "UPDATE plain SET v=UUID() WHERE id IN (1, 2)",
        "UPDATE two SET v=1 WHERE p=1",
        "UPDATE two SET v=1 WHERE (p,q)=(1,'a')",
        "UPDATE two SET v=1 WHERE (p,q) IN ((1,'a'))",
        "UPDATE two SET v=1 WHERE p IN (1,2) AND q='a'",
        "UPDATE code SET v=1 WHERE c=5",
        "UPDATE code SET v=1 WHERE c='a' COLLATE utf8mb4_general_ci",
        "UPDATE code SET v=1 WHERE c=_binary'a'",
        "UPDATE code SET v=1 WHERE BINARY c='a'",
        "UPDATE bin SET v=1 WHERE k='a'",
        "UPDATE daily SET v=1 WHERE d='2020-01-01'",
        "UPDATE daily SET v=1 WHERE d=20200101",
        "DELETE FROM plain",
        "DELETE FROM plain LIMIT 1",
        "DELETE FROM plain WHERE id=1 ORDER BY id LIMIT 1",
      })
  void looksForTheRows(String sql) throws SQLException {
    BoundWrite w = f.write(sql);
    assertThat(w.mustSearch()).isTrue();
    assertThat(w.search().sql()).startsWith("SELECT ").endsWith(" FOR UPDATE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE plain SET v=1 WHERE id = 1 RETURNING id",
        "UPDATE plain SET v=(SELECT @x) WHERE id=1",
        "UPDATE plain SET v=(SELECT CONNECTION_ID()) WHERE id=1",
        "UPDATE plain SET v=(SELECT my_function(1)) WHERE id=1",
        "UPDATE plain SET `order`=1, v=(SELECT `order`) WHERE id=1",
        "UPDATE plain SET v=my_function(1) WHERE id=1",
        "UPDATE plain SET v=shop.my_function(1) WHERE id=1",
        "UPDATE plain SET v=`now`() WHERE id=1",
        "UPDATE plain SET v=@x WHERE id=1",
        "UPDATE plain SET v=@@hostname WHERE id=1",
        "UPDATE plain SET v=LAST_INSERT_ID() WHERE id=1",
        "UPDATE plain SET v=CONNECTION_ID() WHERE id=1",
        "UPDATE plain SET v=CURRENT_USER WHERE id=1",
        "UPDATE plain SET v=SLEEP(1) WHERE id=1",
        "UPDATE plain SET v=RAND(3) WHERE id=1",
        "UPDATE plain, t SET plain.v=1, t.a=plain.v WHERE plain.id=1",
        "UPDATE plain p, plain q SET p.v=1, q.v=2 WHERE p.id=q.id+1",
        "UPDATE plain NATURAL JOIN t SET plain.v=1",
        "UPDATE plain JOIN nokey SET nokey.x=1",
        "UPDATE plain JOIN trig USING (id) SET trig.v=1",
        "UPDATE plain JOIN t USING (id) SET id=1",
        "UPDATE plain JOIN (t) USING (id) SET plain.v=1",
        "UPDATE IGNORE plain SET id=1 WHERE id=1",
        "UPDATE IGNORE plain, t SET plain.v=1",
        "UPDATE plain SET v=1 WHERE plain.id=1 AND t.id=1",
        "UPDATE plain p SET v=1 WHERE plain.id=1",
        "UPDATE /*+ SET_VAR(sql_mode='') */ plain SET v=1 WHERE id=1",
        "UPDATE /*!80000 plain */ SET v=1 WHERE id=1",
        "UPDATE /*M! plain */ SET v=1 WHERE id=1",
        "UPDATE nokey SET x=1 WHERE x=1",
        "UPDATE myisam SET v=1 WHERE id=1",
        "UPDATE trig SET v=1 WHERE id=1",
        "UPDATE aview SET v=1 WHERE id=1",
        "UPDATE calc SET g=1 WHERE id=1",
        "DELETE x FROM plain JOIN t",
        "DELETE plain FROM plain p JOIN t",
        "DELETE plain FROM plain JOIN t LIMIT 1",
        "DELETE QUICK FROM plain WHERE id=1",
        "INSERT IGNORE INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE v=1",
        "INSERT IGNORE INTO plain (id, v) VALUES (1, my_function(v))",
        "REPLACE INTO trig VALUES (1, 2)",
        "REPLACE INTO nokey VALUES (1, 'a')",
        "INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE id=2",
        "INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE v=(SELECT 1)",
        "INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE v=my_function(v)",
        "INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE v=VALUES(nix)",
        "INSERT INTO plain (id, v) VALUES (1, VALUES(v))",
        "INSERT DELAYED INTO plain VALUES (1,'a',2)",
        "INSERT INTO plain (id) VALUES (1) RETURNING id",
        "INSERT INTO plain (id) VALUES (1) AS new",
        "INSERT INTO plain (id) VALUES ((SELECT my_function(1)))",
        "INSERT INTO plain (id) VALUES (1, 2)",
        "INSERT INTO plain VALUES (1, 'a')",
        "INSERT INTO plain (id, v) VALUES (1, id)",
        "INSERT INTO plain (id, v) VALUES (1, DEFAULT(v))",
        "INSERT INTO plain (id, v) VALUES (1, 'a' 'b')",
        "INSERT INTO plain (id, v) VALUES (1, )",
        "INSERT INTO plain (id, v) VALUES (1, 'a'",
        "INSERT INTO plain (id, v) VALUES (1, a := 2)",
        "INSERT INTO plain (id, v) VALUES ROW(1, 2)",
        "INSERT INTO calc (id, g) VALUES (1, 2)",
        "INSERT INTO t (id, a) VALUES (1+1, 2)",
        "INSERT INTO t (id, a) VALUES (NULL, 1), (7, 2)",
        "INSERT INTO t (id, a) VALUES ('x', 1)",
        "INSERT INTO t (id, a) VALUES (0.4, 1)",
        "INSERT INTO seq (id) VALUES (1)",
        "INSERT INTO trig VALUES (1, 1)",
        "INSERT INTO aview VALUES (1, 1)",
        "INSERT INTO plain (id) VALUES (1); DELETE FROM plain WHERE id=1",
        "WITH x AS (SELECT 1) DELETE FROM plain WHERE id=1",
        "INSERT INTO plain (id, v) VALUES (1, ?1)",
      })
  void refuses(String sql) {
    assertThatThrownBy(() -> f.write(sql))
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).isIn("0A001", "42S22");
              assertThat(e.getMessage()).startsWith("Lockstep: ");
            });
  }

  private static List<String> texts(BoundWrite write, String... keys) throws SQLException {
    List<Search.Row> rows = new ArrayList<>();
    for (String key : keys) {
      rows.add(new Search.Row(key, new String[0]));
    }
    return write.search().writes(rows).stream().map(BoundWrite::sql).toList();
  }

  @Test
  void valuesThatAreFoundWithTheRows() throws SQLException {
    Search search =
        f.write(
                "UPDATE plain p SET `order`=?, v=CONCAT('x', (SELECT a FROM t WHERE id=?)) WHERE v>?",
                1,
                2,
                3)
            .search();
    assertThat(search.fill())
        .last()
        .isEqualTo(
            "INSERT INTO `shop`.`lockstep_search` SELECT `id`, CONCAT('x', (SELECT a FROM t WHERE id=2 LOCK IN"
                + " SHARE MODE)) FROM `shop`.`plain` p WHERE v>3 FOR UPDATE");
    assertThat(search.sql()).isEqualTo("SELECT `id`, `v` FROM `shop`.`lockstep_search`");
    assertThat(
            search
                .writes(
                    List.of(
                        new Search.Row("1", new String[] {"'a'"}),
                        new Search.Row("2", new String[] {"'a'"}),
                        new Search.Row("3", new String[] {"NULL"})))
                .stream()
                .map(BoundWrite::sql))
        .containsExactly(
            "UPDATE `shop`.`plain` p SET `order`=1, v= 'a' WHERE `id` IN (1,2)",
            "UPDATE `shop`.`plain` p SET `order`=1, v= NULL WHERE `id`=3");
  }

  @Test
  void joins() throws SQLException {
    Search search =
        f.write("UPDATE plain AS p LEFT JOIN t ON t.id=p.id+? SET p.v=t.a-? WHERE t.id>?", 1, 2, 3)
            .search();
    assertThat(search.fill())
        .last()
        .isEqualTo(
            "INSERT INTO `shop`.`lockstep_search` SELECT `p`.`id`, t.a-2 FROM plain AS p LEFT JOIN t ON"
                + " t.id=p.id+1 WHERE t.id>3 FOR UPDATE");
    // The values that are found first.
    assertThat(
            search
                .writes(
                    List.of(
                        new Search.Row("1", new String[] {"'a'"}),
                        new Search.Row("1", new String[] {"'b'"})))
                .stream()
                .map(BoundWrite::sql))
        .containsExactly("UPDATE `shop`.`plain` SET `v` = 'a' WHERE `id`=1");
    Search both =
        f.write("UPDATE plain, t SET t.a=t.a+?, plain.v=1 WHERE plain.id=t.id", 2).search();
    assertThat(both.fill())
        .last()
        .isEqualTo(
            "INSERT INTO `shop`.`lockstep_search` SELECT `shop`.`plain`.`id`, 1, `shop`.`t`.`id`, t.a+2"
                + " FROM plain, t WHERE plain.id=t.id FOR UPDATE");
    assertThat(
            both
                .writes(
                    List.of(
                        new Search.Row("", new String[] {"1", "'x'", "5", "6"}),
                        new Search.Row("", new String[] {"1", "'y'", "", ""}),
                        new Search.Row("", new String[] {"2", "'x'", "5", "7"})))
                .stream()
                .map(BoundWrite::sql))
        .containsExactly(
            "UPDATE `shop`.`plain` SET `v` = 'x' WHERE `id` IN (1,2)",
            "UPDATE `shop`.`t` SET `a` = 6 WHERE `id`=5");
    Search delete =
        f.write("DELETE FROM plain.* USING plain, t x WHERE plain.id=x.id AND x.a=?", 5).search();
    assertThat(delete.fill()).isEmpty();
    assertThat(delete.sql())
        .isEqualTo(
            "SELECT `shop`.`plain`.`id` FROM plain, t x WHERE plain.id=x.id AND x.a=5 FOR UPDATE");
  }

  @Test
  void upserts() throws SQLException {
    BoundWrite w =
        f.write(
            "INSERT INTO plain (id, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v=CONCAT(v, VALUES(v), ?),"
                + " `order`=plain.`order`+1",
            1,
            "a",
            "b'");
    assertThat(w.sql())
        .isEqualTo(
            "INSERT INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'a') ON DUPLICATE KEY UPDATE"
                + " v=CONCAT(v, VALUES(v), 'b\\''), `order`=plain.`order`+1");
    assertThat(w.entrySql(null)).isEqualTo(w.sql());
    assertThat(w.accepts(1) && w.accepts(2) && !w.mustSearch()).isTrue();
    assertThat(f.write("REPLACE INTO plain VALUES (1, 'a', 2), (2, UUID(), 3)").sql())
        .isEqualTo("REPLACE INTO `shop`.`plain` VALUES (1, 'a', 2), (2, '" + Fixture.ID + "', 3)");
    assertThat(f.write("REPLACE plain SET id=1, v='x'").sql())
        .isEqualTo("REPLACE INTO `shop`.`plain` (`id`, `v`) VALUES (1, 'x')");
    BoundWrite time = f.write("INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE v=NOW()");
    assertThat(time.before()).startsWith("SET TIMESTAMP=");
  }

  @Test
  void rowByRow() throws SQLException {
    assertThat(f.write("INSERT INTO plain (id) VALUES (1) ON DUPLICATE KEY UPDATE id=id").sql())
        .isNull();
    RowwiseInsert ignore =
        f.write("INSERT IGNORE INTO plain VALUES (1,'a',2), (2,'b',3)").rowwise();
    assertThat(ignore.kind()).isEqualTo(RowwiseInsert.Kind.IGNORE);
    assertThat(ignore.together().sql())
        .isEqualTo("INSERT IGNORE INTO `shop`.`plain` VALUES (1, 'a', 2), (2, 'b', 3)");
    assertThat(ignore.row(1).sql())
        .isEqualTo("INSERT IGNORE INTO `shop`.`plain` VALUES (2, 'b', 3)");
    RowwiseInsert upsert =
        f.write(
                "INSERT INTO t (a) VALUES (?), (8) ON DUPLICATE KEY UPDATE id=LAST_INSERT_ID(id),"
                    + " a=a+VALUES(a)+?",
                7,
                9)
            .rowwise();
    RowwiseInsert.Step step = upsert.step(0);
    assertThat(step.sql())
        .isEqualTo(
            "INSERT INTO `shop`.`t` (`a`) VALUES (7) ON DUPLICATE KEY UPDATE a=a+VALUES(a)+9,"
                + " `id`=LAST_INSERT_ID(IF((@lockstep_key_integer_1:=`id`)=`id`,`id`,`id`))");
    assertThat(step.before()).containsExactly("SET @lockstep_key_integer_1=NULL");
    assertThat(step.insert().entrySql(new long[] {5}))
        .isEqualTo(
            "INSERT INTO `shop`.`t` (`a`, `id`) VALUES (7, 5) ON DUPLICATE KEY UPDATE"
                + " a=a+VALUES(a)+9");
    assertThat(upsert.met())
        .isEqualTo(
            "SELECT `id`, @lockstep_key_integer_1 IS NOT NULL, `a` FROM (SELECT 1 AS lockstep_one) AS"
                + " lockstep_any LEFT JOIN `shop`.`t` ON `id`=@lockstep_key_integer_1 FOR UPDATE");
    RowwiseInsert replace = f.write("REPLACE INTO t (id, a) VALUES (4, 2), (0, 3)").rowwise();
    assertThat(replace.row(0).sql()).isEqualTo("INSERT INTO `shop`.`t` (`id`, `a`) VALUES (4, 2)");
    Search inTheWay = replace.obstacles(0).get(0);
    assertThat(inTheWay.sql()).isEqualTo("SELECT `id` FROM `shop`.`t` WHERE `id`=4 FOR UPDATE");
    assertThat(inTheWay.writes(List.of(new Search.Row("4", new String[0]))).get(0).sql())
        .isEqualTo("DELETE FROM `shop`.`t` WHERE `id`=4");
    assertThat(replace.obstacles(1)).isEmpty();
  }

  @Test
  void writesWhatTheSearchHasFound() throws SQLException {
    BoundWrite w = f.write("UPDATE plain p SET v=?, `order`=2 WHERE v > ? AND id<>7", "a'b", "x");
    assertThat(w.search().sql())
        .isEqualTo("SELECT `id` FROM `shop`.`plain` p WHERE v > 'x' AND id<>7 FOR UPDATE");
    assertThat(texts(w, "3"))
        .containsExactly("UPDATE `shop`.`plain` p SET v='a\\'b', `order`=2 WHERE `id`=3");
    assertThat(texts(w, "3", "5"))
        .containsExactly("UPDATE `shop`.`plain` p SET v='a\\'b', `order`=2 WHERE `id` IN (3,5)");
    BoundWrite two = f.write("DELETE FROM two WHERE v=1 LIMIT ?", 2);
    assertThat(two.search().sql())
        .isEqualTo("SELECT `p`, `q` FROM `shop`.`two` WHERE v=1 LIMIT 2 FOR UPDATE");
    assertThat(texts(two, "`p`=1 AND `q`='a'", "`p`=2 AND `q`='b'"))
        .containsExactly(
            "DELETE FROM `shop`.`two` WHERE (`p`=1 AND `q`='a') OR (`p`=2 AND `q`='b')");
    // The order decides over unique conflicts, and each row gets a random value of its own.
    assertThat(texts(f.write("UPDATE plain SET `order`=`order`+1 ORDER BY v DESC"), "3", "5"))
        .hasSize(2);
    assertThat(texts(f.write("UPDATE plain SET v=UUID() WHERE v<>''"), "3", "5")).hasSize(2);
    // Keys that may be missing: the search finds those that are there.
    assertThat(f.write("DELETE FROM plain WHERE id IN (1, 2)").search().sql())
        .isEqualTo("SELECT `id` FROM `shop`.`plain` WHERE id IN (1, 2) FOR UPDATE");
    assertThat(f.write("DELETE FROM plain WHERE id = 1").canSearch()).isFalse();
  }

  @Test
  void namesTablesThatDoNotExist() {
    assertThatThrownBy(() -> f.write("UPDATE nothing SET a=1 WHERE id=1"))
        .hasMessageContaining("shop.nothing doesn't exist")
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42S02"));
    assertThatThrownBy(() -> f.analyzer.analyze("UPDATE plain SET v=1 WHERE id=1", null))
        .hasMessageContaining("no database");
    assertThatThrownBy(() -> f.write("UPDATE plain SET nix=1 WHERE id=1"))
        .hasMessageContaining("unknown column 'nix'");
    assertThatThrownBy(() -> f.write("INSERT INTO plain (id, id) VALUES (1, 2)"))
        .hasMessageContaining("twice");
  }

  @Test
  void countsDistinctKeys() throws SQLException {
    assertThat(f.write("DELETE FROM plain WHERE id IN (1, 1, 2)").expectedRows()).isEqualTo(2);
    assertThat(
            f.write("DELETE FROM plain WHERE id IN (?, '01', ?)", 1, new BigDecimal("1.0"))
                .expectedRows())
        .isEqualTo(1);
    assertThat(f.write("DELETE FROM plain WHERE id = ?", Parameter.NULL).expectedRows()).isZero();
    assertThat(f.write("DELETE FROM two WHERE q=? AND p=?", "a", 1).expectedRows()).isEqualTo(1);
    assertThat(f.write("INSERT INTO nokey VALUES (1,'a'),(2,'b'),(3,NULL)").expectedRows())
        .isEqualTo(3);
  }

  @Test
  void bindsParameters() throws SQLException {
    assertThat(f.write("UPDATE plain SET v=? /* ? */ WHERE id=? -- ?", "O'Neil\\", "12").sql())
        .isEqualTo("UPDATE `shop`.`plain` SET v='O\\'Neil\\\\' WHERE id=12");
    assertThat(f.write("UPDATE bin SET v=? WHERE k=?", true, new byte[] {0, -1}).sql())
        .isEqualTo("UPDATE `shop`.`bin` SET v=1 WHERE k=x'00ff'");
    assertThat(f.write("UPDATE uu SET v=? WHERE k=?", 1.5, Fixture.ID).sql())
        .isEqualTo("UPDATE `shop`.`uu` SET v=1.5 WHERE k='" + Fixture.ID + "'");
    assertThat(f.write("UPDATE code SET v=1 WHERE c=?", 5).search().sql())
        .isEqualTo("SELECT `c` FROM `shop`.`code` WHERE c=5 FOR UPDATE");
    assertThat(f.write("UPDATE plain SET v=1 WHERE id=?", 5.0).mustSearch()).isTrue();
    assertThatThrownBy(() -> f.write("UPDATE plain SET v=? WHERE id=1"))
        .hasMessageContaining("parameters");
  }

  @Test
  void fixesTheTime() throws SQLException {
    String set = "SET TIMESTAMP=1732222222.123456";
    for (String sql :
        List.of(
            "UPDATE plain SET v=NOW() WHERE id=1",
            "UPDATE plain SET v=CURRENT_TIMESTAMP WHERE id=1",
            "UPDATE plain SET v=UNIX_TIMESTAMP() WHERE id IN (1,2)",
            "INSERT INTO plain (id, v) VALUES (1, UTC_DATE)",
            "INSERT INTO plain (id, v) VALUES (1, 'a'), (2, NOW(6))",
            "INSERT INTO timed (id) VALUES (1)",
            "INSERT INTO timed (id, created, updated) VALUES (1, DEFAULT, '2020-01-01')",
            "INSERT INTO timed (id, created, updated) VALUES (1, NULL, '2020-01-01')",
            "UPDATE timed SET v='x' WHERE id=1",
            "UPDATE timed SET updated=DEFAULT WHERE id=1",
            "UPDATE timed SET updated=NULL WHERE id=1")) {
      BoundWrite w = f.write(sql);
      assertThat(w.before()).as(sql).isEqualTo(set);
      assertThat(w.after()).as(sql).isEqualTo("SET TIMESTAMP=DEFAULT");
    }
    assertThat(f.write("UPDATE plain SET v=SYSDATE(6) WHERE id=1").sql()).contains("v=NOW(6)");
    for (String sql :
        List.of(
            "INSERT INTO timed (id, created, updated) VALUES (1, '2020-01-01', '2020-01-01')",
            "UPDATE timed SET updated='2020-01-01' WHERE id=1",
            "UPDATE plain SET v='CURRENT_TIMESTAMP' WHERE id=1",
            "DELETE FROM timed WHERE id=1")) {
      assertThat(f.write(sql).before()).as(sql).isNull();
    }
  }

  @Test
  void replacesRandomValues() throws SQLException {
    assertThat(f.write("UPDATE plain SET v=UUID(), `order`=FLOOR(RAND()*10) WHERE id=1").sql())
        .isEqualTo(
            "UPDATE `shop`.`plain` SET v='"
                + Fixture.ID
                + "', `order`=FLOOR(0.25E0*10) WHERE id=1");
    assertThat(f.write("INSERT INTO plain (id, v) VALUES (1, 'UUID()'), (2, UUID())").sql())
        .endsWith("(1, 'UUID()'), (2, '" + Fixture.ID + "')");
    assertThat(f.write("INSERT INTO volatiles (id, v) VALUES (1, 'a')").sql())
        .isEqualTo(
            "INSERT INTO `shop`.`volatiles` (`id`, `v`, `u`) VALUES (1, 'a', '"
                + Fixture.ID
                + "')");
    assertThat(f.write("INSERT INTO volatiles VALUES (1, 'a', DEFAULT)").sql())
        .endsWith("(1, 'a', '" + Fixture.ID + "')");
    assertThat(f.write("UPDATE volatiles SET u=DEFAULT, v=? WHERE id=?", "z", 1).sql())
        .isEqualTo("UPDATE `shop`.`volatiles` SET u='" + Fixture.ID + "', v='z' WHERE id=1");
    assertThat(f.write("UPDATE volatiles SET u=DEFAULT WHERE id IN (1,2)").mustSearch()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y') ~ INSERT INTO `shop`.`t` (`a`, `b`, `id`) VALUES (1, 'x', 7), (2, 'y', 8)",
        "INSERT INTO t (a, id, b) VALUES (1, NULL, 'x'), (2, DEFAULT, 'y') ~ INSERT INTO `shop`.`t` (`a`, `id`, `b`) VALUES (1, 7, 'x'), (2, 8, 'y')",
        "INSERT INTO t VALUES (0, 1, 'x', 3), ('0', 2, 'y', 4) ~ INSERT INTO `shop`.`t` VALUES (7, 1, 'x', 3), (8, 2, 'y', 4)",
        "INSERT INTO t (a, id) VALUES (1, 0), (2, NULL) ~ INSERT INTO `shop`.`t` (`a`, `id`) VALUES (1, 7), (2, 8)",
        "INSERT INTO t () VALUES (), () ~ INSERT INTO `shop`.`t` (`id`) VALUES (7), (8)",
      })
  void carriesGeneratedKeys(String sql, String entry) throws SQLException {
    BoundWrite w = f.write(sql.trim());
    assertThat(w.generatesKeys()).isTrue();
    assertThat(w.generatedColumn()).isEqualTo("id");
    assertThat(w.entrySql(new long[] {7, 8})).isEqualTo(entry.trim());
    assertThatThrownBy(() -> w.entrySql(new long[] {7}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(f.plan(sql.trim()).autoIncrementInsert()).isTrue();
    assertThat(f.write("INSERT INTO t (id, a) VALUES (?, 1)", 5).generatesKeys()).isFalse();
    assertThat(f.write("INSERT INTO t (id, a) VALUES (?, 1)", Parameter.NULL).generatesKeys())
        .isTrue();
  }

  @Test
  void sharesOneParseAmongTextsThatDifferInLiterals() throws SQLException {
    f.write("UPDATE plain SET v='a', `order`=1 WHERE id=1");
    long from = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      f.write("UPDATE plain SET v='a" + i + "', `order`=" + i + " WHERE id=" + i);
    }
    assertThat((System.nanoTime() - from) / 1_000_000).isLessThan(5_000);
  }

  @Test
  void longInsertsAreFast() throws SQLException {
    StringBuilder sql = new StringBuilder("INSERT INTO plain (id, v, `order`) VALUES ");
    for (int i = 0; i < 50_000; i++) {
      sql.append(i == 0 ? "" : ",")
          .append("(")
          .append(i)
          .append(",'value ")
          .append(i)
          .append("',")
          .append(i % 7 == 0 ? "NULL" : "-5")
          .append(")");
    }
    long from = System.nanoTime();
    BoundWrite w = f.write(sql.toString());
    assertThat(w.expectedRows()).isEqualTo(50_000);
    assertThat((System.nanoTime() - from) / 1_000_000).isLessThan(5_000);
    assertThat(w.sql()).endsWith("(49999, 'value 49999', -5)");
  }

  @Test
  void plansGoStale() throws SQLException {
    StatementPlan plan = f.plan("DELETE FROM plain WHERE id=1");
    assertThat(f.plan("DELETE FROM plain WHERE id=1")).isSameAs(plan);
    f.analyzer.invalidate();
    assertThat(plan.stale()).isTrue();
    assertThat(plan.bind(List.of(), f).expectedRows()).isEqualTo(1);
    assertThat(f.plan("DELETE FROM plain WHERE id=1").stale()).isFalse();
  }

  @Test
  void whatForeignKeysChange() throws SQLException {
    TableName child = new TableName("shop", "trig");
    for (String sql :
        List.of(
            "DELETE FROM parent WHERE id=1",
            "DELETE FROM parent WHERE v > 3",
            "DELETE parent FROM parent JOIN t",
            "REPLACE INTO parent VALUES (1, 2)")) {
      StatementPlan plan = f.analyzer.analyze(sql, "shop");
      assertThat(plan.cascades()).as(sql).containsExactly(child);
      assertThat(plan.alsoWrites()).as(sql).containsExactly(child);
      assertThat(plan.tables()).as(sql).contains(child);
      assertThat(plan.cascadesAlone()).as(sql).isFalse();
      assertThat(plan.cascaded(false)).as(sql).isEmpty();
    }
    for (String sql :
        List.of("UPDATE parent SET v = 2 WHERE id=1", "INSERT INTO parent VALUES (1, 2)")) {
      assertThat(f.analyzer.analyze(sql, "shop").cascades()).as(sql).isEmpty();
    }
  }
}
