package dev.lockstep.harness.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ChaosTest {
  private static final long SEED = 99;

  private static Chaos quick(TestCluster cluster) {
    return new Chaos(cluster, SEED)
        .lasting(Duration.ofMillis(20), Duration.ofMillis(60))
        .pause(Duration.ofMillis(20));
  }

  private static boolean allAnswer(TestCluster cluster) {
    for (DatabaseNode node : cluster.nodes()) {
      try (Connection c = node.connect("shop")) {
        if (!c.isValid(1)) {
          return false;
        }
      } catch (SQLException e) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void everyFaultOccursAndHeals(Engine engine) throws Exception {
    TestCluster cluster = SharedClusters.getProxied(engine, 2);
    cluster.createDatabase("shop");
    for (Fault fault : Fault.values()) {
      List<Chaos.Event> told = new ArrayList<>();
      List<Chaos.Event> events =
          quick(cluster)
              .faults(EnumSet.of(fault))
              .healedWhen(() -> allAnswer(cluster))
              .listener(told::add)
              .run(1);
      assertThat(events).as("seed %d", SEED).isEqualTo(told);
      assertThat(events).filteredOn(event -> event.fault() == fault).hasSizeGreaterThan(1);
      assertThat(allAnswer(cluster)).as("%s", fault).isTrue();
    }
  }

  @Test
  void theSeedDecidesTheSchedule() throws Exception {
    TestCluster cluster = SharedClusters.getProxied(Engine.H2, 2);
    EnumSet<Fault> cheap = EnumSet.of(Fault.RESET, Fault.DELAY, Fault.HOLD, Fault.BLACK_HOLE);
    List<String> first = schedule(quick(cluster).faults(cheap).run(6));
    List<String> second = schedule(quick(cluster).faults(cheap).run(6));
    assertThat(second).isEqualTo(first).hasSize(12);
    assertThat(first.stream().distinct()).hasSizeGreaterThan(4);
  }

  private static List<String> schedule(List<Chaos.Event> events) {
    return events.stream()
        .filter(event -> event.fault() != null)
        .map(event -> event.node() + event.fault() + event.text())
        .toList();
  }

  @Test
  void tellsTheSeedWhenNothingHeals() {
    TestCluster cluster = SharedClusters.getProxied(Engine.H2, 2);
    assertThatThrownBy(
            () -> quick(cluster).healedWhen(() -> false).healTimeout(Duration.ofMillis(50)).run(1))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("seed " + SEED);
  }

  @Test
  void aClusterWithoutProxiesRefusesNetworkFaults() {
    TestCluster cluster = SharedClusters.get(Engine.H2, 2);
    assertThatThrownBy(() -> new Chaos(cluster, SEED).faults(EnumSet.of(Fault.CUT)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
