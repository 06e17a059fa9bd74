package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Prints the outcomes of statements as tables or as one JSON object per line. Not thread-safe. */
final class ResultPrinter {
  /** Rows that are read before the widths of the columns are settled. */
  private static final int ROWS_FOR_WIDTH = 500;

  private final PrintWriter out;
  private final boolean json;
  private final boolean counts;

  /**
   * @param counts whether to print update counts too, where the output is text
   */
  ResultPrinter(PrintWriter out, boolean json, boolean counts) {
    this.out = out;
    this.json = json;
    this.counts = counts;
  }

  /** A statement that changed {@code rows} rows. */
  void updated(int line, long rows) throws IOException {
    if (json) {
      try (JsonGenerator g = generator()) {
        g.writeStartObject();
        g.writeNumberField("line", line);
        g.writeNumberField("updateCount", rows);
        g.writeEndObject();
      }
      out.println();
    } else if (counts) {
      out.println(rows == 1 ? "1 row affected" : rows + " rows affected");
    }
  }

  /** A statement that failed where the script goes on; only JSON says so here. */
  void failed(int line, SQLException e) throws IOException {
    if (json) {
      try (JsonGenerator g = generator()) {
        g.writeStartObject();
        g.writeNumberField("line", line);
        g.writeStringField("error", e.getMessage());
        g.writeStringField("sqlState", e.getSQLState());
        g.writeNumberField("code", e.getErrorCode());
        g.writeEndObject();
      }
      out.println();
    }
  }

  /** A result set, to its end; returns the number of rows. */
  long result(int line, ResultSet rows) throws SQLException, IOException {
    return json ? json(line, rows) : table(rows);
  }

  private JsonGenerator generator() throws IOException {
    return new JsonFactory()
        .createGenerator(out)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
  }

  private long json(int line, ResultSet rows) throws SQLException, IOException {
    ResultSetMetaData meta = rows.getMetaData();
    int columns = meta.getColumnCount();
    long count = 0;
    try (JsonGenerator g = generator()) {
      g.writeStartObject();
      g.writeNumberField("line", line);
      g.writeArrayFieldStart("columns");
      for (int i = 1; i <= columns; i++) {
        g.writeString(meta.getColumnLabel(i));
      }
      g.writeEndArray();
      g.writeArrayFieldStart("rows");
      for (; rows.next(); count++) {
        g.writeStartArray();
        for (int i = 1; i <= columns; i++) {
          value(g, rows, i, meta.getColumnType(i));
        }
        g.writeEndArray();
      }
      g.writeEndArray();
      g.writeEndObject();
    }
    out.println();
    return count;
  }

  private static void value(JsonGenerator g, ResultSet rows, int column, int type)
      throws SQLException, IOException {
    if (number(type)) {
      Object value = rows.getObject(column);
      if (value instanceof Double || value instanceof Float) {
        double d = ((Number) value).doubleValue();
        if (Double.isFinite(d)) {
          g.writeNumber(value.toString());
        } else {
          g.writeString(value.toString());
        }
        return;
      }
      if (value instanceof BigDecimal || value instanceof BigInteger) {
        g.writeNumber(new BigDecimal(value.toString()));
        return;
      }
      if (value instanceof Number n) {
        g.writeNumber(n.longValue());
        return;
      }
      if (value instanceof Boolean b) {
        g.writeBoolean(b);
        return;
      }
    }
    String text = text(rows, column, type);
    if (text == null) {
      g.writeNull();
    } else {
      g.writeString(text);
    }
  }

  private static boolean number(int type) {
    return switch (type) {
      case Types.TINYINT,
          Types.SMALLINT,
          Types.INTEGER,
          Types.BIGINT,
          Types.DECIMAL,
          Types.NUMERIC,
          Types.REAL,
          Types.FLOAT,
          Types.DOUBLE,
          Types.BOOLEAN,
          Types.BIT ->
          true;
      default -> false;
    };
  }

  private static String text(ResultSet rows, int column, int type) throws SQLException {
    switch (type) {
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> {
        byte[] bytes = rows.getBytes(column);
        return bytes == null ? null : "0x" + HexFormat.of().formatHex(bytes);
      }
      default -> {
        return rows.getString(column);
      }
    }
  }

  private long table(ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    int columns = meta.getColumnCount();
    List<String> header = new ArrayList<>();
    boolean[] right = new boolean[columns];
    for (int i = 1; i <= columns; i++) {
      header.add(printable(meta.getColumnLabel(i)));
      right[i - 1] = number(meta.getColumnType(i));
    }
    List<String[]> first = new ArrayList<>();
    while (first.size() < ROWS_FOR_WIDTH && rows.next()) {
      first.add(row(rows, meta, columns));
    }
    int[] widths = TextTable.widths(header, first);
    TextTable.line(out, header.toArray(new String[0]), right, widths);
    String[] rule = new String[columns];
    Arrays.setAll(rule, i -> "-".repeat(widths[i]));
    TextTable.line(out, rule, right, widths);
    for (String[] row : first) {
      TextTable.line(out, row, right, widths);
    }
    long count = first.size();
    if (count == ROWS_FOR_WIDTH) {
      for (; rows.next(); count++) {
        TextTable.line(out, row(rows, meta, columns), right, widths);
      }
    }
    out.println(count == 1 ? "(1 row)" : "(" + count + " rows)");
    return count;
  }

  private static String[] row(ResultSet rows, ResultSetMetaData meta, int columns)
      throws SQLException {
    String[] row = new String[columns];
    for (int i = 1; i <= columns; i++) {
      String text = text(rows, i, meta.getColumnType(i));
      row[i - 1] = text == null ? "NULL" : printable(text);
    }
    return row;
  }

  /** Keeps a value on its line, and a hostile one from driving the terminal. */
  private static String printable(String text) {
    StringBuilder clean = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c)) {
        if (clean == null) {
          clean = new StringBuilder(text.length() + 8).append(text, 0, i);
        }
        switch (c) {
          case '\n' -> clean.append("\\n");
          case '\r' -> clean.append("\\r");
          case '\t' -> clean.append("\\t");
          default -> clean.append(String.format("\\x%02x", (int) c));
        }
      } else if (clean != null) {
        clean.append(c);
      }
    }
    return clean == null ? text : clean.toString();
  }
}
