package dev.lockstep.resync;

import dev.lockstep.cluster.Gate;
import java.sql.Connection;
import java.util.List;

/**
 * How a {@link FullCopy} goes about it.
 *
 * @param more further pairs of connections that copy at the same time, each like the copy's own
 * @param gate closed for the moment in which their snapshots begin, so that these are the same
 * @param momentMillis how long the source may take to begin one; 0: for ever
 * @param pieceBytes where several streams copy, so much of a table is a piece of work
 * @param bytesPerSecond how much may be sent to the target, over all streams; 0: no limit
 */
record CopyOptions(
    List<Stream> more, ClosedGate gate, int momentMillis, long pieceBytes, long bytesPerSecond) {
  static final long PIECE_BYTES = 24L << 20;

  /** Two administrator's connections. */
  record Stream(Connection source, Connection target) {}

  /** One stream, as fast as it goes. */
  static CopyOptions plain() {
    return new CopyOptions(List.of(), new ClosedGate(new Gate()), 0, PIECE_BYTES, 0);
  }
}
