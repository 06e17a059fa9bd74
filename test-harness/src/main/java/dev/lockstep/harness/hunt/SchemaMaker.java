package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes random tables. For one thread. */
final class SchemaMaker {
  private static final List<Kind> KEY_KINDS =
      Arrays.stream(Kind.values()).filter(Kind::forKeys).toList();

  private final Engine engine;
  private final Random random;
  private final Values values;
  private final boolean expressions;

  /**
   * @param expressions whether defaults may be expressions
   */
  SchemaMaker(Engine engine, Random random, boolean expressions) {
    this.expressions = expressions;
    this.engine = engine;
    this.random = random;
    this.values = new Values(engine, random);
  }

  /** Two to four tables, parents before their children. */
  List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    int count = 2 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      tables.add(table("t" + i, tables));
    }
    return tables;
  }

  private Table table(String name, List<Table> before) {
    List<Column> columns = new ArrayList<>();
    int keys = 1;
    if (random.nextInt(3) == 0) {
      columns.add(
          new Column(
              "id", random.nextBoolean() ? Kind.BIGINT : Kind.INT, false, null, true, false));
    } else {
      keys = random.nextInt(3) == 0 ? 2 : 1;
      for (int i = 0; i < keys; i++) {
        Kind kind = random.nextInt(3) == 0 ? Kind.INT : pick(KEY_KINDS);
        columns.add(new Column("k" + i, kind, false, null, false, false));
      }
    }
    // A number and a text always: what most dangerous statements need.
    columns.add(column("n", Kind.INT));
    columns.add(column("s", Kind.VARCHAR));
    for (int i = 2 + random.nextInt(5); i > 0; i--) {
      columns.add(column("c" + i, Kind.values()[random.nextInt(Kind.values().length)]));
    }
    for (Table parent : before) {
      if (parent.keys() == 1 && random.nextInt(2) == 0) {
        columns.add(reference(parent));
      }
    }
    int domain = 4 + random.nextInt(30);
    if (keys == 1 && random.nextInt(6) == 0) {
      columns.add(reference(new Table(name, List.copyOf(columns), keys, List.of(), domain)));
    }
    return new Table(name, columns, keys, indexes(columns, keys), domain);
  }

  private Column reference(Table parent) {
    String rule =
        pick(List.of("", " ON DELETE CASCADE", " ON DELETE CASCADE", " ON DELETE SET NULL"))
            + pick(List.of("", "", " ON UPDATE CASCADE", " ON UPDATE SET NULL"));
    Kind kind = parent.columns().get(0).kind();
    return new Column("p" + parent.name(), kind, true, null, false, false, parent, rule);
  }

  private Column column(String name, Kind kind) {
    boolean nullable = random.nextInt(3) > 0;
    String fallback = random.nextInt(3) == 0 ? fallback(kind) : null;
    boolean touched = (kind == Kind.DATETIME6 || kind == Kind.TIMESTAMP6) && random.nextInt(3) == 0;
    return new Column(name, kind, nullable, fallback, false, touched);
  }

  private String fallback(Kind kind) {
    return switch (kind) {
      case DATETIME6 -> "CURRENT_TIMESTAMP(6)";
      case TIMESTAMP6 -> "CURRENT_TIMESTAMP(6)";
      case DATETIME -> engine == Engine.H2 ? "LOCALTIMESTAMP" : "CURRENT_TIMESTAMP";
      case UUID -> expression(kind, "RANDOM_UUID()", "(UUID())");
      case DOUBLE -> expression(kind, "RAND()", "(RAND())");
      case CHAR -> expression(kind, "LEFT(RANDOM_UUID(), 12)", "(LEFT(UUID(), 12))");
      case BIGINT -> expression(kind, "CAST(RAND() * 1000 AS BIGINT)", "(FLOOR(RAND() * 1000))");
      case INT ->
          Drawing.possible(engine) && random.nextInt(4) == 0
              ? Drawing.NEXT
              : values.of(kind).literal();
      case TEXT, BLOB -> null;
      default -> values.of(kind).literal();
    };
  }

  private String expression(Kind kind, String h2, String mariaDb) {
    return expressions ? engine == Engine.H2 ? h2 : mariaDb : values.of(kind).literal();
  }

  private List<String> indexes(List<Column> columns, int keys) {
    List<String> indexes = new ArrayList<>();
    for (Column column : columns.subList(keys, columns.size())) {
      if (!column.kind().large() && random.nextInt(4) == 0) {
        indexes.add((random.nextInt(3) == 0 ? "UNIQUE " : "") + column.name());
      }
    }
    if (random.nextInt(3) == 0) {
      indexes.add("n, s");
    }
    return indexes;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
