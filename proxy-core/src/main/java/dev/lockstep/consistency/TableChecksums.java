package dev.lockstep.consistency;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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
    try (SessionVariables plain = session(c)) {
      return inSession(c, table, condition(table, range));
    }
  }

  /**
   * Makes the text of values independent of the session's settings, until it is closed; null on H2,
   * which needs nothing.
   */
  public SessionVariables session(Connection c) throws SQLException {
    return vendor.mysqlFamily()
        ? SessionVariables.set(
            c,
            "time_zone",
            "'+00:00'",
            "sql_mode",
            "''",
            "character_set_connection",
            "'utf8mb4'",
            "collation_connection",
            "'utf8mb4_general_ci'")
        : null;
  }

  private String condition(UserTable table, KeyRange range) {
    return range.condition(table.primaryKey().stream().map(catalogue::quote).toList());
  }

  /**
   * The checksum of the rows that fulfil a condition, over a connection in UTC without a special
   * SQL mode, as {@link #session} makes it.
   */
  public TableChecksum inSession(Connection c, UserTable table, String where) throws SQLException {
    String sql =
        sums(rowHash(table)) + " FROM " + catalogue.quote(table.name()) + " WHERE " + where;
    try (Statement s = KeyReader.statement(c);
        ResultSet rs = s.executeQuery(sql)) {
      for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) {
        if (w.getErrorCode() == 1301) { // a row's text was cut at max_allowed_packet
          throw new SQLException(
              "Lockstep: a row of "
                  + table.name()
                  + " has no checksum; raise max_allowed_packet on the server: "
                  + w.getMessage());
        }
      }
      rs.next();
      return new TableChecksum(rs.getLong(1), rs.getString(2) + ":" + rs.getString(3));
    }
  }

  // A sum beside the exclusive or, because equal rows cancel each other out in the latter.

  private String sums(String hash) {
    return vendor.mysqlFamily()
        ? "SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT("
            + hash
            + ",16),16,10) AS UNSIGNED)), SUM(CAST(CONV(RIGHT("
            + hash
            + ",16),16,10) AS UNSIGNED))"
        : "SELECT COUNT(*), RAWTOHEX(BIT_XOR_AGG("
            + hash
            + ")), SUM(CAST(SUBSTRING("
            + hash
            + " FROM 1 FOR 8) AS BIGINT))";
  }

  /** An expression over a row that no two different rows share: hexadecimal, H2: binary. */
  String rowHash(UserTable table) {
    if (!vendor.mysqlFamily()) {
      return h2(table);
    }
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
    return "MD5(CONCAT_WS(',',CONCAT("
        + String.join(",", nulls)
        + "),"
        + String.join(",", parts)
        + "))";
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
    return "HASH('SHA-256'," + row + ")";
  }

  private static String h2Text(UserColumn k, String q) {
    return switch (k.type()) {
      case "character", "character varying", "varchar_ignorecase" ->
          k.length() > LONG ? "RAWTOHEX(HASH('SHA-256'," + q + "))" : measured(q);
      case "binary", "binary varying" ->
          k.length() > LONG ? "RAWTOHEX(HASH('SHA-256'," + q + "))" : "RAWTOHEX(" + q + ")";
      case "character large object", "binary large object", "json", "geometry", "java_object" ->
          "RAWTOHEX(HASH('SHA-256'," + q + "))";
      // As JSON, because an array's own text does not show where an element ends.
      case "array" -> "RAWTOHEX(HASH('SHA-256',CAST(" + q + " AS JSON)))";
      case "tinyint",
          "smallint",
          "integer",
          "bigint",
          "numeric",
          "real",
          "double precision",
          "decfloat",
          "boolean",
          "uuid",
          "date",
          "time",
          "time with time zone",
          "timestamp",
          "timestamp with time zone" ->
          "CAST(" + q + " AS VARCHAR)";
      default -> measured(q); // the label of an ENUM may hold a comma
    };
  }

  private static String measured(String q) {
    String text = "CAST(" + q + " AS VARCHAR)";
    return "CHAR_LENGTH(" + text + ")||':'||" + text;
  }

  /**
   * Compares nodes: definitions first, then data, range by range on all nodes at the same time. All
   * connections should be at rest.
   */
  public Comparison compare(List<Connection> nodes) throws SQLException {
    List<SessionVariables> sessions = new ArrayList<>();
    try (TableDifferences differences = new TableDifferences(vendor, nodes, () -> false)) {
      List<Map<TableName, UserTable>> tables = new ArrayList<>();
      List<Map<TableName, String>> definitions = new ArrayList<>();
      List<Map<TableName, TableChecksum>> sums = new ArrayList<>();
      List<String> signatures = new ArrayList<>();
      for (Connection c : nodes) {
        sessions.add(session(c));
        Map<TableName, UserTable> t = new TreeMap<>(MysqlUserCatalogue.BY_NAME);
        Map<TableName, String> d = new TreeMap<>(MysqlUserCatalogue.BY_NAME);
        for (UserTable table : catalogue.tables(c)) {
          t.put(table.name(), table);
          d.put(table.name(), catalogue.tableSignature(c, table.name()));
        }
        tables.add(t);
        definitions.add(d);
        sums.add(new TreeMap<>(MysqlUserCatalogue.BY_NAME));
        signatures.add(catalogue.signature(c));
      }
      Set<TableName> names = new TreeSet<>(MysqlUserCatalogue.BY_NAME);
      tables.forEach(t -> names.addAll(t.keySet()));
      for (TableName name : names) {
        if (definitions.stream().map(d -> d.get(name)).distinct().count() == 1) {
          List<TableChecksum> each = whole(differences, tables.get(0).get(name), nodes.size());
          for (int i = 0; i < each.size(); i++) {
            sums.get(i).put(name, each.get(i));
          }
          continue;
        }
        for (int i = 0; i < nodes.size(); i++) {
          UserTable t = tables.get(i).get(name);
          if (t != null) {
            sums.get(i).put(name, inSession(nodes.get(i), t, KeyRange.ALL.condition(List.of())));
          }
        }
      }
      return Comparison.of(sums, definitions, signatures);
    } finally {
      for (SessionVariables s : sessions) {
        if (s != null) {
          s.close();
        }
      }
    }
  }

  /** One checksum per node, of those of the same ranges. */
  private static List<TableChecksum> whole(TableDifferences differences, UserTable table, int nodes)
      throws SQLException {
    long[] rows = new long[nodes];
    MessageDigest[] hashes = new MessageDigest[nodes];
    try {
      for (int i = 0; i < nodes; i++) {
        hashes[i] = MessageDigest.getInstance("SHA-256");
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
    differences.walk(
        table,
        chunk -> {
          for (int i = 0; i < nodes; i++) {
            TableChecksum sum = chunk.sums().get(i);
            rows[i] += sum.rows();
            hashes[i].update((sum + "\n").getBytes(StandardCharsets.UTF_8));
          }
          return true;
        });
    List<TableChecksum> sums = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      sums.add(new TableChecksum(rows[i], HexFormat.of().formatHex(hashes[i].digest())));
    }
    return sums;
  }
}
