package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.chaos.Chaos;
import dev.lockstep.harness.chaos.Fault;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.harness.workload.Progress;
import dev.lockstep.harness.workload.Verification;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes fail under eight clients: no acknowledged transaction is missing anywhere, the application
 * sees no error but 40001, and every node comes back by itself.
 */
@Timeout(value = 30, unit = java.util.concurrent.TimeUnit.MINUTES)
class FailoverTest {
  private static final Logger LOG = LoggerFactory.getLogger(FailoverTest.class);

  /** Faults after which a member may rightly be dropped. */
  private static final Set<Fault> MAY_EVICT =
      EnumSet.complementOf(EnumSet.of(Fault.DELAY, Fault.KILL_CONNECTIONS, Fault.RESET));

  enum Role {
    PRIMARY,
    REPLICA
  }

  @ParameterizedTest
  @CsvSource({
    "MARIADB,REPLICA,KILL",
    "MARIADB,PRIMARY,KILL",
    "MARIADB,REPLICA,FREEZE",
    "MARIADB,PRIMARY,FREEZE",
    "MARIADB,REPLICA,CUT",
    "MARIADB,PRIMARY,CUT",
    "MARIADB,PRIMARY,STOP",
    "MARIADB,PRIMARY,BLACK_HOLE",
    "MYSQL,REPLICA,KILL",
    "MYSQL,PRIMARY,KILL",
    "MYSQL,REPLICA,FREEZE",
    "MYSQL,PRIMARY,FREEZE",
    "MYSQL,REPLICA,CUT",
    "MYSQL,PRIMARY,CUT",
    "MYSQL,PRIMARY,STOP",
    "MYSQL,PRIMARY,BLACK_HOLE",
    "H2,REPLICA,KILL",
    "H2,PRIMARY,KILL",
    "H2,REPLICA,FREEZE",
    "H2,PRIMARY,FREEZE",
    "H2,REPLICA,CUT",
    "H2,PRIMARY,CUT",
    "H2,PRIMARY,BLACK_HOLE"
  })
  void oneNodeFails(Engine engine, Role role, Fault fault) throws Exception {
    boolean my = engine.mysqlFamily();
    Settings.onlyInCampaignUnless(
        switch (fault) {
          case KILL -> my || role == Role.PRIMARY;
          case FREEZE -> engine != Engine.MYSQL && my == (role == Role.PRIMARY);
          case CUT -> engine != Engine.MYSQL && role == Role.PRIMARY;
          default -> false;
        });
    long seed = Settings.seed();
    LOG.info("{} {} {}: seed {}", engine, role, fault, seed);
    try (Installation on = Installation.proxied(engine, Map.of("lockstep.nodeTimeout", "1000"))) {
      OrderWorkload load = on.workload(seed).build();
      try (Connection first = on.connect()) {
        load.createSchema();
        on.awaitAll();
        load.start();
        Thread.sleep(700);
        int node = role == Role.PRIMARY ? on.primary() : on.replica();
        load.progress().resetWindow();
        fail(on, node, fault);
        on.awaitOut(node);
        Thread.sleep(500);
        long pause = load.progress().longestClientStallMillis();
        heal(on, node);
        long start = System.nanoTime();
        on.awaitAll();
        long back = (System.nanoTime() - start) / 1_000_000;
        Thread.sleep(300);
        load.stop();
        LOG.info(
            "{} {} {}: longest pause of a client {} ms, back in the view after {} ms; {}",
            engine,
            role,
            fault,
            pause,
            back,
            load.progress());
      } finally {
        for (int i = 0; i < 3; i++) {
          heal(on, i);
        }
        load.stop();
      }
      check(on, load, seed);
      assertThat(on.departures()).as("seed %d", seed).hasSize(1);
    }
  }

  private static void fail(Installation on, int node, Fault fault) {
    switch (fault) {
      case KILL -> on.node(node).kill();
      case STOP -> on.node(node).stop();
      case FREEZE -> on.node(node).freeze();
      case CUT -> {
        on.servers().proxy(node).refuse();
        on.servers().proxy(node).cut();
      }
      case BLACK_HOLE -> on.servers().proxy(node).blackHole();
      default -> throw new IllegalArgumentException(fault.name());
    }
  }

  private static void heal(Installation on, int node) {
    on.node(node).unfreeze();
    if (on.servers().proxied()) {
      on.servers().proxy(node).heal();
    }
    on.node(node).start();
  }

  private static void check(Installation on, OrderWorkload load, long seed) throws Exception {
    Progress p = load.progress();
    on.endLockstep();
    Verification v = on.verify(load.log());
    LOG.info("seed {}: {}", seed, v);
    p.errors().stream().limit(5).forEach(e -> LOG.error("seed {}: {}", seed, e, e.cause()));
    assertThat(p.errorSummary()).as("seed %d, application errors", seed).isEmpty();
    assertThat(p.unknownOutcomes()).as("seed %d, unknown outcomes", seed).isZero();
    assertThat(p.commits()).as("seed %d", seed).isPositive();
  }

  /** Random faults one after another; 60 s in the campaign ("Must show" 3). */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void randomFaults(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    long seed = Settings.seed();
    int seconds = Settings.number("seconds", 8);
    LOG.info("random faults on {}: seed {}, {} s", engine, seed, seconds);
    try (Installation on = Installation.proxied(engine, Map.of("lockstep.nodeTimeout", "1000"))) {
      OrderWorkload load = on.workload(seed).build();
      Chaos chaos =
          new Chaos(on.servers(), seed)
              .healedWhen(on::complete)
              .whileGrowing(() -> load.progress().commits())
              .lasting(Duration.ofMillis(300), Duration.ofMillis(2_500))
              .pause(Duration.ofMillis(700));
      try (Connection first = on.connect()) {
        load.createSchema();
        on.awaitAll();
        load.start();
        try {
          chaos.runFor(Duration.ofSeconds(seconds));
          Thread.sleep(500);
        } finally {
          load.stop();
        }
      } finally {
        for (int i = 0; i < 3; i++) {
          heal(on, i);
        }
      }
      LOG.info("seed {}: {}", seed, load.progress());
      check(on, load, seed);
      assertThat(unjustified(on, chaos)).as("seed %d, evictions without a reason", seed).isEmpty();
    }
  }

  /** H2 gets a group's statements one by one, so that 50 ms each way add up to the time-out. */
  private static boolean slowly(Installation on, Fault fault) {
    return fault == Fault.DELAY && on.servers().engine() == Engine.H2;
  }

  /** Departures of nodes that had no fault at that time. */
  private static List<String> unjustified(Installation on, Chaos chaos) {
    List<String> wrong = new ArrayList<>();
    for (Installation.Departure d : on.departures()) {
      Chaos.Event last = null;
      for (Chaos.Event e : chaos.events()) {
        if (e.fault() != null && !e.at().isAfter(d.at())) {
          last = e;
        }
      }
      if (last == null
          || !last.node().equals(on.node(d.node()).name())
          || !MAY_EVICT.contains(last.fault()) && !slowly(on, last.fault())) {
        wrong.add(d + " after " + last);
      }
    }
    return wrong;
  }
}
