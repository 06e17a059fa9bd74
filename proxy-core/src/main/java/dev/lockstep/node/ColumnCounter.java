package dev.lockstep.node;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where the counter of a numbered column (AUTO_INCREMENT, identity) stands on one server.
 *
 * @param column its name; null on MySQL and MariaDB, which need none
 * @param next the value that comes next
 */
public record ColumnCounter(String column, long next) {

  /**
   * The counters of all tables that have one.
   *
   * @param tables which ones, or null for all; others may be among what is found
   */
  public static Map<TableName, ColumnCounter> read(
      Connection c, Dialect dialect, Set<TableName> tables) throws SQLException {
    Map<TableName, ColumnCounter> found = new HashMap<>();
    if (tables != null && tables.isEmpty()) {
      return found;
    }
    try (Statement s = c.createStatement()) {
      if (dialect.vendor().mysqlFamily() && keepsStatistics(c)) {
        s.execute("SET SESSION information_schema_stats_expiry=0");
      }
      try (ResultSet r = s.executeQuery(query(dialect, tables))) {
        while (r.next()) {
          BigDecimal next = r.getBigDecimal(4);
          found.put(
              new TableName(r.getString(1), r.getString(2)),
              new ColumnCounter(
                  r.getString(3),
                  // On H2 none is left.
                  next == null
                      ? Long.MAX_VALUE
                      : next.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue()));
        }
      }
    }
    return found;
  }

  /** MySQL tells counters of up to a day ago. */
  private static boolean keepsStatistics(Connection c) throws SQLException {
    ServerVersion v = ServerVersion.of(c.getMetaData().getDatabaseProductVersion());
    return v != null && !v.mariadb() && v.number() >= 80_003;
  }

  private static String query(Dialect d, Set<TableName> tables) {
    String query =
        d.vendor().mysqlFamily()
            ? "SELECT TABLE_SCHEMA, TABLE_NAME, NULL, AUTO_INCREMENT FROM information_schema.TABLES"
                + " WHERE AUTO_INCREMENT IS NOT NULL AND TABLE_SCHEMA NOT IN ('mysql', 'sys',"
                + " 'performance_schema', 'information_schema', 'lockstep')"
            : "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, IDENTITY_BASE FROM"
                + " INFORMATION_SCHEMA.COLUMNS WHERE IS_IDENTITY = 'YES' AND TABLE_SCHEMA NOT IN"
                + " ('INFORMATION_SCHEMA', 'LOCKSTEP')";
    // Not pairs: MariaDB would open all tables.
    return tables == null
        ? query
        : query
            + " AND TABLE_SCHEMA IN ("
            + tables.stream()
                .map(TableName::schema)
                .distinct()
                .map(d::literal)
                .collect(Collectors.joining(", "))
            + ") AND TABLE_NAME IN ("
            + tables.stream()
                .map(TableName::name)
                .distinct()
                .map(d::literal)
                .collect(Collectors.joining(", "))
            + ")";
  }

  /** The highest value in the table; {@link Long#MIN_VALUE} where it is empty. */
  public long highestRow(Statement s, Dialect d, TableName table) throws SQLException {
    try (ResultSet r =
        s.executeQuery(
            "SELECT MAX("
                + d.quote(column)
                + ") FROM "
                + d.quote(table.schema())
                + "."
                + d.quote(table.name()))) {
      r.next();
      long highest = r.getLong(1);
      return r.wasNull() ? Long.MIN_VALUE : highest;
    }
  }

  /** Sets the value that comes next. It is DDL. */
  public void restart(Statement s, Dialect d, TableName table, long value) throws SQLException {
    String alter = "ALTER TABLE " + d.quote(table.schema()) + "." + d.quote(table.name());
    s.execute(
        d.vendor().mysqlFamily()
            ? alter + " AUTO_INCREMENT=" + value
            : alter + " ALTER COLUMN " + d.quote(column) + " RESTART WITH " + value);
  }
}
