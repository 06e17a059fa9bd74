package dev.lockstep.session;

import java.sql.ResultSet;
import java.sql.SQLWarning;
import java.util.List;

/**
 * What one statement gave.
 *
 * @param rows the node's own result set, or null where the statement gave a count
 * @param count rows found by a write; 0 for other statements without rows; -1 where {@code rows} is
 *     set
 * @param keys generated keys in order, or null where there are none
 * @param keyColumn the column that they are of, or null
 * @param warnings the server's warnings, or null
 * @param next the result behind this one, or null; only a call has several
 * @param outs a row with the output parameters of a call, or null
 */
public record StatementResult(
    ResultSet rows,
    long count,
    long[] keys,
    String keyColumn,
    SQLWarning warnings,
    StatementResult next,
    ResultSet outs) {
  StatementResult(ResultSet rows, long count, long[] keys, String keyColumn, SQLWarning warnings) {
    this(rows, count, keys, keyColumn, warnings, null, null);
  }

  /** A statement that gave neither rows nor a count. */
  static final StatementResult NOTHING = new StatementResult(null, 0, null, null, null);

  static StatementResult rows(ResultSet rows) {
    return new StatementResult(rows, -1, null, null, null);
  }

  /** The results of a call, of which there is at least one, and its output parameters. */
  static StatementResult several(List<StatementResult> results, ResultSet outs) {
    StatementResult next = null;
    for (int i = results.size() - 1; i >= 0; i--) {
      StatementResult r = results.get(i);
      next =
          new StatementResult(
              r.rows, r.count, r.keys, r.keyColumn, r.warnings, next, i == 0 ? outs : null);
    }
    return next;
  }

  static StatementResult count(long count) {
    return count == 0 ? NOTHING : new StatementResult(null, count, null, null, null);
  }
}
