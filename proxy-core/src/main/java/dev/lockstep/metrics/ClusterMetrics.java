package dev.lockstep.metrics;

/** What the engine counts. Implementations are thread-safe and cheap. */
public interface ClusterMetrics {
  /** A group of {@code size} transactions was committed. */
  void group(int size);

  /** Nanoseconds from sending the prepare packets until this node's answer was read. */
  void prepare(String node, long nanos);

  /** Nanoseconds from sending COMMIT until this node's answer was read. */
  void commit(String node, long nanos);

  /** Members of the view. */
  void members(int n);

  /** A node was evicted. */
  void evicted(String node, String reason);

  /** The primary changed. */
  void failover();

  /** A lane was rerun. */
  void retry();

  /** A transaction was rolled back with 40001 by Lockstep. */
  void rolledBack();

  /** Journal rows were written. */
  void journalRows(int n);

  /** Nanoseconds by which each group is delayed from now on, because a node cannot catch up. */
  void groupDelay(long nanos);

  /** Progress of a node that is coming back: phase and a count. */
  void rejoin(String node, String phase, long done);

  /**
   * A node's attempt to come back is over.
   *
   * @param nanos the longest time for which it has kept the gate for writers closed
   */
  void rejoinPause(String node, long nanos);
}
