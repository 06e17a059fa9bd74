package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the keys and the new values of an UPDATE are put on MySQL and MariaDB before its rows are
 * written: a temporary table with the columns of the target, so that it is the server that
 * converts, as it would by itself. All its columns take NULL: what a NULL does to a column that
 * takes none, the write itself finds out. Immutable.
 */
final class SearchStage {
  private final String name;
  private final String create;
  private final String read;
  private final int unambiguousAt;

  /**
   * @param found what the query finds; the stage is in the schema of the first table
   */
  SearchStage(List<SearchedWrite.Found> found, Literals literals) throws SQLException {
    this.name =
        literals.name(found.get(0).table().name().schema())
            + "."
            + literals.name("lockstep_search");
    Set<String> taken = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    List<List<String>> names = new ArrayList<>();
    for (SearchedWrite.Found f : found) {
      // Messages tell the names of values, so these have the better right to them.
      names.add(f.values().stream().map(c -> literals.name(free(c, taken))).toList());
    }
    List<String> plain = new ArrayList<>();
    List<String> exact = new ArrayList<>();
    List<String> unambiguous = new ArrayList<>();
    StringBuilder from = new StringBuilder("(SELECT 1 AS one) d");
    for (int i = 0; i < found.size(); i++) {
      TableInfo table = found.get(i).table();
      String t = "t" + i;
      Map<ColumnInfo, String> keys = new HashMap<>();
      for (String k : table.primaryKey()) {
        ColumnInfo c = table.column(k);
        keys.put(c, literals.name(free(c, taken)));
        plain.add(typed(c, t, literals) + keys.get(c));
      }
      exact.add(Search.selectList(table, true, keys::get));
      for (int k = 0; k < names.get(i).size(); k++) {
        ColumnInfo c = found.get(i).values().get(k);
        String n = names.get(i).get(k);
        plain.add(typed(c, t, literals) + n);
        exact.add(Stage.exact(c, n, "UPDATE with a value that is looked for, of"));
        if (c.kind() == ColumnInfo.Kind.TIMESTAMP) {
          unambiguous.add(Stage.unambiguous(n));
        }
      }
      from.append(" LEFT JOIN ")
          .append(literals.name(table.name().schema()))
          .append(".")
          .append(literals.name(table.name().name()))
          .append(" " + t + " ON 1 = 0");
    }
    this.unambiguousAt = unambiguous.isEmpty() ? 0 : plain.size() + 1;
    if (unambiguousAt > 0) {
      exact.add(String.join(" AND ", unambiguous));
    }
    // Columns of the inner side of an outer join take NULL.
    this.create =
        "CREATE TEMPORARY TABLE "
            + name
            + " ENGINE=InnoDB SELECT "
            + String.join(", ", plain)
            + " FROM "
            + from
            + " LIMIT 0";
    this.read = "SELECT " + String.join(", ", exact) + " FROM " + name;
  }

  private static String free(ColumnInfo c, Set<String> taken) {
    String name = taken.contains(c.name()) ? "lockstep_" + taken.size() : c.name();
    taken.add(name);
    return name;
  }

  private static String typed(ColumnInfo c, String table, Literals literals) {
    return withoutDefault(c, table + "." + literals.name(c.name())) + " AS ";
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
   * @param before number of columns before them
   */
  List<Parameter> row(ResultSet rows, int before, List<ColumnInfo> values) throws SQLException {
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
