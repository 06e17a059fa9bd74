package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import java.sql.SQLException;
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
  static void onlyOfWrites(Tokens t, int tail) throws SQLException {
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
   * The query that finds and locks the rows of one table; what it may contain, {@link ReadAnalysis}
   * decides.
   *
   * @param found assignments whose values are looked for with the rows
   * @param values their columns
   */
  SearchedWrite.Query query(
      WriteText text, int tail, List<SetClause.Part> found, List<ColumnInfo> values)
      throws SQLException {
    Tokens t = text.t();
    onlyOfWrites(t, tail);
    SearchText sql =
        new SearchText(t, mysql)
            .copy(0, text.verb())
            .text(text.verb() == 0 ? "SELECT " : " SELECT ")
            .text(Search.selectList(text.table(), literals, mysql, ""));
    for (SetClause.Part p : found) {
      sql.text(", ").copy(p.from(), p.to());
    }
    sql.text(" FROM ")
        .text(literals.name(text.table().name().schema()))
        .text(".")
        .text(literals.name(text.table().name().name()))
        .text(text.aliasSql())
        .text(" ")
        .copy(tail, t.count());
    boolean ordered = false;
    int depth = 0;
    for (int i = tail; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      ordered |= depth == 0 && t.sequence(i, "ORDER", "BY");
    }
    List<SearchedWrite.Found> finds = List.of(new SearchedWrite.Found(text.table(), values));
    return finish(sql, ordered, finds, false, text.schema());
  }

  /** The query, whose text is there but for its locks. */
  SearchedWrite.Query finish(
      SearchText sql,
      boolean ordered,
      List<SearchedWrite.Found> found,
      boolean joined,
      String schema)
      throws SQLException {
    String[] texts = sql.text(" FOR UPDATE").texts();
    StatementPlan.Builder read =
        reads.select(Lexer.tokenize(String.join("?", texts), vendor), schema);
    if (mysql && read.materialized) {
      throw WriteAnalysis.refused(
          "a view with groups, DISTINCT, UNION or sub-queries, in a write that has to look for its"
              + " rows,",
          "read the rows first, or write the view's query into the statement");
    }
    if (read.callsReading) {
      throw WriteAnalysis.refused(
          "a stored function that reads tables, in a write that has to look for its rows,",
          "read the rows first: it would not see what others have just committed");
    }
    return new SearchedWrite.Query(
        texts, sql.params(), read.tables, read.allTables, ordered, List.copyOf(found), joined);
  }
}
