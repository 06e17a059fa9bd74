package dev.lockstep.consistency;

import dev.lockstep.node.TableName;
import java.util.List;

/**
 * A base table of a user, with its columns.
 *
 * @param name full name
 * @param columns in order
 * @param primaryKey columns of the primary key in key order; empty where there is none
 * @param otherUnique whether it has unique keys besides the primary key
 */
public record UserTable(
    TableName name, List<UserColumn> columns, List<String> primaryKey, boolean otherUnique) {

  /** The columns that can be written. */
  public List<UserColumn> writable() {
    return columns.stream().filter(c -> !c.computed()).toList();
  }

  /** The column of exactly that name. */
  public UserColumn column(String column) {
    for (UserColumn c : columns) {
      if (c.name().equals(column)) {
        return c;
      }
    }
    throw new IllegalArgumentException("table " + name + " has no column " + column);
  }
}
