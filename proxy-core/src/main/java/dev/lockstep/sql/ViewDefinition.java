package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A view of MySQL or MariaDB that is nothing but columns and rows of one table, so that what is
 * written through it can be said in terms of that table. Immutable.
 *
 * @param name the view's
 * @param columns in order
 * @param condition what rows it shows, in terms of the table's columns; null where all
 * @param checked WITH CHECK OPTION
 */
record ViewDefinition(
    TableName name, TableInfo table, List<Column> columns, String condition, boolean checked) {
  /**
   * A column of the view.
   *
   * @param base the table's column that it is, or null where it is computed
   */
  record Column(String name, String base) {
    boolean renamed() {
      return !name.equalsIgnoreCase(base);
    }
  }

  /** The column of that name, or null. */
  Column column(String column) {
    for (Column c : columns) {
      if (c.name.equalsIgnoreCase(column)) {
        return c;
      }
    }
    return null;
  }

  /** Whether it shows this column of the table under its own name. */
  boolean shows(String base) {
    Column c = column(base);
    return c != null && base.equalsIgnoreCase(c.base);
  }

  /**
   * Reads what SHOW CREATE VIEW gives, where all names are in backticks.
   *
   * @throws SQLException 0A001 where it is another kind of view
   */
  static ViewDefinition read(TableName view, Names names, Functions functions) throws SQLException {
    String text = names.viewText(view);
    if (text == null) {
      throw other(view, "its definition cannot be read");
    }
    Tokens t = Lexer.tokenize(text, Vendor.MYSQL);
    int i = 1;
    while (i < t.count() && !t.is(i, "VIEW")) {
      if (t.is(i, "TEMPTABLE")) {
        throw other(view, "it is made a temporary table");
      }
      i++;
    }
    i = names.read(t, i + 1, "a view").next();
    List<String> called = new ArrayList<>();
    if (t.op(i, '(')) {
      for (int k = i + 1; k < t.closing(i); k += 2) {
        called.add(Names.unquote(t.text(k)));
      }
      i = t.closing(i) + 1;
    }
    if (!t.is(i, "AS") || !t.is(i + 1, "SELECT")) {
      throw other(view, "the definition is no plain SELECT");
    }
    List<Column> columns = new ArrayList<>();
    int list = i + 2;
    i = columns(t, list, called, columns);
    for (int k = list; k < i; k++) {
      // A stored function, which the server quotes, may be an aggregate too (MariaDB).
      boolean aggregate =
          t.op(k + 1, '(') && (t.type(k) == Tokens.QUOTED || ReadAnalysis.aggregate(t.upper(k)));
      if (aggregate || t.isAny(k, "SELECT", "DISTINCT", "OVER")) {
        throw other(view, "the definition has " + t.upper(k));
      }
    }
    if (!t.is(i, "FROM") || t.type(i + 1) != Tokens.QUOTED) {
      throw other(view, "the definition is no SELECT from one table");
    }
    Names.Ref ref = names.read(t, i + 1, "a table");
    TableInfo table = names.find(ref, view.schema());
    i = ref.next();
    i += t.type(i) == Tokens.QUOTED ? 1 : 0;
    if (table == null || !table.baseTable()) {
      throw other(view, ref + " is no table");
    }
    String condition = null;
    if (t.is(i, "WHERE")) {
      int end = end(t, i + 1, view, functions);
      condition = unqualified(t, i + 1, end);
      i = end;
    }
    boolean checked = t.is(i, "WITH");
    if (!checked && i < t.count()) {
      throw other(view, "the definition has '" + t.text(i) + "'");
    }
    ViewDefinition all =
        new ViewDefinition(
            view, table, List.copyOf(columns), condition, checked && condition != null);
    for (Column c : columns) {
      if (c.base != null && table.column(c.base) == null) {
        throw other(view, "the column " + c.base + " is no longer there");
      }
      if (c.base != null
          && columns.stream().filter(o -> c.base.equalsIgnoreCase(o.base)).count() > 1) {
        throw other(view, "the column " + c.base + " stands there more than once");
      }
    }
    return all;
  }

  /** Reads the list of a SELECT; returns the token behind it. */
  private static int columns(Tokens t, int from, List<String> called, List<Column> columns) {
    int start = from;
    int depth = 0;
    for (int i = from; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      boolean end = depth == 0 && t.is(i, "FROM");
      if (end || (depth == 0 && t.op(i, ','))) {
        int behind = t.is(i - 2, "AS") ? i - 2 : i;
        boolean plain = behind > start;
        for (int k = start; k < behind; k++) {
          plain &= (k - start) % 2 == 0 ? t.type(k) == Tokens.QUOTED : t.op(k, '.');
        }
        String name =
            called.size() > columns.size()
                ? called.get(columns.size())
                : Names.unquote(t.text(i - 1));
        columns.add(new Column(name, plain ? Names.unquote(t.text(behind - 1)) : null));
        start = i + 1;
      }
      if (end) {
        return i;
      }
    }
    return t.count();
  }

  /** Where the condition ends; refuses what does not depend on the row and the time alone. */
  private static int end(Tokens t, int from, TableName view, Functions functions)
      throws SQLException {
    int depth = 0;
    for (int i = from; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0 && t.is(i, "WITH")) {
        return i;
      }
      boolean more =
          t.isAny(i, "SELECT", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT")
              || t.isAny(i, "WINDOW", "PROCEDURE", "FOR", "LOCK");
      if (more) {
        throw other(view, "it has " + t.upper(i));
      }
      boolean called = t.op(i + 1, '(');
      if (t.type(i) == Tokens.QUOTED && called) {
        throw other(view, "it calls the stored function " + t.text(i));
      }
      if (t.type(i) == Tokens.WORD && (called || functions.bare(t.upper(i)))) {
        switch (functions.effect(t.upper(i))) {
          case VOLATILE, SESSION, PINS, FORBIDDEN -> throw other(view, "it calls " + t.upper(i));
          default -> {}
        }
      }
    }
    return t.count();
  }

  /** The text between two tokens, with names of columns alone. */
  private static String unqualified(Tokens t, int from, int to) {
    StringBuilder text = new StringBuilder();
    int copied = t.start(from);
    for (int i = from; i < to; i++) {
      if (t.type(i) == Tokens.QUOTED && t.op(i + 1, '.')) {
        text.append(t.sql, copied, t.start(i));
        copied = t.start(i + 2);
        i++;
      }
    }
    return text.append(t.sql, copied, t.end(to - 1)).toString();
  }

  private static SQLException other(TableName view, String why) {
    return WriteAnalysis.refused(
        "a write through the view " + view + " (" + why + ")", "write to its tables");
  }
}
