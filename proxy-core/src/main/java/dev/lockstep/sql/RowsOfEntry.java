package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Tells which rows an entry of a write set names, as a condition for a query of its table: what
 * stands after the WHERE of an UPDATE or DELETE, the keys among the values of an INSERT. For
 * looking at these rows first; the condition is as deterministic as the entry, but may leave rows
 * out that have to do with the entry's result, such as one that holds a unique value. Stateless.
 */
public final class RowsOfEntry {
  private static final int MAX_LENGTH = 200_000;

  private RowsOfEntry() {}

  /**
   * The condition, or null where the text is of another form.
   *
   * @param sql an entry's statement, lexed by the server's default SQL mode
   * @param columns names of the table's columns, in order
   * @param key names of the columns of its primary key
   * @param quotedKey the same, quoted
   */
  public static String condition(
      String sql, Vendor vendor, List<String> columns, List<String> key, List<String> quotedKey)
      throws SQLException {
    if (sql.length() > MAX_LENGTH) {
      return null;
    }
    Tokens t = Lexer.tokenize(sql, vendor);
    if (t.parameterCount() > 0 || t.hasExecutableComment()) {
      return null;
    }
    if (t.is(0, "UPDATE") || t.sequence(0, "DELETE", "FROM")) {
      return where(t);
    }
    List<String> rows = t.sequence(0, "INSERT", "IGNORE") ? null : rows(t, columns, key, quotedKey);
    return rows == null ? null : "(" + String.join(") OR (", rows) + ")";
  }

  /**
   * A condition for each row of an INSERT or REPLACE, in order; or null where the text is of
   * another form. Parameters as of {@link #condition}.
   */
  static List<String> rows(
      String sql, Vendor vendor, List<String> columns, List<String> key, List<String> quotedKey)
      throws SQLException {
    return rows(Lexer.tokenize(sql, vendor), columns, key, quotedKey);
  }

  private static List<String> rows(
      Tokens t, List<String> columns, List<String> key, List<String> quotedKey) {
    boolean ignore = t.sequence(0, "INSERT", "IGNORE", "INTO");
    if (!ignore && !t.sequence(0, "INSERT", "INTO") && !t.sequence(0, "REPLACE", "INTO")) {
      return null;
    }
    return key.isEmpty() ? null : values(t, ignore ? 3 : 2, columns, key, quotedKey);
  }

  private static int afterName(Tokens t, int i) {
    int at = i + 1;
    while (t.op(at, '.')) {
      at += 2;
    }
    return at;
  }

  private static String where(Tokens t) {
    boolean update = t.is(0, "UPDATE");
    int at = afterName(t, update ? 1 : 2);
    // No alias, no join: the words of the condition mean the table's columns.
    if (!t.is(at, update ? "SET" : "WHERE")) {
      return null;
    }
    int where = -1;
    int depth = 0;
    for (; at < t.count(); at++) {
      if (t.op(at, '(')) {
        depth++;
      } else if (t.op(at, ')')) {
        depth--;
      } else if (t.op(at, ';') || t.isAny(at, "SELECT", "RETURNING", "LIMIT", "ORDER", "FETCH")) {
        return null;
      } else if (depth == 0 && t.is(at, "WHERE")) {
        where = at;
      }
    }
    return where < 0 || where + 1 >= t.count()
        ? null
        : t.sql.substring(t.start(where + 1), t.end(t.count() - 1));
  }

  private static List<String> values(
      Tokens t, int name, List<String> columns, List<String> key, List<String> quotedKey) {
    int at = afterName(t, name);
    List<String> named = columns;
    if (t.op(at, '(')) {
      named = new ArrayList<>();
      int end = t.closing(at);
      for (at++; at < end; at++) {
        if (t.identifier(at)) {
          named.add(name(t.text(at)));
        }
      }
      at++;
    }
    int[] places = new int[key.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = place(named, key.get(i));
      if (places[i] < 0) {
        return null;
      }
    }
    if (!t.isAny(at, "VALUES", "VALUE")) {
      return null;
    }
    List<String> rows = new ArrayList<>();
    while (t.op(at + 1, '(')) {
      int end = t.closing(at + 1);
      if (end < 0) {
        return null;
      }
      List<String> row = parts(t, at + 2, end);
      if (row.size() != named.size()) {
        return null;
      }
      StringBuilder s = new StringBuilder();
      for (int i = 0; i < places.length; i++) {
        String value = row.get(places[i]);
        if (value.equalsIgnoreCase("DEFAULT") || value.isEmpty()) {
          return null;
        }
        s.append(i == 0 ? "" : " AND ").append(quotedKey.get(i)).append("=(").append(value);
        s.append(')');
      }
      rows.add(s.toString());
      at = end + 1;
      if (!t.op(at, ',')) {
        break;
      }
    }
    return rows.isEmpty() ? null : rows;
  }

  /** The texts between commas. */
  private static List<String> parts(Tokens t, int from, int end) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = from;
    for (int i = from; i <= end; i++) {
      if (i == end || depth == 0 && t.op(i, ',')) {
        parts.add(i == start ? "" : t.sql.substring(t.start(start), t.end(i - 1)));
        start = i + 1;
      } else if (t.op(i, '(')) {
        depth++;
      } else if (t.op(i, ')')) {
        depth--;
      }
    }
    return parts;
  }

  private static int place(List<String> names, String name) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        return i;
      }
    }
    return -1;
  }

  private static String name(String token) {
    char q = token.charAt(0);
    if (q != '`' && q != '"') {
      return token.toLowerCase(Locale.ROOT);
    }
    String inner = token.substring(1, token.length() - 1);
    return inner.replace("" + q + q, "" + q);
  }
}
