package dev.lockstep.harness.hunt;

import java.time.Duration;

/**
 * How to hunt. Immutable.
 *
 * @param time how long rounds are begun
 * @param seed what the rounds' seeds come from
 * @param firstRound number of the round to begin with, to repeat it alone
 * @param clients sessions at the same time
 * @param statements of each session in a round; more while a node is away
 * @param faults whether nodes or connections are killed now and then
 * @param plant corrupts one row of a replica in each round, to test the hunter
 * @param shrink how long at most a round that differs is repeated with less; zero: not at all
 */
public record HuntOptions(
    Duration time,
    long seed,
    int firstRound,
    int clients,
    int statements,
    boolean faults,
    boolean plant,
    Duration shrink) {

  /** Four clients of 150 statements, with faults, shrinking for two minutes. */
  public static HuntOptions of(Duration time, long seed) {
    return new HuntOptions(time, seed, 1, 4, 150, true, false, Duration.ofMinutes(2));
  }

  public HuntOptions withClients(int n) {
    return new HuntOptions(time, seed, firstRound, n, statements, faults, plant, shrink);
  }

  public HuntOptions withStatements(int n) {
    return new HuntOptions(time, seed, firstRound, clients, n, faults, plant, shrink);
  }

  public HuntOptions withFirstRound(int number) {
    return new HuntOptions(time, seed, number, clients, statements, faults, plant, shrink);
  }

  public HuntOptions withFaults(boolean yes) {
    return new HuntOptions(time, seed, firstRound, clients, statements, yes, plant, shrink);
  }

  public HuntOptions withPlant(boolean yes) {
    return new HuntOptions(time, seed, firstRound, clients, statements, faults, yes, shrink);
  }

  public HuntOptions withShrink(Duration atMost) {
    return new HuntOptions(time, seed, firstRound, clients, statements, faults, plant, atMost);
  }
}
