package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Kind of result sets that a statement makes.
 *
 * @param type as in {@link ResultSet}
 * @param holdability as in {@link ResultSet}, or 0 for the vendor's default
 */
record StatementShape(int type, int holdability) {
  static final StatementShape DEFAULT = new StatementShape(ResultSet.TYPE_FORWARD_ONLY, 0);

  static StatementShape of(int type, int concurrency, int holdability) throws SQLException {
    if (concurrency != ResultSet.CONCUR_READ_ONLY) {
      throw Errors.unsupported(
          "updatable result sets bypass the replication; use ResultSet.CONCUR_READ_ONLY and change"
              + " rows with UPDATE statements");
    }
    return type == ResultSet.TYPE_FORWARD_ONLY && holdability == 0
        ? DEFAULT
        : new StatementShape(type, holdability);
  }
}
