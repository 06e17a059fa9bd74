package dev.lockstep.harness.check;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** What the comparer has to know about one family of databases. Immutable. */
abstract class Catalogue {

  record Table(String schema, String name) implements Comparable<Table> {
    @Override
    public int compareTo(Table other) {
      int order = schema.compareTo(other.schema);
      return order != 0 ? order : name.compareTo(other.name);
    }

    @Override
    public String toString() {
      return schema + "." + name;
    }
  }

  /** How the bytes of a column are fetched. */
  enum Form {
    /** The server's text form is exact. */
    TEXT,
    /** The select list turns it into hex digits. */
    HEX,
    /** Read as bytes. */
    BYTES
  }

  record Column(String name, String type, Form form) {
    String read(ResultSet result, int index) throws SQLException {
      if (form != Form.BYTES) {
        return result.getString(index);
      }
      byte[] bytes = result.getBytes(index);
      return bytes == null ? null : HexFormat.of().withUpperCase().formatHex(bytes);
    }

    /** For people: hex digits of readable text as that text. */
    String show(String value) {
      if (value == null) {
        return "NULL";
      }
      if (form == Form.TEXT) {
        return "'" + value + "'";
      }
      try {
        String text =
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(HexFormat.of().parseHex(value)))
                .toString();
        if (text.chars().noneMatch(Character::isISOControl)) {
          return "'" + text + "' (0x" + value + ")";
        }
      } catch (CharacterCodingException | IllegalArgumentException notText) {
        // Shown as hex.
      }
      return "0x" + value;
    }
  }

  static Catalogue of(Connection connection) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    return switch (product) {
      case "MySQL", "MariaDB" -> new MySqlCatalogue();
      case "H2" -> new H2Catalogue();
      default -> throw new IllegalArgumentException("cannot compare tables of " + product);
    };
  }

  /** Brings a session into a state in which equal data looks equal. */
  abstract void prepare(Connection node) throws SQLException;

  abstract List<String> schemas(Connection node) throws SQLException;

  abstract List<Table> tables(Connection node) throws SQLException;

  abstract String definition(Connection node, Table table) throws SQLException;

  abstract List<Column> columns(Connection node, Table table) throws SQLException;

  abstract List<String> primaryKey(Connection node, Table table) throws SQLException;

  /** A statement whose results are not kept in memory as a whole. */
  abstract Statement streaming(Connection node) throws SQLException;

  abstract String quote(String name);

  abstract String expression(Column column);

  final String select(Table table, List<Column> columns, List<String> key) {
    List<String> expressions = columns.stream().map(this::expression).toList();
    List<String> order = key.isEmpty() ? expressions : key.stream().map(this::quote).toList();
    return "SELECT "
        + String.join(", ", expressions)
        + " FROM "
        + quote(table.schema())
        + "."
        + quote(table.name())
        + " ORDER BY "
        + String.join(", ", order);
  }

  static List<List<String>> rows(Connection node, String sql, String... parameters)
      throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (var statement = node.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet result = statement.executeQuery()) {
        int width = result.getMetaData().getColumnCount();
        while (result.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= width; i++) {
            row.add(result.getString(i));
          }
          rows.add(row);
        }
      }
    }
    return rows;
  }
}
