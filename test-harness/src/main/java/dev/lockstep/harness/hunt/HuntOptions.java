package dev.lockstep.harness.hunt;

import java.time.Duration;
import java.util.Set;

/**
 * How to hunt. Immutable.
 *
 * @param time how long rounds are begun
 * @param seed what the rounds' seeds come from
 * @param firstRound number of the round to begin with, to repeat it alone
 * @param clients sessions at the same time
 * @param statements of each session in a round; more while a node is away
 * @param without what is left out
 * @param plant corrupts one row of a replica in each round, to test the hunter
 * @param shrink how long at most a round that differs is repeated with less; zero: not at all
 */
public record HuntOptions(
    Duration time,
    long seed,
    int firstRound,
    int clients,
    int statements,
    Set<Feature> without,
    boolean plant,
    Duration shrink) {

  /** Four clients of 150 statements, with faults, shrinking for two minutes. */
  public static HuntOptions of(Duration time, long seed) {
    return new HuntOptions(time, seed, 1, 4, 150, Set.of(), false, Duration.ofMinutes(2));
  }

  public HuntOptions withClients(int n) {
    return new HuntOptions(time, seed, firstRound, n, statements, without, plant, shrink);
  }

  public HuntOptions withStatements(int n) {
    return new HuntOptions(time, seed, firstRound, clients, n, without, plant, shrink);
  }

  public HuntOptions withFirstRound(int number) {
    return new HuntOptions(time, seed, number, clients, statements, without, plant, shrink);
  }

  public HuntOptions without(Set<Feature> features) {
    return new HuntOptions(
        time, seed, firstRound, clients, statements, Set.copyOf(features), plant, shrink);
  }

  public HuntOptions withPlant(boolean yes) {
    return new HuntOptions(time, seed, firstRound, clients, statements, without, yes, shrink);
  }

  public HuntOptions withShrink(Duration atMost) {
    return new HuntOptions(time, seed, firstRound, clients, statements, without, plant, atMost);
  }
}
