package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the keys and the new values of an UPDATE are put on MySQL and MariaDB before its rows are
 * written: a temporary table with the columns of the target, so that it is the server that
 * converts, as it would by itself. All its columns take NULL: what a NULL does to a column that
 * takes none, the write itself finds out. Immutable.
 */
final class SearchStage {
  private final List<ColumnInfo> values;
  private final String name;
  private final String create;
  private final String read;
  private final int unambiguousAt;

  /**
   * @param keys what to select to read a key
   * @param values the columns that get values
   */
  SearchStage(TableInfo table, String keys, List<ColumnInfo> values, Literals literals)
      throws SQLException {
    this.values = values;
    String schema = literals.name(table.name().schema()) + ".";
    this.name = schema + literals.name("lockstep_search");
    List<String> plain = new ArrayList<>();
    for (String k : table.primaryKey()) {
      ColumnInfo c = table.column(k);
      String n = literals.name(c.name());
      plain.add(withoutDefault(c, "t." + n) + " AS " + n);
    }
    List<String> exact = new ArrayList<>();
    exact.add(keys);
    List<String> unambiguous = new ArrayList<>();
    for (ColumnInfo c : values) {
      // Beside the old value of a key stands its new one, under another name.
      boolean ofKey = KeyedAnalysis.changesKey(table, List.of(c));
      String n = literals.name(ofKey ? "lockstep_new_" + values.indexOf(c) : c.name());
      plain.add(withoutDefault(c, "t." + literals.name(c.name())) + " AS " + n);
      exact.add(Stage.exact(c, n, "UPDATE with a value that is looked for, of"));
      if (c.kind() == ColumnInfo.Kind.TIMESTAMP) {
        unambiguous.add(Stage.unambiguous(n));
      }
    }
    this.unambiguousAt = unambiguous.isEmpty() ? 0 : table.primaryKey().size() + values.size() + 1;
    if (unambiguousAt > 0) {
      exact.add(String.join(" AND ", unambiguous));
    }
    // Columns of the inner side of an outer join take NULL.
    this.create =
        "CREATE TEMPORARY TABLE "
            + name
            + " ENGINE=InnoDB SELECT "
            + String.join(", ", plain)
            + " FROM (SELECT 1 AS one) d LEFT JOIN "
            + schema
            + literals.name(table.name().name())
            + " t ON 1 = 0 LIMIT 0";
    this.read = "SELECT " + String.join(", ", exact) + " FROM " + name;
  }

  /**
   * The same type for a column of the stage. MySQL would copy the default too, and makes 0000-00-00
   * of CURRENT_TIMESTAMP, which strict mode does not take.
   */
  static String withoutDefault(ColumnInfo c, String name) {
    return switch (c.kind()) {
      case DATE, TIME, DATETIME, TIMESTAMP -> {
        boolean year = c.typeName() != null && c.typeName().startsWith("year");
        yield year ? name : "COALESCE(" + name + ")";
      }
      default -> name;
    };
  }

  /** Statements that fill it by the query, in order; warnings of the last one count. */
  List<String> fill(String query) {
    return List.of(drop(), create, "INSERT INTO " + name + " " + query);
  }

  /** Reads it, in the order in which it was filled (that of InnoDB's row ids). */
  String read() {
    return read;
  }

  /** Throws it away. */
  String drop() {
    return "DROP TEMPORARY TABLE IF EXISTS " + name;
  }

  /**
   * The values of the row on which the result set stands.
   *
   * @param before number of columns of the key
   */
  List<Parameter> row(ResultSet rows, int before) throws SQLException {
    if (unambiguousAt > 0 && !rows.getBoolean(unambiguousAt)) {
      throw Stage.ambiguous("UPDATE");
    }
    List<Parameter> row = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      row.add(Stage.value(rows, before + i + 1, values.get(i).kind()));
    }
    return row;
  }
}
