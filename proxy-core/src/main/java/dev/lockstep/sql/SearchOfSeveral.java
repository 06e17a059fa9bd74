package dev.lockstep.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An UPDATE of several tables, or a DELETE from them: one query finds the rows of all. One
 * execution; used by one thread.
 */
final class SearchOfSeveral extends Search {
  private final List<Search> targets;

  /**
   * @param targets one for each table, in the order of the query's columns; all with its text
   */
  SearchOfSeveral(List<Search> targets) {
    super(targets.get(0));
    this.targets = targets;
  }

  /** For each table its key, an empty one where an outer join has no row, and its values. */
  @Override
  public Row row(ResultSet rows) throws SQLException {
    List<String> all = new ArrayList<>();
    int before = 0;
    for (Search target : targets) {
      Row row = target.row(rows, before);
      all.add(row == null ? "" : row.key());
      for (int i = 0; i < target.valueCount(); i++) {
        all.add(row == null ? "" : row.values()[i]);
      }
      before += target.columns();
    }
    return new Row("", all.toArray(NONE));
  }

  /** Table after table; a row that is found several times, or for two of them, is written once. */
  @Override
  public List<BoundWrite> writes(List<Row> found) throws SQLException {
    List<BoundWrite> all = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int at = 0;
    for (Search target : targets) {
      int values = at + 1;
      int next = values + target.valueCount();
      List<Row> rows = new ArrayList<>();
      for (Row row : found) {
        String key = row.values()[at];
        if (!key.isEmpty() && seen.add(target.table().name() + "\u0000" + key)) {
          rows.add(new Row(key, Arrays.copyOfRange(row.values(), values, next)));
        }
      }
      all.addAll(target.writes(rows));
      at = next;
    }
    return all;
  }
}
