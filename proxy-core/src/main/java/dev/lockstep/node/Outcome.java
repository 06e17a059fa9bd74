package dev.lockstep.node;

import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.concurrent.TimeoutException;

/**
 * What became of one packet of statements on one server connection.
 *
 * @param counts update counts of the statements that succeeded, in order (rows found, not rows
 *     changed)
 * @param lastInsertIds per statement that succeeded, the first AUTO_INCREMENT value it chose, or 0
 * @param generatedKeys all keys that the statement named by {@link Packet#keysOf} generated, or
 *     null where not asked
 * @param warnings sum of the servers' warning counts
 * @param error null when all statements succeeded; else the error of statement number {@code
 *     counts.length}; later statements were not executed
 * @param lost whether the connection is gone, timed out, or its state is unknown; then {@code
 *     error} is set too
 */
public record Outcome(
    long[] counts,
    long[] lastInsertIds,
    long[] generatedKeys,
    int warnings,
    SQLException error,
    boolean lost) {

  /** Whether every statement succeeded. */
  public boolean ok() {
    return error == null;
  }

  /** Whether it was lost because the server did not answer in time. */
  public boolean timedOut() {
    return lost
        && (error.getCause() instanceof SocketTimeoutException
            || error.getCause() instanceof TimeoutException);
  }
}
