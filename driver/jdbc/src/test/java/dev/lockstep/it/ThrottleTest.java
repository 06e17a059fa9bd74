package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cluster.Throttle;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Groups are delayed while a node that comes back cannot catch up, and no longer. */
@Timeout(180)
class ThrottleTest {
  private static final Logger LOG = LoggerFactory.getLogger(ThrottleTest.class);

  private static Throttle throttle(Installation on) {
    return on.cluster().throttle();
  }

  private static double shown(Installation on) {
    return on.engine().figures().get("group.delay").doubleValue();
  }

  @Test
  void eachGroupIsDelayed() throws Exception {
    try (Installation on = Installation.on(Engine.MARIADB).start();
        Connection c = on.connect()) {
      Installation.execute(c, "CREATE TABLE t (id INT PRIMARY KEY)");
      try (Throttle.Replay slow = throttle(on).replay()) {
        slow.round(1, 1_000_000, Duration.ofHours(1).toNanos());
        assertThat(shown(on)).isEqualTo(Throttle.MOST_NANOS / 1e6);
        long start = System.nanoTime();
        for (int id = 1; id <= 10; id++) {
          Installation.execute(c, "INSERT INTO t VALUES (" + id + ")");
        }
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(10 * Throttle.MOST_NANOS);
      }
      assertThat(throttle(on).delayNanos()).isZero();
      assertThat(shown(on)).isZero();
      on.assertEverywhere("SELECT COUNT(*) FROM t", "10");
    }
  }

  /** A replica whose every answer takes long: each round leaves about as much as it replays. */
  @Test
  void aRejoinThatCannotCatchUpSlowsTheWritersDownUntilItIsOver() throws Exception {
    Settings.onlyInCampaignUnless(false); // a minute
    long seed = Settings.seed();
    LOG.info("seed {}", seed);
    System.out.println("ThrottleTest: seed " + seed);
    try (Installation on =
        Installation.proxied(Engine.MARIADB, Map.of("lockstep.nodeTimeout", "10000"))) {
      OrderWorkload load = on.workload(seed).build();
      int node;
      try (Connection first = on.connect()) {
        load.createSchema();
        on.awaitAll();
        load.start();
        node = on.replica();
        try {
          on.servers().proxy(node).refuse();
          on.servers().proxy(node).cut();
          on.awaitOut(node);
          on.servers().proxy(node).heal();
          on.servers().proxy(node).delay(Duration.ofMillis(100));
          Awaitility.await("groups are delayed")
              .atMost(Installation.BACK)
              .pollInterval(Duration.ofMillis(2))
              .until(() -> throttle(on).delayNanos() > 0);
          LOG.info("delayed by {} ms", shown(on));
        } finally {
          on.servers().proxy(node).heal();
        }
        on.awaitAll();
        Awaitility.await("no delay is left")
            .atMost(Installation.BACK)
            .until(() -> throttle(on).delayNanos() == 0 && shown(on) == 0);
      } finally {
        load.stop();
      }
      assertThat(load.progress().errorSummary()).as("seed %d", seed).isEmpty();
      on.endLockstep();
      on.verify(load.log());
    }
  }
}
