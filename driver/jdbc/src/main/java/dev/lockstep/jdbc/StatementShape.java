package dev.lockstep.jdbc;

import java.sql.ResultSet;

/**
 * Kind of result sets that a statement makes.
 *
 * @param type as in {@link ResultSet}
 * @param updatable whether rows are to be changed through them
 * @param holdability as in {@link ResultSet}, or 0 for the vendor's default
 */
record StatementShape(int type, boolean updatable, int holdability) {
  static final StatementShape DEFAULT = new StatementShape(ResultSet.TYPE_FORWARD_ONLY, false, 0);

  static StatementShape of(int type, int concurrency, int holdability) {
    boolean updatable = concurrency == ResultSet.CONCUR_UPDATABLE;
    return type == ResultSet.TYPE_FORWARD_ONLY && holdability == 0 && !updatable
        ? DEFAULT
        : new StatementShape(type, updatable, holdability);
  }
}
