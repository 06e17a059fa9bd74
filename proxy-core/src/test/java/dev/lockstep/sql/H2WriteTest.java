package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class H2WriteTest {
  private static final String TZ = "TIMESTAMP WITH TIME ZONE '2024-11-21 20:50:22.123456+00:00'";

  private final Fixture f = Fixture.h2();

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "insert into plain (id, v) values (1, 'a\\') // it's ~ INSERT INTO \"PUBLIC\".\"PLAIN\" (\"ID\", \"V\") VALUES (1, 'a\\')",
        "insert into \"PLAIN\" (id, v) values (1, $$it's ?$$) /* a /* ' */ */ ~ INSERT INTO \"PUBLIC\".\"PLAIN\" (\"ID\", \"V\") VALUES (1, $$it's ?$$)",
        "update public.plain p set p.v = 'x' || v where p.id = 5 ~ UPDATE \"PUBLIC\".\"PLAIN\" p set p.v = 'x' || v where p.id = 5",
        "delete from uu where k = UUID '01234567-89ab-cdef-0123-456789abcdef' ~ DELETE FROM \"PUBLIC\".\"UU\" where k = UUID '01234567-89ab-cdef-0123-456789abcdef'",
        "INSERT INTO plain (id, v) VALUES (1, CURRENT_TIMESTAMP) ~ INSERT INTO \"PUBLIC\".\"PLAIN\" (\"ID\", \"V\") VALUES (1, TIMESTAMP WITH TIME ZONE '2024-11-21 20:50:22.123456+00:00')",
        "INSERT INTO plain (id, v) VALUES (1, NOW(3)) ~ INSERT INTO \"PUBLIC\".\"PLAIN\" (\"ID\", \"V\") VALUES (1, TIMESTAMP '2024-11-21 20:50:22.123')",
        "UPDATE plain SET v = CURRENT_DATE WHERE id = 1 ~ UPDATE \"PUBLIC\".\"PLAIN\" SET v = DATE '2024-11-21' WHERE id = 1",
        "UPDATE plain SET v = LOCALTIME WHERE id = 1 ~ UPDATE \"PUBLIC\".\"PLAIN\" SET v = TIME '20:50:22' WHERE id = 1",
        "UPDATE plain SET v = RANDOM_UUID() WHERE id = 1 ~ UPDATE \"PUBLIC\".\"PLAIN\" SET v = UUID '01234567-89ab-cdef-0123-456789abcdef' WHERE id = 1",
        "UPDATE plain SET v = RAND() WHERE id = 1 ~ UPDATE \"PUBLIC\".\"PLAIN\" SET v = CAST(0.25 AS DOUBLE PRECISION) WHERE id = 1",
        "INSERT INTO volatiles (id) VALUES (1) ~ INSERT INTO \"PUBLIC\".\"VOLATILES\" (\"ID\", \"U\") VALUES (1, UUID '01234567-89ab-cdef-0123-456789abcdef')",
        "UPDATE plain SET v = '#not a comment' WHERE id = 1 ~ UPDATE \"PUBLIC\".\"PLAIN\" SET v = '#not a comment' WHERE id = 1",
      })
  void renders(String sql, String expected) throws SQLException {
    BoundWrite w = f.write(sql.trim());
    assertThat(w.sql()).isEqualTo(expected.trim());
    assertThat(w.entrySql(null)).isEqualTo(w.sql());
    assertThat(w.before()).isNull();
    assertThat(w.after()).isNull();
  }

  @Test
  void writesDefaultsAsLiterals() throws SQLException {
    String millis = "TIMESTAMP WITH TIME ZONE '2024-11-21 20:50:22.123+00:00'";
    assertThat(f.write("INSERT INTO timed (id, v) VALUES (1, 'a'), (2, 'b')").sql())
        .isEqualTo(
            "INSERT INTO \"PUBLIC\".\"TIMED\" (\"ID\", \"V\", \"CREATED\", \"UPDATED\") VALUES (1, 'a', "
                + TZ
                + ", "
                + millis
                + "), (2, 'b', "
                + TZ
                + ", "
                + millis
                + ")");
    assertThat(f.write("INSERT INTO timed VALUES (1, 'a', DEFAULT, DATE '2020-01-01')").sql())
        .endsWith("VALUES (1, 'a', " + TZ + ", DATE '2020-01-01')");
    assertThat(f.write("UPDATE timed SET v=?, created=DEFAULT WHERE id=?", "x", 3).sql())
        .isEqualTo(
            "UPDATE \"PUBLIC\".\"TIMED\" SET v='x', created="
                + TZ
                + ", \"UPDATED\" = "
                + TZ
                + " WHERE id=3");
    assertThat(f.write("UPDATE timed SET v='y' WHERE id IN (1, 2)").sql())
        .contains("\"UPDATED\" = ")
        .contains("WHERE id IN (1, 2)");
    assertThatThrownBy(() -> f.write("INSERT INTO timed (id, created) VALUES (1, NULL)"))
        .hasMessageContaining("NULL");
  }

  @Test
  void carriesIdentityValues() throws SQLException {
    BoundWrite w = f.write("INSERT INTO t (a) VALUES (?)", 1);
    assertThat(w.generatedColumn()).isEqualTo("ID");
    assertThat(w.entrySql(new long[] {9}))
        .isEqualTo("INSERT INTO \"PUBLIC\".\"T\" (\"A\", \"ID\") VALUES (1, 9)");
    assertThat(f.write("INSERT INTO always (v) VALUES ('a')").entrySql(new long[] {9}))
        .isEqualTo(
            "INSERT INTO \"PUBLIC\".\"ALWAYS\" (\"V\", \"ID\") OVERRIDING SYSTEM VALUE VALUES ('a', 9)");
    assertThat(f.write("INSERT INTO always (id, v) OVERRIDING SYSTEM VALUE VALUES (5, 'a')").sql())
        .isEqualTo(
            "INSERT INTO \"PUBLIC\".\"ALWAYS\" (\"ID\", \"V\") OVERRIDING SYSTEM VALUE VALUES (5, 'a')");
    assertThat(f.write("INSERT INTO t (id, a) VALUES (0, 1)").generatesKeys()).isFalse();
  }

  @Test
  void drawsFromSequences() throws SQLException {
    assertThat(f.write("INSERT INTO drawn (v) VALUES (?), (NEXT VALUE FOR s + 1)", 5).sql())
        .isEqualTo("INSERT INTO \"PUBLIC\".\"DRAWN\" (\"V\", \"ID\") VALUES (5, 41), (42 + 1, 43)");
    String sql =
        "INSERT INTO plain (id, v) VALUES (NEXT VALUE FOR s, NEXT VALUE FOR t), (7, NEXT VALUE FOR"
            + " \"S\")";
    assertThat(f.plan(sql).tables().toString()).contains("PUBLIC.S").contains("PUBLIC.T");
    assertThat(f.write(sql).sql()).endsWith(" (\"ID\", \"V\") VALUES (44, 46), (7, 45)");
    assertThat(f.write(sql).sql()).endsWith(" (\"ID\", \"V\") VALUES (47, 49), (7, 48)");
    assertThat(f.plan("SELECT NEXT VALUE FOR s, NEXT VALUE FOR s").sequences())
        .containsExactly(new SequenceUse(new TableName("PUBLIC", "S"), 2, false));
    assertThat(f.plan("SELECT NEXT VALUE FOR s FROM plain").sequences())
        .containsExactly(new SequenceUse(new TableName("PUBLIC", "S"), SequenceUse.ANY, false));
    assertThat(f.plan("SELECT CURRENT VALUE FOR s FROM DUAL").sequences())
        .containsExactly(new SequenceUse(new TableName("PUBLIC", "S"), 0, true));
    assertThat(f.plan("CREATE SEQUENCE s START WITH -5").placesSequence()).isTrue();
    assertThat(f.plan("DROP SEQUENCE s").placesSequence()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE plain SET v=1 WHERE \"id\"=1 OR 1=1",
        "UPDATE plain SET v=RANDOM_UUID() WHERE id IN (1,2)",
      })
  void looksForTheRows(String sql) throws SQLException {
    BoundWrite w = f.write(sql);
    assertThat(w.mustSearch()).isTrue();
    assertThat(w.search().sql()).startsWith("SELECT ").endsWith(" FOR UPDATE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE `plain` SET v=1 WHERE id=1",
        "UPDATE plain SET v=USER WHERE id=1",
        "UPDATE plain SET v=ROWNUM WHERE id=1",
        "UPDATE plain SET v=NEXT VALUE FOR s WHERE id=1",
        "UPDATE plain SET v=1::VARCHAR WHERE id=1",
        "UPDATE plain SET v=@a WHERE id=1",
        "UPDATE plain SET v=SECURE_RAND(2) WHERE id=1",
        "UPDATE plain SET v=RAND(2) WHERE id=1",
        "MERGE INTO nokey KEY(x) VALUES (1, 'a')",
        "MERGE INTO plain KEY(v) VALUES (1, 'a', 2)",
        "MERGE INTO plain (id, v) KEY(v) VALUES (1, 'a')",
        "MERGE INTO plain (id, v) KEY(id) VALUES (1, my_function())",
        "MERGE INTO plain (id, v) KEY(id) VALUES (1, NEXT VALUE FOR s)",
        "MERGE INTO plain (id, v) KEY(id)",
        "MERGE INTO always (v) KEY(v) VALUES ('a')",
        "MERGE INTO trig KEY(id) VALUES (1, 2)",
        "MERGE INTO code KEY(c) VALUES ('a', 2)",
        "MERGE INTO two KEY(p, q) VALUES (1, 'a', 2)",
        "MERGE INTO plain USING t ON plain.id = t.id WHEN MATCHED THEN DELETE",
        "MERGE INTO plain USING t ON plain.id = t.id WHEN MATCHED AND t.a > 1 THEN UPDATE SET v = 1, plain.id = 2",
        "MERGE INTO plain USING t ON plain.id = t.id WHEN MATCHED THEN UPDATE SET \"ID\" = 2",
        "MERGE INTO plain USING t ON plain.id = t.id WHEN MATCHED THEN UPDATE SET (v, id) = (1, 2)",
        "MERGE INTO plain USING t ON plain.id = t.id WHEN NOT MATCHED THEN INSERT VALUES (1, my_function(), 2)",
        "MERGE INTO plain USING t ON plain.id = my_function()",
        "INSERT INTO plain (id) OVERRIDING USER VALUE VALUES (1)",
        "INSERT INTO seq (id) VALUES (1)",
        "INSERT INTO plain DIRECT SELECT * FROM plain",
        "INSERT INTO plain DEFAULT VALUES",
      })
  void refuses(String sql) {
    assertThatThrownBy(() -> f.write(sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A001"));
  }

  @Test
  void merges() throws SQLException {
    MergedRows merged =
        f.write("MERGE INTO plain (id, v) KEY (id) VALUES (?, 'a'), (2, ?)", 1, "it's").merged();
    assertThat(merged.sql())
        .isEqualTo(
            "SELECT \"ID\", \"V\", \"ORDER\" FROM FINAL TABLE (MERGE INTO plain (id, v) KEY (id)"
                + " VALUES (1, 'a'), (2, 'it''s'))");
    assertThat(
            merged.row(List.of(Parameter.of(2, 0), Parameter.of("it's", 0), Parameter.NULL)).sql())
        .isEqualTo(
            "MERGE INTO \"PUBLIC\".\"PLAIN\" (\"ID\", \"V\", \"ORDER\") KEY (\"ID\") VALUES (2,"
                + " 'it''s', NULL)");
    StatementPlan using =
        f.plan(
            "MERGE INTO plain AS p USING (SELECT * FROM t WHERE a > ?) s ON p.id = s.id WHEN"
                + " MATCHED AND CASE WHEN s.a > 1 THEN TRUE ELSE FALSE END THEN UPDATE SET v ="
                + " CONCAT(s.a, 'x') WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, DEFAULT)");
    assertThat(using.kind()).isEqualTo(StatementPlan.Kind.WRITE);
    assertThat(using.tables()).hasSize(2);
  }
}
