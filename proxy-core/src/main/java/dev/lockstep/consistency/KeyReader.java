package dev.lockstep.consistency;

import dev.lockstep.config.Vendor;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads primary keys of one table as SQL literals that compare with the columns exactly as the keys
 * themselves do. The order of keys is always the server's. Immutable.
 */
public final class KeyReader {
  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final UserTable table;
  private final List<UserColumn> columns;
  private final List<String> names;

  public KeyReader(Vendor vendor, UserTable table) {
    this.vendor = vendor;
    this.table = table;
    catalogue = UserCatalogue.of(vendor);
    columns = table.primaryKey().stream().map(table::column).toList();
    names = table.primaryKey().stream().map(catalogue::quote).toList();
  }

  /** The quoted columns of the key; none where the table has no primary key. */
  public List<String> names() {
    return names;
  }

  /** The expressions that a SELECT must have for {@link #literals}. */
  String select() {
    List<String> list = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      String q = names.get(i);
      list.add(
          !vendor.mysqlFamily()
              ? q
              : switch (columns.get(i).type()) {
                case "float", "double" -> q + "*1e0";
                case "bit", "enum", "set" -> "CAST(" + q + " AS UNSIGNED)";
                case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" ->
                    "CAST(" + q + " AS BINARY)";
                default -> q;
              });
    }
    return String.join(",", list);
  }

  /** The key of the row that the result set is at, whose first columns are {@link #select}. */
  List<String> literals(ResultSet rs) throws SQLException {
    List<String> literals = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      UserColumn c = columns.get(i);
      if (vendor.mysqlFamily()) {
        literals.add(mysql(c, rs.getBytes(i + 1)));
      } else if (c.type().startsWith("binary")) {
        literals.add(h2(c, rs.getBytes(i + 1)));
      } else {
        literals.add(h2(c, rs.getString(i + 1)));
      }
    }
    return literals;
  }

  /**
   * The key of the n-th row of a range, or null where it has fewer.
   *
   * @param n from 1 on
   */
  public List<String> nth(Connection c, KeyRange range, long n) throws SQLException {
    try (Statement s = statement(c);
        ResultSet rs =
            s.executeQuery(
                "SELECT "
                    + select()
                    + " FROM "
                    + catalogue.quote(table.name())
                    + " WHERE "
                    + range.condition(names)
                    + " ORDER BY "
                    + String.join(",", names)
                    + " LIMIT 1 OFFSET "
                    + (n - 1))) {
      return rs.next() ? literals(rs) : null;
    }
  }

  static Statement statement(Connection c) throws SQLException {
    Statement s = c.createStatement();
    s.setEscapeProcessing(false);
    return s;
  }

  /**
   * A literal of MySQL or MariaDB.
   *
   * @param v the value's bytes as {@link #select} reads them
   */
  public static String mysql(UserColumn c, byte[] v) {
    return switch (c.type()) {
      case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "bit", "enum", "set" ->
          ascii(v);
      case "float",
          "double",
          "date",
          "time",
          "datetime",
          "timestamp",
          "year",
          "uuid",
          "inet6",
          "inet4" ->
          "'" + ascii(v) + "'";
      default -> (c.charset() == null ? "" : "_" + c.charset() + " ") + hex("x", v);
    };
  }

  /**
   * A literal of H2.
   *
   * @param v bytes for a binary column, else anything whose text is that of the value
   */
  public static String h2(UserColumn c, Object v) {
    if (v instanceof byte[] b) {
      return hex("X", b);
    }
    return switch (c.type()) {
      case "tinyint", "smallint", "integer", "bigint", "numeric", "boolean" -> v.toString();
      // As text: a literal with a point or an exponent would not be of the column's own type.
      case "real" -> "CAST('" + v + "' AS REAL)";
      case "double precision" -> "CAST('" + v + "' AS DOUBLE PRECISION)";
      case "decfloat" -> "CAST('" + v + "' AS DECFLOAT)";
      default -> "'" + v.toString().replace("'", "''") + "'";
    };
  }

  private static String ascii(byte[] v) {
    return new String(v, StandardCharsets.US_ASCII);
  }

  private static String hex(String prefix, byte[] v) {
    return prefix + "'" + HexFormat.of().formatHex(v) + "'";
  }
}
