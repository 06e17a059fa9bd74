package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Makes random statements on the tables of a round, with more dangerous ones among them than an
 * application has: few rows that everybody wants, conflicts of unique keys, functions of time and
 * chance. What it makes depends on its seed only, not on what the database answers. For one thread.
 */
final class StatementMaker {
  private final Engine engine;
  private final List<Table> tables;
  private final Random random;
  private final Random shape = new Random();
  private final Conditions conditions;
  private final Expressions expressions;

  StatementMaker(Engine engine, List<Table> tables, Random random) {
    this.engine = engine;
    this.tables = tables;
    this.random = random;
    Random content = new Random(random.nextLong());
    Values values = new Values(engine, content);
    this.conditions = new Conditions(engine, tables, shape, content, values);
    this.expressions = new Expressions(engine, tables, shape, values);
  }

  Call next() {
    boolean prepared = random.nextInt(5) < 2;
    int dice = random.nextInt(100);
    Table table = tables.get(random.nextInt(tables.size()));
    long form = random.nextLong();
    if (dice < 8) {
      return prepared ? preparedBatch(table, form) : plainBatch(table);
    }
    if (dice < 22) {
      return other(table, form, prepared);
    }
    Sql sql = new Sql(prepared);
    boolean insert = write(sql, table, form, dice < 28 ? 0 : dice);
    return Call.of(sql, prepared, insert && random.nextBoolean());
  }

  /** An INSERT that fills a table at the beginning of a round. */
  Call fill(Table table) {
    Sql sql = new Sql(false);
    shape.setSeed(random.nextLong());
    insert(sql, table, 1);
    return Call.of(sql, false, false);
  }

  /** Writes an INSERT, UPDATE, DELETE or SELECT; whether it is an INSERT. */
  private boolean write(Sql sql, Table base, long form, int dice) {
    shape.setSeed(form);
    boolean view = engine != Engine.H2 && shape.nextInt(10) == 0;
    Table table = view ? base.view() : base;
    if (dice >= 92) {
      sql.add("SELECT * FROM " + table.name());
      conditions.where(sql, table);
      if (shape.nextInt(3) == 0 && !sql.text().contains("FETCH")) {
        sql.add(" FOR UPDATE");
      }
    } else if (dice >= 80) {
      if (!view && engine != Engine.H2 && shape.nextInt(6) == 0) {
        joinedDelete(sql, table);
      } else {
        sql.add(ignore("DELETE", 8) + " FROM " + table.name());
        conditions.where(sql, table);
      }
    } else if (dice >= 45 && !view && engine != Engine.H2 && shape.nextInt(8) == 0) {
      joinedUpdate(sql, table);
    } else if (dice >= 45) {
      update(sql, table);
    } else {
      insert(sql, table, shape.nextInt(3) == 0 ? 2 + shape.nextInt(4) : 1);
      return true;
    }
    return false;
  }

  private void update(Sql sql, Table table) {
    sql.add(ignore("UPDATE", 12) + " " + table.name() + " SET ");
    int count = 1 + shape.nextInt(3);
    List<Column> columns = new ArrayList<>(table.others());
    for (int i = 0; i < count && !columns.isEmpty(); i++) {
      // The first two are the number and the text.
      int index = shape.nextInt(3) == 0 ? 0 : shape.nextInt(columns.size());
      sql.add(i > 0 ? ", " : "");
      expressions.assign(sql, table, columns.remove(index));
    }
    if (shape.nextInt(12) == 0 && table.keys() == 1) {
      sql.add(", " + table.columns().get(0).name() + " = ");
      sql.add(conditions.key(table, conditions.keyNumber(table)).get(0));
    } else if (shape.nextInt(20) == 0 && table.columns().get(0).kind() == Kind.INT) {
      String key = table.columns().get(0).name();
      sql.add(", %s = %s + %d".formatted(key, key, shape.nextInt(3)));
    }
    conditions.where(sql, table);
  }

  private String ignore(String verb, int seldom) {
    return engine != Engine.H2 && shape.nextInt(seldom) == 0 ? verb + " IGNORE" : verb;
  }

  private void joinedUpdate(Sql sql, Table table) {
    Table other = tables.get(shape.nextInt(tables.size()));
    sql.add("UPDATE ");
    boolean whole = joined(sql, table, other);
    sql.add(" SET ");
    if (whole && other != table && shape.nextInt(2) == 0) {
      sql.add(
          pick(
              "y.n = 5, ",
              "y.n = y.n + 1, ",
              "y.s = 'both', y.n = NULL, ",
              "y.s = CONCAT(y.s, x.s), "));
    }
    List<Column> columns = new ArrayList<>(table.others());
    for (int i = 1 + shape.nextInt(2); i > 0 && !columns.isEmpty(); i--) {
      int index = shape.nextInt(3) == 0 ? 0 : shape.nextInt(columns.size());
      expressions.assignJoined(sql, whole ? other : null, columns.remove(index));
      sql.add(i > 1 && !columns.isEmpty() ? ", " : "");
    }
    conditions.whereJoined(sql);
  }

  private void joinedDelete(Sql sql, Table table) {
    String targets = pick("x", "x", "x, y", "y, x");
    sql.add((shape.nextBoolean() ? "DELETE %s FROM " : "DELETE FROM %s USING ").formatted(targets));
    joined(sql, table, tables.get(shape.nextInt(tables.size())));
    conditions.whereJoined(sql);
  }

  /** Whether all columns of the other table can be read, not only n and s. */
  private boolean joined(Sql sql, Table table, Table other) {
    boolean whole = shape.nextInt(3) > 0;
    String y =
        whole ? other.name() : "(SELECT n, MIN(s) AS s FROM %s GROUP BY n)".formatted(other.name());
    String join = List.of("JOIN", "INNER JOIN", "LEFT JOIN", "RIGHT JOIN").get(shape.nextInt(4));
    String on = List.of("x.n = y.n", "x.n > y.n", "x.n = y.n + 1").get(shape.nextInt(3));
    sql.add("%s x %s %s y ON %s".formatted(table.name(), join, y, on));
    return whole;
  }

  private void insert(Sql sql, Table table, int rows) {
    insert(sql, "INSERT INTO ", table, "", rows);
  }

  private void insert(Sql sql, String verb, Table table, String behindColumns, int rows) {
    List<Column> columns = new ArrayList<>();
    boolean ownKey = shape.nextInt(4) == 0;
    for (Column column : table.columns()) {
      boolean omitted =
          column.generated()
              ? !ownKey
              : !table.key().contains(column)
                  && (column.nullable() || column.fallback() != null || shape.nextInt(20) == 0)
                  && shape.nextInt(4) == 0;
      if (!omitted) {
        columns.add(column);
      }
    }
    if (columns.isEmpty()) {
      columns.add(table.others().get(0));
    }
    sql.add(verb + table.name());
    if (columns.size() < table.columns().size() || shape.nextInt(4) > 0) {
      sql.add(columns.stream().map(Column::name).collect(Collectors.joining(", ", " (", ")")));
    }
    sql.add(behindColumns + " VALUES ");
    for (int row = 0; row < rows; row++) {
      int number = conditions.keyNumber(table);
      List<Value> key = conditions.key(table, number);
      List<Value> values = new ArrayList<>();
      for (Column column : columns) {
        int index = table.key().indexOf(column);
        values.add(index >= 0 ? key.get(index) : expressions.inserted(column, number));
      }
      sql.add(row > 0 ? ", " : "").list(values);
    }
  }

  private Call plainBatch(Table table) {
    List<String> texts = new ArrayList<>();
    for (int i = 2 + random.nextInt(4); i > 0; i--) {
      Sql sql = new Sql(false);
      write(sql, table, random.nextLong(), random.nextInt(92));
      texts.add(sql.text());
    }
    return new Call(texts, List.of(), false);
  }

  /** The same form again and again, with other values. */
  private Call preparedBatch(Table table, long form) {
    String text = null;
    List<List<Object>> parameters = new ArrayList<>();
    int dice = random.nextInt(92);
    for (int i = 2 + random.nextInt(6); i > 0; i--) {
      Sql sql = new Sql(true);
      write(sql, table, form, dice);
      if (text != null && !text.equals(sql.text())) {
        continue;
      }
      text = sql.text();
      parameters.add(List.copyOf(sql.parameters()));
    }
    return new Call(List.of(text), parameters, false);
  }

  /** What is rarer than the four basic statements. */
  private Call other(Table table, long form, boolean prepared) {
    shape.setSeed(form);
    Sql sql = new Sql(prepared);
    Table from = tables.get(shape.nextInt(tables.size()));
    int rows = shape.nextBoolean() ? 1 : 1 + shape.nextInt(3);
    boolean h2 = engine == Engine.H2;
    switch (shape.nextInt(h2 ? 7 : 8)) {
      case 7 -> {
        return Call.plain(ProcedureMaker.call(table, shape.nextInt(12), shape.nextInt(8)));
      }
      case 0 -> {
        if (h2) {
          merge(sql, table, rows);
        } else {
          insert(sql, "REPLACE INTO ", table, "", rows);
        }
      }
      case 1, 2 -> {
        if (h2) {
          merge(sql, table, rows);
        } else {
          insert(sql, table, rows);
          onDuplicate(sql, table);
        }
      }
      case 3 -> {
        if (!h2 && shape.nextInt(12) == 0) {
          return Call.plain("SET foreign_key_checks = " + (shape.nextInt(3) == 0 ? 0 : 1));
        }
        String verb =
            h2 ? "INSERT INTO" : pick("INSERT INTO", "INSERT IGNORE INTO", "REPLACE INTO");
        return Call.plain(
            "%s %s (%s) SELECT %s FROM %s"
                .formatted(verb, table.name(), "n, s", "n, s", from.name()));
      }
      case 4 -> {
        String value = pick("(SELECT MAX(n) FROM %s)", "1 + (SELECT COUNT(*) FROM %s WHERE n > 2)");
        return Call.plain(
            "%s %s (n, s) VALUES (%s, 'v')%s"
                .formatted(
                    h2 ? "INSERT INTO" : pick("INSERT INTO", "INSERT IGNORE INTO", "REPLACE INTO"),
                    table.name(),
                    value.formatted(from.name()),
                    h2 ? "" : pick("", ", ((SELECT 3), 'w')")));
      }
      case 5 -> {
        if (engine != Engine.MYSQL) {
          returning(sql, table, rows);
          return Call.of(sql, prepared, false);
        }
        insert(sql, "INSERT IGNORE INTO ", table, "", rows);
      }
      default -> insert(sql, h2 ? "INSERT INTO " : "INSERT IGNORE INTO ", table, "", rows);
    }
    return Call.of(sql, prepared, random.nextBoolean());
  }

  private void returning(Sql sql, Table table, int rows) {
    boolean h2 = engine == Engine.H2;
    boolean delete = shape.nextInt(3) == 0;
    sql.add(h2 ? "SELECT n, s FROM " + (delete ? "OLD" : "FINAL") + " TABLE (" : "");
    if (delete) {
      sql.add("DELETE FROM " + table.name());
      conditions.where(sql, table);
    } else if (h2 && shape.nextBoolean()) {
      update(sql, table);
    } else {
      insert(sql, h2 ? "INSERT INTO " : pick("INSERT INTO ", "REPLACE INTO "), table, "", rows);
    }
    sql.add(h2 ? ")" : " RETURNING n, s");
  }

  private void merge(Sql sql, Table table, int rows) {
    String key = table.key().stream().map(Column::name).collect(Collectors.joining(", "));
    insert(sql, "MERGE INTO ", table, shape.nextBoolean() ? "" : " KEY (" + key + ")", rows);
  }

  private void onDuplicate(Sql sql, Table table) {
    sql.add(" ON DUPLICATE KEY UPDATE ");
    List<Column> columns = new ArrayList<>(table.others());
    String key = table.columns().get(0).name();
    if (shape.nextInt(4) == 0) {
      sql.add(
          table.columns().get(0).generated()
              ? key + " = LAST_INSERT_ID(" + key + ")"
              : key + " = " + key);
      columns = shape.nextBoolean() ? List.of() : columns;
      sql.add(columns.isEmpty() ? "" : ", ");
    }
    for (int i = 1 + shape.nextInt(3); i > 0 && !columns.isEmpty(); i--) {
      Column column = columns.remove(shape.nextInt(3) == 0 ? 0 : shape.nextInt(columns.size()));
      switch (shape.nextInt(3)) {
        case 0 -> sql.add(column.name() + " = VALUES(" + column.name() + ")");
        case 1 ->
            sql.add(
                column.name()
                    + " = COALESCE(VALUES("
                    + column.name()
                    + "), "
                    + column.name()
                    + ")");
        default -> expressions.assign(sql, table, column);
      }
      sql.add(i > 1 && !columns.isEmpty() ? ", " : "");
    }
  }

  private String pick(String... choices) {
    return choices[shape.nextInt(choices.length)];
  }
}
