package dev.lockstep.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts the query that finds the rows of a write together out of pieces of the write's text, and
 * remembers where placeholders stand in it. Used by one thread.
 */
final class SearchText {
  private final Tokens t;
  private final boolean mysql;
  private final int[] paramsBefore;
  private final List<String> texts = new ArrayList<>();
  private final List<Integer> params = new ArrayList<>();
  private final StringBuilder sql = new StringBuilder();

  SearchText(Tokens t, boolean mysql) {
    this.t = t;
    this.mysql = mysql;
    this.paramsBefore = new int[t.count() + 1];
    for (int i = 0; i < t.count(); i++) {
      paramsBefore[i + 1] = paramsBefore[i] + (t.type(i) == Tokens.PARAM ? 1 : 0);
    }
  }

  SearchText text(String text) {
    sql.append(text);
    return this;
  }

  /** Tokens {@code from} to {@code to}, exclusive, as they were written. */
  SearchText copy(int from, int to) throws SQLException {
    if (from >= to) {
      return this;
    }
    int copied = t.start(from);
    for (int i = from; i < to; i++) {
      String lock = lockOfSubQuery(from, i);
      if (!lock.isEmpty()) {
        sql.append(t.sql, copied, t.start(i)).append(lock);
        copied = t.start(i);
      }
      if (t.type(i) == Tokens.PARAM) {
        texts.add(sql.append(t.sql, copied, t.start(i)).toString());
        sql.setLength(0);
        params.add(paramsBefore[i]);
        copied = t.end(i);
      }
    }
    sql.append(t.sql, copied, t.end(to - 1));
    return this;
  }

  /** The pieces between placeholders, up to here. */
  String[] texts() {
    List<String> all = new ArrayList<>(texts);
    all.add(sql.toString());
    return all.toArray(new String[0]);
  }

  /** For each placeholder of the query the number of the one in the write. */
  int[] params() {
    return params.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Where a sub-query ends in front of token {@code i}, the clause that makes it read what is
   * committed now, and keep it so: as the server does for the sub-queries of a write, and not what
   * the transaction's snapshot shows.
   */
  private String lockOfSubQuery(int from, int i) throws SQLException {
    if (!mysql || !t.op(i, ')')) {
      return "";
    }
    int open = i;
    for (int depth = 0; open >= from; open--) {
      depth += t.op(open, ')') ? 1 : t.op(open, '(') ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    if (open < from || !t.isAny(open + 1, "SELECT", "WITH", "TABLE")) {
      return "";
    }
    int depth = 0;
    for (int k = open + 1; k < i; k++) {
      depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
      if (depth == 0
          && !t.op(k - 1, '.')
          && t.isAny(k, "UNION", "INTERSECT", "EXCEPT", "FOR", "LOCK", "TABLE", "PROCEDURE")) {
        throw WriteAnalysis.refused(
            t.upper(k) + " in a sub-query of " + t.upper(0), "read the rows first");
      }
    }
    return " LOCK IN SHARE MODE";
  }
}
