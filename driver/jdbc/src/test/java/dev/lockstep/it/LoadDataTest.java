package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mysql.cj.jdbc.JdbcStatement;
import dev.lockstep.harness.server.Engine;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** LOAD DATA LOCAL INFILE beside a plain server. */
@Timeout(180)
class LoadDataTest {
  private static final String ALLOWED = "&allowLoadLocalInfile=true";

  @TempDir Path folder;

  private String file(String text) throws Exception {
    Path file = Files.createTempFile(folder, "load", ".txt");
    Files.writeString(file, text);
    return file.toString();
  }

  private static Installation on(Engine engine, boolean allowed) throws SQLException {
    return Installation.on(engine, allowed ? Map.of("allowLoadLocalInfile", "true") : Map.of())
        .start();
  }

  private static void allow(Installation on, Beside b, boolean yes) throws SQLException {
    String set = "SET GLOBAL local_infile=" + (yes ? "1" : "0");
    for (int i = 0; i < on.servers().nodes().size(); i++) {
      on.behind(i, set);
    }
    Installation.execute(b.plain, set);
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void asOnAPlainServer(Engine engine) throws Exception {
    try (Installation on = on(engine, true);
        Beside b = new Beside(engine, on, ALLOWED)) {
      allow(on, b, true);
      b.both(
          "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(5) NOT NULL, n INT NOT NULL"
              + " DEFAULT 7, d DATE, e ENUM('x','y') NOT NULL DEFAULT 'y', b BINARY(2), f FLOAT, u INT UNIQUE,"
              + " at TIMESTAMP(3) NOT NULL DEFAULT '2020-01-01 00:00:00') DEFAULT CHARSET=latin1",
          "CREATE TABLE pair (a INT, b VARCHAR(10), c DECIMAL(8,2), g INT AS (a + 1), PRIMARY KEY (a, b))",
          "CREATE TABLE parent (id INT PRIMARY KEY)",
          "INSERT INTO parent VALUES (1), (2)",
          "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))");
      String plain =
          file(
              "1\ta\t1\t2024-01-02\tx\tab\t0.1\t1\t2024-05-05 01:02:03.5\n\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n");
      b.sameKeys("LOAD DATA LOCAL INFILE '" + plain + "' INTO TABLE t");
      b.same("SELECT id, code, n, d, e, b, f, u, at > '2024-01-01' FROM t");
      b.same("SELECT LAST_INSERT_ID()");
      String csv =
          file(
              "head;er\n\"5\";\"toolong\";\"abc\";\"2024-02-30\";z\n6;'q;\"a\"\"b\";;y;1;2;3;4;5;6;7\n7\n5;again;1\n");
      for (String options : new String[] {"", "IGNORE", "REPLACE"}) {
        b.same(
            "LOAD DATA LOCAL INFILE '"
                + csv
                + "' "
                + options
                + " INTO TABLE t CHARACTER SET utf8 FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '\"'"
                + " LINES TERMINATED BY '\\n' IGNORE 1 LINES (id, code, n, d, e)");
        b.same("SELECT id, code, n, d, e, b, f, u, YEAR(at) FROM t ORDER BY id");
      }
      String values = file("10,x ö,1.005\n11,y,2\n10,x ö,3\n12,z\n");
      b.same(
          "LOAD DATA LOCAL INFILE '"
              + values
              + "' INTO TABLE pair CHARACTER SET utf8mb4 COLUMNS TERMINATED BY ',' (a, @B, @c)"
              + " SET b = CONCAT(@b, '!'), c = @c * 2");
      b.same("SELECT * FROM pair ORDER BY a");
      b.same("SELECT @b, @C");
      b.same(
          "LOAD DATA LOCAL INFILE '"
              + file("1,1\n2,9\n3,2\n")
              + "' INTO TABLE child FIELDS"
              + " TERMINATED BY ','");
      b.same("SELECT * FROM child ORDER BY id");
      b.same("LOAD DATA LOCAL INFILE '" + file("30\n31\n") + "' INTO TABLE t (u) SET code = 'k'");
      b.same("LOAD DATA LOCAL INFILE '" + file("32\n33\n32\n") + "' INTO TABLE t (u)");
      // Numbers of rows that are there already are left out, some more than on a plain server.
      b.same("SELECT u, code FROM t ORDER BY id");
      b.same("LOAD DATA LOCAL INFILE '" + folder.resolve("missing") + "' INTO TABLE t");
      b.same("LOAD DATA LOCAL INFILE '" + file("") + "' INTO TABLE t");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void transactionsStreamsAndPermission(Engine engine) throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 2500; i++) {
      many.append(i).append('\t').append("v").append(i).append('\n');
    }
    try (Installation on = on(engine, true)) {
      try (Beside b = new Beside(engine, on, ALLOWED)) {
        Connection c = b.here;
        allow(on, b, true);
        update(c, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))");
        for (String refused :
            new String[] {
              "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
              "LOAD XML LOCAL INFILE 'x' INTO TABLE t",
              "LOAD DATA LOCAL INFILE 'x' INTO TABLE t (id, @a) SET v = (SELECT 1)",
              "LOAD DATA LOCAL INFILE 'x' INTO TABLE t PARTITION (p0)",
              "LOAD DATA LOCAL INFILE 'x' INTO TABLE t (id) SET v = my_function(1)"
            }) {
          assertThatThrownBy(() -> update(c, refused))
              .as(refused)
              .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
        }
        c.setAutoCommit(false);
        String load = "LOAD DATA LOCAL INFILE '" + file(many.toString()) + "' INTO TABLE t";
        assertThat(update(c, load)).isEqualTo(2500);
        c.rollback();
        update(c, "INSERT INTO t VALUES (1, 'before')");
        assertThat(update(c, load)).isEqualTo(2499);
        c.commit();
        on.assertEverywhere("SELECT COUNT(*), MAX(v) FROM t WHERE id <> 1", "2499|v999");
        on.assertEverywhere("SELECT v FROM t WHERE id = 1", "before");
        c.setAutoCommit(true);
        try (Statement s = c.createStatement()) {
          s.unwrap(JdbcStatement.class)
              .setLocalInfileInputStream(
                  new ByteArrayInputStream("9000\tstream\n".getBytes(StandardCharsets.UTF_8)));
          assertThat(s.executeUpdate("LOAD DATA LOCAL INFILE 'no file' INTO TABLE t")).isEqualTo(1);
          s.unwrap(JdbcStatement.class).setLocalInfileInputStream(null);
        }
        try (PreparedStatement p =
            c.prepareStatement("LOAD DATA LOCAL INFILE ? INTO TABLE t (id) SET v = ?")) {
          p.setString(1, file("9001\n9002\n"));
          p.setString(2, "set");
          assertThat(p.executeUpdate()).isEqualTo(2);
        }
        on.assertEverywhere(
            "SELECT id, v FROM t WHERE id >= 9000 ORDER BY id",
            "9000|stream",
            "9001|set",
            "9002|set");
        update(c, "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'x'");
        assertThatThrownBy(() -> update(c, load))
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("0A001"));
        update(c, "DROP TRIGGER tr");
        Installation.execute(b.plain, "CREATE TABLE t (id INT PRIMARY KEY, v INT)");
        allow(on, b, false);
        b.same(load);
        allow(on, b, engine == Engine.MARIADB);
      }
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void notAllowedByTheOptionOfTheDriver(Engine engine) throws Exception {
    try (Installation on = on(engine, false);
        Beside b = new Beside(engine, on, "")) {
      allow(on, b, true);
      b.both("CREATE TABLE t (id INT PRIMARY KEY)");
      b.same("LOAD DATA LOCAL INFILE '" + file("1\n") + "' INTO TABLE t");
      on.assertEverywhere("SELECT COUNT(*) FROM t", "0");
      allow(on, b, engine == Engine.MARIADB);
    }
  }

  /** A stream cannot be read again, so Lockstep does not repeat the statement by itself. */
  @Test
  void notRepeatedWhenThePrimaryIsLost() throws Exception {
    try (Installation on = on(Engine.MARIADB, true);
        Connection c = on.connect()) {
      update(c, "CREATE TABLE t (id INT PRIMARY KEY)");
      int primary = on.primary();
      try (Statement s = c.createStatement()) {
        s.unwrap(JdbcStatement.class)
            .setLocalInfileInputStream(
                new ByteArrayInputStream("1\n2\n".getBytes(StandardCharsets.UTF_8)) {
                  @Override
                  public synchronized int read(byte[] b, int from, int most) {
                    int n = super.read(b, from, most);
                    if (n < 0) {
                      on.node(primary).kill();
                    }
                    return n;
                  }
                });
        assertThatThrownBy(() -> s.executeUpdate("LOAD DATA LOCAL INFILE 'x' INTO TABLE t"))
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("40001"));
      }
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM t")).containsExactly("0");
      assertThat(update(c, "LOAD DATA LOCAL INFILE '" + file("3\n4\n") + "' INTO TABLE t"))
          .isEqualTo(2);
      on.node(primary).start();
      on.awaitAll();
      on.assertEverywhere("SELECT id FROM t ORDER BY id", "3", "4");
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }
}
