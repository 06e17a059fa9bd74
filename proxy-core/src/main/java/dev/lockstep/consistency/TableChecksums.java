package dev.lockstep.consistency;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Checksums of tables, computed inside the servers: exact in type, NULL, case, trailing spaces and
 * the last digit of floating-point numbers. Two nodes' checksums can be compared only where their
 * definitions are equal. Stateless.
 */
public final class TableChecksums {
  /** Above this many characters or bytes a value goes into the row's text as a digest. */
  private static final long LONG = 4_000;

  private final Vendor vendor;
  private final UserCatalogue catalogue;

  public TableChecksums(Vendor vendor) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
  }

  /** Whether the node holds any object of a user besides schemas. */
  public boolean hasUserTables(Connection c) throws SQLException {
    return catalogue.hasUserTables(c);
  }

  /** The checksums of all user tables, by name. */
  public Map<TableName, TableChecksum> all(Connection c) throws SQLException {
    Map<TableName, TableChecksum> sums = new TreeMap<>(MysqlUserCatalogue.BY_NAME);
    for (UserTable t : catalogue.tables(c)) {
      sums.put(t.name(), table(c, t, KeyRange.ALL));
    }
    return sums;
  }

  /** The checksum of a table, or of a range of its primary key. */
  @SuppressWarnings("try") // session variables are closed, not read
  public TableChecksum table(Connection c, UserTable table, KeyRange range) throws SQLException {
    String where =
        " FROM "
            + catalogue.quote(table.name())
            + " WHERE "
            + range.condition(table.primaryKey().stream().map(catalogue::quote).toList());
    if (!vendor.mysqlFamily()) {
      return read(c, h2(table) + where);
    }
    try (SessionVariables utc =
        SessionVariables.set(c, "time_zone", "'+00:00'", "sql_mode", "''")) {
      return read(c, mysql(table) + where);
    }
  }

  private static TableChecksum read(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery(sql)) {
      rs.next();
      return new TableChecksum(rs.getLong(1), rs.getString(2) + ":" + rs.getString(3));
    }
  }

  // A sum beside the exclusive or, because equal rows cancel each other out in the latter.

  private String mysql(UserTable table) {
    List<String> parts = new ArrayList<>();
    List<String> nulls = new ArrayList<>();
    for (UserColumn k : table.columns()) {
      if (k.computed() && !k.stored()) {
        continue;
      }
      String q = catalogue.quote(k.name());
      nulls.add("ISNULL(" + q + ")");
      parts.add(mysqlText(k, q));
    }
    String row = "CONCAT_WS(',',CONCAT(" + String.join(",", nulls) + ")," + String.join(",", parts);
    return "SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(MD5("
        + row
        + ")),16),16,10) AS UNSIGNED)), SUM(CAST(CONV(RIGHT(MD5("
        + row
        + ")),16),16,10) AS UNSIGNED))";
  }

  /** Text without doubt about where it ends; NULL for NULL. */
  private static String mysqlText(UserColumn k, String q) {
    return switch (k.type()) {
      case "tinyint",
          "smallint",
          "mediumint",
          "int",
          "bigint",
          "decimal",
          "year",
          "date",
          "time",
          "datetime",
          "timestamp" ->
          q;
      // FLOAT as such is shown with 6 digits; a DOUBLE with all.
      case "float", "double" -> q + "*1e0";
      case "bit", "enum", "set" -> "CAST(" + q + " AS UNSIGNED)";
      case "char", "varchar" ->
          k.length() > LONG ? "MD5(" + q + ")" : "LENGTH(" + q + "),CAST(" + q + " AS BINARY)";
      case "binary", "varbinary" -> k.length() > LONG ? "MD5(" + q + ")" : "LENGTH(" + q + ")," + q;
      case "uuid", "inet6", "inet4", "json" -> "MD5(CAST(" + q + " AS CHAR))";
      default -> "MD5(" + q + ")";
    };
  }

  private String h2(UserTable table) {
    String row =
        table.columns().stream()
            .map(k -> "COALESCE(" + h2Text(k, catalogue.quote(k.name())) + ",'-')")
            .collect(Collectors.joining("||','||"));
    String hash = "HASH('SHA-256'," + row + ")";
    return "SELECT COUNT(*), RAWTOHEX(BIT_XOR_AGG("
        + hash
        + ")), SUM(CAST(SUBSTRING("
        + hash
        + " FROM 1 FOR 8) AS BIGINT))";
  }

  private static String h2Text(UserColumn k, String q) {
    return switch (k.type()) {
      case "character", "character varying", "varchar_ignorecase" ->
          k.length() > LONG
              ? "RAWTOHEX(HASH('SHA-256'," + q + "))"
              : "CHAR_LENGTH(" + q + ")||':'||CAST(" + q + " AS VARCHAR)";
      case "binary", "binary varying" ->
          k.length() > LONG ? "RAWTOHEX(HASH('SHA-256'," + q + "))" : "RAWTOHEX(" + q + ")";
      case "character large object", "binary large object", "json", "geometry", "java_object" ->
          "RAWTOHEX(HASH('SHA-256'," + q + "))";
      case "array", "row" -> "RAWTOHEX(HASH('SHA-256',CAST(" + q + " AS VARCHAR)))";
      default -> "CAST(" + q + " AS VARCHAR)";
    };
  }

  /** Compares nodes: definitions first, then data. All connections should be at rest. */
  public Comparison compare(List<Connection> nodes) throws SQLException {
    List<Map<TableName, TableChecksum>> sums = new ArrayList<>();
    List<Map<TableName, String>> definitions = new ArrayList<>();
    List<String> signatures = new ArrayList<>();
    for (Connection c : nodes) {
      sums.add(all(c));
      Map<TableName, String> d = new TreeMap<>(MysqlUserCatalogue.BY_NAME);
      for (TableName t : sums.get(sums.size() - 1).keySet()) {
        d.put(t, catalogue.tableSignature(c, t));
      }
      definitions.add(d);
      signatures.add(catalogue.signature(c));
    }
    return Comparison.of(sums, definitions, signatures);
  }
}
