package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * REPLACE and ON DUPLICATE KEY UPDATE by the primary key alone on three real servers; {@link
 * RowwiseInsertTest} has the rest.
 */
@Timeout(180)
class UpsertTest {
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void insertsOrUpdates(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE counter (name VARCHAR(30) NOT NULL PRIMARY KEY, n INT NOT NULL, note"
              + " VARCHAR(60), changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE"
              + " CURRENT_TIMESTAMP(6))",
          "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)");
      String add =
          "INSERT INTO counter (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + VALUES(n)";
      assertThat(update(c, add)).isEqualTo(1);
      assertThat(update(c, add)).isEqualTo(2);
      c.setAutoCommit(false);
      assertThat(update(c, add)).isEqualTo(2);
      c.rollback();
      try (PreparedStatement p =
          c.prepareStatement(
              "INSERT INTO counter (name, n, note) VALUES (?, ?, UUID()), (?, ?, 'x') ON DUPLICATE"
                  + " KEY UPDATE n = n + ?, note = VALUES(note)")) {
        p.setString(1, "A"); // the same key: the collation ignores case
        p.setInt(2, 5);
        p.setString(3, "it's");
        p.setInt(4, 7);
        p.setInt(5, 100);
        assertThat(p.executeUpdate()).isEqualTo(3);
      }
      assertThat(update(c, "REPLACE INTO counter (name, n) VALUES ('it''s', 8), ('new', 9)"))
          .isEqualTo(3);
      c.commit();
      on.assertEverywhere("SELECT name, n FROM counter ORDER BY name", "a|102", "it's|8", "new|9");
      assertThat(update(c, "REPLACE INTO numbered (id, n) VALUES (5, 1)")).isEqualTo(1);
      c.commit();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void manyClientsOnFewKeys(Engine engine) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE k (id INT NOT NULL PRIMARY KEY, n INT NOT NULL)");
      SilentFailuresTest.clients(
          on,
          8,
          (number, own) -> {
            Random random = new Random(seed + number);
            for (int i = 0; i < rounds; i++) {
              own.setAutoCommit(random.nextBoolean());
              int id = random.nextInt(5);
              try {
                switch (random.nextInt(4)) {
                  case 0 -> update(own, "DELETE FROM k WHERE id = " + id);
                  case 1 -> update(own, "REPLACE INTO k VALUES (" + id + ", " + number + ")");
                  default ->
                      update(
                          own,
                          "INSERT INTO k VALUES ("
                              + id
                              + ", 1) ON DUPLICATE KEY UPDATE n = n * 2 + VALUES(n)");
                }
                if (!own.getAutoCommit()) {
                  update(
                      own, "INSERT INTO k VALUES (" + id + ", 0) ON DUPLICATE KEY UPDATE n = n+1");
                  own.commit();
                }
              } catch (SQLException e) {
                boolean overflow = "22003".equals(e.getSQLState());
                if (overflow && !own.getAutoCommit()) {
                  own.rollback();
                } else if (!overflow && !"40001".equals(e.getSQLState())) {
                  throw new AssertionError("seed " + seed, e);
                }
              }
            }
          });
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
      assertThat(on.departures()).as("seed %d", seed).isEmpty();
    }
  }
}
