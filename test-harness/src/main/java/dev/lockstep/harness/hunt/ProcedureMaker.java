package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.List;

/** Makes a stored procedure for each table, on MySQL and MariaDB. Stateless. */
final class ProcedureMaker {
  private static final String BODY =
      """
      CREATE PROCEDURE %1$s (lo INT, step INT) BEGIN
        DECLARE v INT DEFAULT lo;
        DECLARE w VARCHAR(8) DEFAULT 'p';
        DECLARE finished INT DEFAULT 0;
        DECLARE cur CURSOR FOR SELECT n, LEFT(s, 8) FROM %2$s WHERE n >= lo ORDER BY n LIMIT 3;
        DECLARE CONTINUE HANDLER FOR NOT FOUND SET finished = 1;
        DECLARE CONTINUE HANDLER FOR 1062 SET v = -7;
        OPEN cur;
        WHILE finished = 0 DO
          FETCH cur INTO v, w;
          IF finished = 0 THEN UPDATE %2$s SET n = v + step, s = w WHERE n = v; END IF;
        END WHILE;
        CLOSE cur;
        IF step > 5 THEN DELETE FROM %2$s WHERE n = v AND s = w; END IF;
        SELECT COUNT(*) INTO v FROM %2$s;
        IF step = 2 THEN
          SELECT n INTO v FROM %2$s WHERE n > lo ORDER BY n LIMIT 1 FOR UPDATE;
        END IF;
        UPDATE %2$s SET n = v, s = CONCAT('c', step) WHERE n = lo;
      END""";

  private ProcedureMaker() {}

  static String name(Table table) {
    return table.name() + "_work";
  }

  /** The statements; none where the engine has no procedures. */
  static List<String> definitions(Engine engine, List<Table> tables) {
    List<String> all = new ArrayList<>();
    if (engine.mysqlFamily()) {
      for (Table table : tables) {
        all.add("DROP PROCEDURE IF EXISTS " + name(table));
        all.add(BODY.formatted(name(table), table.name()));
      }
    }
    return all;
  }

  static String call(Table table, int lo, int step) {
    return "CALL %s(%d, %d)".formatted(name(table), lo, step);
  }
}
