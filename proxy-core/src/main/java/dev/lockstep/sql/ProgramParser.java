package dev.lockstep.sql;

import dev.lockstep.sql.Program.Assign;
import dev.lockstep.sql.Program.Branch;
import dev.lockstep.sql.Program.Family;
import dev.lockstep.sql.Program.Handler;
import dev.lockstep.sql.Program.Step;
import dev.lockstep.sql.Program.Text;
import dev.lockstep.sql.Program.Variable;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
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

  private final Routine routine;
  private final Tokens t;
  private final List<Variable> variables = new ArrayList<>();
  private final Deque<String> labels = new ArrayDeque<>();
  private final ProgramTexts texts;
  private ProgramScope scope;
  private int cursors;
  private int i;

  ProgramParser(Routine routine, Names names, Program.Analysis analysis) {
    this.routine = routine;
    this.t = routine.tokens();
    this.i = routine.body();
    this.texts = new ProgramTexts(routine, names, analysis);
    enter(new ProgramScope(null));
  }

  private void enter(ProgramScope inner) {
    scope = inner;
    texts.scope = inner;
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
    return texts.no(why);
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
    return texts.end(i);
  }

  private String name(int k) {
    return Names.unquote(t.text(k)).toLowerCase(Locale.ROOT);
  }

  private Step block(String label) throws SQLException {
    i++;
    if (t.is(i, "NOT")) {
      throw near();
    }
    ProgramScope own = new ProgramScope(scope);
    enter(own);
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
        own.cursors.put(cursor, new ProgramScope.Cursor(cursors++, query));
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
    enter(own.outer);
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
    ProgramScope.Cursor c = t.identifier(i) ? scope.cursor(name(i)) : null;
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
    numbers(c.query(), targets);
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
    return expression(text(from, end, "SELECT IF((", "),1,0)", false));
  }

  /** The query that puts an expression into a user variable. */
  Text value(int from, int end, String userVariable) throws SQLException {
    String into = userVariable == null ? Program.into(0) : userVariable;
    return expression(text(from, end, "SELECT (", ") INTO " + into, false));
  }

  /**
   * A server reads tables with locks where they are in an expression of a procedure, but not in a
   * query, which is what Lockstep makes of it.
   */
  private Text expression(Text text) throws SQLException {
    if (text.plan().usesTables()) {
      throw no(
          "it reads a table in an expression, which locks what it reads; use SELECT … INTO, where"
              + " rows must be locked with FOR UPDATE");
    }
    return text;
  }

  /** What an ENUM, SET or BIT is as a number is not what its text says. */
  private Text numbers(Text query, List<Variable> targets) throws SQLException {
    for (Variable v : targets) {
      if (v != null && v.family() != Program.Family.STRING) {
        texts.refuseEncoded(query.plan().tables());
        break;
      }
    }
    return query;
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
    ProgramTexts.Parts parts = texts.parts();
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
        return new Program.Lock(numbers(parts.text(true), targets), List.copyOf(targets));
      }
    }
    parts.add(" " + list + " ");
    parts.add(k, end);
    return new Assign(
        numbers(parts.text(false), targets), java.util.Collections.unmodifiableList(targets), true);
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
    ProgramTexts.Parts parts = texts.parts();
    parts.add(before);
    parts.add(from, end);
    parts.add(after);
    return parts.text(given);
  }

  private Text joined(String a, int from, int end, String b, int from2, int end2, String c)
      throws SQLException {
    ProgramTexts.Parts parts = texts.parts();
    parts.add(a);
    parts.add(from, end);
    parts.add(b);
    parts.add(from2, end2);
    parts.add(c);
    return expression(parts.text(false));
  }
}
