package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.node.ProcedureText;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * CALL of stored procedures on MySQL and MariaDB. One that is proved to write nothing runs on the
 * primary as it is; any other is executed statement by statement ({@link ProgramParser}).
 * Thread-safe.
 */
final class CallAnalysis {
  private final Names names;
  private final ReadAnalysis reads;
  private final StoredFunctions stored;
  private final ReadOnlyBody readOnly;
  private final Program.Analysis inner;
  private final Cache<String, Object> known;

  /**
   * What is known of a procedure.
   *
   * @param generation of the catalogue by which it was read
   * @param reads the tables that it reads and the variables that it sets, where it writes nothing
   * @param body its steps where it may write, else null
   * @param variables of the steps
   */
  private record Known(
      long generation,
      Routine routine,
      Builder reads,
      Set<String> sets,
      Program.Step body,
      List<Program.Variable> variables) {}

  /**
   * @param inner says what the statements of a procedure that writes mean
   * @param known what is kept of procedures, until DDL
   */
  CallAnalysis(
      Names names,
      ReadAnalysis reads,
      Functions functions,
      Program.Analysis inner,
      Cache<String, Object> known) {
    this.inner = inner;
    this.known = known;
    this.names = names;
    this.reads = reads;
    this.stored = new StoredFunctions(names, functions);
    this.readOnly = new ReadOnlyBody(functions);
  }

  /** Whether the statement is a call, also as the JDBC escape. */
  static boolean is(Tokens t) {
    return t.is(0, "CALL") || t.op(0, '{') && (t.is(1, "CALL") || function(t));
  }

  private static boolean function(Tokens t) {
    return t.type(1) == Tokens.PARAM && t.op(2, '=') && t.is(3, "CALL");
  }

  /**
   * @param schema the current one
   */
  Builder analyze(Tokens t, String schema, long generation) throws SQLException {
    boolean escape = t.op(0, '{');
    int end = t.count() - (escape ? 1 : 0);
    if (escape && !t.op(end, '}')) {
      throw Classifier.notRead(t, end);
    }
    boolean function = escape && function(t);
    int at = function ? 4 : escape ? 2 : 1;
    Names.Ref ref = names.read(t, at, function ? "a function" : "a procedure");
    if (t.count() > ref.next() && ref.next() != end) {
      boolean parenthesis = t.op(ref.next(), '(') && t.closing(ref.next()) == end - 1;
      if (!parenthesis) {
        throw Classifier.notRead(t, ref.next());
      }
    }
    Builder b = new Builder(Kind.CALL, t, schema);
    // A sub-query in an argument is executed here; a function's own call is among these.
    ReadAnalysis.Effects effects = reads.arguments(t, function ? at : ref.next(), schema, b);
    b.pinsSession = effects.pins();
    Set<String> sets = new LinkedHashSet<>(reads.assigned(t));
    List<Routine.Formal> formals = List.of();
    if (!function) {
      names.requireSchema(ref, schema);
      Known k = known(ref, schema, t, generation);
      formals = k.routine().parameters();
      if (k.body() == null) {
        b.tables.addAll(k.reads().tables);
        b.allTables |= k.reads().allTables;
        sets.addAll(k.sets());
      } else {
        b.program = program(k, t, ref.next(), end, schema);
      }
    }
    List<Call.Place> places = places(t, ref.next(), end, formals, sets);
    String head = function ? "SELECT " : "CALL ";
    int from = t.start(at);
    List<Call.Place> moved = new ArrayList<>();
    for (Call.Place p : places) {
      moved.add(new Call.Place(p.at() - from + head.length(), p.name(), p.in(), p.out()));
    }
    String text = head + t.sql.substring(from, t.end(end - 1));
    b.call = new Call(text + (function && end == ref.next() ? "()" : ""), function, moved);
    b.sets = List.copyOf(sets);
    return b;
  }

  private static TableName name(Names.Ref ref, String schema) {
    return new TableName(ref.schema() == null ? schema : ref.schema(), ref.name());
  }

  /** Looks at a procedure, once for each state of the catalogue. */
  private Known known(Names.Ref ref, String schema, Tokens t, long generation) throws SQLException {
    TableName name = name(ref, schema);
    String key = "CALL " + name.schema() + '\0' + name.name();
    if (known.getIfPresent(key) instanceof Known k && k.generation() == generation) {
      return k;
    }
    Routine r = routine(ref, schema);
    Builder alone = new Builder(Kind.CALL, t, schema);
    Set<String> variables = new LinkedHashSet<>();
    Known k;
    try {
      prove(r, alone, variables, new HashSet<>());
      k = new Known(generation, r, alone, variables, null, null);
    } catch (SQLException e) {
      if (!SqlState.NOT_SUPPORTED.code().equals(e.getSQLState())) {
        throw e;
      }
      ProgramParser parser = new ProgramParser(r, names, inner);
      Program.Step body = parser.body();
      k = new Known(generation, r, null, null, body, List.copyOf(parser.variables()));
    }
    known.put(key, k);
    return k;
  }

  private Routine routine(Names.Ref ref, String schema) throws SQLException {
    TableName name = name(ref, schema);
    if (names.system(name.schema())) {
      throw Errors.unsupported(
          "CALL " + name + " is not supported: it belongs to the system or to Lockstep");
    }
    ProcedureText text = names.procedure(name);
    if (text == null) {
      throw new SQLSyntaxErrorException("PROCEDURE " + name + " does not exist", "42000", 1305);
    }
    return Routine.read(text);
  }

  private Program program(Known k, Tokens t, int open, int end, String schema) throws SQLException {
    Routine r = k.routine();
    List<Program.Input> inputs = new ArrayList<>();
    List<Integer> outputs = new ArrayList<>();
    List<String> variables = new ArrayList<>();
    int placeholder = 0;
    int i = open + 1;
    while (i < end - 1) {
      int from = i;
      int depth = 0;
      while (i < end - 1 && !(depth == 0 && t.op(i, ','))) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        i++;
      }
      if (inputs.size() == r.parameters().size()) {
        throw arguments(r);
      }
      Routine.Formal formal = r.parameters().get(inputs.size());
      boolean single = i == from + 1;
      boolean variable = single && t.type(from) == Tokens.USER_VARIABLE;
      boolean marked = single && t.type(from) == Tokens.PARAM;
      if (formal.out() && !variable && !marked) {
        throw new SQLSyntaxErrorException(
            "OUT or INOUT argument " + (inputs.size() + 1) + " is not a variable", "42000", 1414);
      }
      outputs.add(formal.out() && marked ? placeholder : -1);
      variables.add(formal.out() && variable ? t.text(from) : null);
      List<String> pieces = new ArrayList<>();
      List<Integer> numbers = new ArrayList<>();
      String piece = "SELECT (";
      int at = t.start(from);
      for (int n = from; n < i; n++) {
        if (t.type(n) == Tokens.PARAM) {
          pieces.add(piece + t.sql.substring(at, t.start(n)));
          piece = "";
          at = t.end(n);
          numbers.add(placeholder++);
        }
      }
      pieces.add(piece + t.sql.substring(at, t.end(i - 1)) + ") INTO " + Program.into(0));
      Program.Input input = null;
      if (formal.in()) {
        StatementPlan plan = inner.of(String.join("?", pieces), schema);
        if (plan.usesTables()) {
          throw Errors.unsupported(
              "an argument of "
                  + r.text().name()
                  + ", a procedure that may write, reads a table, which a server does with locks;"
                  + " select the value first");
        }
        input = new Program.Input(plan, pieces, numbers);
      }
      inputs.add(input);
      i++;
    }
    if (inputs.size() != r.parameters().size()) {
      throw arguments(r);
    }
    ProcedureText text = r.text();
    return new Program(
        text.name().toString(),
        k.variables(),
        inputs,
        outputs,
        variables,
        k.body(),
        new Program.Checks(
            text.name().schema(),
            text.name().name(),
            text.sqlMode(),
            text.charset(),
            text.collation(),
            text.databaseCollation(),
            r.definer()));
  }

  private static SQLException arguments(Routine r) {
    return new SQLSyntaxErrorException(
        "Incorrect number of arguments for PROCEDURE " + r.text().name(), "42000", 1318);
  }

  /** Adds the tables that it reads and the user variables that it may set. */
  private void prove(Routine r, Builder b, Set<String> sets, Set<TableName> seen)
      throws SQLException {
    if (!seen.add(r.text().name())) {
      return;
    }
    Tokens t = r.tokens();
    String what = "procedure " + r.text().name();
    String schema = r.text().name().schema();
    ReadOnlyBody.Called called =
        new ReadOnlyBody.Called() {
          @Override
          public void function(int token) throws SQLException {
            if (t.isAny(token, "TINYINT", "SMALLINT", "MEDIUMINT")) {
              return; // a type
            }
            Boolean known = stored.reads(t, token, schema);
            if (known == null) {
              throw Errors.unsupported(
                  what + " is not proved to write nothing: it calls " + t.text(token));
            }
            b.allTables |= known;
          }

          @Override
          public void procedure(int token) throws SQLException {
            prove(routine(names.read(t, token, "a procedure"), schema), b, sets, seen);
          }
        };
    readOnly.requireProcedure(t, r.body(), what, r.names(), called);
    reads.routine(t, r.body(), schema, b);
    for (int i = r.body(); i < t.count(); i++) {
      if (t.type(i) == Tokens.USER_VARIABLE) {
        sets.add(t.text(i).toLowerCase(Locale.ROOT));
      }
    }
  }

  /** The placeholders, and the user variables that take output parameters. */
  private static List<Call.Place> places(
      Tokens t, int open, int end, List<Routine.Formal> formals, Set<String> sets) {
    List<Call.Place> places = new ArrayList<>();
    int argument = 0;
    int depth = 0;
    for (int i = open + 1; i < end; i++) {
      boolean outer = depth == 0;
      if (outer && t.op(i, ',')) {
        argument++;
      }
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      boolean alone =
          outer
              && (i == open + 1 || t.op(i - 1, ','))
              && (t.op(i + 1, ',') || i + 2 == end && t.op(i + 1, ')'));
      Routine.Formal formal = alone && argument < formals.size() ? formals.get(argument) : null;
      if (t.type(i) == Tokens.PARAM) {
        String name = formal == null ? null : formal.name().toLowerCase(Locale.ROOT);
        boolean out = formal != null && formal.out();
        places.add(new Call.Place(t.start(i), name, formal == null || formal.in(), out));
      } else if (t.type(i) == Tokens.USER_VARIABLE && formal != null && formal.out()) {
        sets.add(t.text(i).toLowerCase(Locale.ROOT));
      }
    }
    return places;
  }
}
