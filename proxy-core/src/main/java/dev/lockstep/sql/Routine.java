package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ProcedureText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A stored procedure of MySQL or MariaDB, its head read. Immutable but for its tokens, which nobody
 * changes.
 *
 * @param text as the server keeps it
 * @param tokens of {@link ProcedureText#sql}
 * @param parameters in order
 * @param body the token at which the body begins
 * @param definer as {@code user@host} without quotes; null where it runs with its caller's rights
 */
record Routine(
    ProcedureText text, Tokens tokens, List<Formal> parameters, int body, String definer) {
  /**
   * A parameter.
   *
   * @param type its type as written
   */
  record Formal(String name, boolean in, boolean out, String type) {}

  /**
   * @throws SQLException 0A001 where the text cannot be read
   */
  static Routine read(ProcedureText text) throws SQLException {
    String what = "procedure " + text.name();
    for (String mode : text.sqlMode().split(",")) {
      if (!StoredFunctions.MODES.contains(mode)) {
        throw Errors.unsupported(what + " was made under the sql_mode " + mode);
      }
    }
    if (text.sql() == null) {
      throw Errors.unsupported("the text of " + what + " may not be seen by Lockstep's account");
    }
    Tokens t = Lexer.tokenize(text.sql(), Vendor.MYSQL);
    if (t.hasExecutableComment() || t.hasSetVarHint()) {
      throw Errors.unsupported(what + " has an executable comment or a hint");
    }
    int at = 1;
    while (at < t.count() && !t.is(at, "PROCEDURE")) {
      at++;
    }
    String definer = t.is(1, "DEFINER") ? account(t) : null;
    int open = at + 2;
    int close = t.op(open, '(') ? t.closing(open) : -1;
    if (!t.identifier(at + 1) || close < 0) {
      throw Errors.unsupported("the text of " + what + " cannot be read");
    }
    int body = StoredDdl.procedureBody(t, close + 1);
    for (int i = close + 1; i < body; i++) {
      if (t.sequence(i, "SECURITY", "INVOKER")) {
        definer = null;
      }
    }
    return new Routine(text, t, formals(t, open, close), body, definer);
  }

  /** {@code DEFINER=`u`@`h`}: the host is a part of the name or a token like a user variable. */
  private static String account(Tokens t) {
    int from = t.start(3);
    int end = 3;
    while (!t.is(end + 1, "PROCEDURE")) {
      end++;
    }
    return t.sql.substring(from, t.end(end)).replace("`", "");
  }

  private static List<Formal> formals(Tokens t, int open, int close) {
    List<Formal> all = new ArrayList<>();
    int i = open + 1;
    while (i < close) {
      boolean both = t.is(i, "INOUT");
      boolean out = t.is(i, "OUT") && t.identifier(i + 2);
      boolean mode = both || out || (t.is(i, "IN") && t.identifier(i + 1));
      i += mode ? 1 : 0;
      String name = Names.unquote(t.text(i));
      int from = i + 1;
      int depth = 0;
      i = from;
      while (i < close && !(depth == 0 && t.op(i, ','))) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        i++;
      }
      String type = t.sql.substring(t.start(from), t.end(i - 1));
      all.add(new Formal(name, !out, out || both, type));
      i++;
    }
    return List.copyOf(all);
  }

  /** The names of its parameters, lower case. */
  Set<String> names() {
    Set<String> set = new HashSet<>();
    parameters.forEach(p -> set.add(p.name().toLowerCase(Locale.ROOT)));
    return set;
  }
}
