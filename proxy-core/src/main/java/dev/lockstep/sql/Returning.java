package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A write that returns its rows: INSERT, REPLACE and DELETE … RETURNING of MariaDB, data change
 * tables of H2. The write is executed as without it, and its rows are read by their keys: those
 * that it inserts or updates afterwards, those that it deletes before. Immutable.
 */
public final class Returning {
  /** Rows that are returned in their order; more would make the query too long. */
  public static final int MOST = 1000;

  /** What the write does. */
  enum Does {
    /** The keys stand in the entries. */
    INSERT,
    /** The keys are looked for, the rows are read after the write. */
    UPDATE,
    /** The keys are looked for, the rows are read before the write. */
    BEFORE
  }

  private final Does does;
  private final String write;
  private final String before;
  private final String after;
  private final TableInfo table;
  private final Vendor vendor;
  private final Literals literals;

  /**
   * @param write the statement without what it returns
   * @param before the query up to the table
   * @param after the query behind the table
   */
  Returning(
      Does does,
      String write,
      String before,
      String after,
      TableInfo table,
      Vendor vendor,
      Literals literals) {
    this.does = does;
    this.write = write;
    this.before = before;
    this.after = after;
    this.table = table;
    this.vendor = vendor;
    this.literals = literals;
  }

  /** The write alone; all placeholders are in it. */
  public String write() {
    return write;
  }

  /** Whether the keys are looked for before the write; else its entries name them. */
  public boolean searches() {
    return does == Does.UPDATE || does == Does.BEFORE;
  }

  /** Whether the rows are read before the write. */
  public boolean before() {
    return does == Does.BEFORE;
  }

  /** The conditions that name the rows that were looked for, one each. */
  public List<String> found(List<Search.Row> rows) throws SQLException {
    checkNumber(rows.size());
    String name = name(table.column(table.primaryKey().get(0)));
    boolean single = table.primaryKey().size() == 1;
    return rows.stream().map(r -> single ? name + "=" + r.key() : r.key()).toList();
  }

  /**
   * The conditions that name the rows that these entries' texts have inserted, one each.
   *
   * @throws SQLException 0A001 where they are not all named
   */
  public List<String> inserted(List<String> entries) throws SQLException {
    List<String> columns = table.columns().stream().map(ColumnInfo::name).toList();
    List<String> quoted =
        table.primaryKey().stream().map(k -> literals.name(table.column(k).name())).toList();
    List<String> all = new ArrayList<>();
    for (String entry : entries) {
      if (entry.startsWith("DELETE") && does == Does.INSERT) {
        continue; // of a REPLACE
      }
      List<String> rows =
          entry.startsWith("UPDATE") || entry.contains(" ON DUPLICATE KEY UPDATE ")
              ? null
              : RowsOfEntry.rows(entry, vendor, columns, table.primaryKey(), quoted);
      if (rows == null) {
        throw notNamed();
      }
      all.addAll(rows);
      checkNumber(all.size());
    }
    return all;
  }

  /** The rows that were written cannot all be read again by their keys. */
  public SQLException notNamed() {
    return Errors.unsupported(
        "what the write to "
            + table.name()
            + " returns cannot be told from its keys, so it was undone; write, then read");
  }

  private void checkNumber(int rows) throws SQLException {
    if (rows > MOST) {
      throw Errors.unsupported(
          "a write that returns more than "
              + MOST
              + " rows is not supported, so it was undone; write fewer at a time, or read them");
    }
  }

  /** Counts the rows of these conditions. */
  public String count(List<String> rows) {
    return "SELECT COUNT(*) FROM " + tableText() + " WHERE " + condition(rows);
  }

  /** Reads the rows of these conditions, in their order. */
  public String read(List<String> rows) {
    StringBuilder order = new StringBuilder();
    if (rows.size() > 1) {
      order.append(" ORDER BY CASE");
      for (int i = 0; i < rows.size(); i++) {
        order.append(" WHEN ").append(rows.get(i)).append(" THEN ").append(i);
      }
      order.append(" END");
    }
    if (vendor.mysqlFamily()) {
      return before
          + tableText()
          + " WHERE "
          + condition(rows)
          + order
          + (before() ? " FOR UPDATE" : "")
          + after;
    }
    return before
        + "(SELECT * FROM "
        + tableText()
        + " WHERE "
        + condition(rows)
        + order
        + ")"
        + after;
  }

  private static String condition(List<String> rows) {
    return rows.isEmpty() ? "1=0" : "(" + String.join(") OR (", rows) + ")";
  }

  private String tableText() {
    return literals.name(table.name().schema()) + "." + literals.name(table.name().name());
  }

  private String name(ColumnInfo c) {
    return literals.name(c.name());
  }
}
