package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes INSERT … SELECT apart: a query for the primary, and inserts of the rows that it finds,
 * which are replicated as any INSERT … VALUES. Thread-safe.
 */
final class CopyAnalysis {
  /** What the query is. */
  enum Source {
    /** A query. */
    QUERY,
    /** An INSERT … VALUES into the stage. */
    VALUES,
    /** A LOAD DATA into the stage. */
    FILE
  }

  /**
   * @param head the insert up to and with VALUES
   * @param query the query in pieces between placeholders
   * @param end what stands behind the rows
   * @param table the target
   * @param columns of it that get values, in order
   * @param source what the query is
   */
  record Copy(
      String head,
      String[] query,
      String end,
      TableInfo table,
      List<ColumnInfo> columns,
      Source source) {
    String query(Binding binding) throws SQLException {
      StringBuilder sql = new StringBuilder(query[0]);
      for (int i = 1; i < query.length; i++) {
        Template.text(sql, binding.render(new Slot.Placeholder(i - 1)), query[i]);
        sql.append(query[i]);
      }
      return sql.toString();
    }
  }

  private final Vendor vendor;
  private final WriteAnalysis writes;
  private final ReadAnalysis reads;
  private final Names names;
  private final Literals literals;
  private final ValuesAnalysis staged;

  CopyAnalysis(
      Vendor vendor, WriteAnalysis writes, ReadAnalysis reads, Names names, Literals literals) {
    this.vendor = vendor;
    this.writes = writes;
    this.reads = reads;
    this.names = names;
    this.literals = literals;
    this.staged = new ValuesAnalysis(vendor, writes, reads, names, literals);
  }

  /** The plan, or null where the text is no INSERT … SELECT. */
  StatementPlan.Builder analyze(Tokens t, String schema, long generation) throws SQLException {
    boolean ignore = vendor.mysqlFamily() && t.is(0, "INSERT") && t.is(1, "IGNORE");
    int i = ignore ? 2 : 1;
    i += t.is(i, "INTO") ? 1 : 0;
    if (!t.identifier(i) || t.isAny(i, "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED")) {
      return null;
    }
    Names.Ref ref = names.read(t, i, "a table");
    int query = ref.next();
    int columnsEnd = query;
    if (t.op(query, '(')
        && !t.isAny(query + 1, "SELECT", "WITH", "TABLE")
        && !t.op(query + 1, '(')) {
      columnsEnd = t.closing(query) + 1;
      query = columnsEnd;
    }
    int first = query;
    while (t.op(first, '(')) {
      first++;
    }
    boolean values =
        t.isAny(query, "VALUES", "VALUE")
            || vendor.mysqlFamily() && columnsEnd == ref.next() && t.is(query, "SET");
    if (values) {
      return values(t, schema, ignore, ref, query, generation);
    }
    if (columnsEnd == 0 || !t.isAny(first, "SELECT", "WITH", "TABLE")) {
      return null;
    }
    TableInfo table = writes.writable(ref, schema);
    Triggers.Effect triggers = writes.triggers(table, "INSERT", generation);
    int end = t.count();
    for (int k = query; k < t.count(); k++) {
      if (t.is(k, "RETURNING") && !t.op(k - 1, '.')) {
        throw WriteAnalysis.refused("INSERT … SELECT … RETURNING", "read the rows yourself");
      }
      if (t.sequence(k, "ON", "DUPLICATE", "KEY") && end == t.count()) {
        end = k;
      }
      if (k >= end && t.type(k) == Tokens.PARAM) {
        throw WriteAnalysis.refused(
            "a parameter behind ON DUPLICATE KEY UPDATE of an INSERT … SELECT",
            "select the value with the rows and use VALUES(column)");
      }
    }
    String head =
        t.text(0)
            + (ignore ? " IGNORE" : "")
            + " INTO "
            + literals.name(table.name().schema())
            + "."
            + literals.name(table.name().name())
            + (columnsEnd > ref.next()
                ? " " + t.sql.substring(t.start(ref.next()), t.end(columnsEnd - 1))
                : "")
            + " VALUES ";
    List<String> named = new ArrayList<>();
    if (columnsEnd > ref.next()) {
      writes.columnList(t, ref.next() + 1, table, named);
    }
    Copy copy =
        new Copy(
            head,
            pieces(t, query, end),
            end < t.count() ? " " + t.sql.substring(t.start(end), t.end(t.count() - 1)) : "",
            table,
            named.isEmpty() ? table.columns() : columns(table, named),
            Source.QUERY);
    StatementPlan.Builder b = new StatementPlan.Builder(StatementPlan.Kind.COPY, t, schema);
    StatementPlan.Builder read =
        reads.query(Lexer.tokenize(String.join("?", copy.query()), vendor), schema);
    if (read.callsReading) {
      throw WriteAnalysis.refused(
          "INSERT … SELECT with a stored function that reads tables", "read the rows first");
    }
    if (read.sequences.stream().anyMatch(SequenceUse::last)) {
      throw WriteAnalysis.refused(
          "INSERT … SELECT of the last value of a sequence", "read the value first");
    }
    b.sequences = read.sequences;
    b.tables.add(table.name());
    b.alsoWrites = triggers.writes();
    b.tables.addAll(b.alsoWrites);
    b.tables.addAll(read.tables);
    b.allTables = read.allTables;
    b.pinsSession = read.pinsSession || !read.sets.isEmpty();
    b.copy = copy;
    return b;
  }

  /** Null where there is no sub-query among the values. */
  private StatementPlan.Builder values(
      Tokens t, String schema, boolean ignore, Names.Ref ref, int at, long generation)
      throws SQLException {
    int end = at;
    int depth = 0;
    boolean query = false;
    while (end < t.count() && !(depth == 0 && t.isAny(end, "ON", "RETURNING", "AS"))) {
      depth += t.op(end, '(') ? 1 : t.op(end, ')') ? -1 : 0;
      query |=
          t.op(end - 1, '(')
              && (depth > 1 || t.is(at, "SET"))
              && t.isAny(end, "SELECT", "WITH", "VALUES", "TABLE");
      end++;
    }
    if (!query) {
      return null;
    }
    if (end < t.count() && !t.sequence(end, "ON", "DUPLICATE", "KEY")) {
      throw WriteAnalysis.refused(
          t.upper(0) + " with sub-queries and " + t.upper(end), "read the values first");
    }
    for (int k = end; k < t.count(); k++) {
      if (t.type(k) == Tokens.PARAM) {
        throw WriteAnalysis.refused(
            "a parameter behind ON DUPLICATE KEY UPDATE of an INSERT with sub-queries",
            "read the values first");
      }
    }
    String verb = t.text(0) + (ignore ? " IGNORE" : "");
    return staged.analyze(
        t, schema, verb.toUpperCase(java.util.Locale.ROOT), ref, at, end, generation);
  }

  static List<ColumnInfo> columns(TableInfo table, List<String> named) throws SQLException {
    List<ColumnInfo> columns = new ArrayList<>();
    for (String name : named) {
      ColumnInfo c = table.column(name);
      if (c == null) {
        throw new java.sql.SQLSyntaxErrorException(
            "Lockstep: unknown column '" + name + "' in " + table.name(), "42S22");
      }
      columns.add(c);
    }
    return columns;
  }

  /** The text of some tokens, cut at its placeholders. */
  static String[] pieces(Tokens t, int from, int to) {
    List<String> pieces = new ArrayList<>();
    int copied = t.start(from);
    for (int k = from; k < to; k++) {
      if (t.type(k) == Tokens.PARAM) {
        pieces.add(t.sql.substring(copied, t.start(k)));
        copied = t.end(k);
      }
    }
    pieces.add(t.sql.substring(copied, t.end(to - 1)));
    return pieces.toArray(new String[0]);
  }
}
