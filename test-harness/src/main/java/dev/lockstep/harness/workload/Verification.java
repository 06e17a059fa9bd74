package dev.lockstep.harness.workload;

import java.util.List;

/**
 * The result of comparing nodes with what the clients know. Immutable.
 *
 * @param acknowledged transactions whose commit was acknowledged
 * @param rolledBack transactions that were reported as rolled back
 * @param unknown transactions of which the clients do not know the outcome
 * @param unknownCommitted how many of those are on all nodes
 * @param problems a sentence for each broken promise, the first ones only
 * @param found how many broken promises there are
 */
public record Verification(
    int acknowledged,
    int rolledBack,
    int unknown,
    int unknownCommitted,
    List<String> problems,
    int found) {

  public Verification {
    problems = List.copyOf(problems);
  }

  public boolean ok() {
    return found == 0;
  }

  /** Throws an {@link AssertionError} that lists the problems if there are any. */
  public void assertOk() {
    if (!ok()) {
      throw new AssertionError(toString());
    }
  }

  @Override
  public String toString() {
    String counts =
        "%d acknowledged, %d rolled back, %d unknown (%d of them committed)"
            .formatted(acknowledged, rolledBack, unknown, unknownCommitted);
    return ok()
        ? counts + ", all as it should be"
        : counts + ", " + found + " problems:\n  " + String.join("\n  ", problems);
  }
}
