package dev.lockstep.node;

/**
 * A table's full name as the server's catalogue spells it. {@code schema} is the database on MySQL
 * and MariaDB.
 */
public record TableName(String schema, String name) {
  @Override
  public String toString() {
    return schema + "." + name;
  }
}
