package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Everything of an INSERT in front of its rows. Immutable. */
final class InsertHead {
  final TableInfo table;

  /** The columns that get values, in order. */
  final List<ColumnInfo> columns;

  /**
   * What is appended to each row for omitted columns whose default would differ from node to node.
   */
  final List<Slot> appended = new ArrayList<>();

  /** Text up to and with VALUES, for the primary. */
  final String primary;

  /** The same for replicas when the database chose the keys. */
  final String entry;

  /** The numbered column, or null. */
  final ColumnInfo auto;

  /** Its place among the values, or -1 where it is omitted. */
  final int autoPosition;

  final boolean usesTime;
  final boolean replaces;

  /** INSERT IGNORE. */
  final boolean ignores;

  final Defaults defaults;

  /**
   * @param verb INSERT, INSERT IGNORE or REPLACE
   * @param named the column list as written, or null where there is none
   * @param overriding whether the text says OVERRIDING SYSTEM VALUE
   * @param time whether triggers need the statement's time
   */
  InsertHead(
      String verb,
      TableInfo table,
      List<String> named,
      boolean overriding,
      boolean time,
      Vendor vendor,
      Literals literals,
      Defaults defaults)
      throws SQLException {
    this.table = table;
    this.replaces = verb.equals("REPLACE");
    this.ignores = verb.endsWith(" IGNORE");
    this.defaults = defaults;
    List<ColumnInfo> given = new ArrayList<>();
    if (named == null) {
      given.addAll(table.columns());
    } else {
      for (String name : named) {
        ColumnInfo c = table.column(name);
        if (c == null) {
          throw new java.sql.SQLSyntaxErrorException(
              "Lockstep: unknown column '" + name + "' in " + table.name(), "42S22");
        }
        if (given.contains(c)) {
          throw new java.sql.SQLSyntaxErrorException(
              "Lockstep: column '" + name + "' is named twice", "42000");
        }
        given.add(c);
      }
    }
    this.columns = List.copyOf(given);
    this.auto = table.autoIncrement();
    this.autoPosition = auto == null ? -1 : given.indexOf(auto);
    boolean usesTime = time;
    StringBuilder list = new StringBuilder();
    for (ColumnInfo c : named == null ? List.<ColumnInfo>of() : given) {
      list.append(list.length() == 0 ? "" : ", ").append(literals.name(c.name()));
    }
    for (ColumnInfo c : table.columns()) {
      if (given.contains(c) || c == auto || c.generated()) {
        continue;
      }
      Defaults.Effect effect = defaults.of(table, c);
      usesTime |= effect.usesTime();
      if (effect.replacement() != null) {
        appended.add(effect.replacement());
        list.append(list.length() == 0 ? "" : ", ").append(literals.name(c.name()));
      }
    }
    this.usesTime = usesTime;
    String start =
        verb
            + " INTO "
            + literals.name(table.name().schema())
            + "."
            + literals.name(table.name().name());
    String columnList = named == null ? "" : " (" + list + ")";
    this.primary = start + columnList + (overriding ? " OVERRIDING SYSTEM VALUE" : "") + " VALUES ";
    String entryList = columnList;
    if (auto != null && autoPosition < 0) {
      entryList = " (" + list + (list.length() == 0 ? "" : ", ") + literals.name(auto.name()) + ")";
    }
    boolean override = overriding || (auto != null && auto.alwaysIdentity());
    this.entry = start + entryList + (override ? " OVERRIDING SYSTEM VALUE" : "") + " VALUES ";
    if (!vendor.mysqlFamily() && columnList.equals(" ()")) {
      throw Errors.unsupported(
          "INSERT … DEFAULT VALUES is not supported here; name at least one column and give it a value");
    }
  }

  /** A number that the database has chosen, as a literal. */
  String number(long key) {
    boolean unsigned = auto.typeName() != null && auto.typeName().contains("unsigned");
    return unsigned ? Long.toUnsignedString(key) : Long.toString(key);
  }

  /** A text of this head where no row is there that it could replace. */
  String plain(String text) {
    return replaces ? "INSERT" + text.substring("REPLACE".length()) : text;
  }
}
