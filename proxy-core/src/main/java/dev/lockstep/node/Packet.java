package dev.lockstep.node;

import java.util.List;

/**
 * Statements without result sets that go to a server together.
 *
 * @param statements in order; literals only
 * @param keysOf index of the statement whose generated keys are wanted, or -1
 * @param keyColumn the column that is generated, where {@code keysOf} is not -1; H2 needs it
 * @param keyTable its table, where {@code keysOf} is not -1
 */
public record Packet(List<String> statements, int keysOf, String keyColumn, TableName keyTable) {
  /** A packet that wants no generated keys. */
  public Packet(List<String> statements) {
    this(statements, -1, null, null);
  }

  /** A packet that wants no generated keys. */
  public static Packet of(String... statements) {
    return new Packet(List.of(statements));
  }
}
