package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the query that finds the rows of an UPDATE or DELETE out of what stands behind its SET or
 * its table. Thread-safe.
 */
final class SearchAnalysis {
  private final ReadAnalysis reads;
  private final Vendor vendor;
  private final boolean mysql;
  private final Literals literals;

  SearchAnalysis(ReadAnalysis reads, Vendor vendor, Literals literals) {
    this.reads = reads;
    this.vendor = vendor;
    this.mysql = vendor.mysqlFamily();
    this.literals = literals;
  }

  /** Where the search begins: at WHERE, ORDER BY, LIMIT, or behind the end. */
  static int tail(WriteText text) throws SQLException {
    Tokens t = text.t();
    int depth = 0;
    int tail = t.count();
    for (int i = text.from(); i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth != 0 || t.type(i) != Tokens.WORD || t.op(i - 1, '.') || t.op(i + 1, '.')) {
        continue;
      }
      boolean before = tail == t.count();
      if (before && text.update() && (t.op(i + 1, '=') || t.op(i - 1, ','))) {
        continue; // a column
      }
      if (t.is(i, "RETURNING") || (before && t.isAny(i, "FROM", "USING", "PARTITION"))) {
        throw WriteAnalysis.refused(
            t.upper(0) + " … " + t.upper(i), "use the plain form and read the rows yourself");
      }
      if (before && (t.isAny(i, "WHERE", "LIMIT", "FETCH") || t.sequence(i, "ORDER", "BY"))) {
        tail = i;
      }
    }
    if (!text.update() && tail != text.from()) {
      throw WriteAnalysis.refused("DELETE … " + t.upper(text.from()), "use the plain form");
    }
    return tail;
  }

  static boolean onlyWhere(Tokens t, int tail) {
    if (!t.is(tail, "WHERE")) {
      return false;
    }
    int depth = 0;
    for (int i = tail + 1; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0
          && !t.op(i - 1, '.')
          && (t.isAny(i, "LIMIT", "FETCH") || t.sequence(i, "ORDER", "BY"))) {
        return false;
      }
    }
    return true;
  }

  /** What a SELECT may have behind its WHERE, but no write. */
  private static void onlyOfWrites(Tokens t, int tail) throws SQLException {
    int depth = 0;
    boolean limit = false;
    for (int i = tail; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth != 0 || t.op(i - 1, '.')) {
        continue;
      }
      limit |= t.is(i, "LIMIT");
      if (t.isAny(
              i,
              "UNION",
              "INTERSECT",
              "EXCEPT",
              "MINUS",
              "GROUP",
              "HAVING",
              "WINDOW",
              "PROCEDURE",
              "FOR",
              "LOCK",
              "INTO",
              "QUALIFY",
              "OFFSET",
              "SELECT")
          || (limit && t.op(i, ','))) {
        throw WriteAnalysis.refused(
            t.upper(0) + " … " + (t.op(i, ',') ? "LIMIT with an offset" : t.upper(i)),
            "leave it out");
      }
    }
  }

  /**
   * Where a sub-query ends in front of token {@code i}, the clause that makes it read what is
   * committed now, and keep it so: as the server does for the sub-queries of a write, and not what
   * the transaction's snapshot shows.
   */
  private String lockOfSubQuery(Tokens t, int tail, int i) throws SQLException {
    if (!mysql || !t.op(i, ')')) {
      return "";
    }
    int open = i;
    for (int depth = 0; open >= tail; open--) {
      depth += t.op(open, ')') ? 1 : t.op(open, '(') ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    if (open < tail || !t.isAny(open + 1, "SELECT", "WITH", "TABLE")) {
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

  /** The query that finds and locks the rows; what it may contain, {@link ReadAnalysis} decides. */
  SearchedWrite.Query query(WriteText text, int tail) throws SQLException {
    Tokens t = text.t();
    onlyOfWrites(t, tail);
    List<String> texts = new ArrayList<>();
    StringBuilder sql =
        new StringBuilder("SELECT ")
            .append(Search.selectList(text.table(), literals, mysql))
            .append(" FROM ")
            .append(literals.name(text.table().name().schema()))
            .append('.')
            .append(literals.name(text.table().name().name()))
            .append(text.aliasSql());
    int firstParam = 0;
    boolean ordered = false;
    int depth = 0;
    int copied = tail < t.count() ? t.start(tail) : 0;
    for (int i = 0; i < t.count(); i++) {
      boolean param = t.type(i) == Tokens.PARAM;
      if (i < tail) {
        firstParam += param ? 1 : 0;
        continue;
      }
      sql.append(i == tail ? " " : "");
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      ordered |= depth == 0 && t.sequence(i, "ORDER", "BY");
      String lock = lockOfSubQuery(t, tail, i);
      if (!lock.isEmpty()) {
        sql.append(t.sql, copied, t.start(i)).append(lock);
        copied = t.start(i);
      }
      if (param) {
        texts.add(sql.append(t.sql, copied, t.start(i)).toString());
        sql.setLength(0);
        copied = t.end(i);
      }
    }
    if (tail < t.count()) {
      sql.append(t.sql, copied, t.end(t.count() - 1));
    }
    texts.add(sql.append(" FOR UPDATE").toString());
    StatementPlan.Builder read =
        reads.select(Lexer.tokenize(String.join("?", texts), vendor), text.schema());
    if (read.callsReading) {
      throw WriteAnalysis.refused(
          "a stored function that reads tables, in the WHERE of " + t.upper(0),
          "read the rows first: it would not see what others have just committed");
    }
    return new SearchedWrite.Query(
        texts.toArray(new String[0]), firstParam, read.tables, read.allTables, ordered);
  }
}
