package dev.lockstep.cluster;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Slows writers down while a node that comes back replays more slowly than they write (section 7 of
 * the protocol): groups are delayed as long as the slowest replay asks for. Thread-safe.
 */
public final class Throttle {
  /** The longest delay of a group. */
  public static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long LEAST_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  /** The replay of fewer groups measures the cost of a round, not that of a group. */
  private static final long FEW = 10;

  private final LongConsumer shown;
  private final Set<Replay> replays = new HashSet<>();
  private volatile long delay;

  /**
   * @param shown is told each new delay, in nanoseconds
   */
  public Throttle(LongConsumer shown) {
    this.shown = shown;
  }

  /** How long the next group is to be delayed, in nanoseconds; 0 where nobody lags behind. */
  public long delayNanos() {
    return delay;
  }

  /** A node begins to replay; nothing is delayed before its first round. */
  public Replay replay() {
    Replay r = new Replay();
    synchronized (replays) {
      replays.add(r);
    }
    return r;
  }

  private void update() {
    synchronized (replays) {
      long longest = 0;
      for (Replay r : replays) {
        longest = Math.max(longest, r.wish);
      }
      if (longest != delay) {
        delay = longest;
        shown.accept(longest);
      }
    }
  }

  /** The catching up of one node, for the thread that does it. */
  public final class Replay implements AutoCloseable {
    private volatile long wish;

    private Replay() {}

    /**
     * After each round. Where the tail has not shrunk by a tenth, groups get the delay with which
     * the next one would be half as long; where only a quarter is left, the delay is halved.
     *
     * @param replayed groups replayed in this round: the tail before
     * @param left groups that came meanwhile: the tail now
     * @param nanos how long the round took
     */
    public void round(long replayed, long left, long nanos) {
      long before = Math.max(replayed, FEW);
      if (left > before - before / 10) {
        // Now a group takes nanos / left; half of what is replayed in that time would take twice
        // nanos / before.
        double more = 2.0 * nanos / before - (double) nanos / left;
        wish = Math.min(MOST_NANOS, Math.max(LEAST_NANOS, wish + (long) more));
      } else if (left <= before / 4) {
        wish = wish / 2 < LEAST_NANOS ? 0 : wish / 2;
      }
      update();
    }

    /** The node has joined, or the attempt is over: it delays nobody any more. */
    @Override
    public void close() {
      synchronized (replays) {
        replays.remove(this);
      }
      update();
    }
  }
}
