package dev.lockstep.it;

import static dev.lockstep.it.Installation.update;
import static dev.lockstep.it.StoredObjectsTest.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Writes to tables with triggers on three real servers. H2's triggers are Java classes. */
@Timeout(180)
class TriggersTest {
  /** Found by the hunter: MariaDB's check for a missing default does not work with a trigger. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void aTimeThatIsLeftOut(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE src (n INT PRIMARY KEY)",
          "CREATE TABLE timed (k VARCHAR(9) NOT NULL PRIMARY KEY, n INT, at TIMESTAMP(6) NOT NULL)",
          "CREATE TRIGGER fill BEFORE INSERT ON timed FOR EACH ROW SET NEW.n = NEW.n + 1",
          "INSERT INTO src VALUES (1)");
      for (String sql :
          new String[] {
            "INSERT INTO timed (k, n) VALUES ('a', 1)", "INSERT INTO timed (n) SELECT n FROM src"
          }) {
        try {
          Installation.execute(c, sql);
        } catch (SQLException e) {
          assertThat(e.getErrorCode()).as(sql).isEqualTo(1364); // MySQL sees it
        }
      }
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  /** What differs is a table that only a trigger writes. */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void aDifferenceInWhatATriggerWritesIsFound(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE item (id INT NOT NULL PRIMARY KEY)",
          "CREATE TABLE audit (item INT NOT NULL PRIMARY KEY)",
          "CREATE TRIGGER note AFTER INSERT ON item FOR EACH ROW INSERT INTO audit VALUES (NEW.id)");
      int replica = on.replica();
      on.behind(replica, "INSERT INTO audit VALUES (7)");
      for (int i = 0; i < 5 && on.isMember(replica); i++) {
        try {
          Installation.execute(c, "INSERT INTO item VALUES (7)");
          break;
        } catch (SQLException e) {
          assertThat(e.getSQLState()).isEqualTo("40001");
        }
      }
      assertThat(on.departures()).hasSize(1);
      on.awaitAll();
      on.assertEverywhere("SELECT item FROM audit", "7");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void runOnEachNode(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, n INT, s VARCHAR(60), made"
              + " DATETIME(6), changed TIMESTAMP(6) NULL, twice INT AS (n * 2) STORED)",
          "CREATE TABLE audit (item INT NOT NULL, what VARCHAR(60), at TIMESTAMP(6) NOT NULL DEFAULT"
              + " CURRENT_TIMESTAMP(6))",
          "CREATE TABLE src (n INT PRIMARY KEY, s VARCHAR(20))",
          "INSERT INTO src VALUES (10, 'x'), (11, 'y'), (12, NULL)");
      // Analysed before there are triggers, executed after.
      PreparedStatement insert = c.prepareStatement("INSERT INTO item (n, s) VALUES (?, ?)");
      insert.setInt(1, 1);
      insert.setString(2, "before");
      insert.executeUpdate();
      Installation.execute(
          c,
          "CREATE TRIGGER fill BEFORE INSERT ON item FOR EACH ROW BEGIN\n"
              + " IF NEW.n IS NULL THEN SET NEW.n = 7; ELSEIF NEW.n > 1000 AND (NEW.n <> 2000) THEN\n"
              + "  SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'too; large';\n ELSE SET NEW.n = NEW.n + 1;\n"
              + " END IF;\n SET NEW.made = NOW(6), NEW.s = CONCAT(LEFT(COALESCE(NEW.s, 'none'), 20), '/',\n"
              + "  CASE WHEN NEW.n IN (8, 9) THEN 'few' ELSE MD5(NEW.n) END);\nEND",
          "CREATE TRIGGER changes BEFORE UPDATE ON item FOR EACH ROW SET NEW.changed = CURRENT_TIMESTAMP(6),"
              + " NEW.s = CONCAT(OLD.n, '>', NEW.n, '>', DATE(NEW.made + INTERVAL 1 DAY) IS NULL)",
          "CREATE TRIGGER note_insert AFTER INSERT ON item FOR EACH ROW INSERT INTO audit (item, what)"
              + " VALUES (NEW.id, 'made'), (NEW.id, NEW.s)",
          "CREATE TRIGGER note_update AFTER UPDATE ON item FOR EACH ROW BEGIN IF OLD.n <> NEW.n THEN INSERT"
              + " INTO audit VALUES (NEW.id, CONCAT(OLD.n, ' to ', NEW.n), NOW(6)); END IF; END",
          "CREATE TRIGGER note_delete BEFORE DELETE ON item FOR EACH ROW INSERT INTO audit (item, what)"
              + " VALUES (OLD.id, 'gone')");
      insert.setInt(1, 2);
      insert.setString(2, "after");
      assertThat(insert.executeUpdate()).isEqualTo(1);
      assertThat(
              update(c, "INSERT INTO item (n, s) VALUES (8, 'eight'), (NULL, NULL), (2000, 'ok')"))
          .isEqualTo(3);
      assertThat(update(c, "UPDATE item SET n = n + 10 WHERE n < 9 AND s <> 'nobody'"))
          .isEqualTo(3);
      assertThat(update(c, "UPDATE item SET n = 5 WHERE id = 1")).isEqualTo(1);
      assertThat(update(c, "INSERT INTO item (n, s) SELECT n, s FROM src")).isEqualTo(3);
      refused(c, "INSERT INTO item (n) VALUES (3), (1001)", "45001");
      c.setAutoCommit(false);
      assertThat(update(c, "DELETE FROM item WHERE id IN (2, 3)")).isEqualTo(2);
      String large = refused(c, "INSERT INTO item (n) VALUES (1001)", "45001");
      assertThat(large).contains("too; large");
      assertThat(update(c, "UPDATE item SET n = 1001 ORDER BY id LIMIT 1")).isEqualTo(1);
      c.commit();
      update(c, "DELETE FROM item");
      c.rollback();
      c.setAutoCommit(true);
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM audit WHERE what = 'gone'"))
          .containsExactly("2");
      assertThat(Installation.rows(c, "SELECT COUNT(*) FROM audit")).containsExactly("21");
      on.assertEverywhere(
          "SELECT COUNT(*), SUM(n), COUNT(DISTINCT made) > 1 FROM item",
          Installation.rows(c, "SELECT COUNT(*), SUM(n), COUNT(DISTINCT made) > 1 FROM item")
              .get(0));
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void whatIsNotProvedIsRefused(Engine engine) throws Exception {
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, n INT)",
          "CREATE TABLE other (n INT PRIMARY KEY, u VARCHAR(40))",
          "INSERT INTO other VALUES (1, 'a')",
          "CREATE TABLE chained (n INT)",
          "CREATE TRIGGER chain BEFORE INSERT ON chained FOR EACH ROW SET NEW.n = 1");
      String[] bodies = {
        "INSERT | SET NEW.v = RAND()",
        "INSERT | SET NEW.v = UUID_SHORT()",
        "INSERT | SET NEW.v = SYSDATE()",
        "INSERT | SET NEW.v = @x",
        "INSERT | SET @x = NEW.v",
        "INSERT | SET NEW.v = @@server_id",
        "INSERT | SET NEW.v = CONNECTION_ID()",
        "INSERT | SET NEW.v = LAST_INSERT_ID()",
        "INSERT | SET NEW.v = (SELECT MAX(n) FROM other)",
        "INSERT | SET NEW.v = ROW_COUNT()",
        "INSERT | SET NEW.v = USER()",
        "INSERT | SET NEW.v = `f`(1)",
        "INSERT | SET NEW.v = f(1)",
        "INSERT | SET NEW.v = concat (1)",
        "INSERT | SET NEW.id = NEW.v",
        "INSERT | BEGIN DECLARE x INT; SET NEW.v = 1; END",
        "INSERT | UPDATE other SET u = 'b' WHERE n = 1",
        "INSERT | DELETE FROM other WHERE n = 1",
        "INSERT | INSERT INTO numbered (n) VALUES (NEW.v)",
        "INSERT | INSERT INTO other SELECT 5, 'x'",
        "INSERT | INSERT INTO other VALUES (1, 'x') ON DUPLICATE KEY UPDATE u = 'y'",
        "INSERT | INSERT INTO other VALUES (9, UUID())",
        "INSERT | INSERT INTO other SET n = 9",
        "INSERT | INSERT IGNORE INTO other VALUES (1, 'x')",
        "INSERT | REPLACE INTO other VALUES (1, 'x')",
        "INSERT | INSERT INTO chained VALUES (2)",
        "INSERT | CALL p()",
        "INSERT | SIGNAL SQLSTATE '40001'",
        "INSERT | IF NEW.v = 1 THEN SET NEW.v = RAND(); END IF",
        "UPDATE | SET NEW.v = NEW.v + RAND(5)",
        "DELETE | DELETE FROM other WHERE n = OLD.v",
      };
      int i = 0;
      for (String line : bodies) {
        String event = line.substring(0, 6);
        String body = line.substring(9);
        String table = "t" + i;
        String trigger = "trg_" + i++;
        Installation.execute(
            c,
            "CREATE TABLE " + table + " (id INT PRIMARY KEY, v DOUBLE)",
            "INSERT INTO " + table + " VALUES (1, 1)");
        try {
          Installation.execute(
              c,
              "CREATE TRIGGER "
                  + trigger
                  + " BEFORE "
                  + event
                  + " ON "
                  + table
                  + " FOR EACH ROW "
                  + body);
        } catch (SQLException e) {
          // The server does not know it: then nothing can be wrong about it.
          assertThat(e.getSQLState()).as(line + ": " + e).isNotEqualTo("0A001");
          continue;
        }
        String[] writes = {
          "INSERT INTO " + table + " VALUES (2, 2)",
          "UPDATE " + table + " SET v = 3 WHERE id = 1",
          "DELETE FROM " + table + " WHERE v > 0"
        };
        for (String write : writes) {
          if (write.startsWith(event)) {
            assertThat(refused(c, write)).as(line).contains("trigger " + trigger);
          } else {
            update(c, write);
          }
        }
        if (event.equals("INSERT")) {
          assertThat(refused(c, "INSERT INTO " + table + " SELECT n, n FROM other"))
              .contains(trigger);
        }
        refused(c, "REPLACE INTO " + table + " VALUES (1, 1)");
        refused(c, "INSERT INTO " + table + " VALUES (1, 1) ON DUPLICATE KEY UPDATE v = 2");
      }
      Installation.execute(
          c, "CREATE TRIGGER own BEFORE INSERT ON numbered FOR EACH ROW SET NEW.n = NEW.id");
      assertThat(refused(c, "INSERT INTO numbered (n) VALUES (1)")).contains("own");
      // When the trigger has gone the same text is accepted.
      Installation.execute(c, "DROP TRIGGER own", "INSERT INTO numbered (n) VALUES (1)");
      on.endLockstep();
      on.assertAllEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void manyClients(Engine engine) throws Exception {
    long seed = Settings.seed();
    int rounds = Settings.number("rounds", 25);
    try (Installation on = Installation.on(engine).start();
        Connection c = on.connect()) {
      Installation.execute(
          c,
          "CREATE TABLE k (id INT NOT NULL PRIMARY KEY, n INT NOT NULL, at DATETIME(6))",
          "CREATE TABLE log (id INT, n INT, at DATETIME(6), PRIMARY KEY (id, n))",
          "CREATE TRIGGER a BEFORE INSERT ON k FOR EACH ROW SET NEW.at = NOW(6)",
          "CREATE TRIGGER b AFTER UPDATE ON k FOR EACH ROW INSERT INTO log VALUES (NEW.id, NEW.n, NOW(6))",
          "CREATE TRIGGER d AFTER DELETE ON k FOR EACH ROW INSERT INTO log VALUES (OLD.id, -OLD.n, OLD.at)");
      SilentFailuresTest.clients(
          on,
          8,
          (number, own) -> {
            Random random = new Random(seed + number);
            for (int i = 0; i < rounds; i++) {
              own.setAutoCommit(random.nextBoolean());
              own.setTransactionIsolation(
                  random.nextBoolean()
                      ? Connection.TRANSACTION_READ_COMMITTED
                      : Connection.TRANSACTION_REPEATABLE_READ);
              int id = random.nextInt(5);
              int writes = own.getAutoCommit() ? 1 : 1 + random.nextInt(3);
              try {
                for (int w = 0; w < writes; w++) {
                  try {
                    update(own, write(random, id, number * 1000 + i));
                  } catch (SQLException e) {
                    if (!"23000".equals(e.getSQLState())) {
                      throw e;
                    }
                  }
                }
                if (!own.getAutoCommit()) {
                  if (random.nextInt(4) == 0) {
                    own.rollback();
                  } else {
                    own.commit();
                  }
                }
              } catch (SQLException e) {
                if (!"40001".equals(e.getSQLState())) {
                  throw new AssertionError("seed " + seed, e);
                }
              }
            }
          });
      assertThat(on.departures()).as("seed " + seed).isEmpty();
      on.endLockstep();
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static String write(Random random, int id, int n) {
    return switch (random.nextInt(6)) {
      case 0 -> "DELETE FROM k WHERE id = " + id;
      case 1 -> "DELETE FROM k WHERE n % 7 = " + id;
      case 2 -> "UPDATE k SET n = n + 1 WHERE n > " + id;
      case 3 -> "UPDATE k SET n = " + n + " WHERE id = " + id;
      case 4 -> "INSERT INTO log VALUES (" + id + ", " + n + ", NULL)";
      default -> "INSERT INTO k (id, n) VALUES (" + id + ", " + n + ")";
    };
  }
}
