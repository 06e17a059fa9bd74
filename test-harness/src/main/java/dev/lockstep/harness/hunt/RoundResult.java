package dev.lockstep.harness.hunt;

import java.util.List;
import java.util.Map;

/**
 * What a round did and found. Immutable.
 *
 * @param differences between the nodes, a sentence each; empty: they are equal
 * @param findings what an application should not have seen, a sentence each
 * @param rows how many rows were compared, on one node
 * @param schema the statements that made the tables
 * @param journal what the sessions did, a line each
 * @param usable false if the target cannot go on after it
 */
record RoundResult(
    RoundPlan plan,
    List<String> differences,
    List<String> findings,
    int statements,
    int refused,
    int commits,
    int rollbacks,
    long rows,
    int kills,
    Map<String, Integer> errors,
    List<String> schema,
    List<String> journal,
    boolean usable) {

  boolean differs() {
    return !differences.isEmpty();
  }

  boolean clean() {
    return differences.isEmpty() && findings.isEmpty();
  }
}
