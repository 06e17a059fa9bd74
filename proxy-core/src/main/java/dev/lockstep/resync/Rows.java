package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.KeyReader;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserColumn;
import dev.lockstep.consistency.UserTable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads, deletes and inserts rows of one table exactly. A row is the values of the writable columns
 * (MySQL: bytes as {@link MysqlRowWriter} wants them; H2: Java objects). For one thread.
 */
final class Rows {
  private static final int DELETE_TOGETHER = 200;

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final UserTable table;
  private final List<UserColumn> columns;
  private final List<String> key;
  private final String list;

  Rows(Vendor vendor, UserTable table) {
    this.vendor = vendor;
    this.table = table;
    catalogue = UserCatalogue.of(vendor);
    columns = table.writable();
    key = table.primaryKey().stream().map(catalogue::quote).toList();
    list =
        vendor.mysqlFamily()
            ? MysqlRowWriter.selectList(catalogue, table)
            : H2RowWriter.selectList(catalogue, table);
  }

  /** Rows of a key range in key order, at most {@code limit}; 0: all. */
  List<Object[]> read(Connection c, KeyRange range, int limit) throws SQLException {
    return read(c, range.condition(key), limit);
  }

  /** The row with this key, given as literals in key order. */
  List<Object[]> read(Connection c, List<String> literals) throws SQLException {
    return read(c, equal(literals), 0);
  }

  private List<Object[]> read(Connection c, String where, int limit) throws SQLException {
    List<Object[]> rows = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet rs =
            s.executeQuery(
                "SELECT "
                    + list
                    + " FROM "
                    + catalogue.quote(table.name())
                    + " WHERE "
                    + where
                    + " ORDER BY "
                    + String.join(",", key)
                    + (limit > 0 ? " LIMIT " + limit : ""))) {
      while (rs.next()) {
        rows.add(row(rs));
      }
    }
    return rows;
  }

  Object[] row(ResultSet rs) throws SQLException {
    Object[] row = new Object[columns.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] =
          vendor.mysqlFamily() ? rs.getBytes(i + 1) : H2RowWriter.read(rs, i + 1, columns.get(i));
    }
    return row;
  }

  /** The literals of a row's key, in key order. */
  List<String> literals(Object[] row) {
    List<String> literals = new ArrayList<>();
    for (String k : table.primaryKey()) {
      int i = 0;
      while (!columns.get(i).name().equals(k)) {
        i++;
      }
      literals.add(
          vendor.mysqlFamily()
              ? KeyReader.mysql(columns.get(i), (byte[]) row[i])
              : KeyReader.h2(columns.get(i), row[i]));
    }
    return literals;
  }

  private String equal(List<String> literals) {
    StringBuilder s = new StringBuilder("(");
    for (int i = 0; i < key.size(); i++) {
      s.append(i == 0 ? "" : " AND ").append(key.get(i)).append('=').append(literals.get(i));
    }
    return s.append(')').toString();
  }

  /** Deletes rows by their keys. */
  void delete(Connection c, List<Object[]> rows) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      for (int from = 0; from < rows.size(); from += DELETE_TOGETHER) {
        List<Object[]> some = rows.subList(from, Math.min(rows.size(), from + DELETE_TOGETHER));
        StringBuilder sql =
            new StringBuilder("DELETE FROM ")
                .append(catalogue.quote(table.name()))
                .append(" WHERE ");
        for (int i = 0; i < some.size(); i++) {
          sql.append(i == 0 ? "" : " OR ").append(equal(literals(some.get(i))));
        }
        long n = s.executeLargeUpdate(sql.toString());
        if (n != some.size()) {
          throw new SQLException(
              "Lockstep: "
                  + n
                  + " rows of "
                  + table.name()
                  + " were deleted instead of "
                  + some.size());
        }
      }
    }
  }

  /** Inserts rows. */
  void insert(Connection c, List<Object[]> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    if (vendor.mysqlFamily()) {
      long packet = JournalTables.number(c, "SELECT @@session.max_allowed_packet");
      try (MysqlRowWriter w = new MysqlRowWriter(c, table, packet)) {
        for (Object[] r : rows) {
          byte[][] bytes = new byte[r.length][];
          for (int i = 0; i < r.length; i++) {
            bytes[i] = (byte[]) r[i];
          }
          w.add(bytes);
        }
        w.flush();
      }
      return;
    }
    try (H2RowWriter w = new H2RowWriter(c, catalogue, table)) {
      for (Object[] r : rows) {
        w.add(Arrays.asList(r));
      }
      w.flush();
    }
  }
}
