package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Proves that a stored program only reads, by a list of the statements and functions that may occur
 * in it. Thread-safe.
 */
final class ReadOnlyBody {
  private static final Set<String> STATEMENTS =
      Set.of(
          "BEGIN", "END", "SELECT", "SET", "DECLARE", "IF", "ELSEIF", "ELSE", "CASE", "WHEN",
          "WHILE", "LOOP", "REPEAT", "UNTIL", "LEAVE", "ITERATE", "RETURN", "OPEN", "FETCH",
          "CLOSE", "SIGNAL");

  /** Words that never stand in a statement that only reads, unless they call a function. */
  private static final Set<String> NEVER =
      Set.of(
          "INSERT",
          "UPDATE",
          "DELETE",
          "REPLACE",
          "CALL",
          "LOAD",
          "TRUNCATE",
          "CREATE",
          "ALTER",
          "DROP",
          "RENAME",
          "GRANT",
          "REVOKE",
          "LOCK",
          "UNLOCK",
          "PREPARE",
          "EXECUTE",
          "DEALLOCATE",
          "COMMIT",
          "ROLLBACK",
          "SAVEPOINT",
          "START",
          "XA",
          "HANDLER",
          "OUTFILE",
          "DUMPFILE",
          "FLUSH",
          "KILL",
          "RESET",
          "ANALYZE",
          "OPTIMIZE",
          "REPAIR",
          "INSTALL",
          "UNINSTALL",
          "IMMEDIATE",
          "USE",
          "RESIGNAL",
          "GET",
          "HELP",
          "SHOW",
          "PURGE",
          "BINLOG");

  /** What may begin a statement in a procedure besides. */
  private static final Set<String> IN_PROCEDURES = Set.of("CALL", "RESIGNAL", "DO");

  /** What a procedure calls, which somebody else looks at. */
  interface Called {
    /**
     * A function that is no built-in one, called at this token.
     *
     * @throws SQLException 0A001 where it may write
     */
    void function(int token) throws SQLException;

    /**
     * A procedure whose name begins at this token.
     *
     * @throws SQLException 0A001 where it may write
     */
    void procedure(int token) throws SQLException;
  }

  private final Functions functions;

  ReadOnlyBody(Functions functions) {
    this.functions = functions;
  }

  /**
   * @param what its kind and name, for the message
   * @throws SQLException 0A001 where it is not proved
   */
  void require(Tokens t, int from, String what) throws SQLException {
    require(t, from, what, Set.of(), null);
  }

  /**
   * The same for a procedure, which may also use variables of the session, and call others.
   *
   * @param parameters its parameters' names, lower case
   */
  void requireProcedure(Tokens t, int from, String what, Set<String> parameters, Called called)
      throws SQLException {
    require(t, from, what, parameters, called);
  }

  private void require(Tokens t, int from, String what, Set<String> parameters, Called called)
      throws SQLException {
    boolean procedure = called != null;
    ProgramText.Starts known =
        i -> {
          if (!STATEMENTS.contains(t.upper(i))
              && !(procedure && IN_PROCEDURES.contains(t.upper(i)))) {
            throw refused(what, "it contains the statement " + t.text(i));
          }
        };
    ProgramText.requireOne(t, from, known);
    requireOwnVariables(t, from, what, parameters, procedure);
    for (int i = from; i < t.count(); i++) {
      byte type = t.type(i);
      if (type == Tokens.PARAM
          || !procedure && (type == Tokens.USER_VARIABLE || type == Tokens.SYSTEM_VARIABLE)) {
        throw refused(what, "it uses the variable " + t.text(i));
      }
      String word = t.op(i - 1, '.') ? "" : t.upper(i);
      if (procedure && t.isAny(i, "EXIT", "CONTINUE") && t.sequence(i + 1, "HANDLER", "FOR")) {
        known.at(action(t, i + 3));
        i += 2;
        continue;
      }
      if (procedure && word.equals("CALL") && t.identifier(i + 1)) {
        called.procedure(i + 1);
        i += t.op(i + 2, '.') ? 3 : 1;
        continue;
      }
      if (NEVER.contains(word)
          && !t.op(i + 1, '(')
          && !(procedure && word.equals("RESIGNAL"))
          && !(t.is(i, "HANDLER") && handler(t, i))) {
        throw refused(what, "it contains " + word);
      }
      if (t.sequence(i, "FOR", "UPDATE")
          || t.sequence(i, "FOR", "SHARE")
          || t.sequence(i, "IN", "SHARE", "MODE")
          || t.sequence(i, "NEXT", "VALUE")
          || t.sequence(i, "PREVIOUS", "VALUE")) {
        throw refused(what, "it contains " + word + " " + t.upper(i + 1));
      }
      if (t.identifier(i) && t.op(i + 1, '(')) {
        call(t, i, what, called);
      }
    }
  }

  /** The statement behind the conditions of a handler. */
  private static int action(Tokens t, int conditions) {
    int i = conditions;
    while (true) {
      if (t.sequence(i, "NOT", "FOUND")) {
        i += 2;
      } else if (t.is(i, "SQLSTATE")) {
        i += t.is(i + 1, "VALUE") ? 3 : 2;
      } else {
        i++;
      }
      if (!t.op(i, ',')) {
        return i;
      }
      i++;
    }
  }

  /** SET may only change what the body declares: anything else is a setting of the session. */
  private static void requireOwnVariables(
      Tokens t, int from, String what, Set<String> parameters, boolean user) throws SQLException {
    Set<String> declared = new HashSet<>(parameters);
    for (int i = from; i < t.count(); i++) {
      if (t.is(i, "DECLARE") && t.identifier(i + 1)) {
        int k = i + 1;
        declared.add(name(t, k));
        while (t.op(k + 1, ',') && t.identifier(k + 2)) {
          k += 2;
          declared.add(name(t, k));
        }
      }
    }
    for (int i = from; i < t.count(); i++) {
      if (!t.is(i, "SET")
          || t.op(i - 1, '.')
          || t.is(i - 1, "CHARACTER")
          || t.op(i + 1, '(')
          || signal(t, i)) {
        continue;
      }
      int depth = 0;
      boolean target = true;
      for (int k = i + 1; k < t.count() && !(depth == 0 && t.op(k, ';')); k++) {
        boolean own =
            user && t.type(k) == Tokens.USER_VARIABLE
                || t.identifier(k) && declared.contains(name(t, k));
        if (target && (!own || !(t.op(k + 1, '=') || t.op(k + 1, ":=")))) {
          throw refused(what, "it sets " + t.text(k) + ", which it does not declare");
        }
        depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
        target = depth == 0 && t.op(k, ',');
      }
    }
  }

  /** Whether SET belongs to SIGNAL or RESIGNAL, which set nothing of the session. */
  private static boolean signal(Tokens t, int set) {
    int i = set - 1;
    if (t.type(i) == Tokens.STRING) {
      i -= t.is(i - 1, "VALUE") ? 3 : 2;
    } else if (!t.is(i, "RESIGNAL")) {
      i--;
    }
    return t.isAny(i, "SIGNAL", "RESIGNAL");
  }

  private static String name(Tokens t, int i) {
    return Names.unquote(t.text(i)).toLowerCase(Locale.ROOT);
  }

  /** Whether Lockstep takes a function of this name for a built-in one. */
  boolean builtIn(String name) {
    return functions.effect(name) != Functions.Effect.UNKNOWN
        || ReadAnalysis.notCalled(name.toUpperCase(java.util.Locale.ROOT));
  }

  private static boolean handler(Tokens t, int i) {
    int action = t.sequence(i, "HANDLER", "FOR", "NOT", "FOUND") ? i + 4 : i + 3;
    return t.isAny(i - 1, "EXIT", "CONTINUE")
        && t.is(i + 1, "FOR")
        && (action == i + 4 || t.isAny(i + 2, "SQLEXCEPTION", "SQLWARNING"))
        && t.isAny(action, "SET", "RETURN", "BEGIN");
  }

  private void call(Tokens t, int i, String what, Called called) throws SQLException {
    boolean plain = t.type(i) == Tokens.WORD && !t.op(i - 1, '.');
    if (plain && ReadAnalysis.notCalled(t.upper(i))) {
      return;
    }
    Functions.Effect effect = plain ? functions.effect(t.upper(i)) : Functions.Effect.UNKNOWN;
    switch (effect) {
      case DETERMINISTIC, TIME, VOLATILE, READ_ONLY -> {}
      case SESSION -> {
        boolean changes = t.is(i, "LAST_INSERT_ID") && !t.op(i + 2, ')');
        if (called == null || changes) {
          throw refused(what, "it calls " + t.text(i));
        }
      }
      case UNKNOWN -> {
        if (called == null) {
          throw refused(what, "it calls " + t.text(i));
        }
        called.function(i);
      }
      default -> throw refused(what, "it calls " + t.text(i));
    }
  }

  private static SQLException refused(String what, String why) {
    return Errors.unsupported(
        what + " is not proved to write nothing: " + why + "; do this part in the application");
  }
}
