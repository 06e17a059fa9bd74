package dev.lockstep.sql;

import java.sql.SQLException;
import java.util.List;

/**
 * The body of a stored procedure that writes, as steps that are executed one by one. Immutable.
 *
 * @param routine what its messages call it
 * @param variables all parameters and local variables, at their slots; parameters first
 * @param inputs for each parameter the query that gives its value, or null for output parameters
 * @param outputs for each parameter the number of the call's placeholder that takes its value (from
 *     0 on), or -1
 * @param names for each parameter the user variable that takes its value, or null
 * @param body what it does
 * @param checks what the session must be like
 */
public record Program(
    String routine,
    List<Variable> variables,
    List<Input> inputs,
    List<Integer> outputs,
    List<String> names,
    Step body,
    Checks checks) {
  /**
   * What the procedure runs under, which must be the session's.
   *
   * @param definer as {@code user@host}, or null where it runs with its caller's rights
   */
  public record Checks(
      String schema,
      String name,
      String sqlMode,
      String charset,
      String collation,
      String databaseCollation,
      String definer) {}

  /** The families of types. */
  public enum Family {
    INTEGER,
    UNSIGNED,
    DECIMAL,
    DOUBLE,
    STRING,
    DATE,
    DATETIME
  }

  /**
   * A parameter or local variable.
   *
   * @param type as SQL text, for a column that takes NULL
   */
  public record Variable(int slot, String name, String type, Family family) {}

  /**
   * A place of a variable in a text.
   *
   * @param limit where only a plain number may stand
   */
  public record Hole(Variable variable, boolean limit) {}

  /**
   * A statement with variables in it.
   *
   * @param plan of the text with a placeholder for each variable
   * @param pieces the text between the variables, one more than these
   */
  public record Text(StatementPlan plan, List<String> pieces, List<Hole> holes) {}

  /**
   * The query that puts an argument into a user variable.
   *
   * @param plan of the text with its placeholders
   * @param pieces the text between the placeholders, one more than these
   * @param placeholders their numbers in the call, from 0 on
   */
  public record Input(StatementPlan plan, List<String> pieces, List<Integer> placeholders) {}

  /** One step. */
  public sealed interface Step {}

  /** BEGIN … END. The declared variables are set first. */
  public record Block(
      String label,
      List<Assign> defaults,
      List<Handler> handlers,
      List<Integer> cursors,
      List<Step> steps)
      implements Step {}

  /**
   * A handler.
   *
   * @param conditions {@code NOT FOUND}, {@code SQLEXCEPTION}, a state of five characters, or an
   *     error number
   */
  public record Handler(boolean exit, List<String> conditions, Step action) {}

  /**
   * Values for variables.
   *
   * @param query puts them into user variables named {@link #into}; null for NULL
   * @param targets the variables, null for user variables, which the query sets itself
   * @param rows whether the query is one of the procedure, which may find no row
   */
  public record Assign(Text query, List<Variable> targets, boolean rows) implements Step {}

  /** The columns of the one row of a query, which locks it, for variables. */
  public record Lock(Text query, List<Variable> targets) implements Step {}

  /** A condition, whose query gives 1 or 0, and what follows; null for ELSE. */
  public record Branch(Text condition, List<Step> steps) {}

  /** IF and CASE. */
  public record If(List<Branch> branches, boolean needsOne) implements Step {}

  /** WHILE, REPEAT, LOOP: goes on while {@code before} is true, until {@code after} is. */
  public record Loop(String label, Text before, List<Step> steps, Text after) implements Step {}

  /** LEAVE or ITERATE. */
  public record Jump(String label, boolean leave) implements Step {}

  /** A statement whose effect and result are the application's. */
  public record Run(Text text) implements Step {}

  /** SIGNAL; null for RESIGNAL. */
  public record Signal(String state, String message, Variable messageOf, int number)
      implements Step {}

  /** OPEN, CLOSE, FETCH of a cursor. */
  public record Open(int cursor, Text query) implements Step {}

  /** CLOSE. */
  public record Close(int cursor) implements Step {}

  /** FETCH: the targets are variables. */
  public record Fetch(int cursor, List<Variable> targets) implements Step {}

  /** The user variable that takes a value on its way to a variable. */
  public static String into(int target) {
    return "@lockstep_v" + target;
  }

  /** Whether a user variable is one of the engine's own. */
  static boolean own(String userVariable) {
    return userVariable.startsWith("@lockstep_");
  }

  /** Says what a statement of a procedure means. */
  interface Analysis {
    StatementPlan of(String sql, String schema) throws SQLException;
  }
}
