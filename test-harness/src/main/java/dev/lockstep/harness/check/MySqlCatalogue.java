package dev.lockstep.harness.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** MariaDB and MySQL. Immutable. */
final class MySqlCatalogue extends Catalogue {
  private static final String USER_SCHEMAS =
      " NOT IN ('information_schema','performance_schema','mysql','sys','lockstep')";

  // HEX of a string column gives its bytes in the column's own character set.
  private static final Set<String> HEX_TYPES =
      Set.of(
          "char",
          "varchar",
          "tinytext",
          "text",
          "mediumtext",
          "longtext",
          "json",
          "enum",
          "set",
          "binary",
          "varbinary",
          "tinyblob",
          "blob",
          "mediumblob",
          "longblob",
          "geometry",
          "point",
          "linestring",
          "polygon",
          "multipoint",
          "multilinestring",
          "multipolygon",
          "geometrycollection",
          "bit");

  @Override
  void prepare(Connection node) throws SQLException {
    try (Statement s = node.createStatement()) {
      s.execute("SET SESSION time_zone='+00:00'");
    }
  }

  @Override
  List<String> schemas(Connection node) throws SQLException {
    return rows(
            node,
            "SELECT schema_name FROM information_schema.schemata WHERE LOWER(schema_name)"
                + USER_SCHEMAS)
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  @Override
  List<Table> tables(Connection node) throws SQLException {
    return rows(
            node,
            "SELECT table_schema, table_name FROM information_schema.tables"
                + " WHERE table_type='BASE TABLE' AND LOWER(table_schema)"
                + USER_SCHEMAS)
        .stream()
        .map(row -> new Table(row.get(0), row.get(1)))
        .toList();
  }

  @Override
  String definition(Connection node, Table table) throws SQLException {
    return rows(node, "SHOW CREATE TABLE " + quote(table.schema()) + "." + quote(table.name()))
        .get(0)
        .get(1)
        .replaceAll(" AUTO_INCREMENT=\\d+", "")
        // MySQL 8 shows it or not, depending on how the table was made; the collation says it all.
        .replaceAll(" CHARACTER SET \\w+(?= COLLATE )", "");
  }

  @Override
  List<Column> columns(Connection node, Table table) throws SQLException {
    return rows(
            node,
            "SELECT column_name, data_type FROM information_schema.columns"
                + " WHERE table_schema=? AND table_name=? ORDER BY ordinal_position",
            table.schema(),
            table.name())
        .stream()
        .map(
            row -> {
              String type = row.get(1).toLowerCase(Locale.ROOT);
              return new Column(row.get(0), type, HEX_TYPES.contains(type) ? Form.HEX : Form.TEXT);
            })
        .toList();
  }

  @Override
  List<String> primaryKey(Connection node, Table table) throws SQLException {
    return rows(
            node,
            "SELECT column_name FROM information_schema.key_column_usage WHERE table_schema=?"
                + " AND table_name=? AND constraint_name='PRIMARY' ORDER BY ordinal_position",
            table.schema(),
            table.name())
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  @Override
  Statement streaming(Connection node) throws SQLException {
    Statement s = node.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
    // Connector/J's sign for row by row; MariaDB's driver takes positive sizes only.
    s.setFetchSize(
        node.getMetaData().getDriverName().startsWith("MySQL") ? Integer.MIN_VALUE : 1000);
    return s;
  }

  @Override
  String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  String expression(Column column) {
    String name = quote(column.name());
    if (column.form() == Form.HEX) {
      return "HEX(" + name + ")";
    }
    // The text form of a FLOAT is rounded to six digits; old versions cannot cast to DOUBLE.
    return column.type().equals("float")
        ? "CAST(" + name + "*1e0 AS CHAR)"
        : "CAST(" + name + " AS CHAR)";
  }
}
