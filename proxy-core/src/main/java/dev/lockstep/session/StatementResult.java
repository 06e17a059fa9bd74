package dev.lockstep.session;

import java.sql.ResultSet;
import java.sql.SQLWarning;

/**
 * What one statement gave.
 *
 * @param rows the node's own result set, or null where the statement gave a count
 * @param count rows found by a write; 0 for other statements without rows; -1 where {@code rows} is
 *     set
 * @param keys generated keys in order, or null where there are none
 * @param keyColumn the column that they are of, or null
 * @param warnings the server's warnings, or null
 */
public record StatementResult(
    ResultSet rows, long count, long[] keys, String keyColumn, SQLWarning warnings) {
  /** A statement that gave neither rows nor a count. */
  static final StatementResult NOTHING = new StatementResult(null, 0, null, null, null);

  static StatementResult rows(ResultSet rows) {
    return new StatementResult(rows, -1, null, null, null);
  }

  static StatementResult count(long count) {
    return count == 0 ? NOTHING : new StatementResult(null, count, null, null, null);
  }
}
