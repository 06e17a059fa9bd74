package dev.lockstep.harness.hunt;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a hunt did and found. Immutable.
 *
 * @param differences between nodes in the round that differed, a sentence each
 * @param findings what else was wrong, a sentence each, of all rounds
 * @param rows rows compared, on one node, in all rounds
 * @param errors how often which SQLState and vendor code came
 * @param smallest the smallest form of the round that still differed; null: none did
 * @param files where the rounds that found something were written to
 */
public record HuntResult(
    int rounds,
    long statements,
    long refused,
    long commits,
    long rollbacks,
    long rows,
    int kills,
    List<String> differences,
    List<String> findings,
    Map<String, Integer> errors,
    String smallest,
    List<Path> files) {

  public boolean clean() {
    return differences.isEmpty() && findings.isEmpty();
  }

  /** The totals in one line. */
  public String totals() {
    return ("%d rounds, %d statements, %d refused, %d transactions committed, %d rolled back,"
            + " %d rows compared on each node, %d kills")
        .formatted(rounds, statements, refused, commits, rollbacks, rows, kills);
  }
}
