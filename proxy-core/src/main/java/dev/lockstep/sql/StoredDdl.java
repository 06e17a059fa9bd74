package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;

/**
 * DDL of triggers, procedures, functions and events of MySQL and MariaDB, and the definer of these
 * and of views. Thread-safe.
 *
 * <p>A procedure may contain anything, because CALL looks at it. A trigger may, because a write to
 * its table looks at it ({@link Triggers}). A function must be proved to write nothing, as a view
 * can hide that it is called.
 */
final class StoredDdl {
  private final Names names;
  private final ReadOnlyBody readOnly;
  private final StoredFunctions stored;

  StoredDdl(Names names, Functions functions) {
    this.names = names;
    this.readOnly = new ReadOnlyBody(functions);
    this.stored = new StoredFunctions(names, functions);
  }

  /** Whether the word is one of the objects that this class is about. */
  static boolean is(String object) {
    return switch (object) {
      case "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT" -> true;
      default -> false;
    };
  }

  /**
   * @param at the token of TRIGGER, PROCEDURE, FUNCTION or EVENT
   */
  Builder analyze(Tokens t, int at, String schema) throws SQLException {
    if (t.parameterCount() > 0) {
      throw Errors.unsupported("DDL with ? parameters is not supported");
    }
    Builder b = new Builder(Kind.DDL, t, schema);
    String verb = t.upper(0);
    String object = t.upper(at);
    if (object.equals("EVENT") && !verb.equals("DROP")) {
      throw Errors.unsupported(
          verb
              + " EVENT is not supported: each node would run the event by itself, at a time of its own; run the"
              + " statements from the application's scheduler");
    }
    int name = DdlAnalysis.skipExists(t, at + 1);
    Names.Ref ref = names.read(t, name, "a " + object.toLowerCase(java.util.Locale.ROOT));
    names.requireSchema(ref, schema);
    refuseSystem(ref, schema);
    if (!verb.equals("CREATE")) {
      ProgramText.requireOne(t, t.count());
      b.allTables = true;
      return b;
    }
    definer(t, b);
    switch (object) {
      case "TRIGGER" -> trigger(t, ref, schema, b);
      case "PROCEDURE" -> {
        ProgramText.requireOne(t, procedureBody(t, parameters(t, ref.next())));
        b.allTables = true;
      }
      default -> {
        if (readOnly.builtIn(ref.name())) {
          throw Errors.unsupported(
              "a function with the name of a built-in one, " + ref + ", is not supported");
        }
        int body = functionBody(t, parameters(t, ref.next()));
        ProgramText.requireOne(t, body);
        readOnly.require(t, body, "function " + ref);
        b.allTables = true;
      }
    }
    return b;
  }

  /** CREATE and ALTER VIEW: its functions, and its definer. */
  void view(Tokens t, String schema, Builder b) throws SQLException {
    stored.called(t, schema);
    definer(t, b);
  }

  private void refuseSystem(Names.Ref ref, String schema) throws SQLException {
    String in = ref.schema() != null ? ref.schema() : schema;
    if (names.system(in)) {
      throw Errors.unsupported(
          "the schema " + in + " belongs to the system or to Lockstep and cannot be changed");
    }
  }

  private void trigger(Tokens t, Names.Ref trigger, String schema, Builder b) throws SQLException {
    int i = trigger.next();
    if (!t.isAny(i, "BEFORE", "AFTER")
        || !t.isAny(i + 1, "INSERT", "UPDATE", "DELETE")
        || !t.is(i + 2, "ON")) {
      throw Classifier.notRead(t, i);
    }
    // A trigger's table is in the trigger's database.
    Names.Ref ref = names.read(t, i + 3, "a table");
    String in = trigger.schema() != null && ref.schema() == null ? trigger.schema() : schema;
    refuseSystem(ref, in);
    b.tables.add(names.stored(ref, in));
    i = ref.next();
    if (!t.sequence(i, "FOR", "EACH", "ROW")) {
      throw Classifier.notRead(t, i);
    }
    i += 3;
    if (t.isAny(i, "FOLLOWS", "PRECEDES") && t.identifier(i + 1)) {
      i += 2;
    }
    ProgramText.requireOne(t, i);
  }

  private static int parameters(Tokens t, int i) throws SQLException {
    int end = t.op(i, '(') ? t.closing(i) : -1;
    if (end < 0) {
      throw Classifier.notRead(t, i); // among them functions of a library (SONAME)
    }
    return end + 1;
  }

  static int procedureBody(Tokens t, int from) {
    int i = from;
    while (true) {
      if (t.is(i, "COMMENT") && t.type(i + 1) == Tokens.STRING) {
        i += 2;
      } else if (t.sequence(i, "LANGUAGE", "SQL")
          || t.sequence(i, "NOT", "DETERMINISTIC")
          || t.sequence(i, "CONTAINS", "SQL")
          || t.sequence(i, "NO", "SQL")) {
        i += 2;
      } else if (t.is(i, "DETERMINISTIC")) {
        i++;
      } else if (t.sequence(i, "READS", "SQL", "DATA")
          || t.sequence(i, "MODIFIES", "SQL", "DATA")
          || t.sequence(i, "SQL", "SECURITY")) {
        i += 3;
      } else {
        return i;
      }
    }
  }

  private static int functionBody(Tokens t, int from) throws SQLException {
    if (!t.is(from, "RETURNS")) {
      throw Classifier.notRead(t, from);
    }
    for (int i = from + 1; i < t.count(); i++) {
      if (t.isAny(i, "BEGIN", "RETURN")) {
        return t.op(i - 1, ':') ? i - 2 : i;
      }
    }
    throw Classifier.notRead(t, from);
  }

  /**
   * Finds where the statement has, or must get, its definer: on other nodes it is executed by
   * another account, which would be the definer there.
   */
  private static void definer(Tokens t, Builder b) throws SQLException {
    b.keepsSession = true;
    int i = 1;
    while (true) {
      if (t.sequence(i, "OR", "REPLACE")) {
        i += 2;
      } else if (t.is(i, "ALGORITHM") && t.op(i + 1, '=')) {
        i += 3;
      } else {
        break;
      }
    }
    if (!t.is(i, "DEFINER")) {
      b.definerFrom = t.start(i);
      b.definerTo = t.start(i);
      return;
    }
    if (t.is(i + 2, "CURRENT_ROLE")) {
      throw Errors.unsupported("DEFINER=CURRENT_ROLE is not supported; name an account");
    }
    if (t.is(i + 2, "CURRENT_USER")) {
      int end = i + 3;
      if (t.op(end, '(')) {
        end += 2;
      }
      b.definerFrom = t.start(i);
      b.definerTo = t.start(end);
    }
  }
}
