package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.harness.workload.TransactionLog;
import dev.lockstep.harness.workload.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The application's process dies, is frozen, or finds another one: never two owners. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class ProcessTest {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTest.class);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Map<String, String> SHORT =
      Map.of("lockstep.ownershipTtl", "2", "lockstep.nodeTimeout", "2000");
  private static final Map<String, String> WAIT = Map.of("lockstep.ownership", "wait");

  @TempDir Path directory;

  /** Servers with the schema of the workload; Lockstep has ended. */
  private Installation prepared(Engine engine) throws Exception {
    Installation on = Installation.on(engine, SHORT);
    try (Connection c = on.connect()) {
      on.workload(1).build().createSchema();
      on.awaitAll();
    }
    on.endLockstep();
    return on;
  }

  private Path log() {
    return directory.resolve("transactions");
  }

  private ChildProcess start(Installation on, Map<String, String> more, String run, long seed)
      throws Exception {
    return ChildProcess.start(on, on.url(more), directory, log(), run, seed);
  }

  private Verification verify(Installation on, String what) throws Exception {
    Verification v =
        OrderWorkload.verifyNodes(
            on.servers().nodes(), Installation.DATABASE, TransactionLog.read(log()));
    assertThat(v.problems()).as("%s: %s", what, v).isEmpty();
    on.assertAllEqual();
    on.assertJournalsAgree();
    return v;
  }

  /** "Must show" 4: killed under load at random moments, 20 times in the campaign. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void killedAndStartedAgain(Engine engine) throws Exception {
    long seed = Settings.seed();
    int kills = Settings.number("kills", 3);
    LOG.info("{}: {} kills of the process, seed {}", engine, kills, seed);
    Random random = new Random(seed);
    try (Installation on = prepared(engine)) {
      Files.createFile(log());
      for (int i = 0; i <= kills; i++) {
        try (ChildProcess child = start(on, Map.of(), "k" + i, seed + i)) {
          child.await("SERVING", SOON);
          child.await("COMPLETE", SOON);
          Verification v = verify(on, "seed " + seed + ", after kill " + i);
          LOG.info("after kill {}: {}", i, v);
          child.tell("GO");
          child.await("RUNNING", SOON);
          Thread.sleep(500 + random.nextInt(2_000));
          if (i < kills) {
            child.kill();
          } else {
            assertThat(child.stop()).as("seed %d", seed).endsWith(" 0 {}");
          }
        }
      }
      LOG.info("at the end: {}", verify(on, "seed " + seed));
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aSecondProcessIsRefusedAndDisturbsNobody(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    try (Installation on = prepared(engine);
        ChildProcess owner = start(on, Map.of(), "owner", 1)) {
      owner.await("COMPLETE", SOON);
      owner.tell("GO");
      owner.await("RUNNING", SOON);
      for (int i = 0; i < 2; i++) {
        // The owner's hold on the first node is loose for a moment.
        if (i == 1 && engine.mysqlFamily()) {
          on.node(0).killConnections(id -> true);
        }
        try (ChildProcess second = start(on, Map.of(), "second" + i, 2)) {
          String refused = second.awaitAny(List.of("REFUSED", "SERVING", "(end)"), SOON);
          assertThat(refused).startsWith("REFUSED 08004").contains("owns this cluster");
          assertThat(refused).contains(Long.toString(owner.pid()));
        }
      }
      assertThat(owner.stop()).endsWith(" 0 {}");
      verify(on, "refused");
      assertThat(views(on)).allMatch(view -> !view.contains("no answer"));
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aWaitingProcessTakesOver(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    try (Installation on = prepared(engine);
        ChildProcess first = start(on, Map.of(), "first", 1)) {
      first.await("COMPLETE", SOON);
      first.tell("GO");
      try (ChildProcess second = start(on, WAIT, "second", 2);
          ChildProcess third = start(on, WAIT, "third", 3)) {
        Thread.sleep(3_000);
        assertThat(second.said("SERVING") || third.said("SERVING")).isFalse();
        long start = System.nanoTime();
        assertThat(first.stop()).endsWith(" 0 {}");
        while (!second.said("SERVING") && !third.said("SERVING")) {
          Thread.sleep(5);
          assertThat(System.nanoTime() - start).isLessThan(SOON.toNanos());
        }
        ChildProcess next = second.said("SERVING") ? second : third;
        ChildProcess last = next == second ? third : second;
        next.await("COMPLETE", SOON);
        verify(on, "handed over");
        next.tell("GO");
        next.await("RUNNING", SOON);
        Thread.sleep(500);
        next.kill();
        start = System.nanoTime();
        last.await("SERVING", SOON);
        LOG.info(
            "{}: serves {} ms after the kill", engine, (System.nanoTime() - start) / 1_000_000);
        last.await("COMPLETE", SOON);
        verify(on, "taken over");
        last.tell("GO");
        last.await("RUNNING", SOON);
        Thread.sleep(300);
        assertThat(last.stop()).endsWith(" 0 {}");
      }
      verify(on, "at the end");
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aWaitingProcessCanBeEnded(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine == Engine.MARIADB);
    try (Installation on = prepared(engine);
        ChildProcess first = start(on, Map.of(), "first", 1)) {
      first.await("SERVING", SOON);
      try (ChildProcess second = start(on, WAIT, "second", 2)) {
        Thread.sleep(2_000);
        second.terminate();
        second.awaitEnd();
      }
      first.tell("GO");
      first.await("RUNNING", SOON);
      Thread.sleep(300);
      assertThat(first.stop()).endsWith(" 0 {}");
      verify(on, "at the end");
    }
  }

  /** Frozen under load while another process takes over and writes; then it wakes up. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aFrozenOwnerWakesUpTooLate(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    long seed = Settings.seed();
    int freezes = Settings.number("freezes", 1);
    LOG.info("{}: {} frozen owners, seed {}", engine, freezes, seed);
    Random random = new Random(seed);
    try (Installation on = prepared(engine)) {
      Files.createFile(log());
      ChildProcess owner = start(on, Map.of(), "f0", seed);
      try {
        owner.await("COMPLETE", SOON);
        for (int i = 1; i <= freezes; i++) {
          owner.tell("GO");
          owner.await("RUNNING", SOON);
          ChildProcess next = start(on, WAIT, "f" + i, seed + i);
          try {
            Thread.sleep(1_500 + random.nextInt(500));
            owner.signal("STOP");
            long start = System.nanoTime();
            next.await("SERVING", SOON);
            LOG.info("taken over after {} ms", (System.nanoTime() - start) / 1_000_000);
            next.await("COMPLETE", SOON);
            if (i % 2 == 0) {
              next.tell("GO");
              next.await("RUNNING", SOON);
              Thread.sleep(300);
            }
            owner.signal("CONT");
            // It finds out by itself, and its application is told.
            Thread.sleep(1_500);
            if (i == 1) {
              owner.tell("STOP");
              assertThat(owner.await("STATE", SOON))
                  .as("seed %d", seed)
                  .isIn("STATE LOST", "STATE CLOSED");
              owner.awaitEnd();
            } else {
              owner.kill(); // It was started with lockstep.ownership=wait and stands by again.
            }
            if (i % 2 == 0) {
              assertThat(next.stop()).as("seed %d", seed).endsWith(" 0 {}");
              verify(on, "seed " + seed + ", owner " + i);
              next.close();
              next = start(on, Map.of(), "g" + i, seed + i);
              next.await("COMPLETE", SOON);
            } else {
              verify(on, "seed " + seed + ", owner " + i);
            }
          } finally {
            owner.close();
            owner = next;
          }
        }
        owner.tell("GO");
        owner.await("RUNNING", SOON);
        Thread.sleep(300);
        assertThat(owner.stop()).as("seed %d", seed).endsWith(" 0 {}");
        verify(on, "seed " + seed + ", at the end");
      } finally {
        owner.close();
      }
    }
  }

  /** Several processes start at the same moment: one serves, the others are refused. */
  @ParameterizedTest
  @EnumSource(Engine.class)
  void aRaceHasOneWinner(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine == Engine.MARIADB);
    int races = Settings.number("races", 2);
    try (Installation on = prepared(engine)) {
      for (int i = 0; i < races; i++) {
        try (ChildProcess a = start(on, Map.of(), "a" + i, 1);
            ChildProcess b = start(on, Map.of(), "b" + i, 2)) {
          String sa = a.awaitAny(List.of("SERVING", "REFUSED", "(end)"), SOON);
          String sb = b.awaitAny(List.of("SERVING", "REFUSED", "(end)"), SOON);
          assertThat(List.of(sa.substring(0, 7), sb.substring(0, 7)))
              .as("%s%n%s", a, b)
              .containsExactlyInAnyOrder("SERVING", "REFUSED");
          assertThat(sa + sb).contains("REFUSED 08004");
          ChildProcess winner = sa.startsWith("SERVING") ? a : b;
          winner.await("COMPLETE", SOON);
          winner.tell("GO");
          winner.await("RUNNING", SOON);
          Thread.sleep(300);
          if (i % 2 == 0) {
            assertThat(winner.stop()).endsWith(" 0 {}");
            verify(on, "race " + i);
          } else {
            winner.kill();
          }
        }
      }
      try (ChildProcess last = start(on, Map.of(), "last", 3)) {
        last.await("COMPLETE", SOON);
        verify(on, "at the end");
        last.stop();
      }
    }
  }

  private static List<String> views(Installation on) throws Exception {
    return on.rows(0, "SELECT epoch, members, reason FROM lockstep.view_log ORDER BY epoch");
  }
}
