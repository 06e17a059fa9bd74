package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.util.Random;

/**
 * What makes a round: its seed, and how much of it is run. Immutable.
 *
 * @param fault whether a node or its connections are killed
 * @param ddl whether tables are changed in the middle
 * @param expressionDefaults whether defaults may be expressions
 * @param settings whether sessions SET variables
 * @param plant whether a replica's row is corrupted
 */
record RoundPlan(
    int number,
    long seed,
    int sessions,
    int statements,
    Fault fault,
    boolean ddl,
    boolean expressionDefaults,
    boolean settings,
    boolean plant) {

  enum Fault {
    NONE,
    CONNECTIONS,
    NODE
  }

  static RoundPlan of(HuntOptions options, Engine engine, int number) {
    long seed = new Random(options.seed() * 1_000_003L + number).nextLong();
    Random random = new Random(seed ^ 0x5eed);
    Fault fault = Fault.NONE;
    if (random.nextInt(3) == 0 && !options.without().contains(Feature.FAULTS)) {
      // H2 loses what it has acknowledged at a kill -9.
      fault = engine == Engine.H2 || random.nextInt(3) == 0 ? Fault.CONNECTIONS : Fault.NODE;
    }
    return new RoundPlan(
        number,
        seed,
        options.clients(),
        options.statements(),
        fault,
        new Random(seed ^ 0xdd1).nextInt(3) == 0 && !options.without().contains(Feature.DDL),
        !options.without().contains(Feature.EXPRESSION_DEFAULTS),
        !options.without().contains(Feature.SETTINGS),
        options.plant());
  }

  RoundPlan with(int fewerSessions, int fewerStatements) {
    return new RoundPlan(
        number,
        seed,
        fewerSessions,
        fewerStatements,
        fault,
        ddl,
        expressionDefaults,
        settings,
        plant);
  }

  RoundPlan without(boolean faults, boolean changes) {
    return new RoundPlan(
        number,
        seed,
        sessions,
        statements,
        faults ? Fault.NONE : fault,
        ddl && !changes,
        expressionDefaults,
        settings,
        plant);
  }

  @Override
  public String toString() {
    return "round %d (seed %d): %d sessions of %d statements%s%s%s"
        .formatted(
            number,
            seed,
            sessions,
            statements,
            switch (fault) {
              case NONE -> "";
              case CONNECTIONS -> ", connections killed";
              case NODE -> ", a node killed";
            },
            ddl ? ", DDL" : "",
            plant ? ", a planted difference" : "");
  }
}
