package dev.lockstep.node;

/** One database server of the cluster. */
public interface Node {
  /** Its label in logs and messages, such as {@code db1:3306}. */
  String name();

  /** Its dialect. */
  Dialect dialect();

  /** The account of lanes, journal and ownership. */
  Account admin();

  /** The server's clock minus this machine's, in microseconds, as last measured. */
  long clockOffsetMicros();
}
