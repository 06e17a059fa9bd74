package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** A write of one text: a shape shared with other texts plus this text's own values. Immutable. */
interface Write {
  TableInfo table();

  /** All tables of which rows are written; mostly one. */
  default List<TableInfo> targets() {
    return List.of(table());
  }

  /** Whether the database will, or may, choose key values. */
  boolean autoIncrement();

  /** Further tables that it reads to find its rows. */
  default Set<TableName> reads() {
    return Set.of();
  }

  /** Whether it may read any table to find its rows. */
  default boolean readsAll() {
    return false;
  }

  /**
   * Columns that get new values in rows that are there already; null where such rows may be
   * deleted.
   */
  List<ColumnInfo> changes();

  BoundWrite bind(Binding binding) throws SQLException;

  /** UPDATE and DELETE: the same, but its rows are looked for in any case. */
  default BoundWrite bindSearching(Binding binding) throws SQLException {
    throw new IllegalStateException("the rows of this write are not looked for");
  }
}
