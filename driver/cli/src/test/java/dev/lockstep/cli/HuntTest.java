package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.hunt.Feature;
import dev.lockstep.harness.hunt.HuntOptions;
import dev.lockstep.harness.hunt.HuntResult;
import dev.lockstep.harness.hunt.Hunter;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Short hunts: with nothing planted nothing is found, and what is planted is. */
@Tag("servers")
class HuntTest {
  private static final long SEED = 20261124;

  private final List<String> story = new ArrayList<>();

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aShortHuntIsClean(Engine engine) throws Exception {
    HuntOptions options = HuntOptions.of(Duration.ofSeconds(12), SEED);
    HuntResult result = hunt(engine, options);
    assertThat(result.clean()).as("seed %d: %s", SEED, String.join("\n", story)).isTrue();
    assertThat(result.rounds()).isPositive();
    assertThat(result.commits()).isPositive();
    assertThat(result.rows()).isPositive();
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void aPlantedDifferenceIsFound(Engine engine) throws Exception {
    HuntOptions options =
        HuntOptions.of(Duration.ofSeconds(60), SEED + 1)
            .withPlant(true)
            .withStatements(60)
            .withShrink(Duration.ofSeconds(3))
            .without(Set.of(Feature.EXPRESSION_DEFAULTS, Feature.FAULTS, Feature.DDL));
    HuntResult result = hunt(engine, options);
    assertThat(result.differences()).as("seed %d: %s", SEED + 1, story).isNotEmpty();
    assertThat(result.smallest()).contains("planted");
    assertThat(result.files()).isNotEmpty();
  }

  private HuntResult hunt(Engine engine, HuntOptions options) throws Exception {
    try (HuntServers servers = HuntServers.on(SharedClusters.get(engine, 3))) {
      return new Hunter(servers, options, story::add, story::add).run();
    }
  }
}
