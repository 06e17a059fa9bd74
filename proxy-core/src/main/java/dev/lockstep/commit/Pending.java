package dev.lockstep.commit;

import dev.lockstep.node.Outcome;
import dev.lockstep.node.ServerConnection;

/** One transaction on its way through a group. Used by its own thread, then by its leaders. */
final class Pending {
  private static final int LARGE = 60;

  final Transaction tx;

  /** Its journal row without what its place in the order decides. */
  final String tail;

  /** Whether its group executes it on the primary, too. */
  final boolean shared;

  final Thread thread = Thread.currentThread();
  int index;

  /** Its journal row is in its transaction on the primary. */
  boolean prepared;

  /** Shared: what its write gave on the primary where it is not to be committed. */
  Outcome outcome;

  /** Shared: it would have to wait; to be done the usual way. */
  boolean waits;

  Throwable failure;

  /** The group that this thread is to lead; the gate is its own then. */
  volatile Group lead;

  volatile boolean done;

  Pending(Transaction tx, String tail, boolean shared) {
    this.tx = tx;
    this.tail = tail;
    this.shared = shared;
  }

  /** Whether its write set is in parts on the primary, and is sent to the replicas in these. */
  boolean large() {
    return tx.parts() > 0;
  }

  /** As long as a member may take to end it: a server undoes as slowly as it writes. */
  long patience(long timeoutMillis) {
    return large() ? timeoutMillis * LARGE : timeoutMillis;
  }

  ServerConnection connection() {
    return tx.connection();
  }
}
