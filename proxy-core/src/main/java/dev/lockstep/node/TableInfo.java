package dev.lockstep.node;

import java.util.List;

/**
 * A table's definition as far as replication needs it. Immutable.
 *
 * @param name full name, as stored
 * @param columns in order
 * @param primaryKey column names of the primary key in key order; empty where there is none
 * @param transactional false for MyISAM, MEMORY, … tables
 * @param triggers those on it, in the order in which they fire
 * @param baseTable false for views and anything else that is no plain table
 * @param otherUnique whether a unique key other than the primary key is on it
 * @param uniqueKeys columns of those unique keys that are of whole columns; not complete where
 *     there are others too, such as of expressions
 */
public record TableInfo(
    TableName name,
    List<ColumnInfo> columns,
    List<String> primaryKey,
    boolean transactional,
    List<TriggerInfo> triggers,
    boolean baseTable,
    boolean otherUnique,
    List<List<String>> uniqueKeys) {

  /** The column of that name, ignoring case, or null. */
  public ColumnInfo column(String column) {
    for (ColumnInfo c : columns) {
      if (c.name().equalsIgnoreCase(column)) {
        return c;
      }
    }
    return null;
  }

  /** The column that the database numbers by itself, or null. */
  public ColumnInfo autoIncrement() {
    for (ColumnInfo c : columns) {
      if (c.autoIncrement()) {
        return c;
      }
    }
    return null;
  }
}
