package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * UPDATE or DELETE whose rows have to be looked for: by any WHERE, with ORDER BY and LIMIT.
 * Immutable.
 */
final class SearchedWrite implements Write {
  /**
   * What is before WHERE.
   *
   * @param text without WHERE
   */
  record Shape(TableInfo table, SlottedText text) {}

  /**
   * The query, in pieces between placeholders.
   *
   * @param texts one more than there are placeholders
   * @param params for each placeholder its number in the write
   * @param tables that it reads
   * @param allTables whether it may read any
   * @param ordered whether the order of the rows is given
   * @param found what it finds, in the order of its columns: one for each table that is written
   * @param joined whether it may find a row several times, or none in an outer join
   */
  record Query(
      String[] texts,
      int[] params,
      Set<TableName> tables,
      boolean allTables,
      boolean ordered,
      List<Found> found,
      boolean joined) {}

  /**
   * What a query finds of a table: the keys, and behind them new values of some columns.
   *
   * @param values mostly none
   */
  record Found(TableInfo table, List<ColumnInfo> values) {}

  private final Shape shape;
  private final Slot[] slots;
  private final Query query;
  private final int part;
  private final boolean ignore;

  /**
   * @param part which of those that the query finds are its rows
   * @param ignore UPDATE IGNORE or DELETE IGNORE
   */
  SearchedWrite(Shape shape, Slot[] slots, Query query, int part, boolean ignore) {
    this.ignore = ignore;
    this.shape = shape;
    this.slots = slots;
    this.query = query;
    this.part = part;
  }

  @Override
  public TableInfo table() {
    return shape.table;
  }

  @Override
  public boolean autoIncrement() {
    return false;
  }

  @Override
  public Set<TableName> reads() {
    return query.tables;
  }

  @Override
  public boolean readsAll() {
    return query.allTables;
  }

  @Override
  public List<ColumnInfo> changes() {
    return shape.text.assigned();
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    return BoundWrite.searched(shape.table.name(), () -> search(binding));
  }

  @Override
  public BoundWrite bindSearching(Binding binding) throws SQLException {
    return bind(binding);
  }

  private String text(Binding binding) throws SQLException {
    StringBuilder sql = new StringBuilder(128).append(query.texts[0]);
    for (int i = 1; i < query.texts.length; i++) {
      Template.text(sql, binding.render(new Slot.Placeholder(query.params[i - 1])), query.texts[i]);
      sql.append(query.texts[i]);
    }
    return sql.toString();
  }

  boolean needsTime(Binding binding) {
    return shape.text.needsTime(slots, binding);
  }

  Search search(Binding binding) throws SQLException {
    return search(binding, needsTime(binding));
  }

  /**
   * The same.
   *
   * @param time whether the statement's time is set for it
   */
  Search search(Binding binding, boolean time) throws SQLException {
    String[][] shared = new String[1][];
    String before = time ? binding.setTimestamp() : null;
    SearchValues values = SearchValues.of(query.found, part, binding, before);
    Search search =
        new Search(
            shape.table,
            binding.literals(),
            binding.mysql(),
            () -> text(binding),
            values,
            query.joined,
            together(binding.mysql()),
            (condition, rows, found) -> {
              StringBuilder write = new StringBuilder(128 + condition.length());
              if (shared[0] == null || shape.text.usesVolatile()) {
                shared[0] = values(binding);
              }
              shape.text.template().append(write, with(shared[0], found), 0);
              BoundWrite bound =
                  new BoundWrite(
                      shape.table.name(),
                      false,
                      write.append(" WHERE ").append(condition).toString(),
                      before,
                      rows,
                      null,
                      null);
              boolean delete = shape.text.assigned() == null;
              return delete && shape.text.cascadesByRow() ? bound.maybeGone() : bound;
            });
    return ignore ? new SearchIgnoring(search, shape.text.assigned(), binding) : search;
  }

  /** How many rows one statement may write. */
  private int together(boolean mysql) {
    if (shape.text.oneByOne() || query.ordered || ignore) {
      return 1;
    }
    // H2 removes all rows before it adds those with new keys, so that keys may change places.
    boolean all = !mysql && KeyedAnalysis.changesKey(shape.table, shape.text.assigned());
    return all ? Integer.MAX_VALUE : Search.TOGETHER;
  }

  private String[] values(Binding binding) throws SQLException {
    String[] values = shape.text.values(slots, binding);
    for (int i = 0; i < slots.length; i++) {
      values[i] = slots[i] instanceof Slot.Found ? null : binding.render(slots[i]);
    }
    return values;
  }

  private String[] with(String[] values, String[] found) {
    if (found.length == 0) {
      return values;
    }
    String[] all = values.clone();
    for (int i = 0; i < slots.length; i++) {
      if (slots[i] instanceof Slot.Found f) {
        all[i] = found[f.index()];
      }
    }
    return all;
  }
}
