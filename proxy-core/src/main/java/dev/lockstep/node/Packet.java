package dev.lockstep.node;

import java.util.List;

/**
 * Statements without result sets that go to a server together.
 *
 * @param statements in order; literals only
 * @param keysOf index of the statement whose generated keys are wanted, or -1
 */
public record Packet(List<String> statements, int keysOf) {
  /** A packet that wants no generated keys. */
  public static Packet of(String... statements) {
    return new Packet(List.of(statements), -1);
  }
}
