package dev.lockstep.node;

import java.util.List;

/** Statements without result sets that go to a server together. */
public final class Packet {
  private final List<String> statements;
  private final int keysOf;
  private final String keyColumn;
  private final TableName keyTable;

  /** The packet as bytes for the wire, once it was sent; the same for all servers. */
  private byte[] frames;

  /**
   * A packet that wants the keys that one of its statements generates.
   *
   * @param statements in order; literals only
   * @param keysOf index of that statement, or -1
   * @param keyColumn the column that is generated, where {@code keysOf} is not -1; H2 needs it
   * @param keyTable its table, where {@code keysOf} is not -1
   */
  public Packet(List<String> statements, int keysOf, String keyColumn, TableName keyTable) {
    this.statements = statements;
    this.keysOf = keysOf;
    this.keyColumn = keyColumn;
    this.keyTable = keyTable;
  }

  /** A packet that wants no generated keys. */
  public Packet(List<String> statements) {
    this(statements, -1, null, null);
  }

  /** A packet that wants no generated keys. */
  public static Packet of(String... statements) {
    return new Packet(List.of(statements));
  }

  /** The statements, in order. */
  public List<String> statements() {
    return statements;
  }

  int keysOf() {
    return keysOf;
  }

  String keyColumn() {
    return keyColumn;
  }

  /** The table whose keys are wanted, or null. */
  public TableName keyTable() {
    return keyTable;
  }

  byte[] frames() {
    return frames;
  }

  void frames(byte[] bytes) {
    frames = bytes;
  }
}
