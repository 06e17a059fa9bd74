package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.RoutineInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;

/**
 * Stored functions of MySQL and MariaDB that queries and views call: allowed where they are proved
 * to write nothing. Thread-safe.
 */
final class StoredFunctions {
  /** Modes under which the text of a stored program is read as this package reads it. */
  static final Set<String> MODES =
      Set.of(
          "",
          "ONLY_FULL_GROUP_BY",
          "STRICT_TRANS_TABLES",
          "STRICT_ALL_TABLES",
          "NO_ZERO_IN_DATE",
          "NO_ZERO_DATE",
          "ERROR_FOR_DIVISION_BY_ZERO",
          "TRADITIONAL",
          "NO_AUTO_CREATE_USER",
          "NO_ENGINE_SUBSTITUTION");

  private final Names names;
  private final Functions functions;
  private final ReadOnlyBody readOnly;

  StoredFunctions(Names names, Functions functions) {
    this.names = names;
    this.functions = functions;
    this.readOnly = new ReadOnlyBody(functions);
  }

  /**
   * Looks at the function called at {@code i}, whose name is none of a built-in one that is known.
   *
   * @param schema the current one
   * @return null where there is none of that name; else whether it reads tables
   * @throws SQLException 0A001 where it may write
   */
  Boolean reads(Tokens t, int i, String schema) throws SQLException {
    boolean qualified = t.op(i - 1, '.') && t.identifier(i - 2);
    String in = qualified ? Names.unquote(t.text(i - 2)) : schema;
    RoutineInfo f = names.function(in, Names.unquote(t.text(i)));
    return f == null ? null : reads(f);
  }

  private boolean reads(RoutineInfo f) throws SQLException {
    String what = "function " + f.name();
    for (String mode : f.sqlMode().split(",")) {
      if (!MODES.contains(mode)) {
        throw Errors.unsupported(what + " was made under the sql_mode " + mode);
      }
    }
    if (f.body() == null) {
      throw Errors.unsupported("the text of " + what + " may not be seen by Lockstep's account");
    }
    Tokens t = Lexer.tokenize(f.body(), Vendor.MYSQL);
    readOnly.require(t, 0, what);
    for (int i = 0; i < t.count(); i++) {
      if (t.isAny(i, "SELECT", "TABLE", "WITH")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Looks at all functions that the query of a view calls.
   *
   * @return whether one of them reads tables
   * @throws SQLException 0A001 where one may write
   */
  boolean inView(Tokens t, TableName view) throws SQLException {
    return called(t, view.schema());
  }

  /** The same for any text; a name that is neither built-in nor stored is left to the server. */
  boolean called(Tokens t, String schema) throws SQLException {
    boolean reads = false;
    for (int i = 0; i + 1 < t.count(); i++) {
      boolean call = t.identifier(i) && t.op(i + 1, '(');
      boolean plain = t.type(i) == Tokens.WORD && !t.op(i - 1, '.');
      if (!call || (plain && functions.effect(t.upper(i)) != Functions.Effect.UNKNOWN)) {
        continue;
      }
      Boolean known = reads(t, i, schema);
      reads |= known != null && known;
    }
    return reads;
  }
}
