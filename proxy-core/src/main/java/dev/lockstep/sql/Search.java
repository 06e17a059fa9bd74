package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How a write whose WHERE is not just the primary key is executed: a query on the primary finds and
 * locks its rows and gives their keys, then the write itself names these keys, there and on every
 * other node (section 1 of the protocol: "the write is executed restricted to the locked keys").
 * One execution; used by one thread.
 */
public class Search {
  /** Makes the writes for some rows. */
  interface Writes {
    BoundWrite forRows(String condition, int rows, String[] values) throws SQLException;
  }

  /** Makes it when it is needed. */
  interface Source {
    Search get() throws SQLException;
  }

  /** The text of the query, made when it is needed. */
  interface Text {
    String get() throws SQLException;
  }

  /**
   * A row that was found.
   *
   * @param key the condition that names it
   * @param values literals that belong to it
   */
  public record Row(String key, String[] values) {
    /** About how much of a write set it will take. */
    public long size() {
      long size = key.length();
      for (String v : values) {
        size += v.length();
      }
      return size;
    }
  }

  static final String[] NONE = {};

  /** How many rows a statement writes, if nothing speaks for another number. */
  static final int TOGETHER = 500;

  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");

  private final TableInfo table;
  private final Literals literals;
  private final boolean mysql;
  private final Text sql;
  private final SearchValues values;
  private final boolean joined;
  private final int together;
  private final Writes writes;
  private String query;

  /**
   * @param sql finds and locks the rows
   * @param values what is found besides the keys, or null
   * @param joined whether a row may be found several times, or a key be NULL
   * @param together how many rows a statement may write; 1 where they must be written in the order
   *     in which they were found, or with values of their own
   */
  Search(
      TableInfo table,
      Literals literals,
      boolean mysql,
      Text sql,
      SearchValues values,
      boolean joined,
      int together,
      Writes writes) {
    this.table = table;
    this.literals = literals;
    this.mysql = mysql;
    this.sql = sql;
    this.values = values;
    this.joined = joined;
    this.together = together;
    this.writes = writes;
  }

  Search(Search like) {
    this(
        like.table,
        like.literals,
        like.mysql,
        like.sql,
        like.values,
        like.joined,
        like.together,
        like.writes);
  }

  /** Statements for the primary that come first; the warnings of the last one are the write's. */
  public List<String> fill() throws SQLException {
    return values == null ? List.of() : values.fill(query());
  }

  /** The query for the primary; literals only. Its rows go to {@link #row}. */
  public String sql() throws SQLException {
    return values == null ? query() : values.read(query());
  }

  /** Statements that come last, in any case. */
  public List<String> cleanUp() {
    return values == null ? List.of() : values.cleanUp();
  }

  private String query() throws SQLException {
    if (query == null) {
      query = sql.get();
    }
    return query;
  }

  /** What is selected of a key: so that {@link #row} can write it as a literal again. */
  static String selectList(TableInfo table, Literals literals, boolean mysql, String qualifier)
      throws SQLException {
    return selectList(table, mysql, c -> qualifier + literals.name(c.name()));
  }

  /** The same, of columns that have other names. */
  static String selectList(TableInfo table, boolean mysql, Function<ColumnInfo, String> names)
      throws SQLException {
    StringBuilder list = new StringBuilder();
    for (String k : table.primaryKey()) {
      ColumnInfo c = table.column(k);
      switch (c.kind()) {
        case FLOAT, BIT, JSON, OTHER, TIMESTAMP -> {
          // The text of a TIMESTAMP of MySQL means two instants where clocks are set back.
          if (mysql || c.kind() != ColumnInfo.Kind.TIMESTAMP) {
            throw Errors.unsupported(
                "the key column "
                    + c.name()
                    + " of "
                    + table.name()
                    + " ("
                    + c.typeName()
                    + ") has no exact literal; write the rows one by one with another key");
          }
        }
        default -> {}
      }
      String name = names.apply(c);
      boolean asText =
          switch (c.kind()) {
            case DATE, TIME, DATETIME, TIMESTAMP -> true;
            // Connector/J makes a date of YEAR and a bit of TINYINT(1).
            case INTEGER ->
                c.typeName() != null
                    && (c.typeName().startsWith("year") || c.typeName().startsWith("tinyint"));
            default -> false;
          };
      list.append(list.length() == 0 ? "" : ", ")
          .append(asText ? "CAST(" + name + (mysql ? " AS CHAR)" : " AS VARCHAR)") : name);
    }
    return list.toString();
  }

  /** The row on which the result set stands, or null where it has none of the table. */
  public Row row(ResultSet rows) throws SQLException {
    return row(rows, 0);
  }

  /**
   * The same.
   *
   * @param before number of columns before its own
   */
  Row row(ResultSet rows, int before) throws SQLException {
    String key = key(rows, before);
    return key == null
        ? null
        : new Row(
            key, values == null ? NONE : values.row(rows, before + table.primaryKey().size()));
  }

  /** Number of columns of the query that are its own. */
  int columns() {
    return table.primaryKey().size() + valueCount();
  }

  /** Number of new values that are found with each row. */
  int valueCount() {
    return values == null ? 0 : values.count();
  }

  TableInfo table() {
    return table;
  }

  /**
   * The condition that names the row on which the result set stands; null where an outer join has
   * none.
   *
   * @param before number of columns before it
   */
  String key(ResultSet rows, int before) throws SQLException {
    if (joined && rows.getObject(before + 1) == null) {
      return null;
    }
    StringBuilder condition = new StringBuilder(32);
    int i = before;
    for (String k : table.primaryKey()) {
      ColumnInfo c = table.column(k);
      if (table.primaryKey().size() > 1) {
        condition.append(i == before ? "" : " AND ").append(literals.name(c.name())).append('=');
      }
      condition.append(literal(rows, ++i, c));
    }
    return condition.toString();
  }

  private String literal(ResultSet rows, int i, ColumnInfo c) throws SQLException {
    return switch (c.kind()) {
      case INTEGER, DECIMAL -> number(rows.getString(i), c);
      case BINARY -> "x'" + HexFormat.of().formatHex(rows.getBytes(i)) + "'";
      case BOOLEAN -> mysql ? rows.getString(i) : rows.getBoolean(i) ? "TRUE" : "FALSE";
      default -> literals.string(rows.getString(i));
    };
  }

  private static String number(String text, ColumnInfo c) throws SQLException {
    if (!NUMBER.matcher(text).matches()) {
      throw Errors.unsupported(
          "the key column " + c.name() + " (" + c.typeName() + ") has the value " + text);
    }
    return text;
  }

  /**
   * The writes for the rows that were found, to be executed in this order.
   *
   * @param found what {@link #row} gave for each
   */
  public List<BoundWrite> writes(List<Row> found) throws SQLException {
    List<Row> rows = joined ? distinct(found) : found;
    List<BoundWrite> all = new ArrayList<>();
    for (int from = 0; from < rows.size(); ) {
      String[] same = rows.get(from).values;
      List<String> keys = new ArrayList<>();
      int to = from;
      while (to < rows.size() && to - from < together && Arrays.equals(same, rows.get(to).values)) {
        keys.add(rows.get(to++).key);
      }
      all.add(writes.forRows(condition(keys), keys.size(), same));
      from = to;
    }
    return all;
  }

  /**
   * What has to be read when the writes are done, because they do not tell what they make of the
   * rows: these make the writes for the other nodes, unless {@link #leavesOut}. Mostly none.
   */
  public List<Search> images(List<Row> found) {
    return List.of();
  }

  /** Whether the rows that {@link #images} find have been left out, so that nothing was written. */
  public boolean leavesOut() {
    return false;
  }

  /**
   * A row that the join finds several times is written once, with the values that are found first:
   * which these are, the server does not promise either.
   */
  private static List<Row> distinct(List<Row> found) {
    Map<String, Row> rows = new LinkedHashMap<>();
    found.forEach(row -> rows.putIfAbsent(row.key, row));
    return new ArrayList<>(rows.values());
  }

  final String condition(List<String> keys) {
    if (table.primaryKey().size() > 1) {
      return keys.size() == 1 ? keys.get(0) : "(" + String.join(") OR (", keys) + ")";
    }
    String name = literals.name(table.column(table.primaryKey().get(0)).name());
    return keys.size() == 1
        ? name + "=" + keys.get(0)
        : name + " IN (" + String.join(",", keys) + ")";
  }
}
