package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * UPDATE IGNORE and DELETE IGNORE: the primary writes row by row, and leaves out or changes what
 * cannot be done. Which rows a DELETE has left out, and what an UPDATE has made of them, is read
 * afterwards: MySQL counts the former too. One execution; used by one thread.
 */
final class SearchIgnoring extends Search {
  private static final int VERB = "UPDATE".length(); // and that of DELETE

  private final Search search;
  private final List<ColumnInfo> assigned;
  private final Binding binding;
  private final String list;
  private final boolean unambiguous;

  /**
   * @param search makes a write of each row
   * @param assigned columns that get values; null for a DELETE
   * @throws SQLException 0A001 where what becomes of a column cannot be read exactly
   */
  SearchIgnoring(Search search, List<ColumnInfo> assigned, Binding binding) throws SQLException {
    super(search);
    this.search = search;
    this.assigned = assigned;
    this.binding = binding;
    StringBuilder columns = new StringBuilder();
    StringBuilder times = new StringBuilder();
    for (ColumnInfo c : assigned == null ? List.<ColumnInfo>of() : assigned) {
      String name = binding.literals().name(c.name());
      columns.append(", ").append(Stage.exact(c, name, "UPDATE IGNORE of"));
      if (c.kind() == ColumnInfo.Kind.TIMESTAMP) {
        times.append(times.length() == 0 ? ", " : " AND ").append(Stage.unambiguous(name));
      }
    }
    this.list = columns.append(times).toString();
    this.unambiguous = times.length() > 0;
  }

  /** Values that do not fit are changed, with a warning. */
  @Override
  public List<String> fill() throws SQLException {
    List<String> fill = new ArrayList<>(super.fill());
    if (!fill.isEmpty()) {
      String last = fill.remove(fill.size() - 1);
      fill.add("INSERT IGNORE" + last.substring("INSERT".length()));
    }
    return fill;
  }

  @Override
  public List<BoundWrite> writes(List<Row> found) throws SQLException {
    List<BoundWrite> all = new ArrayList<>();
    for (BoundWrite w : search.writes(found)) {
      String sql = w.sql();
      // A row may be left out: by a foreign key, on MariaDB also by a CHECK.
      all.add(w.onPrimary(sql.substring(0, VERB) + " IGNORE" + sql.substring(VERB)).maybeGone());
    }
    return all;
  }

  @Override
  public List<Search> images(List<Row> found) {
    List<Search> all = new ArrayList<>();
    for (int i = 0; i < found.size(); i += TOGETHER) {
      List<Row> some = found.subList(i, Math.min(i + TOGETHER, found.size()));
      all.add(new Images(condition(some.stream().map(Row::key).toList())));
    }
    return all;
  }

  @Override
  public boolean leavesOut() {
    return assigned == null;
  }

  private String tableText() {
    Literals literals = binding.literals();
    return literals.name(table().name().schema()) + "." + literals.name(table().name().name());
  }

  /** The rows as they are afterwards, and the writes that make them so elsewhere. */
  private final class Images extends Search {
    Images(String condition) {
      super(
          SearchIgnoring.this.table(),
          binding.literals(),
          true,
          () ->
              "SELECT "
                  + selectList(SearchIgnoring.this.table(), binding.literals(), true, "")
                  + list
                  + " FROM "
                  + tableText()
                  + " WHERE "
                  + condition
                  + " FOR UPDATE",
          null,
          false,
          TOGETHER,
          SearchIgnoring.this::image);
    }

    @Override
    public Row row(ResultSet rows) throws SQLException {
      TableInfo table = table();
      int at = table.primaryKey().size();
      String[] values = new String[assigned == null ? 0 : assigned.size()];
      for (int i = 0; i < values.length; i++) {
        ColumnInfo c = assigned.get(i);
        Parameter value = Stage.value(rows, ++at, c.kind());
        requireStorable(c, value);
        values[i] = binding.literals().render(value, binding.zone());
      }
      if (unambiguous && !rows.getBoolean(at + 1)) {
        throw Stage.ambiguous("UPDATE IGNORE");
      }
      return new Row(key(rows, 0), values);
    }
  }

  private BoundWrite image(String condition, int rows, String[] values) throws SQLException {
    StringBuilder sql = new StringBuilder("UPDATE ").append(tableText()).append(" SET ");
    for (int i = 0; i < values.length; i++) {
      sql.append(i == 0 ? "" : ", ");
      sql.append(binding.literals().name(assigned.get(i).name())).append('=').append(values[i]);
    }
    sql.append(" WHERE ").append(condition);
    return new BoundWrite(table().name(), false, sql.toString(), null, rows, null, null);
  }

  /** Refuses what only IGNORE makes of values that do not fit, and nothing else takes. */
  private static void requireStorable(ColumnInfo c, Parameter value) throws SQLException {
    String text = value.value() instanceof String s ? s : "1";
    boolean bad =
        switch (c.kind()) {
          case DATE, DATETIME, TIMESTAMP -> text.contains("-00");
          case ENUM -> text.isEmpty();
          default -> false;
        };
    if (bad) {
      throw Errors.unsupported(
          "UPDATE IGNORE with a value that does not fit the column "
              + c.name()
              + " is not supported; the statement's transaction was rolled back. Give it a value that"
              + " fits");
    }
  }
}
