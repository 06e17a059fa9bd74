package dev.lockstep.resync;

import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserColumn;
import dev.lockstep.consistency.UserTable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** Writes rows of one H2 table to another server, value by value in exact types. One thread. */
final class H2RowWriter implements AutoCloseable {
  private static final int BATCH = 500;
  private static final long BATCH_BYTES = 1 << 20;

  private final List<UserColumn> columns;
  private final PreparedStatement insert;
  private int pending;
  private long pendingBytes;
  private long rows;
  private long bytes;

  H2RowWriter(Connection target, UserCatalogue catalogue, UserTable table) throws SQLException {
    columns = table.writable();
    StringJoiner names = new StringJoiner(",", "(", ")");
    StringJoiner marks = new StringJoiner(",", "(", ")");
    for (UserColumn c : columns) {
      names.add(catalogue.quote(c.name()));
      marks.add(c.type().equals("json") ? "? FORMAT JSON" : "?");
    }
    insert =
        target.prepareStatement(
            "INSERT INTO "
                + catalogue.quote(table.name())
                + names
                + " OVERRIDING SYSTEM VALUE VALUES "
                + marks);
  }

  static String selectList(UserCatalogue q, UserTable table) {
    StringJoiner names = new StringJoiner(",");
    table.writable().forEach(c -> names.add(q.quote(c.name())));
    return names.toString();
  }

  /** Adds the row that the result set, made of {@link #selectList}, is at. */
  void add(ResultSet rs) throws SQLException {
    List<Object> row = new ArrayList<>(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      row.add(read(rs, i + 1, columns.get(i)));
    }
    add(row);
  }

  void add(List<Object> row) throws SQLException {
    for (int i = 0; i < row.size(); i++) {
      Object v = row.get(i);
      if (v instanceof byte[] b) {
        insert.setBytes(i + 1, b);
        pendingBytes += b.length;
      } else {
        insert.setObject(i + 1, v);
        pendingBytes += v instanceof String s ? s.length() : 8;
      }
    }
    insert.addBatch();
    pending++;
    if (pending >= BATCH || pendingBytes >= BATCH_BYTES) {
      flush();
    }
  }

  /** One value in a Java type that holds it exactly; byte arrays for binary, JSON and geometry. */
  static Object read(ResultSet rs, int i, UserColumn c) throws SQLException {
    return switch (c.type()) {
      case "date" -> rs.getObject(i, LocalDate.class);
      case "time" -> rs.getObject(i, LocalTime.class);
      case "time with time zone" -> rs.getObject(i, OffsetTime.class);
      case "timestamp" -> rs.getObject(i, LocalDateTime.class);
      case "timestamp with time zone" -> rs.getObject(i, OffsetDateTime.class);
      case "character",
          "character varying",
          "varchar_ignorecase",
          "character large object",
          "enum",
          // BigDecimal has no infinity
          "decfloat" ->
          rs.getString(i);
      case "binary", "binary varying", "binary large object", "json", "geometry" -> rs.getBytes(i);
      case "array" -> {
        Array a = rs.getArray(i);
        yield a == null ? null : a.getArray();
      }
      default -> rs.getObject(i);
    };
  }

  void flush() throws SQLException {
    if (pending > 0) {
      insert.executeBatch();
      rows += pending;
      bytes += pendingBytes;
      pending = 0;
      pendingBytes = 0;
    }
  }

  long rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void close() throws SQLException {
    insert.close();
  }
}
