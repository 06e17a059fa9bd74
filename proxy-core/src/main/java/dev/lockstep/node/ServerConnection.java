package dev.lockstep.node;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * One connection to one server. At any time either its session, or the leader of the commit group
 * that its transaction is in, uses it; {@link #cancel} and {@link #abort} may come from any thread.
 */
public interface ServerConnection {
  /** The node that it leads to. */
  Node node();

  /**
   * The vendor driver's own connection. Its autocommit flag is managed by {@link #manualCommit}.
   */
  Connection jdbc();

  /** The server's number of this connection, for KILL. */
  long serverId();

  /** Whether the server checked foreign keys on this connection when it was opened. */
  boolean foreignKeyChecks();

  /**
   * Switches the server's autocommit off (true) or on; free of cost where nothing changes. On MySQL
   * and MariaDB an autocommit write may instead begin its packet with {@code BEGIN} ({@link
   * Dialect#begin}).
   */
  void manualCommit(boolean manual) throws SQLException;

  /**
   * Sends a packet and waits for its outcome on the calling thread; {@code timeoutMillis} 0 means
   * no limit.
   */
  Outcome run(Packet packet, long timeoutMillis);

  /**
   * Starts a packet; exactly one {@link #await} must follow before anything else is done here, but
   * see {@link #takesBehind}.
   */
  void send(Packet packet);

  /**
   * The outcome of the packet that {@link #send} started; a time-out marks the connection broken.
   */
  Outcome await(long timeoutMillis);

  /**
   * Whether a packet can be sent behind those that are not answered yet without waiting for the
   * server, even if it is frozen; each of them needs an {@link #await} of its own, in order.
   */
  default boolean takesBehind(Packet packet) {
    return false;
  }

  /**
   * Whether {@link #await} would find the answers to what was sent first, or all but the end of
   * them. False also where a connection cannot tell.
   */
  default boolean answered() {
    return false;
  }

  /**
   * As {@link #await(long)}, and runs {@code stalled}, once, if the server gives no further answer
   * for {@code patienceMillis}; the time-out begins anew then. Only for connections that read
   * answers one by one.
   */
  default Outcome await(long timeoutMillis, long patienceMillis, Runnable stalled) {
    throw new UnsupportedOperationException();
  }

  /** Asks the server to stop the statement that runs here. Any thread. */
  void cancel() throws SQLException;

  /** Cuts the connection at once, from any thread; whoever uses it gets a lost outcome. */
  void abort();

  /** Whether it was lost, aborted, timed out or marked unusable. */
  boolean broken();

  /** Marks it as not to be used again. */
  void markBroken();

  /**
   * Gives it back: to its pool where {@code reusable} and no transaction is open (isolation, schema
   * and autocommit are reset), else it is closed.
   */
  void release(boolean reusable);
}
