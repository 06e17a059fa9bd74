package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Takes a text of several statements apart at its semicolons, as the server does. Stateless. */
final class Statements {
  /** Objects whose definition has statements of its own in it. */
  private static final Set<String> COMPOUND =
      Set.of("TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE", "ALIAS");

  private static final Set<String> PLAIN =
      Set.of("TABLE", "VIEW", "INDEX", "DATABASE", "SCHEMA", "SEQUENCE", "USER", "ROLE");

  private Statements() {}

  /**
   * The statements, without empty ones; the text itself where it is one statement. What comes
   * behind the beginning of a stored program belongs to that.
   */
  static List<String> split(String sql, Vendor vendor) throws SQLException {
    if (sql.indexOf(';') < 0) {
      return List.of(sql);
    }
    Tokens t = Lexer.tokenize(sql, vendor);
    List<String> parts = new ArrayList<>();
    int first = 0;
    for (int i = 0; i <= t.count(); i++) {
      boolean end = i == t.count();
      if (!end && compound(t, first, i)) {
        i = t.count();
        end = true;
      }
      if (end || t.op(i, ';')) {
        if (i > first) {
          // With the comments before it: a hint may be there.
          int from = first == 0 ? 0 : t.end(first - 1);
          parts.add(sql.substring(from, end ? sql.length() : t.start(i)).strip());
        }
        first = i + 1;
      }
    }
    return parts.size() < 2 ? List.of(sql) : parts;
  }

  private static boolean compound(Tokens t, int first, int i) {
    if (i == first && t.sequence(i, "BEGIN", "NOT", "ATOMIC")) {
      return true;
    }
    if (!t.isAny(first, "CREATE", "ALTER") || !COMPOUND.contains(t.upper(i))) {
      return false;
    }
    for (int k = first + 1; k < i; k++) {
      if (PLAIN.contains(t.upper(k))) {
        return false; // a name
      }
    }
    return true;
  }
}
