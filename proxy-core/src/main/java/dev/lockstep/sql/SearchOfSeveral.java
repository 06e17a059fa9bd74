package dev.lockstep.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A DELETE from several tables: one query finds the rows of all of them. One execution; used by one
 * thread.
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

  /** The keys of all tables; an empty one where an outer join has no row. */
  @Override
  public Row row(ResultSet rows) throws SQLException {
    String[] keys = new String[targets.size()];
    int before = 0;
    for (int i = 0; i < keys.length; i++) {
      String key = targets.get(i).key(rows, before);
      keys[i] = key == null ? "" : key;
      before += targets.get(i).table().primaryKey().size();
    }
    return new Row("", keys);
  }

  /** Table after table; a row that is found for two of them is deleted once. */
  @Override
  public List<BoundWrite> writes(List<Row> found) throws SQLException {
    List<BoundWrite> all = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < targets.size(); i++) {
      Search target = targets.get(i);
      List<Row> rows = new ArrayList<>();
      for (Row row : found) {
        String key = row.values()[i];
        if (!key.isEmpty() && seen.add(target.table().name() + "\u0000" + key)) {
          rows.add(new Row(key, NONE));
        }
      }
      all.addAll(target.writes(rows));
    }
    return all;
  }
}
