package dev.lockstep.harness.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** H2. Immutable. */
final class H2Catalogue extends Catalogue {
  private static final String USER_SCHEMAS = " NOT IN ('INFORMATION_SCHEMA','LOCKSTEP')";
  private static final Pattern DEFINITION =
      Pattern.compile("(?s)(CREATE|ALTER)\\b[^;]*\\b(TABLE|INDEX)\\b.*");

  @Override
  void prepare(Connection node) throws SQLException {
    try (Statement s = node.createStatement()) {
      s.execute("SET TIME ZONE '0:00'");
    }
  }

  @Override
  List<String> schemas(Connection node) throws SQLException {
    return rows(
            node,
            "SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE UPPER(SCHEMA_NAME)"
                + USER_SCHEMAS)
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  @Override
  List<Table> tables(Connection node) throws SQLException {
    return rows(
            node,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES"
                + " WHERE TABLE_TYPE='BASE TABLE' AND UPPER(TABLE_SCHEMA)"
                + USER_SCHEMAS)
        .stream()
        .map(row -> new Table(row.get(0), row.get(1)))
        .toList();
  }

  @Override
  String definition(Connection node, Table table) throws SQLException {
    return rows(node, "SCRIPT NODATA TABLE " + quote(table.schema()) + "." + quote(table.name()))
        .stream()
        .map(row -> row.get(0).strip())
        .filter(line -> DEFINITION.matcher(line).matches())
        .map(
            line ->
                line.replaceAll(" *\\bRESTART WITH -?\\d+", "")
                    .replaceAll(" SELECTIVITY \\d+", "")
                    .replaceAll("\\s+", " "))
        .sorted()
        .collect(Collectors.joining(" "));
  }

  @Override
  List<Column> columns(Connection node, Table table) throws SQLException {
    return rows(
            node,
            "SELECT COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS"
                + " WHERE TABLE_SCHEMA=? AND TABLE_NAME=? ORDER BY ORDINAL_POSITION",
            table.schema(),
            table.name())
        .stream()
        .map(
            row ->
                new Column(
                    row.get(0),
                    row.get(1),
                    switch (row.get(1)) {
                      case "BINARY",
                          "BINARY VARYING",
                          "BINARY LARGE OBJECT",
                          "JAVA_OBJECT",
                          "GEOMETRY" ->
                          Form.BYTES;
                      default -> Form.TEXT;
                    }))
        .toList();
  }

  @Override
  List<String> primaryKey(Connection node, Table table) throws SQLException {
    return rows(
            node,
            "SELECT K.COLUMN_NAME FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE K"
                + " JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS C"
                + " ON C.CONSTRAINT_SCHEMA=K.CONSTRAINT_SCHEMA"
                + " AND C.CONSTRAINT_NAME=K.CONSTRAINT_NAME"
                + " WHERE C.CONSTRAINT_TYPE='PRIMARY KEY' AND K.TABLE_SCHEMA=?"
                + " AND K.TABLE_NAME=? ORDER BY K.ORDINAL_POSITION",
            table.schema(),
            table.name())
        .stream()
        .map(row -> row.get(0))
        .toList();
  }

  @Override
  Statement streaming(Connection node) throws SQLException {
    Statement s = node.createStatement();
    s.setFetchSize(1000);
    return s;
  }

  @Override
  String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  @Override
  String expression(Column column) {
    return quote(column.name());
  }
}
