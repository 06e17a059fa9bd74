package dev.lockstep.harness.check;

import dev.lockstep.harness.server.DatabaseNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Compares, bit for bit, the user tables of several nodes through plain connections: the list of
 * schemas and tables, the definition of each table (but not its next AUTO_INCREMENT value) and all
 * rows. Lockstep's own schema and the system's are left out. The nodes must be at rest. Immutable;
 * uses the given connections one at a time.
 */
public final class TableComparer {
  private final List<Connection> nodes;
  private final Catalogue catalogue;
  private final int maxDifferences;
  private final List<String> differences = new ArrayList<>();
  private final Map<String, List<Long>> rowCounts = new TreeMap<>();
  private int found;

  /**
   * What was found.
   *
   * @param rowCounts rows of each table ({@code schema.table}) on each node; -1: no such table
   * @param differences a sentence each, the first ones only
   * @param found how many differences there are; rows beyond the first different one of a table are
   *     compared by key
   */
  public record Result(Map<String, List<Long>> rowCounts, List<String> differences, int found) {
    public boolean equal() {
      return found == 0;
    }

    /** Throws an {@link AssertionError} that lists the differences if there are any. */
    public void assertEqual() {
      if (!equal()) {
        throw new AssertionError(toString());
      }
    }

    @Override
    public String toString() {
      return equal()
          ? "equal: " + rowCounts
          : found
              + " differences"
              + (found > differences.size() ? ", the first " + differences.size() : "")
              + ":\n  "
              + String.join("\n  ", differences)
              + "\nrow counts: "
              + rowCounts;
    }
  }

  private TableComparer(List<Connection> nodes, int maxDifferences) throws SQLException {
    this.nodes = nodes;
    this.maxDifferences = maxDifferences;
    this.catalogue = Catalogue.of(nodes.get(0));
  }

  /** Compares with at most 50 differences listed. */
  public static Result compare(List<Connection> nodes) throws SQLException {
    return compare(nodes, 50);
  }

  /**
   * Compares.
   *
   * @param nodes at least one plain connection of the vendor's driver, in auto-commit mode
   */
  public static Result compare(List<Connection> nodes, int maxDifferences) throws SQLException {
    if (nodes.isEmpty()) {
      throw new IllegalArgumentException("nothing to compare");
    }
    return new TableComparer(List.copyOf(nodes), maxDifferences).run();
  }

  /**
   * Compares servers over connections of its own.
   *
   * @param database the database to look into where a connection sees one only (H2); elsewhere all
   *     are compared
   */
  public static Result compareNodes(List<? extends DatabaseNode> nodes, String database)
      throws SQLException {
    List<Connection> connections = new ArrayList<>();
    try {
      for (DatabaseNode node : nodes) {
        connections.add(
            node.connect(
                switch (node.engine()) {
                  case MARIADB, MYSQL -> "";
                  case H2 -> database;
                }));
      }
      return compare(connections);
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private Result run() throws SQLException {
    for (Connection node : nodes) {
      catalogue.prepare(node);
    }
    List<TreeSet<String>> schemas = new ArrayList<>();
    List<TreeSet<Catalogue.Table>> tables = new ArrayList<>();
    for (Connection node : nodes) {
      schemas.add(new TreeSet<>(catalogue.schemas(node)));
      tables.add(new TreeSet<>(catalogue.tables(node)));
    }
    TreeSet<String> allSchemas = new TreeSet<>();
    schemas.forEach(allSchemas::addAll);
    for (String schema : allSchemas) {
      if (!schemas.stream().allMatch(there -> there.contains(schema))) {
        report("schema " + schema + " is " + where(schemas.stream().map(s -> s.contains(schema))));
      }
    }
    TreeSet<Catalogue.Table> allTables = new TreeSet<>();
    tables.forEach(allTables::addAll);
    for (Catalogue.Table table : allTables) {
      if (tables.stream().allMatch(there -> there.contains(table))) {
        compare(table);
      } else {
        report("table " + table + " is " + where(tables.stream().map(t -> t.contains(table))));
        List<Long> counts = new ArrayList<>();
        tables.forEach(there -> counts.add(there.contains(table) ? 0L : -1L));
        rowCounts.put(table.toString(), counts);
      }
    }
    return new Result(rowCounts, List.copyOf(differences), found);
  }

  private static String where(Stream<Boolean> there) {
    List<Boolean> flags = there.toList();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < flags.size(); i++) {
      words.add((flags.get(i) ? "on" : "missing on") + " node " + (i + 1));
    }
    return String.join(", ", words);
  }

  private void report(String difference) {
    if (found++ < maxDifferences) {
      differences.add(difference);
    }
  }

  private void compare(Catalogue.Table table) throws SQLException {
    List<String> definitions = new ArrayList<>();
    List<List<Catalogue.Column>> columns = new ArrayList<>();
    for (Connection node : nodes) {
      definitions.add(catalogue.definition(node, table));
      columns.add(catalogue.columns(node, table));
    }
    for (int i = 1; i < nodes.size(); i++) {
      if (!definitions.get(i).equals(definitions.get(0))) {
        report(
            "definition of %s: node 1: %s | node %d: %s"
                .formatted(table, definitions.get(0), i + 1, definitions.get(i)));
      }
    }
    for (int i = 1; i < nodes.size(); i++) {
      if (!columns.get(i).equals(columns.get(0))) {
        return; // rows of different shape: the definitions say enough
      }
    }
    List<String> key = catalogue.primaryKey(nodes.get(0), table);
    compareRows(table, columns.get(0), key);
  }

  private void compareRows(Catalogue.Table table, List<Catalogue.Column> columns, List<String> key)
      throws SQLException {
    List<Statement> statements = new ArrayList<>();
    try {
      List<Rows> rows = new ArrayList<>();
      for (Connection node : nodes) {
        Statement statement = catalogue.streaming(node);
        statements.add(statement);
        rows.add(new Rows(statement.executeQuery(catalogue.select(table, columns, key)), columns));
      }
      // As long as the nodes agree nothing is kept.
      while (true) {
        List<List<String>> next = new ArrayList<>();
        for (Rows one : rows) {
          next.add(one.next());
        }
        List<String> first = next.get(0);
        boolean same = true;
        for (List<String> row : next) {
          same &= Objects.equals(row, first);
        }
        if (!same) {
          compareByKey(table, columns, key, rows, next);
          break;
        }
        if (first == null) {
          break;
        }
      }
      rowCounts.put(table.toString(), rows.stream().map(one -> one.count).toList());
    } finally {
      for (Statement statement : statements) {
        statement.close();
      }
    }
  }

  private void compareByKey(
      Catalogue.Table table,
      List<Catalogue.Column> columns,
      List<String> key,
      List<Rows> rows,
      List<List<String>> heads)
      throws SQLException {
    List<Integer> keyIndexes = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (key.isEmpty() || key.contains(columns.get(i).name())) {
        keyIndexes.add(i);
      }
    }
    Map<List<String>, List<List<String>>> byKey = new LinkedHashMap<>();
    for (int node = 0; node < rows.size(); node++) {
      Map<List<String>, Integer> repeated = new HashMap<>();
      for (List<String> row = heads.get(node); row != null; row = rows.get(node).next()) {
        List<String> rowKey = new ArrayList<>();
        for (int index : keyIndexes) {
          rowKey.add(row.get(index));
        }
        if (key.isEmpty()) {
          // Without a key equal rows are told apart by their number.
          rowKey.add(
              Integer.toString(repeated.merge(List.copyOf(nullable(rowKey)), 1, Integer::sum)));
        }
        List<List<String>> perNode =
            byKey.computeIfAbsent(
                rowKey, k -> new ArrayList<>(Collections.nCopies(rows.size(), null)));
        perNode.set(node, row);
      }
    }
    byKey.forEach(
        (rowKey, perNode) -> {
          if (perNode.stream().anyMatch(row -> !Objects.equals(row, perNode.get(0)))) {
            report(describe(table, columns, keyIndexes, perNode));
          }
        });
  }

  private static List<String> nullable(List<String> values) {
    return values.stream().map(value -> value == null ? "\0null" : value).toList();
  }

  private static String describe(
      Catalogue.Table table,
      List<Catalogue.Column> columns,
      List<Integer> keyIndexes,
      List<List<String>> perNode) {
    List<String> some = perNode.stream().filter(Objects::nonNull).findFirst().orElseThrow();
    StringBuilder text = new StringBuilder(table + " ");
    for (int i = 0; i < keyIndexes.size(); i++) {
      int index = keyIndexes.get(i);
      text.append(i > 0 ? ", " : "")
          .append(columns.get(index).name())
          .append('=')
          .append(columns.get(index).show(some.get(index)));
    }
    for (int node = 0; node < perNode.size(); node++) {
      text.append(node == 0 ? ": " : " | ").append("node ").append(node + 1).append(' ');
      List<String> row = perNode.get(node);
      if (row == null) {
        text.append("has no such row");
        continue;
      }
      List<String> values = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        int column = i;
        boolean differs =
            perNode.stream()
                .anyMatch(
                    other -> other == null || !Objects.equals(other.get(column), row.get(column)));
        if (differs && !keyIndexes.contains(i)) {
          values.add(columns.get(i).name() + "=" + columns.get(i).show(row.get(i)));
        }
      }
      text.append(values.isEmpty() ? "has it" : String.join(", ", values));
    }
    return text.toString();
  }

  /** The rows of one table on one node, each value as text, binary ones in hex. */
  private static final class Rows {
    private final ResultSet result;
    private final List<Catalogue.Column> columns;
    private long count;

    Rows(ResultSet result, List<Catalogue.Column> columns) {
      this.result = result;
      this.columns = columns;
    }

    /** The next row; null at the end. */
    List<String> next() throws SQLException {
      if (!result.next()) {
        return null;
      }
      count++;
      List<String> row = new ArrayList<>(columns.size());
      for (int i = 0; i < columns.size(); i++) {
        row.add(columns.get(i).read(result, i + 1));
      }
      return row;
    }
  }
}
