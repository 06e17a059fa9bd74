package dev.lockstep.resync;

import dev.lockstep.node.TableName;

/** Hears of a copy's progress, about once per megabyte, on the threads that copy. */
@FunctionalInterface
public interface CopyProgress {
  /** Nobody listens. */
  CopyProgress NONE = (table, rows, estimate, bytes) -> {};

  /**
   * Something was copied.
   *
   * @param table the table under copy
   * @param rows rows that are there since the copy began, over all tables
   * @param rowsEstimate the source's own estimate of all rows of all tables, which may be far off;
   *     -1 where there is none
   * @param bytes bytes written since the copy began, over all tables
   */
  void copied(TableName table, long rows, long rowsEstimate, long bytes);
}
