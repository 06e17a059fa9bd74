package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes triggers, in half of the rounds, that do the same on every node; on MySQL and MariaDB. For
 * one thread.
 */
final class TriggerMaker {
  /** The table that triggers write to. */
  static final String TRAIL = "trail";

  private final Random random;
  private final boolean wanted;

  TriggerMaker(Engine engine, long seed) {
    this.random = new Random(seed ^ 0x7219);
    this.wanted = engine.mysqlFamily() && random.nextBoolean();
  }

  /** The statements, with the one that makes {@link #TRAIL} first; none where none are wanted. */
  List<String> definitions(List<Table> tables) {
    List<String> all = new ArrayList<>();
    if (!wanted) {
      return all;
    }
    all.add("CREATE TABLE " + TRAIL + " (what VARCHAR(20), n INT, at DATETIME(6))");
    for (Table table : tables) {
      String name = table.name();
      maybe(all, name, "BEFORE INSERT", "SET NEW.n = COALESCE(NEW.n, 3) DIV 2");
      maybe(
          all,
          name,
          "BEFORE UPDATE",
          "BEGIN IF NEW.n > OLD.n OR OLD.n IS NULL THEN SET NEW.s = LEFT(CONCAT(COALESCE(OLD.s, ''),"
              + " NEW.n), 8); END IF; END");
      maybe(all, name, "AFTER UPDATE", "INSERT INTO trail VALUES ('" + name + "', NEW.n, NOW(6))");
      maybe(all, name, "AFTER DELETE", "INSERT INTO trail (what, n) VALUES ('gone', OLD.n)");
    }
    return all;
  }

  private void maybe(List<String> all, String table, String when, String body) {
    if (random.nextBoolean()) {
      all.add(
          "CREATE TRIGGER %s_%s %s ON %s FOR EACH ROW %s"
              .formatted(table, when.replace(' ', '_').toLowerCase(), when, table, body));
    }
  }
}
