package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How a write whose WHERE is not just the primary key is executed: a query on the primary finds and
 * locks its rows and gives their keys, then the write itself names these keys, there and on every
 * other node (section 1 of the protocol: "the write is executed restricted to the locked keys").
 * One execution; used by one thread.
 */
public final class Search {
  /** Makes the writes for some rows. */
  interface Writes {
    BoundWrite forRows(String condition, int rows) throws SQLException;
  }

  /** Makes it when it is needed. */
  interface Source {
    Search get() throws SQLException;
  }

  /** The text of the query, made when it is needed. */
  interface Text {
    String get() throws SQLException;
  }

  private static final int TOGETHER = 500;
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");

  private final TableInfo table;
  private final Literals literals;
  private final boolean mysql;
  private final Text sql;
  private final boolean oneByOne;
  private final Writes writes;

  /**
   * @param sql finds and locks the rows
   * @param oneByOne whether each row needs a statement of its own: in the order in which they were
   *     found, with values of its own
   */
  Search(
      TableInfo table,
      Literals literals,
      boolean mysql,
      Text sql,
      boolean oneByOne,
      Writes writes) {
    this.table = table;
    this.literals = literals;
    this.mysql = mysql;
    this.sql = sql;
    this.oneByOne = oneByOne;
    this.writes = writes;
  }

  /** The locking query for the primary; literals only. Its rows go to {@link #key}. */
  public String sql() throws SQLException {
    return sql.get();
  }

  /** What is selected of a key: so that {@link #key} can write it as a literal again. */
  static String selectList(TableInfo table, Literals literals, boolean mysql) throws SQLException {
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
      String name = literals.name(c.name());
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

  /** The condition that names the row on which the result set stands. */
  public String key(ResultSet rows) throws SQLException {
    StringBuilder condition = new StringBuilder(32);
    int i = 0;
    for (String k : table.primaryKey()) {
      ColumnInfo c = table.column(k);
      if (table.primaryKey().size() > 1) {
        condition.append(i == 0 ? "" : " AND ").append(literals.name(c.name())).append('=');
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
   * @param keys what {@link #key} gave for each row
   */
  public List<BoundWrite> writes(List<String> keys) throws SQLException {
    List<BoundWrite> all = new ArrayList<>();
    int most = oneByOne ? 1 : TOGETHER;
    for (int from = 0; from < keys.size(); from += most) {
      List<String> some = keys.subList(from, Math.min(keys.size(), from + most));
      all.add(writes.forRows(condition(some), some.size()));
    }
    return all;
  }

  private String condition(List<String> keys) {
    if (table.primaryKey().size() > 1) {
      return keys.size() == 1 ? keys.get(0) : "(" + String.join(") OR (", keys) + ")";
    }
    String name = literals.name(table.column(table.primaryKey().get(0)).name());
    return keys.size() == 1
        ? name + "=" + keys.get(0)
        : name + " IN (" + String.join(",", keys) + ")";
  }
}
