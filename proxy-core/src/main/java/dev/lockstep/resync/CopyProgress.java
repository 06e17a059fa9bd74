package dev.lockstep.resync;

import dev.lockstep.node.TableName;

/** Hears of a copy's progress, about once per megabyte, on the thread that copies. */
@FunctionalInterface
public interface CopyProgress {
  /** Nobody listens. */
  CopyProgress NONE = (table, rows, estimate, bytes) -> {};

  /**
   * Something was copied.
   *
   * @param table the table under copy
   * @param rows rows of it that have been written
   * @param rowsEstimate the source's own estimate of all its rows; may be far off
   * @param bytes bytes written since the copy began, over all tables
   */
  void copied(TableName table, long rows, long rowsEstimate, long bytes);
}
