package dev.lockstep.harness.hunt;

/** What can be left out of a hunt, to look for other things. */
public enum Feature {
  /** Defaults that are expressions, such as {@code (UUID())}; not CURRENT_TIMESTAMP. */
  EXPRESSION_DEFAULTS,
  /** ALTER TABLE and the like in the middle of a round. */
  DDL,
  /** Kills of nodes and connections. */
  FAULTS,
  /** SET of session variables. */
  SETTINGS
}
