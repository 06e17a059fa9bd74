package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * A write to the table of a view with CHECK OPTION: the primary executes it through the view, the
 * other nodes as it is. Immutable.
 *
 * @param tableText the table as the text of the write has it
 * @param viewText the view
 */
record CheckedWrite(Write write, String tableText, String viewText) implements Write {
  @Override
  public TableInfo table() {
    return write.table();
  }

  @Override
  public boolean autoIncrement() {
    return write.autoIncrement();
  }

  @Override
  public Set<TableName> reads() {
    return write.reads();
  }

  @Override
  public boolean readsAll() {
    return write.readsAll();
  }

  @Override
  public List<ColumnInfo> changes() {
    return write.changes();
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    BoundWrite bound = write.bind(binding);
    if (bound.mustSearch()) {
      return BoundWrite.searched(bound.table(), () -> new Through(bound.search()));
    }
    return through(bound);
  }

  @Override
  public BoundWrite bindSearching(Binding binding) throws SQLException {
    return bind(binding);
  }

  private BoundWrite through(BoundWrite bound) {
    String sql = bound.sql();
    int at = sql.indexOf(tableText);
    return bound.onPrimary(
        sql.substring(0, at) + viewText + sql.substring(at + tableText.length()));
  }

  /** The same search, whose writes go through the view. */
  private final class Through extends Search {
    private final Search search;

    Through(Search search) {
      super(search);
      this.search = search;
    }

    @Override
    public List<BoundWrite> writes(List<Row> found) throws SQLException {
      return search.writes(found).stream().map(CheckedWrite.this::through).toList();
    }
  }
}
