package dev.lockstep.resync;

import dev.lockstep.cluster.Gate;
import java.sql.SQLException;

/**
 * The gate of the writers, with the longest time that one run has kept it closed: from the moment
 * in which no new group could begin until the next one could. For one thread.
 */
final class ClosedGate {
  private final Gate gate;
  private long longest;

  ClosedGate(Gate gate) {
    this.gate = gate;
  }

  /** Runs with no group in flight. */
  <T> T exclusive(Gate.Action<T> action) throws SQLException {
    long start = System.nanoTime();
    try {
      return gate.exclusive(action);
    } finally {
      longest = Math.max(longest, System.nanoTime() - start);
    }
  }

  /** Nanoseconds. */
  long longest() {
    return longest;
  }
}
