package dev.lockstep.sql;

import dev.lockstep.sql.Program.Text;
import dev.lockstep.sql.Program.Variable;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The names that are known in a block of a stored procedure. For one use. */
final class ProgramScope {
  /** A cursor and its query. */
  record Cursor(int number, Text query) {}

  final ProgramScope outer;
  final Map<String, Variable> variables = new HashMap<>();
  final Map<String, Cursor> cursors = new HashMap<>();

  ProgramScope(ProgramScope outer) {
    this.outer = outer;
  }

  Variable variable(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    for (ProgramScope s = this; s != null; s = s.outer) {
      if (s.variables.containsKey(key)) {
        return s.variables.get(key);
      }
    }
    return null;
  }

  Cursor cursor(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    for (ProgramScope s = this; s != null; s = s.outer) {
      if (s.cursors.containsKey(key)) {
        return s.cursors.get(key);
      }
    }
    return null;
  }
}
