package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A random table. Immutable.
 *
 * @param columns those of the key first
 * @param keys how many columns the primary key has
 * @param indexes lists of column names, such as {@code UNIQUE c1, c2}
 * @param domain how many different key numbers statements use
 */
record Table(String name, List<Column> columns, int keys, List<String> indexes, int domain) {

  /** What the names of views begin with. */
  static final String VIEW = "v_";

  List<Column> key() {
    return columns.subList(0, keys);
  }

  List<Column> others() {
    return columns.subList(keys, columns.size());
  }

  /** The statements that make it. */
  List<String> definition(Engine engine) {
    List<String> parts = new ArrayList<>();
    columns.forEach(column -> parts.add(column.definition(engine)));
    parts.add(
        "PRIMARY KEY (" + key().stream().map(Column::name).collect(Collectors.joining(", ")) + ")");
    for (Column column : columns) {
      if (column.parent() != null) {
        parts.add(
            "CONSTRAINT %s_%s FOREIGN KEY (%s) REFERENCES %s (%s)%s"
                .formatted(
                    name,
                    column.name(),
                    column.name(),
                    column.parent().name(),
                    column.parent().columns().get(0).name(),
                    column.rule()));
      }
    }
    List<String> statements = new ArrayList<>();
    statements.add("CREATE TABLE " + name + " (" + String.join(", ", parts) + ")");
    for (int i = 0; i < indexes.size(); i++) {
      boolean unique = indexes.get(i).startsWith("UNIQUE ");
      statements.add(
          "CREATE %sINDEX %s_i%d ON %s (%s)"
              .formatted(
                  unique ? "UNIQUE " : "",
                  name,
                  i,
                  name,
                  unique ? indexes.get(i).substring(7) : indexes.get(i)));
    }
    return statements;
  }

  /** A view of the key, the number and the text, as a table; of MySQL and MariaDB. */
  Table view() {
    return new Table(VIEW + name, columns.subList(0, keys + 2), keys, List.of(), domain);
  }

  /** The statement that makes {@link #view}; of some rows, half of the views with a check. */
  String viewDefinition() {
    return "CREATE VIEW %s AS SELECT %s FROM %s WHERE n < 60 OR n IS NULL%s"
        .formatted(
            view().name(),
            view().columns().stream().map(Column::name).collect(Collectors.joining(", ")),
            name,
            domain % 2 == 0 ? " WITH CHECK OPTION" : "");
  }

  Table plain() {
    return new Table(name, columns.stream().map(Column::plain).toList(), keys, indexes, domain);
  }
}
