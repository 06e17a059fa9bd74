package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** What a column is set to. For one thread. */
final class Expressions {
  private final Engine engine;
  private final List<Table> tables;
  private final Random shape;
  private final Values values;

  Expressions(Engine engine, List<Table> tables, Random shape, Values values) {
    this.engine = engine;
    this.tables = tables;
    this.shape = shape;
    this.values = values;
  }

  /** A value for INSERT: mostly plain, else a default, NULL or a function. */
  Value inserted(Column column, int keyNumber) {
    int dice = shape.nextInt(20);
    if (column.parent() != null) {
      return dice < 3
          ? Value.NULL
          : values.key(column.kind(), keyNumber % column.parent().domain() + 1);
    }
    if (dice == 0) {
      return Value.sql("DEFAULT");
    }
    if (dice < 3) {
      return column.nullable() || dice == 1 && shape.nextInt(4) == 0
          ? Value.NULL
          : values.of(column.kind());
    }
    if (dice < 7) {
      boolean whole = column.kind() == Kind.INT || column.kind() == Kind.BIGINT;
      return Value.sql(
          whole && Drawing.possible(engine) && shape.nextInt(3) == 0
              ? Drawing.NEXT
              : function(column.kind()));
    }
    return values.of(column.kind());
  }

  /** Writes {@code column = …} for UPDATE. */
  void assign(Sql sql, Table table, Column column) {
    sql.add(column.name()).add(" = ");
    int dice = shape.nextInt(12);
    if (dice < 3 || column.parent() != null) {
      sql.add(inserted(column, shape.nextInt(table.domain())));
      return;
    }
    String c = column.name();
    if (dice == 3) {
      sql.add("CASE WHEN n > ").add(values.of(Kind.INT)).add(" THEN " + c + " ELSE ");
      sql.add(values.of(column.kind())).add(" END");
      return;
    }
    if (dice == 4) {
      subQuery(sql, table, column);
      return;
    }
    switch (column.kind().family) {
      case NUMBER -> number(sql, table, c);
      case TEXT -> text(sql, table, c);
      case BYTES -> {
        if (shape.nextBoolean()) {
          sql.add(engine == Engine.H2 ? c + " || X'00ff'" : "CONCAT(" + c + ", X'00ff')");
        } else {
          sql.add(values.of(column.kind()));
        }
      }
      case TIME -> time(sql, column);
      case OTHER -> {
        if (column.kind() == Kind.BOOLEAN && shape.nextBoolean()) {
          sql.add("NOT " + c);
        } else {
          sql.add(values.of(column.kind()));
        }
      }
    }
  }

  /**
   * Writes {@code column = …} for the UPDATE of a table x that is joined with a table y.
   *
   * @param other the table y, or null where it has only the number and the text
   */
  void assignJoined(Sql sql, Table other, Column column) {
    sql.add("x." + column.name()).add(" = ");
    Column same = other == null ? null : sameKind(other, column);
    int dice = shape.nextInt(8);
    if (dice < 2) {
      sql.add(values.of(column.kind()));
    } else if (dice < 4 && same != null) {
      sql.add("y." + same.name());
    } else {
      switch (column.kind().family) {
        case NUMBER -> sql.add(pick(List.of("y.n + 1", "x.n - y.n", "y.n / 3", "x.n + 1", "NULL")));
        case TEXT -> sql.add(pick(List.of("y.s", "CONCAT(x.s, 'z')", "LEFT(y.s, 3)", "UUID()")));
        default -> sql.add(column.nullable() ? "NULL" : "x." + column.name());
      }
    }
  }

  private void subQuery(Sql sql, Table table, Column column) {
    Table other = pick(tables);
    String from = " FROM " + other.name() + " o";
    Column same = sameKind(other, column);
    int dice = shape.nextInt(4);
    if (dice == 0 && same != null) {
      String key = other.key().stream().map(k -> "o." + k.name()).collect(Collectors.joining(", "));
      sql.add("(SELECT o." + same.name() + from + " ORDER BY " + key)
          .add(engine == Engine.H2 ? " FETCH FIRST ROW ONLY)" : " LIMIT 1)");
    } else if (column.kind().family == Kind.Family.TEXT) {
      sql.add("(SELECT MIN(o.s)" + from + " WHERE o.n >= " + table.name() + ".n)");
    } else if (dice == 1) {
      sql.add("(SELECT AVG(o.n) * 3" + from + ")");
    } else if (dice == 2) {
      sql.add("1 + (SELECT COUNT(*)" + from + " WHERE o.n < " + table.name() + ".n)");
    } else {
      sql.add("(SELECT MAX(o.n)" + from + " WHERE o.n < ").add(values.of(Kind.INT)).add(")");
    }
  }

  private static Column sameKind(Table table, Column column) {
    for (Column c : table.columns()) {
      if (c.kind() == column.kind()) {
        return c;
      }
    }
    return null;
  }

  private void number(Sql sql, Table table, String c) {
    switch (shape.nextInt(11)) {
      case 0, 1, 2, 3 -> sql.add(c + " + ").add(values.of(Kind.INT));
      case 4 -> sql.add(c + " * 2 - 1");
      case 5 -> sql.add("ROUND(" + c + " * 1.1, 1)");
      case 6 ->
          sql.add("CASE WHEN " + c + " > ")
              .add(values.of(Kind.INT))
              .add(" THEN " + c + " - 1 ELSE " + c + " + 3 END");
      case 7 -> sql.add("COALESCE(" + c + ", n) + n");
      case 8 -> sql.add("ABS(" + c + " / 3)");
      case 9 -> sql.add(engine == Engine.H2 ? "RAND() * 100" : "FLOOR(RAND() * 1000)");
      default -> sql.add("CHAR_LENGTH(s) + " + pick(table.columns()).name());
    }
  }

  private void text(Sql sql, Table table, String c) {
    switch (shape.nextInt(10)) {
      case 0, 1 -> sql.add("CONCAT(" + c + ", ").add(values.of(Kind.VARCHAR)).add(")");
      case 2 -> sql.add("UPPER(" + c + ")");
      case 3 -> sql.add("SUBSTRING(" + c + ", 2)");
      case 4 -> sql.add("REPLACE(" + c + ", 'a', '\ud83d\ude00')");
      case 5 -> sql.add("COALESCE(" + c + ", ").add(values.of(Kind.VARCHAR)).add(")");
      case 6 -> sql.add("CONCAT(n, s)");
      case 7 -> sql.add(engine == Engine.H2 ? "LEFT(RANDOM_UUID(), 12)" : "LEFT(UUID(), 12)");
      case 8 -> sql.add("TRIM(" + c + ")");
      default -> sql.add(pick(table.columns()).name());
    }
  }

  private void time(Sql sql, Column column) {
    String c = column.name();
    if (column.kind() == Kind.TIME || shape.nextInt(3) == 0) {
      sql.add(values.of(column.kind()));
    } else if (shape.nextBoolean()) {
      sql.add(engine == Engine.H2 ? "DATEADD(DAY, 1, " + c + ")" : c + " + INTERVAL 1 DAY");
    } else {
      sql.add(function(column.kind()));
    }
  }

  /** A call whose value depends on time, chance or session. */
  private String function(Kind kind) {
    boolean h2 = engine == Engine.H2;
    return switch (kind.family) {
      case NUMBER ->
          switch (shape.nextInt(12)) {
            case 0, 1, 2, 3 -> "RAND() * 100";
            case 4, 5, 6 -> h2 ? "EXTRACT(SECOND FROM LOCALTIMESTAMP)" : "UNIX_TIMESTAMP() % 1000";
            case 7 -> h2 ? "SESSION_ID()" : "CONNECTION_ID() % 1000";
            default -> h2 ? "ROUND(RAND() * 50)" : "MICROSECOND(NOW(6)) % 100";
          };
      case TEXT ->
          switch (shape.nextInt(12)) {
            case 0, 1, 2 -> h2 ? "CAST(RANDOM_UUID() AS VARCHAR)" : "UUID()";
            case 3, 4, 5 -> h2 ? "CAST(CURRENT_TIMESTAMP AS VARCHAR)" : "NOW(6)";
            case 6 -> h2 ? "CURRENT_USER" : "CURRENT_USER()";
            default -> h2 ? "LEFT(RANDOM_UUID(), 8)" : "LEFT(UUID(), 8)";
          };
      case BYTES ->
          shape.nextInt(8) > 0
              ? values.of(kind).literal()
              : h2 ? "SECURE_RAND(8)" : "RANDOM_BYTES(8)";
      case TIME ->
          switch (kind) {
            case DATE -> h2 ? "CURRENT_DATE" : "CURDATE()";
            case TIME -> h2 ? "LOCALTIME" : "CURTIME(3)";
            default -> h2 ? "LOCALTIMESTAMP(6)" : pick(List.of("NOW(6)", "SYSDATE(6)", "NOW()"));
          };
      case OTHER ->
          kind == Kind.UUID
              ? h2 ? "RANDOM_UUID()" : "UUID()"
              : kind == Kind.BOOLEAN ? "RAND() < 0.5" : "DEFAULT";
    };
  }

  private <T> T pick(List<T> list) {
    return list.get(shape.nextInt(list.size()));
  }
}
