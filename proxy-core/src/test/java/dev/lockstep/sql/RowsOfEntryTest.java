package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowsOfEntryTest {
  private static String condition(String sql) throws SQLException {
    return RowsOfEntry.condition(
        sql, Vendor.MARIADB, List.of("id", "K", "v"), List.of("id", "K"), List.of("`id`", "`K`"));
  }

  @Test
  void whatTheEntryNames() throws SQLException {
    assertThat(condition("UPDATE `shop`.`t` SET v=(1), k='WHERE' WHERE id=1 AND k IN ('a','b')"))
        .isEqualTo("id=1 AND k IN ('a','b')");
    assertThat(condition("DELETE FROM t WHERE t.id = 5")).isEqualTo("t.id = 5");
    assertThat(condition("INSERT INTO t (v, `k`, id) VALUES (NULL,'a,(',1),(f(1,2),'b',-2)"))
        .isEqualTo("(`id`=(1) AND `K`=('a,(')) OR (`id`=(-2) AND `K`=('b'))");
    assertThat(condition("insert into shop.t values (1,'x',3) on duplicate key update v=1"))
        .isEqualTo("(`id`=(1) AND `K`=('x'))");
    assertThat(condition("REPLACE INTO t (id,k) VALUES (1,'x')"))
        .isEqualTo("(`id`=(1) AND `K`=('x'))");
  }

  @Test
  void whatItDoesNot() throws SQLException {
    for (String sql :
        List.of(
            "UPDATE t x SET v=1 WHERE x.id=1",
            "UPDATE t, u SET v=1 WHERE id=1",
            "UPDATE t SET v=1",
            "UPDATE t SET v=1 WHERE id=(SELECT 1)",
            "UPDATE t SET v=1 WHERE id>1 LIMIT 1",
            "DELETE t FROM t WHERE id=1",
            "INSERT INTO t (id, v) VALUES (1,2)",
            "INSERT INTO t (id, k) VALUES (DEFAULT,2)",
            "INSERT INTO t (id, k) SELECT 1,2",
            "INSERT IGNORE INTO t (id, k) VALUES (1,2)",
            "UPDATE t SET v=1 WHERE id=?",
            "TRUNCATE t")) {
      assertThat(condition(sql)).as(sql).isNull();
    }
  }
}
