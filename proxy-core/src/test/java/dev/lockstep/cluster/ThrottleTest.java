package dev.lockstep.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The delay of groups, with made-up rounds of a replay. */
@Timeout(60)
class ThrottleTest {
  private static final long MILLI = 1_000_000;

  private final List<Long> shown = new ArrayList<>();
  private final Throttle throttle = new Throttle(shown::add);

  @Test
  void nothingIsDelayedWhileTheTailShrinks() {
    try (Throttle.Replay r = throttle.replay()) {
      r.round(100_000, 30_000, 60_000 * MILLI);
      r.round(30_000, 26_000, 60_000 * MILLI);
      r.round(26_000, 20, 60_000 * MILLI);
      r.round(20, 0, 20 * MILLI);
      r.round(0, 3, 20 * MILLI);
    }
    assertThat(shown).isEmpty();
  }

  @Test
  void theDelayIsInProportionToWhatIsMissing() {
    try (Throttle.Replay r = throttle.replay()) {
      // As fast as the writers, 1 ms per group: at 2 ms per group the tail would be halved.
      r.round(1000, 1000, 1000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(MILLI);
    }
    try (Throttle.Replay r = throttle.replay()) {
      // 4 ms per group, and writers come with one every 1 ms.
      r.round(1000, 4000, 4000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(7 * MILLI);
      // It was not enough: more.
      r.round(4000, 4000, 32_000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(15 * MILLI);
    }
  }

  @Test
  void theDelayIsBoundedAndGoesAsTheTailShrinks() {
    try (Throttle.Replay r = throttle.replay()) {
      r.round(0, 1_000_000, 3_600_000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(Throttle.MOST_NANOS);
      r.round(1_000_000, 900_000, 3_600_000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(Throttle.MOST_NANOS);
      r.round(900_000, 450_000, 1_800_000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(Throttle.MOST_NANOS);
      r.round(450_000, 112_500, 3_600_000 * MILLI);
      assertThat(throttle.delayNanos()).isEqualTo(Throttle.MOST_NANOS / 2);
      for (long tail = 112_500; tail > 0; tail /= 4) {
        r.round(tail, tail / 4, MILLI);
      }
      assertThat(throttle.delayNanos()).isZero();
    }
  }

  @Test
  void theSlowestOfSeveralCountsUntilItIsOver() {
    Throttle.Replay slow = throttle.replay();
    Throttle.Replay fast = throttle.replay();
    slow.round(1000, 1000, 5000 * MILLI);
    fast.round(1000, 1000, 1000 * MILLI);
    assertThat(throttle.delayNanos()).isEqualTo(5 * MILLI);
    slow.close();
    assertThat(throttle.delayNanos()).isEqualTo(MILLI);
    fast.close();
    assertThat(throttle.delayNanos()).isZero();
    assertThat(shown).containsExactly(5 * MILLI, MILLI, 0L);
  }

  /** Whatever the speeds are: a node catches up that could with the longest delay. */
  @Test
  void aSlowNodeCatchesUp() {
    long seed = System.nanoTime() & 0xffffff;
    System.out.println("ThrottleTest: seed " + seed);
    Random random = new Random(seed);
    for (int n = 0; n < 2000; n++) {
      double write = Math.exp(random.nextDouble() * 7) * 0.02 * MILLI;
      double replay = Math.exp(random.nextDouble() * 7) * 0.02 * MILLI;
      double overhead = random.nextDouble() * 20 * MILLI;
      String what =
          String.format("seed %d: %f per group, %f to replay, %f", seed, write, replay, overhead);
      long tail = random.nextInt(100_000);
      try (Throttle.Replay r = throttle.replay()) {
        int rounds = 0;
        while (tail > 10) {
          assertThat(++rounds).as(what).isLessThan(150);
          double nanos = overhead + tail * replay;
          long left = (long) (nanos / (write + throttle.delayNanos()));
          r.round(tail, left, (long) nanos);
          tail = left;
        }
      }
      assertThat(throttle.delayNanos()).isZero();
    }
  }

  @Test
  void whoeverNeedsTheGateDoesNotWaitForADelay() throws Exception {
    Gate gate = new Gate();
    AtomicBoolean passed = new AtomicBoolean(true);
    AtomicBoolean interrupted = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread leader =
        new Thread(
            () -> {
              assertThat(gate.tryEnter()).isTrue();
              passed.set(gate.linger(TimeUnit.HOURS.toNanos(1)));
              interrupted.set(Thread.interrupted());
              gate.exit();
            });
    leader.setUncaughtExceptionHandler((t, e) -> failure.set(e));
    leader.start();
    while (leader.getState() != Thread.State.TIMED_WAITING) {
      assertThat(leader.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    leader.interrupt();
    assertThat(gate.<String>exclusive(() -> "in")).isEqualTo("in");
    leader.join();
    assertThat(failure).hasValue(null);
    assertThat(passed).isFalse();
    assertThat(interrupted).isTrue();
  }

  @Test
  void aDelayEnds() {
    Gate gate = new Gate();
    assertThat(gate.tryEnter()).isTrue();
    long start = System.nanoTime();
    assertThat(gate.linger(20 * MILLI)).isTrue();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20 * MILLI);
    gate.exit();
  }
}
