package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.Program.Assign;
import dev.lockstep.sql.Program.Branch;
import dev.lockstep.sql.Program.Family;
import dev.lockstep.sql.Program.Handler;
import dev.lockstep.sql.Program.Hole;
import dev.lockstep.sql.Program.Step;
import dev.lockstep.sql.Program.Text;
import dev.lockstep.sql.Program.Variable;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads the body of a procedure that writes into steps, or refuses it as a whole. For one use.
 *
 * <p>Each statement in it is analysed as the application's own are, with a placeholder for each
 * variable. A variable hides a column in expressions; where a text has a column of a variable's
 * name it is refused, since in some places the column is meant.
 */
final class ProgramParser {
  /** Words that stand in statements for something else than a name. */
  private static final Set<String> NO_NAMES =
      Set.of(
          ("OFFSET VALUE VALUES DAY MONTH YEAR HOUR MINUTE SECOND MICROSECOND WEEK QUARTER DATE TIME TIMESTAMP"
                  + " DATETIME BEGIN END WORK ONLY TRANSACTION FIRST NEXT LAST ROW ROWS NAMES ESCAPE UNKNOWN"
                  + " QUICK SHARE MODE NOWAIT SKIP LOCKED ANY SOME TRUE FALSE NULL SIGNED BINARY CHAR ASCII"
                  + " AGAINST BOOLEAN EXPANSION QUERY ROLLUP SAVEPOINT START COMMIT ROLLBACK DO")
              .split(" "));

  private record Cursor(int number, Text query) {}

  /** Names that are known in a block. */
  private static final class Scope {
    final Scope outer;
    final Map<String, Variable> variables = new HashMap<>();
    final Map<String, Cursor> cursors = new HashMap<>();

    Scope(Scope outer) {
      this.outer = outer;
    }

    Variable variable(String name) {
      String key = name.toLowerCase(Locale.ROOT);
      for (Scope s = this; s != null; s = s.outer) {
        if (s.variables.containsKey(key)) {
          return s.variables.get(key);
        }
      }
      return null;
    }

    Cursor cursor(String name) {
      String key = name.toLowerCase(Locale.ROOT);
      for (Scope s = this; s != null; s = s.outer) {
        if (s.cursors.containsKey(key)) {
          return s.cursors.get(key);
        }
      }
      return null;
    }
  }

  private final Routine routine;
  private final Tokens t;
  private final Names names;
  private final Program.Analysis analysis;
  private final List<Variable> variables = new ArrayList<>();
  private final Deque<String> labels = new ArrayDeque<>();
  private Scope scope = new Scope(null);
  private int cursors;
  private int i;

  ProgramParser(Routine routine, Names names, Program.Analysis analysis) {
    this.routine = routine;
    this.t = routine.tokens();
    this.names = names;
    this.analysis = analysis;
    this.i = routine.body();
  }

  Step body() throws SQLException {
    for (int k = i; k < t.count(); k++) {
      if (t.isAny(k, "ROW_COUNT", "FOUND_ROWS", "SQL_CALC_FOUND_ROWS")
          || t.type(k) == Tokens.PARAM) {
        throw no("it uses " + t.text(k));
      }
    }
    for (Routine.Formal f : routine.parameters()) {
      Tokens type = Lexer.tokenize(f.type(), dev.lockstep.config.Vendor.MYSQL);
      declare(f.name(), type, 0, type.count());
    }
    Step body = statement();
    while (t.op(i, ';')) {
      i++;
    }
    if (i < t.count()) {
      throw near();
    }
    return body;
  }

  List<Variable> variables() {
    return variables;
  }

  private SQLException no(String why) {
    return Errors.unsupported(
        "CALL of "
            + routine.text().name()
            + " is not supported, because it may write and "
            + why
            + "; do this part in the application");
  }

  private SQLException near() {
    String text = t.text(i);
    return no(
        "what stands at '"
            + (text.length() > 30 ? text.substring(0, 30) : text)
            + "' is not known");
  }

  private void expect(String word) throws SQLException {
    if (!t.is(i, word)) {
      throw near();
    }
    i++;
  }

  // ---- statements ----

  private List<Step> statements(String... ends) throws SQLException {
    List<Step> steps = new ArrayList<>();
    while (!t.isAny(i, ends)) {
      steps.add(statement());
      if (!t.op(i, ';')) {
        throw near();
      }
      i++;
    }
    return steps;
  }

  private Step statement() throws SQLException {
    String label = "";
    if (t.identifier(i) && t.op(i + 1, ':')) {
      label = name(i);
      i += 2;
    }
    int start = i;
    String word = t.upper(i);
    switch (word) {
      case "BEGIN", "LOOP", "WHILE", "REPEAT" -> {
        labels.push(label);
        Step step = word.equals("BEGIN") ? block(label) : loop(label, word);
        labels.pop();
        if (!label.isEmpty() && t.identifier(i) && name(i).equals(label)) {
          i++;
        }
        return step;
      }
      case "IF" -> {
        return choice();
      }
      case "CASE" -> {
        return cases();
      }
      case "LEAVE", "ITERATE" -> {
        String to = t.identifier(i + 1) ? name(i + 1) : "";
        if (to.isEmpty() || !labels.contains(to)) {
          throw near();
        }
        i += 2;
        return new Program.Jump(to, word.equals("LEAVE"));
      }
      case "SET" -> {
        return set();
      }
      case "SIGNAL", "RESIGNAL" -> {
        return signal();
      }
      case "OPEN", "FETCH", "CLOSE" -> {
        return cursor(word);
      }
      case "SELECT", "WITH" -> {
        i = end();
        return select(start, i);
      }
      case "INSERT",
          "UPDATE",
          "DELETE",
          "REPLACE",
          "START",
          "COMMIT",
          "ROLLBACK",
          "SAVEPOINT",
          "RELEASE" -> {
        i = end();
        return new Program.Run(text(start, i, "", "", true));
      }
      default -> throw near();
    }
  }

  /** The end of the statement. */
  private int end() {
    return end(i);
  }

  private int end(int from) {
    int k = from;
    while (k < t.count() && !t.op(k, ';')) {
      k++;
    }
    return k;
  }

  private String name(int k) {
    return Names.unquote(t.text(k)).toLowerCase(Locale.ROOT);
  }

  private Step block(String label) throws SQLException {
    i++;
    if (t.is(i, "NOT")) {
      throw near();
    }
    Scope own = new Scope(scope);
    scope = own;
    List<Assign> defaults = new ArrayList<>();
    List<Handler> handlers = new ArrayList<>();
    List<Integer> opened = new ArrayList<>();
    while (t.is(i, "DECLARE")) {
      i++;
      if (t.isAny(i, "EXIT", "CONTINUE") && t.is(i + 1, "HANDLER")) {
        handlers.add(handler());
      } else if (t.identifier(i) && t.sequence(i + 1, "CURSOR", "FOR")) {
        String cursor = name(i);
        i += 3;
        int from = i;
        i = end();
        Text query = text(from, i, "", "", false);
        if (query.plan().kind() != StatementPlan.Kind.READ
            && query.plan().kind() != StatementPlan.Kind.SESSION_READ) {
          throw no("a cursor of " + query.plan().kind());
        }
        opened.add(cursors);
        own.cursors.put(cursor, new Cursor(cursors++, query));
      } else if (handlers.isEmpty() && own.cursors.isEmpty()) {
        variablesOf(defaults);
      } else {
        throw near();
      }
      if (!t.op(i, ';')) {
        throw near();
      }
      i++;
    }
    List<Step> steps = statements("END");
    i++;
    scope = own.outer;
    return new Program.Block(label, defaults, handlers, opened, steps);
  }

  private void variablesOf(List<Assign> defaults) throws SQLException {
    List<String> declared = new ArrayList<>();
    while (t.identifier(i)) {
      declared.add(Names.unquote(t.text(i++)));
      if (!t.op(i, ',')) {
        break;
      }
      i++;
    }
    int from = i;
    int end = end();
    int type = from;
    while (type < end && !t.is(type, "DEFAULT")) {
      type++;
    }
    Text value = type < end ? value(type + 1, end, null) : null;
    for (String each : declared) {
      Variable v = declare(each, t, from, type);
      defaults.add(new Assign(value, List.of(v), false));
    }
    i = end;
  }

  private Variable declare(String name, Tokens in, int from, int end) throws SQLException {
    String upper = in.upper(from);
    int k = from + 1;
    if (in.op(k, '(')) {
      k = in.closing(k) + 1;
    }
    Family family =
        switch (upper) {
          case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT", "BOOL", "BOOLEAN" ->
              in.is(k, "UNSIGNED") ? Family.UNSIGNED : Family.INTEGER;
          case "DECIMAL", "NUMERIC", "DEC" -> Family.DECIMAL;
          case "DOUBLE" -> Family.DOUBLE;
          case "CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT" -> Family.STRING;
          case "DATE" -> Family.DATE;
          case "DATETIME" -> Family.DATETIME;
          default -> throw no("the type " + upper + " of " + name + " is not known");
        };
    k += family == Family.UNSIGNED ? 1 : 0;
    String charset = routine.text().databaseCollation();
    while (family == Family.STRING && k < end) {
      if (in.sequence(k, "CHARACTER", "SET")) {
        k += 3;
      } else if (in.isAny(k, "CHARSET", "COLLATE")) {
        k += 2;
      } else {
        break;
      }
      charset = in.text(k - 1);
    }
    if (family == Family.STRING && !charset.toLowerCase(Locale.ROOT).startsWith("utf8")) {
      throw no("the variable " + name + " has the character set or collation " + charset);
    }
    if (k != end) {
      throw no("the type of " + name + " is not known at '" + in.text(k) + "'");
    }
    if (NO_NAMES.contains(name.toUpperCase(Locale.ROOT))) {
      throw no("the variable " + name + " has the name of a word of SQL");
    }
    String type = in.sql.substring(in.start(from), in.end(end - 1));
    Variable v = new Variable(variables.size(), name, type, family);
    variables.add(v);
    if (scope.variables.put(name.toLowerCase(Locale.ROOT), v) != null) {
      throw no("it declares " + name + " twice");
    }
    return v;
  }

  private Handler handler() throws SQLException {
    boolean exit = t.is(i, "EXIT");
    i += 2;
    List<String> conditions = new ArrayList<>();
    do {
      i++;
      if (t.sequence(i, "NOT", "FOUND")) {
        conditions.add("NOT FOUND");
        i += 2;
      } else if (t.is(i, "SQLEXCEPTION")) {
        conditions.add("SQLEXCEPTION");
        i++;
      } else if (t.is(i, "SQLSTATE")) {
        i += t.is(i + 1, "VALUE") ? 2 : 1;
        String state = t.text(i).replaceAll("['\"]", "");
        if (!state.matches("[0-9A-Z]{5}") || state.startsWith("01") || state.startsWith("00")) {
          throw near();
        }
        conditions.add(state);
        i++;
      } else if (t.type(i) == Tokens.NUMBER) {
        conditions.add(t.text(i));
        i++;
      } else {
        throw near();
      }
    } while (t.op(i, ','));
    // What LEAVE and ITERATE in a handler may name lies outside of its block.
    String inside = labels.pop();
    Step action = statement();
    labels.push(inside);
    return new Handler(exit, List.copyOf(conditions), action);
  }

  private Step loop(String label, String word) throws SQLException {
    i++;
    Text before = null;
    Text after = null;
    if (word.equals("WHILE")) {
      before = condition("DO");
      i++;
    }
    List<Step> steps = statements(word.equals("REPEAT") ? "UNTIL" : "END");
    i++;
    if (word.equals("REPEAT")) {
      after = condition("END");
      i++;
    }
    expect(word);
    return new Program.Loop(label, before, steps, after);
  }

  private Step choice() throws SQLException {
    List<Branch> branches = new ArrayList<>();
    do {
      i++;
      Text condition = condition("THEN");
      i++;
      branches.add(new Branch(condition, statements("ELSEIF", "ELSE", "END")));
    } while (t.is(i, "ELSEIF"));
    last(branches);
    expect("IF");
    return new Program.If(branches, false);
  }

  private void last(List<Branch> branches) throws SQLException {
    if (t.is(i, "ELSE")) {
      i++;
      branches.add(new Branch(null, statements("END")));
    }
    expect("END");
  }

  private Step cases() throws SQLException {
    i++;
    String subject = "";
    int at = i;
    if (!t.is(i, "WHEN")) {
      if (!t.identifier(i) || scope.variable(name(i)) == null || !t.is(i + 1, "WHEN")) {
        throw near(); // an expression would be evaluated several times
      }
      subject = "=";
      i++;
    }
    List<Branch> branches = new ArrayList<>();
    while (t.is(i, "WHEN")) {
      i++;
      int from = i;
      i = find("THEN");
      Text condition =
          subject.isEmpty()
              ? condition(from, i)
              : joined("SELECT IF((", at, at + 1, ")=(", from, i, "),1,0)");
      i++;
      branches.add(new Branch(condition, statements("WHEN", "ELSE", "END")));
    }
    last(branches);
    expect("CASE");
    return new Program.If(branches, true);
  }

  private Step set() throws SQLException {
    List<Step> all = new ArrayList<>();
    do {
      i++;
      Variable target = t.identifier(i) ? scope.variable(name(i)) : null;
      String user = t.type(i) == Tokens.USER_VARIABLE ? t.text(i) : null;
      if ((target == null && user == null) || !(t.op(i + 1, '=') || t.op(i + 1, ":="))) {
        throw near();
      }
      i += 2;
      int from = i;
      int depth = 0;
      while (i < t.count() && !t.op(i, ';') && !(depth == 0 && t.op(i, ','))) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        i++;
      }
      all.add(new Assign(value(from, i, user), java.util.Collections.singletonList(target), false));
    } while (t.op(i, ','));
    return all.size() == 1
        ? all.get(0)
        : new Program.Block("", List.of(), List.of(), List.of(), List.copyOf(all));
  }

  private Step signal() throws SQLException {
    boolean again = t.is(i, "RESIGNAL");
    i++;
    if (again) {
      return new Program.Signal(null, null, null, 0);
    }
    expect("SQLSTATE");
    i += t.is(i, "VALUE") ? 1 : 0;
    String state = t.text(i).replaceAll("['\"]", "");
    if (t.type(i) != Tokens.STRING || !state.matches("[0-9A-Z]{5}") || !state.startsWith("45")) {
      throw near();
    }
    i++;
    String message = "Unhandled user-defined exception condition";
    Variable of = null;
    int number = 1644;
    if (t.is(i, "SET")) {
      do {
        i++;
        boolean text = t.is(i, "MESSAGE_TEXT");
        if (!t.op(i + 1, '=') || !(text || t.is(i, "MYSQL_ERRNO"))) {
          throw near();
        }
        i += 2;
        if (!text && t.type(i) == Tokens.NUMBER) {
          number = Integer.parseInt(t.text(i));
        } else if (text && t.type(i) == Tokens.STRING && t.text(i).indexOf('\\') < 0) {
          String quote = t.text(i).substring(0, 1);
          message = t.text(i).substring(1, t.text(i).length() - 1).replace(quote + quote, quote);
        } else if (text && t.identifier(i) && scope.variable(name(i)) != null) {
          of = scope.variable(name(i));
        } else {
          throw near();
        }
        i++;
      } while (t.op(i, ','));
    }
    return new Program.Signal(state, message, of, number);
  }

  private Step cursor(String word) throws SQLException {
    i++;
    if (word.equals("FETCH")) {
      i += t.is(i, "NEXT") && t.is(i + 1, "FROM") ? 2 : t.is(i, "FROM") ? 1 : 0;
    }
    Cursor c = t.identifier(i) ? scope.cursor(name(i)) : null;
    if (c == null) {
      throw near();
    }
    i++;
    if (word.equals("OPEN")) {
      return new Program.Open(c.number(), c.query());
    } else if (word.equals("CLOSE")) {
      return new Program.Close(c.number());
    }
    if (!t.is(i, "INTO")) {
      throw near();
    }
    List<Variable> targets = new ArrayList<>();
    do {
      i++;
      Variable v = t.identifier(i) ? scope.variable(name(i)) : null;
      if (v == null) {
        throw near();
      }
      targets.add(v);
      i++;
    } while (t.op(i, ','));
    return new Program.Fetch(c.number(), targets);
  }

  // ---- texts ----

  private int find(String word) throws SQLException {
    return find(word, i);
  }

  private int find(String word, int from) throws SQLException {
    int depth = 0;
    int cases = 0;
    for (int k = from; k < t.count() && !t.op(k, ';'); k++) {
      if (depth == 0 && cases == 0 && t.is(k, word)) {
        return k;
      }
      depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
      cases += t.is(k, "CASE") ? 1 : t.is(k, "END") ? -1 : 0;
    }
    throw near();
  }

  private Text condition(String end) throws SQLException {
    int from = i;
    i = find(end);
    return condition(from, i);
  }

  private Text condition(int from, int end) throws SQLException {
    return text(from, end, "SELECT IF((", "),1,0)", false);
  }

  /** The query that puts an expression into a user variable. */
  Text value(int from, int end, String userVariable) throws SQLException {
    String into = userVariable == null ? Program.into(0) : userVariable;
    return text(from, end, "SELECT (", ") INTO " + into, false);
  }

  private Step select(int from, int end) throws SQLException {
    int into = -1;
    int depth = 0;
    for (int k = from; k < end; k++) {
      depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
      if (depth == 0 && t.is(k, "INTO") && !t.op(k - 1, '.')) {
        into = k;
      }
    }
    if (into < 0) {
      Text query = text(from, end, "", "", true);
      return new Program.Run(query);
    }
    List<Variable> targets = new ArrayList<>();
    StringBuilder list = new StringBuilder("INTO ");
    int k = into;
    do {
      k++;
      Variable v = t.identifier(k) ? scope.variable(name(k)) : null;
      if (v == null && t.type(k) != Tokens.USER_VARIABLE) {
        throw no("it contains SELECT … INTO " + t.text(k));
      }
      list.append(targets.isEmpty() ? "" : ",");
      list.append(v == null ? t.text(k) : Program.into(targets.size()));
      targets.add(v);
      k++;
    } while (t.op(k, ','));
    Parts parts = new Parts();
    parts.add(from, into);
    for (int l = from; l < end; l++) {
      if (t.sequence(l, "FOR", "UPDATE")
          || t.sequence(l, "FOR", "SHARE")
          || t.sequence(l, "IN", "SHARE", "MODE")) {
        requireColumns(from + 1, Math.min(into, find("FROM", from)), targets.size());
        parts.add(" ");
        parts.add(k, end);
        if (targets.contains(null)) {
          throw no("a locking SELECT sets user variables");
        }
        return new Program.Lock(parts.text(true), List.copyOf(targets));
      }
    }
    parts.add(" " + list + " ");
    parts.add(k, end);
    return new Assign(parts.text(false), java.util.Collections.unmodifiableList(targets), true);
  }

  /** What is selected must be columns: the text of another value may have fewer digits. */
  private void requireColumns(int from, int end, int count) throws SQLException {
    int k = from;
    int found = 0;
    do {
      k += found == 0 ? 0 : 1;
      boolean name = t.identifier(k) && scope.variable(name(k)) == null;
      k += name && t.op(k + 1, '.') && t.identifier(k + 2) ? 3 : 1;
      if (!name || !(t.op(k, ',') || k == end)) {
        throw no("a locking SELECT … INTO gives more than columns");
      }
      found++;
    } while (k < end);
    if (found != count) {
      throw no("a SELECT gives " + found + " columns to " + count + " variables");
    }
  }

  private Text text(int from, int end, String before, String after, boolean given)
      throws SQLException {
    Parts parts = new Parts();
    parts.add(before);
    parts.add(from, end);
    parts.add(after);
    return parts.text(given);
  }

  private Text joined(String a, int from, int end, String b, int from2, int end2, String c)
      throws SQLException {
    Parts parts = new Parts();
    parts.add(a);
    parts.add(from, end);
    parts.add(b);
    parts.add(from2, end2);
    parts.add(c);
    return parts.text(false);
  }

  /** Puts a text together. */
  private final class Parts {
    private final List<String> pieces = new ArrayList<>();
    private final List<Hole> holes = new ArrayList<>();
    private StringBuilder piece = new StringBuilder();

    void add(String sql) {
      piece.append(sql);
    }

    void add(int from, int end) throws SQLException {
      if (from == end) {
        return;
      }
      boolean dml = t.isAny(from, "INSERT", "UPDATE", "DELETE", "REPLACE");
      SelectList list = t.is(from, "SELECT") ? new SelectList(from, end) : null;
      int at = t.start(from);
      for (int k = from; k < end; k++) {
        Variable v = reference(k);
        if (v != null) {
          if (dml && !asColumn(v, from, k, end)) {
            throw no(
                "its value of "
                    + v.name()
                    + " ("
                    + v.type()
                    + ") in an expression of a write is not exact");
          }
          piece.append(t.sql, at, t.start(k));
          at = t.end(k);
          pieces.add(piece.toString());
          piece = new StringBuilder();
          boolean limit =
              t.isAny(k - 1, "LIMIT", "OFFSET") || t.op(k - 1, ',') && t.is(k - 3, "LIMIT");
          holes.add(new Hole(v, limit));
        }
        String alias = list == null ? null : list.alias(k);
        if (alias != null) {
          piece.append(t.sql, at, t.end(k)).append(alias);
          at = t.end(k);
        }
      }
      piece.append(t.sql, at, t.end(end - 1));
    }

    Text text(boolean given) throws SQLException {
      pieces.add(piece.toString());
      String sql = String.join("?", pieces);
      StatementPlan plan = analysis.of(sql, routine.text().name().schema());
      switch (plan.kind()) {
        case READ, SESSION_READ -> {}
        case LOCKING_READ,
            WRITE,
            COPY,
            BEGIN,
            COMMIT,
            ROLLBACK,
            SAVEPOINT,
            ROLLBACK_TO_SAVEPOINT,
            RELEASE_SAVEPOINT -> {
          if (!given) {
            throw no("this is not supported there: " + sql);
          }
        }
        default -> throw no("this is not supported there: " + sql);
      }
      if (plan.kind() == StatementPlan.Kind.WRITE && plan.returnsRows()) {
        throw no("a write gives rows");
      }
      for (TableName table : plan.tables()) {
        TableInfo info =
            names.find(new Names.Ref(table.schema(), true, table.name(), true, 0), null);
        for (Hole h : holes) {
          if (info != null && info.column(h.variable().name()) != null) {
            throw no(
                "the variable " + h.variable().name() + " has the name of a column of " + table);
          }
        }
      }
      return new Text(plan, List.copyOf(pieces), List.copyOf(holes));
    }
  }

  /** The variable that the token means, or null. */
  private Variable reference(int k) throws SQLException {
    if (!t.identifier(k) || t.op(k - 1, '.') || t.op(k + 1, '.') || t.op(k + 1, '(')) {
      return null;
    }
    Variable v = scope.variable(name(k));
    if (v != null
        && t.isAny(
            k - 1,
            "FROM",
            "JOIN",
            "STRAIGHT_JOIN",
            "INTO",
            "UPDATE",
            "AS",
            "TABLE",
            "SAVEPOINT",
            "TO",
            "COLLATE",
            "SET")) {
      throw no(
          "the name "
              + v.name()
              + " of a variable means something else at "
              + t.text(k - 1)
              + " "
              + t.text(k));
    }
    return v;
  }

  /**
   * Whether a literal in place of the variable does the same in a write: a number does, anything
   * else where it is stored in a column or compared with one.
   */
  private boolean asColumn(Variable v, int from, int k, int end) throws SQLException {
    boolean by = false;
    for (int b = from; b < k; b++) {
      by = t.is(b, "BY") || by && !t.is(b, "LIMIT");
    }
    if (by) {
      return false; // a number there names a column
    }
    if (v.family() == Family.INTEGER || v.family() == Family.DECIMAL) {
      return true;
    }
    if (v.family() == Family.DATE || v.family() == Family.DATETIME) {
      ColumnInfo c = columnOf(from, k);
      if (c == null
          || c.kind() != ColumnInfo.Kind.DATETIME
              && c.kind() != ColumnInfo.Kind.TIMESTAMP
              && !(c.kind() == ColumnInfo.Kind.DATE && v.family() == Family.DATE)) {
        return false; // a text is no date elsewhere
      }
    }
    boolean ends =
        k + 1 == end
            || t.op(k + 1, ')')
            || t.op(k + 1, ',')
            || t.isAny(k + 1, "WHERE", "AND", "OR", "ORDER", "LIMIT", "ON");
    boolean compared =
        (t.op(k - 1, '=')
                || t.op(k - 1, '<')
                || t.op(k - 1, '>')
                || t.op(k - 1, "<=")
                || t.op(k - 1, ">=")
                || t.op(k - 1, "<>")
                || t.op(k - 1, "!="))
            && t.identifier(k - 2);
    if (compared && ends && column(k - 2, from)) {
      return true;
    }
    // A value of its own in VALUES.
    int open = opening(from, k);
    boolean row = t.isAny(from, "INSERT", "REPLACE") && t.op(open, '(') && inValues(open, from);
    return row && (open == k - 1 || t.op(k - 1, ',')) && (t.op(k + 1, ')') || t.op(k + 1, ','));
  }

  /** The parenthesis around the token, or {@code from}. */
  private int opening(int from, int k) {
    int depth = 0;
    int open = k - 1;
    while (open > from && !(depth == 0 && t.op(open, '('))) {
      depth += t.op(open, ')') ? 1 : t.op(open, '(') ? -1 : 0;
      open--;
    }
    return open;
  }

  /** The column that the variable is stored in or compared with, in a write of one table. */
  private ColumnInfo columnOf(int from, int k) throws SQLException {
    for (int l = from; l < end(from); l++) {
      if (t.isAny(l, "SELECT", "JOIN", "STRAIGHT_JOIN", "USING", "TABLE")) {
        return null;
      }
    }
    int at = from + 1;
    while (t.isAny(
        at, "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE", "INTO", "FROM")) {
      at++;
    }
    Names.Ref ref = names.read(t, at, "a table");
    TableInfo table = names.find(ref, routine.text().name().schema());
    if (table == null) {
      return null;
    }
    if (t.isAny(from, "UPDATE", "DELETE") || t.is(ref.next(), "SET")) {
      boolean one = t.isAny(ref.next(), "SET", "WHERE", "ORDER", "LIMIT");
      boolean named = t.identifier(k - 2) && !t.op(k - 3, '.');
      return one && named ? table.column(Names.unquote(t.text(k - 2))) : null;
    }
    int place = 0;
    int depth = 0;
    for (int l = opening(from, k) + 1; l < k; l++) {
      depth += t.op(l, '(') ? 1 : t.op(l, ')') ? -1 : 0;
      place += depth == 0 && t.op(l, ',') ? 1 : 0;
    }
    if (t.op(ref.next(), '(')) {
      int column = ref.next() + 1 + 2 * place;
      return t.identifier(column) ? table.column(Names.unquote(t.text(column))) : null;
    }
    return place < table.columns().size() ? table.columns().get(place) : null;
  }

  /** Whether the name ends an operand that is a column alone. */
  private boolean column(int last, int from) {
    int first = t.op(last - 1, '.') ? last - 2 : last;
    return scope.variable(name(last)) == null
        && (first <= from
            || t.op(first - 1, '(')
            || t.op(first - 1, ',')
            || t.isAny(first - 1, "SET", "WHERE", "AND", "OR", "ON", "NOT", "UPDATE"));
  }

  private boolean inValues(int open, int from) {
    int k = open - 1;
    while (k > from && (t.op(k, ',') || t.op(k, ')'))) {
      // The row before.
      if (t.op(k, ',')) {
        k--;
        continue;
      }
      int depth = 0;
      do {
        depth += t.op(k, ')') ? 1 : t.op(k, '(') ? -1 : 0;
        k--;
      } while (k > from && depth > 0);
    }
    return t.isAny(k, "VALUES", "VALUE");
  }

  /** The columns of a SELECT that have variables in them keep the names that they have. */
  private final class SelectList {
    private final Map<Integer, String> aliases = new HashMap<>();

    SelectList(int from, int end) throws SQLException {
      int start = from + 1;
      while (t.isAny(start, "DISTINCT", "ALL", "SQL_NO_CACHE")) {
        start++;
      }
      int depth = 0;
      boolean variable = false;
      int k = start;
      for (; k <= end; k++) {
        boolean over =
            depth == 0
                && (k == end
                    || t.op(k, ',')
                    || t.isAny(
                        k,
                        "FROM",
                        "INTO",
                        "WHERE",
                        "ORDER",
                        "LIMIT",
                        "UNION",
                        "GROUP",
                        "HAVING",
                        "FOR",
                        "PROCEDURE"));
        if (over) {
          if (variable) {
            item(start, k);
          }
          variable = false;
          start = k + 1;
          if (!t.op(k, ',')) {
            return;
          }
          continue;
        }
        depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
        variable |= named(k);
      }
    }

    private boolean named(int k) {
      return t.identifier(k)
          && !t.op(k - 1, '.')
          && !t.op(k + 1, '.')
          && !t.op(k + 1, '(')
          && scope.variable(name(k)) != null;
    }

    private void item(int from, int end) {
      int last = end - 1;
      boolean alias =
          last > from
              && (t.is(last - 1, "AS")
                  || (t.identifier(last) || t.type(last) == Tokens.STRING)
                      && (t.op(last - 1, ')')
                          || t.identifier(last - 1)
                              && !t.isAny(
                                  last - 1,
                                  "AND",
                                  "OR",
                                  "NOT",
                                  "XOR",
                                  "DIV",
                                  "MOD",
                                  "LIKE",
                                  "IS",
                                  "IN",
                                  "INTERVAL",
                                  "CASE",
                                  "ELSE",
                                  "THEN",
                                  "BETWEEN",
                                  "COLLATE")
                          || t.type(last - 1) == Tokens.NUMBER
                          || t.type(last - 1) == Tokens.STRING)
                      && !t.is(last, "END")
                      && !t.is(last - 2, "INTERVAL"));
      if (!alias) {
        String text = t.sql.substring(t.start(from), t.end(last));
        String name = from == last ? Names.unquote(text) : text;
        aliases.put(last, " AS `" + name.replace("`", "``") + "`");
      }
    }

    String alias(int k) {
      return aliases.get(k);
    }
  }
}
