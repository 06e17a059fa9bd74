package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** What a write or a query looks for: keys, or anything else. For one thread. */
final class Conditions {
  private static final int HOT = 4;

  private final Engine engine;
  private final List<Table> tables;
  private final Random shape;
  private final Random numbers;
  private final Values values;

  /**
   * @param shape decides which condition
   * @param numbers decides which rows
   */
  Conditions(Engine engine, List<Table> tables, Random shape, Random numbers, Values values) {
    this.engine = engine;
    this.tables = tables;
    this.shape = shape;
    this.numbers = numbers;
    this.values = values;
  }

  /** The number of a key, mostly a hot one, sometimes one that no row has. */
  int keyNumber(Table table) {
    return numbers.nextInt(3) > 0
        ? 1 + numbers.nextInt(Math.min(HOT, table.domain()))
        : 1 + numbers.nextInt(table.domain() + 2);
  }

  /** The key of that number; of two columns the first one repeats. */
  List<Value> key(Table table, int number) {
    if (table.keys() == 1) {
      return List.of(single(table, number));
    }
    return List.of(
        values.key(table.columns().get(0).kind(), number % 5),
        values.key(table.columns().get(1).kind(), number));
  }

  private Value single(Table table, int number) {
    Column column = table.columns().get(0);
    return column.generated()
        ? new Value(Integer.toString(number), number)
        : values.key(column.kind(), number);
  }

  /** Writes a WHERE clause with what may follow it, or nothing. */
  void where(Sql sql, Table table) {
    int dice = shape.nextInt(20);
    if (dice < 8) {
      sql.add(" WHERE ");
      byKey(sql, table);
    } else if (dice < 13) {
      sql.add(" WHERE ");
      byKeys(sql, table);
    } else if (dice < 14) {
      sql.add(" WHERE ");
      byKey(sql, table);
      sql.add(" AND ");
      searched(sql, table, 1);
    } else if (dice < 19) {
      sql.add(" WHERE ");
      searched(sql, table, 0);
      tail(sql, table);
    } else {
      tail(sql, table);
    }
  }

  /** The same for a table x that is joined with a table y. */
  void whereJoined(Sql sql) {
    switch (shape.nextInt(5)) {
      case 0 -> sql.add(" WHERE y.n IS NULL");
      case 1 -> sql.add(" WHERE x.n < ").add(values.of(Kind.INT));
      case 2 -> sql.add(" WHERE x.s <> y.s OR y.n > ").add(values.of(Kind.INT));
      case 3 -> sql.add(" WHERE x.n BETWEEN ").add(values.of(Kind.INT)).add(" AND y.n");
      default -> {}
    }
  }

  private void tail(Sql sql, Table table) {
    if (shape.nextInt(3) > 0) {
      return;
    }
    int rows = 1 + shape.nextInt(4);
    if (engine != Engine.H2) {
      String order = shape.nextBoolean() ? "n" : table.columns().get(0).name();
      sql.add(" ORDER BY " + order + (shape.nextBoolean() ? " DESC" : "") + " LIMIT " + rows);
    } else {
      sql.add(" FETCH FIRST " + rows + " ROWS ONLY");
    }
  }

  private void byKey(Sql sql, Table table) {
    List<Value> key = key(table, keyNumber(table));
    for (int i = 0; i < key.size(); i++) {
      sql.add(i > 0 ? " AND " : "").add(table.columns().get(i).name()).add(" = ").add(key.get(i));
    }
  }

  private void byKeys(Sql sql, Table table) {
    int count = 1 + shape.nextInt(4);
    if (table.keys() == 1) {
      sql.add(table.columns().get(0).name()).add(" IN ");
      List<Value> keys = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        keys.add(single(table, keyNumber(table)));
      }
      sql.list(keys);
      return;
    }
    sql.add(
        table.key().stream().map(Column::name).collect(Collectors.joining(", ", "(", ") IN (")));
    for (int i = 0; i < count; i++) {
      sql.add(i > 0 ? ", " : "").list(key(table, keyNumber(table)));
    }
    sql.add(")");
  }

  private void searched(Sql sql, Table table, int depth) {
    int dice = shape.nextInt(12);
    if (dice < 2 && depth < 2) {
      sql.add("(");
      searched(sql, table, depth + 1);
      sql.add(dice == 0 ? " OR " : " AND ");
      searched(sql, table, depth + 1);
      sql.add(")");
      return;
    }
    if (dice == 2) {
      subQuery(sql, table);
      return;
    }
    if (dice < 7) {
      onNumber(sql);
      return;
    }
    if (dice < 9) {
      sql.add(shape.nextBoolean() ? "s LIKE 'a%'" : "s LIKE '%b%'");
      return;
    }
    Column column = table.columns().get(shape.nextInt(table.columns().size()));
    String c = column.name();
    switch (shape.nextInt(4)) {
      case 0 -> sql.add(c + " IS NULL");
      case 1 -> sql.add(c + " IS NOT NULL");
      case 2 -> sql.add(c + " > ").add(values.of(column.kind()));
      default ->
          sql.add(c + " BETWEEN ")
              .add(values.of(column.kind()))
              .add(" AND ")
              .add(values.of(column.kind()));
    }
  }

  private void onNumber(Sql sql) {
    switch (shape.nextInt(5)) {
      case 0 -> sql.add("n > ").add(values.of(Kind.INT));
      case 1 -> sql.add("n < ").add(values.of(Kind.INT));
      case 2 ->
          sql.add("n BETWEEN ").add(values.of(Kind.INT)).add(" AND ").add(values.of(Kind.INT));
      case 3 -> sql.add("MOD(n, 3) = " + shape.nextInt(3));
      default -> sql.add("n <> CHAR_LENGTH(s)");
    }
  }

  private void subQuery(Sql sql, Table table) {
    Table other = tables.get(shape.nextInt(tables.size()));
    if (other == table) {
      // MySQL cannot write to a table that it reads in a sub-query; a query of constants can be.
      sql.add("n IN (SELECT 1)");
      return;
    }
    switch (shape.nextInt(3)) {
      case 0 -> sql.add("n IN (SELECT n FROM " + other.name() + ")");
      case 1 -> sql.add("(SELECT COUNT(*) FROM " + other.name() + ") > ").add(values.of(Kind.INT));
      default ->
          sql.add(
              "EXISTS (SELECT 1 FROM %s o WHERE o.n >= %s.n)"
                  .formatted(other.name(), table.name()));
    }
  }
}
