package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.sql.SQLException;
import java.util.Set;

/** What an error means. */
enum Verdict {
  /** The replication does not support it, and says so. */
  REFUSED,
  /** Rolled back, to be repeated. */
  RETRY,
  /** What every SQL database says to such a statement. */
  USUAL,
  /** Nothing that an application should see. */
  FINDING;

  // No default value; truncated; lock wait; cannot convert; row changed since read; no such
  // operator …
  // CHECK OPTION of a view; no default value of a column that a view hides.
  // Also: the transaction's snapshot is older than DDL on a table that it reads (1412, 159).
  private static final Set<Integer> MARIADB =
      Set.of(1364, 1265, 1205, 1366, 1020, 1292, 1690, 4078, 1412, 159, 1369, 1423);
  // Lock time-out; concurrent update; no such operator for these types, no comparison; MERGE
  // without its key.
  private static final Set<Integer> H2 = Set.of(50200, 90131, 50100, 90110, 90081);
  private static final String DIFFERENT = "another result on a replica";

  static Verdict of(SQLException e, Engine engine, boolean nodeKilled) {
    String state = String.valueOf(e.getSQLState());
    if (different(e)) {
      // H2 itself lets two open transactions insert the same key now and then.
      return engine == Engine.H2 ? RETRY : FINDING;
    }
    if (state.equals("0A001")) {
      return REFUSED;
    }
    if (state.startsWith("40")) {
      return RETRY;
    }
    if (state.equals("25006")) {
      return nodeKilled ? USUAL : FINDING;
    }
    boolean usual =
        state.startsWith("21")
            || state.startsWith("22")
            || state.startsWith("23")
            || state.startsWith("42")
            || MARIADB.contains(e.getErrorCode())
            || H2.contains(e.getErrorCode());
    return usual ? USUAL : FINDING;
  }

  private static boolean different(SQLException e) {
    return String.valueOf(e.getMessage()).contains(DIFFERENT);
  }

  /** What errors are counted by. */
  static String kind(SQLException e) {
    return e.getSQLState() + " " + (different(e) ? DIFFERENT : e.getErrorCode());
  }
}
