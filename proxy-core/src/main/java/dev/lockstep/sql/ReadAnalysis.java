package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds a query's tables, locks and side effects from its tokens. Every name in a place where a
 * table can stand counts; what cannot be resolved makes the plan one of all tables. Thread-safe.
 */
final class ReadAnalysis {
  private static final Set<String> AGGREGATES =
      Set.of(
          "COUNT",
          "SUM",
          "MIN",
          "MAX",
          "AVG",
          "GROUP_CONCAT",
          "STD",
          "STDDEV",
          "VARIANCE",
          "BIT_AND",
          "BIT_OR",
          "BIT_XOR",
          "STDDEV_POP",
          "STDDEV_SAMP",
          "VAR_POP",
          "VAR_SAMP",
          "JSON_ARRAYAGG",
          "JSON_OBJECTAGG");

  /** Words that end a FROM clause, after which a comma no longer separates tables. */
  private static final Set<String> END_OF_FROM =
      Set.of(
          "WHERE",
          "GROUP",
          "HAVING",
          "ORDER",
          "LIMIT",
          "UNION",
          "INTERSECT",
          "EXCEPT",
          "MINUS",
          "WINDOW",
          "FOR",
          "LOCK",
          "FETCH",
          "OFFSET",
          "SELECT",
          "PROCEDURE",
          "INTO",
          "QUALIFY");

  /** Words that may stand before a parenthesis without calling a function. */
  private static final Set<String> NOT_CALLED =
      Set.of(
          "SELECT",
          "FROM",
          "WHERE",
          "AND",
          "OR",
          "NOT",
          "XOR",
          "IN",
          "EXISTS",
          "ANY",
          "ALL",
          "SOME",
          "ON",
          "USING",
          "AS",
          "OVER",
          "BY",
          "HAVING",
          "WHEN",
          "THEN",
          "ELSE",
          "CASE",
          "BETWEEN",
          "LIKE",
          "RLIKE",
          "REGEXP",
          "IS",
          "DIV",
          "UNION",
          "INTERSECT",
          "EXCEPT",
          "MINUS",
          "DISTINCT",
          "JOIN",
          "STRAIGHT_JOIN",
          "LATERAL",
          "VALUES",
          "ROW",
          "LIMIT",
          "OFFSET",
          "INDEX",
          "KEY",
          "PARTITION",
          "WITHIN",
          "FILTER",
          "AGAINST",
          "RETURN",
          "INTERVAL",
          "ESCAPE",
          "RECURSIVE",
          "WINDOW",
          "ROLLUP",
          "CUBE",
          "SETS",
          "COLUMNS",
          "PATH",
          "BINARY",
          "DECIMAL",
          "NUMERIC",
          "DEC",
          "CHAR",
          "VARCHAR",
          "NCHAR",
          "NVARCHAR",
          "CHARACTER",
          "VARYING",
          "VARBINARY",
          "SIGNED",
          "UNSIGNED",
          "FLOAT",
          "DOUBLE",
          "DATETIME",
          "INTEGER",
          "INT",
          "BIGINT",
          "END",
          "ASC",
          "DESC",
          "SEPARATOR",
          "MEMBER",
          "OF",
          "TOP",
          "QUALIFY",
          "GROUPING",
          "WITH");

  private final boolean mysql;
  private final Names names;
  private final Functions functions;
  private final StoredFunctions stored;

  ReadAnalysis(boolean mysql, Names names, Functions functions) {
    this.mysql = mysql;
    this.names = names;
    this.functions = functions;
    this.stored = new StoredFunctions(names, functions);
  }

  /** Whether this is an aggregate function. */
  static boolean aggregate(String upper) {
    return AGGREGATES.contains(upper);
  }

  /** Whether a parenthesis behind this unquoted word calls no function. */
  static boolean notCalled(String upper) {
    return NOT_CALLED.contains(upper);
  }

  /**
   * What the functions and variables of a text do.
   *
   * @param sets whether it sets user variables
   * @param reads whether a stored function reads tables
   */
  record Effects(boolean session, boolean pins, boolean sets, boolean reads) {}

  /** The user variables that a query sets, by := or behind INTO. */
  private static List<String> sets(Tokens t) {
    List<String> names = new ArrayList<>();
    boolean into = false;
    for (int i = 0; i < t.count(); i++) {
      boolean variable = t.type(i) == Tokens.USER_VARIABLE;
      into = t.is(i, "INTO") || into && (variable || t.op(i, ','));
      if (variable && (into || t.op(i + 1, ":=")) && !Program.own(t.text(i))) {
        names.add(t.text(i).toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }

  /** The user variables that the text sets by := or behind INTO, lower case. */
  List<String> assigned(Tokens t) {
    return sets(t);
  }

  /** What the arguments of a call do; adds the tables that they read. */
  Effects arguments(Tokens t, int from, String schema, Builder b) throws SQLException {
    refuseSequences(t);
    refuseWrites(t);
    Effects effects = effects(t, from, schema);
    b.allTables |= effects.reads;
    tables(t, from, schema, b);
    return effects;
  }

  /** Adds the tables that the statements of a stored program read. */
  void routine(Tokens t, int from, String schema, Builder b) throws SQLException {
    tables(t, from, schema, b);
  }

  /** A query that uses no sequence. */
  Builder select(Tokens t, String schema) throws SQLException {
    refuseSequences(t);
    return query(t, schema);
  }

  /** Where values drawn on the way would not be reserved. */
  void refuseSequences(Tokens t) throws SQLException {
    if (SequenceCall.any(t, mysql)) {
      throw Errors.unsupported(
          "a sequence cannot be used here; draw its value with a query of its own and send it as a"
              + " parameter");
    }
  }

  /** What a query does with sequences, each named once. */
  private static List<SequenceUse> uses(Tokens t, List<SequenceCall> calls) {
    if (calls.isEmpty()) {
      return List.of();
    }
    boolean rows = false;
    for (int i = 0; i < t.count(); i++) {
      rows |= t.isAny(i, "FROM", "WITH", "TABLE") && !(t.is(i + 1, "DUAL") && i + 2 == t.count());
    }
    Map<TableName, SequenceUse> uses = new LinkedHashMap<>();
    for (SequenceCall call : calls) {
      boolean last = call.kind() == SequenceCall.Kind.LAST;
      boolean any = !last && (rows || call.kind() == SequenceCall.Kind.SET);
      int draws = last ? 0 : any ? SequenceUse.ANY : 1;
      uses.merge(
          call.sequence(),
          new SequenceUse(call.sequence(), draws, last),
          (a, b) ->
              new SequenceUse(
                  a.sequence(),
                  a.draws() < 0 || b.draws() < 0 ? SequenceUse.ANY : a.draws() + b.draws(),
                  a.last() || b.last()));
    }
    return List.copyOf(uses.values());
  }

  /** Any query. */
  Builder query(Tokens t, String schema) throws SQLException {
    refuseWrites(t);
    List<SequenceCall> sequences = SequenceCall.all(t, schema, mysql, names);
    boolean locks = false;
    boolean sets = false;
    for (int i = 0; i < t.count(); i++) {
      if (t.type(i) != Tokens.WORD || t.op(i - 1, '.')) {
        continue;
      }
      locks |=
          t.sequence(i, "FOR", "UPDATE")
              || t.sequence(i, "FOR", "SHARE")
              || t.sequence(i, "FOR", "NO", "KEY")
              || t.sequence(i, "FOR", "KEY", "SHARE")
              || t.sequence(i, "IN", "SHARE", "MODE");
      if (t.is(i, "INTO")) {
        if (t.type(i + 1) != Tokens.USER_VARIABLE) {
          throw Errors.unsupported(
              "SELECT … INTO "
                  + t.upper(i + 1)
                  + " is not supported; read the rows and write them yourself");
        }
        sets = true;
      }
    }
    Effects effects = effects(t, 0, schema, sequences);
    sets |= effects.sets;
    boolean pins = effects.pins;
    boolean session = effects.session || pins || sets;
    if (locks && (pins || sets)) {
      throw Errors.unsupported(
          "a locking SELECT that also sets variables or takes named locks is not supported");
    }
    Builder b =
        new Builder(locks ? Kind.LOCKING_READ : session ? Kind.SESSION_READ : Kind.READ, t, schema);
    b.returnsRows = true;
    b.pinsSession = pins;
    b.callsReading = effects.reads;
    b.allTables = effects.reads;
    b.sets = sets ? sets(t) : List.of();
    tables(t, 0, schema, b);
    b.sequences = uses(t, sequences);
    b.sequences.forEach(use -> b.tables.add(use.sequence()));
    return b;
  }

  /** DML inside of WITH or of H2's data change tables. */
  private void refuseWrites(Tokens t) throws SQLException {
    for (int i = 0; i < t.count(); i++) {
      if (t.type(i) != Tokens.WORD || t.op(i - 1, '.') || t.op(i + 1, '.')) {
        continue;
      }
      boolean dml = t.isAny(i, "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE");
      boolean place = i > 0 && (t.op(i - 1, ')') || t.op(i - 1, '('));
      if (dml && place && !t.op(i + 1, '(')) {
        throw Errors.unsupported(
            t.upper(i) + " inside of a query is not supported; write it as a statement of its own");
      }
      if (t.isAny(i, "FINAL", "NEW", "OLD") && t.is(i + 1, "TABLE") && t.op(i + 2, '(')) {
        throw Errors.unsupported(
            "data change tables (" + t.upper(i) + " TABLE) are not supported; write, then read");
      }
    }
    for (int i = 0; i + 2 < t.count(); i++) {
      if (t.op(i + 1, '.') && t.isAny(i + 2, "NEXTVAL", "CURRVAL") && t.identifier(i) && !mysql) {
        throw Errors.unsupported(
            "this spelling is not supported; write NEXT VALUE FOR " + t.text(i));
      }
    }
  }

  /** Refuses what could write to a table that is no temporary one. */
  void checkCalls(Tokens t, int from, String schema) throws SQLException {
    refuseWrites(t);
    refuseSequences(t);
    if (effects(t, from, schema).pins) {
      throw Errors.unsupported(
          "a write that takes named locks or the like is not supported; do that by itself");
    }
  }

  /**
   * Checks that every function called is a known one.
   *
   * @param schema where stored functions are looked for
   */
  Effects effects(Tokens t, int from, String schema) throws SQLException {
    refuseSequences(t);
    return effects(t, from, schema, List.of());
  }

  private Effects effects(Tokens t, int from, String schema, List<SequenceCall> sequences)
      throws SQLException {
    Set<Integer> known = new HashSet<>();
    sequences.forEach(call -> known.add(call.from()));
    Set<String> named = commonTables(t);
    boolean session = false;
    boolean pins = false;
    boolean sets = false;
    boolean reads = false;
    for (int i = from; i < t.count(); i++) {
      byte type = t.type(i);
      if (type == Tokens.USER_VARIABLE) {
        session = true;
        sets |= t.op(i + 1, ":=");
      } else if (type == Tokens.SYSTEM_VARIABLE) {
        session = true;
      } else if (t.op(i, ":=") && t.type(i - 1) != Tokens.USER_VARIABLE) {
        pins = true;
      }
      if (!t.identifier(i) || t.is(i - 1, "AS")) {
        continue;
      }
      String upper = t.upper(i);
      if (!t.op(i + 1, '(')) {
        if (type == Tokens.WORD
            && functions.bare(upper)
            && !t.op(i - 1, '.')
            && functions.effect(upper) == Functions.Effect.SESSION) {
          session = true;
        }
        continue;
      }
      boolean qualified = t.op(i - 1, '.');
      if (type == Tokens.WORD && !qualified && NOT_CALLED.contains(upper)) {
        continue;
      }
      String name = Names.unquote(t.text(i));
      if (known.contains(i)) {
        continue;
      }
      if (!qualified && named.contains(name.toLowerCase(Locale.ROOT))) {
        continue;
      }
      Functions.Effect effect =
          type == Tokens.WORD && !qualified ? functions.effect(upper) : Functions.Effect.UNKNOWN;
      switch (effect) {
        case UNKNOWN -> {
          Boolean readsTables = stored.reads(t, i, schema);
          if (readsTables == null) {
            throw Errors.unsupported(
                "the function "
                    + t.text(i)
                    + " is not known to Lockstep and might write; use a built-in function");
          }
          reads |= readsTables;
        }
        case FORBIDDEN -> throw Errors.unsupported("the function " + upper + " is not supported");
        case PINS -> pins = true;
        case SESSION -> {
          session = true;
          pins |= upper.equals("LAST_INSERT_ID") && !t.op(i + 2, ')');
        }
        default -> {}
      }
    }
    return new Effects(session, pins, sets, reads);
  }

  /** Names that WITH declares, lower case. */
  static Set<String> commonTables(Tokens t) {
    Set<String> set = new HashSet<>();
    boolean with = false;
    for (int i = 0; i < t.count(); i++) {
      with |= t.is(i, "WITH");
      if (!with || !t.identifier(i)) {
        continue;
      }
      boolean place = t.isAny(i - 1, "WITH", "RECURSIVE") || (t.op(i - 1, ',') && t.op(i - 2, ')'));
      int after = t.op(i + 1, '(') ? t.closing(i + 1) + 1 : i + 1;
      if (place && after > 0 && t.is(after, "AS") && t.op(after + 1, '(')) {
        set.add(Names.unquote(t.text(i)).toLowerCase(Locale.ROOT));
      }
    }
    return set;
  }

  /** Adds every name that stands where a table can stand. */
  private void tables(Tokens t, int start, String schema, Builder b) throws SQLException {
    Set<String> common = commonTables(t);
    java.util.ArrayDeque<Boolean> inFrom = new java.util.ArrayDeque<>();
    boolean from = false;
    boolean expect = false;
    for (int i = start; i < t.count(); i++) {
      boolean afterDot = t.op(i - 1, '.');
      if (t.op(i, '(') || t.op(i, '{')) {
        inFrom.push(from);
        from &= expect;
      } else if (t.op(i, ')') || t.op(i, '}')) {
        from = !inFrom.isEmpty() && inFrom.pop();
        expect = false;
      } else if (t.op(i, ';')) {
        from = false;
        expect = false;
      } else if (t.op(i, ',')) {
        expect = from;
      } else if (!afterDot
          && (t.is(i, "FROM") || t.is(i, "JOIN") || t.is(i, "STRAIGHT_JOIN") || t.is(i, "TABLE"))) {
        from = true;
        expect = true;
      } else if (t.type(i) == Tokens.WORD
          && !afterDot
          && END_OF_FROM.contains(t.upper(i))
          && !(expect && i > 0 && t.op(i + 1, '.'))) {
        from = false;
        expect = false;
      } else if (expect && t.isAny(i, "LATERAL", "ONLY", "OJ")) {
        continue;
      } else if (expect && t.identifier(i)) {
        expect = false;
        i = table(t, i, schema, b, common);
      } else {
        expect = false;
      }
    }
  }

  private int table(Tokens t, int i, String schema, Builder b, Set<String> common)
      throws SQLException {
    if (t.op(i + 1, '(')) {
      b.allTables |= !t.isAny(i, "JSON_TABLE", "UNNEST", "SYSTEM_RANGE", "TABLE", "VALUES");
      return i;
    }
    if (!t.op(i + 1, '.')
        && (t.is(i, "DUAL")
            || common.contains(Names.unquote(t.text(i)).toLowerCase(Locale.ROOT)))) {
      return i;
    }
    if (mysql && t.op(i + 1, '.') && t.op(i + 3, '.')) {
      return i + 4; // a column, as in EXTRACT(DAY FROM db.t.c): no table has three parts
    }
    Names.Ref ref = names.read(t, i, "a table");
    if (names.system(ref.schema())) {
      return ref.next() - 1;
    }
    TableInfo info = names.find(ref, schema);
    if (info == null) {
      b.allTables = true;
    } else if (b.tables.add(info.name()) && !info.baseTable()) {
      view(info, b);
    }
    return ref.next() - 1;
  }

  /** The tables that a view reads, for a message; empty where they are not known. */
  String tablesOf(TableInfo view) throws SQLException {
    String text = names.viewText(view.name());
    if (text == null) {
      return "";
    }
    Builder b = new Builder(Kind.READ, Lexer.tokenize(text, Vendor.MYSQL), view.name().schema());
    b.tables.add(view.name());
    view(view, b);
    b.tables.remove(view.name());
    return b.tables.isEmpty() ? "" : " " + b.tables.toString().replace('[', '(').replace(']', ')');
  }

  /** Adds the tables of a view's query. */
  private void view(TableInfo view, Builder b) throws SQLException {
    String text = names.viewText(view.name());
    if (text == null) {
      b.allTables = true;
      return;
    }
    Tokens t = Lexer.tokenize(text, Vendor.MYSQL);
    refuseSequences(t);
    if (stored.inView(t, view.name())) {
      b.allTables = true;
      b.callsReading = true;
      return;
    }
    b.materialized |= materialized(t);
    tables(t, 0, view.name().schema(), b);
  }

  /** Whether the server makes a table of the view's rows first, which it reads without locks. */
  private static boolean materialized(Tokens t) {
    int selects = 0;
    for (int i = 0; i < t.count(); i++) {
      selects += t.is(i, "SELECT") ? 1 : 0;
      if (!t.op(i - 1, '.')
          && (t.isAny(
                  i, "GROUP", "DISTINCT", "UNION", "HAVING", "LIMIT", "EXCEPT", "INTERSECT", "WITH")
              || t.is(i, "OVER")
              || t.op(i + 1, '(') && AGGREGATES.contains(t.upper(i)))) {
        return true;
      }
    }
    return selects > 1;
  }

  /**
   * ANALYZE TABLE and CHECK TABLE: they change no data and no definition, and end the transaction.
   * They run on the primary; the others keep statistics of their own.
   */
  private Builder upkeep(Tokens t, String schema) throws SQLException {
    Builder b = new Builder(Kind.SESSION_READ, t, schema);
    int i = t.is(1, "TABLE") ? 2 : 3;
    do {
      Names.Ref ref = names.read(t, t.op(i, ',') ? i + 1 : i, "a table");
      TableInfo info = names.require(ref, schema);
      b.tables.add(info.name());
      i = ref.next();
    } while (mysql && t.op(i, ','));
    if (t.is(0, "CHECK")) {
      i += t.sequence(i, "FOR", "UPGRADE") ? 2 : 0;
      while (t.isAny(i, "QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED")) {
        i++;
      }
    } else if (!mysql && t.is(i, "SAMPLE_SIZE") && t.type(i + 1) == Tokens.NUMBER) {
      i += 2;
    }
    if (i < t.count()) {
      throw Classifier.notRead(t, i);
    }
    b.returnsRows = mysql;
    b.commits = true;
    return b;
  }

  /** SHOW, DESCRIBE, EXPLAIN and the like. */
  Builder metadata(Tokens t, String schema) throws SQLException {
    if (t.isAny(0, "ANALYZE", "CHECK") && t.isAny(1, "TABLE", "LOCAL", "NO_WRITE_TO_BINLOG")) {
      return upkeep(t, schema);
    }
    if (t.is(0, "ANALYZE")
        || (t.is(0, "EXPLAIN") && t.is(1, "ANALYZE"))
        || (t.is(0, "DESCRIBE") && t.is(1, "ANALYZE"))) {
      for (int i = 1; i < t.count(); i++) {
        if (t.isAny(i, "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE")
            || (t.is(0, "ANALYZE") && !t.isAny(1, "SELECT", "FORMAT"))) {
          throw Errors.unsupported(
              t.upper(0)
                  + " of a write or of tables is not supported here; use EXPLAIN, or ask a node directly");
        }
      }
    }
    Builder b = new Builder(Kind.SESSION_READ, t, schema);
    b.returnsRows = true;
    b.allTables = t.isAny(0, "CHECKSUM", "ANALYZE") || t.is(1, "ANALYZE");
    if (b.allTables && !t.is(0, "CHECKSUM")) {
      refuseWrites(t); // it is executed
      Effects effects = effects(t, 1, schema);
      b.pinsSession = effects.pins || effects.sets;
    }
    return b;
  }
}
