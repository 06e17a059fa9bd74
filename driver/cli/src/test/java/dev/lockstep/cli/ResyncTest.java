package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.bench.Resyncs;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.NodeOptions;
import dev.lockstep.harness.server.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small run of {@code lockstep bench resync}: each way is taken, and the nodes are equal. */
@Tag("servers")
class ResyncTest {
  private static final long SEED = 20261124;

  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"H2", "MARIADB"})
  void eachWayIsTakenAndAllNodesAreEqual(Engine engine) throws Exception {
    Assumptions.assumeTrue(
        engine == Engine.MARIADB || Boolean.getBoolean("lockstep.it.all"), "campaign only");
    List<String> story = new ArrayList<>();
    BenchResyncCommand.Outcome outcome =
        BenchResyncCommand.run(
            TestCluster.start(engine, 3, NodeOptions.defaults(), false),
            new BenchResyncCommand.Load(
                List.of(Resyncs.Way.values()),
                BenchResyncCommand.rows(4),
                BenchResyncCommand.rows(1) / 2,
                4,
                SEED,
                Map.of()),
            story::add,
            story::add);
    assertThat(outcome.problems()).as("seed %d: %s", SEED, story).isEmpty();
    assertThat(outcome.results()).hasSize(3);
    assertThat(outcome.results()).as("%s", story).allMatch(Resyncs.Result::asWanted);
    assertThat(outcome.clean()).as("%s %s", outcome, story).isTrue();
    assertThat(outcome.commits()).isPositive();
  }
}
