package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
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
  private final List<ColumnInfo> columns;

  private SearchValues(
      Literals literals, SearchStage stage, String before, ZoneId zone, List<ColumnInfo> columns) {
    this.literals = literals;
    this.stage = stage;
    this.before = before;
    this.zone = zone;
    this.columns = columns;
  }

  /**
   * @param found all that the query finds
   * @param part the table whose values these are
   * @param before what sets the statement's time, or null
   * @return null where the query finds no values
   */
  static SearchValues of(List<SearchedWrite.Found> found, int part, Binding binding, String before)
      throws SQLException {
    if (found.stream().allMatch(f -> f.values().isEmpty())) {
      return null;
    }
    List<ColumnInfo> columns = found.get(part).values();
    if (!binding.mysql()) {
      return new SearchValues(binding.literals(), null, null, binding.zone(), columns);
    }
    return new SearchValues(
        binding.literals(),
        new SearchStage(found, binding.literals()),
        before,
        ZoneOffset.UTC, // the stage gives no objects of time
        columns);
  }

  int count() {
    return columns.size();
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
   * @param before number of columns before them
   */
  String[] row(ResultSet rows, int before) throws SQLException {
    List<Parameter> found;
    if (stage != null) {
      found = stage.row(rows, before, columns);
    } else {
      ResultSetMetaData meta = rows.getMetaData();
      found = new ArrayList<>(count());
      for (int i = 1; i <= count(); i++) {
        found.add(H2Values.value(rows, meta, before + i, "UPDATE with a sub-query"));
      }
    }
    String[] texts = new String[count()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = literals.render(found.get(i), zone);
    }
    return texts;
  }
}
