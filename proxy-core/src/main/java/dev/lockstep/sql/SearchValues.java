package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * New values that a search finds together with the rows: on MySQL and MariaDB by way of a {@link
 * SearchStage}, on H2, whose objects are exact, as they come. One execution; used by one thread.
 */
final class SearchValues {
  private final Literals literals;
  private final SearchStage stage;
  private final String before;
  private final ZoneId zone;
  private final int count;

  private SearchValues(
      Literals literals, SearchStage stage, String before, ZoneId zone, int count) {
    this.literals = literals;
    this.stage = stage;
    this.before = before;
    this.zone = zone;
    this.count = count;
  }

  /**
   * @param before what sets the statement's time, or null
   */
  static SearchValues of(TableInfo table, List<ColumnInfo> values, Binding binding, String before)
      throws SQLException {
    if (!binding.mysql()) {
      return new SearchValues(binding.literals(), null, null, binding.zone(), values.size());
    }
    String keys = Search.selectList(table, binding.literals(), true, "");
    return new SearchValues(
        binding.literals(),
        new SearchStage(table, keys, values, binding.literals()),
        before,
        ZoneOffset.UTC, // the stage gives no objects of time
        values.size());
  }

  List<String> fill(String query) {
    List<String> fill = new ArrayList<>();
    if (before != null) {
      fill.add(before);
    }
    if (stage != null) {
      fill.addAll(stage.fill(query));
    }
    return fill;
  }

  String read(String query) {
    return stage == null ? query : stage.read();
  }

  List<String> cleanUp() {
    List<String> last = new ArrayList<>();
    if (stage != null) {
      last.add(stage.drop());
    }
    if (before != null) {
      last.add("SET TIMESTAMP=DEFAULT");
    }
    return last;
  }

  /**
   * The literals of the row on which the result set stands.
   *
   * @param keys number of columns of the key
   */
  String[] row(ResultSet rows, int keys) throws SQLException {
    List<Parameter> found;
    if (stage != null) {
      found = stage.row(rows, keys);
    } else {
      ResultSetMetaData meta = rows.getMetaData();
      found = new ArrayList<>(count);
      for (int i = 1; i <= count; i++) {
        found.add(H2Values.value(rows, meta, keys + i, "UPDATE with a sub-query"));
      }
    }
    String[] texts = new String[count];
    for (int i = 0; i < count; i++) {
      texts[i] = literals.render(found.get(i), zone);
    }
    return texts;
  }
}
