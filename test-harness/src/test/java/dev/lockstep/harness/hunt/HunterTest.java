package dev.lockstep.harness.hunt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The hunter on replication that does not replicate. */
@Tag("servers")
class HunterTest {
  private static final long SEED = 4711;

  @Test
  void naiveReplicationIsFoundOut() throws Exception {
    TestCluster cluster = SharedClusters.get(Engine.H2, 2);
    cluster.createDatabase(HuntTarget.DATABASE);
    HuntOptions options =
        HuntOptions.of(Duration.ofSeconds(60), SEED)
            .withClients(1)
            .withStatements(60)
            .withShrink(Duration.ofSeconds(5))
            .without(Set.of(Feature.FAULTS, Feature.DDL, Feature.SETTINGS));
    List<String> story = new ArrayList<>();
    HuntResult result = new Hunter(new FanOut(cluster), options, story::add, story::add).run();
    assertThat(result.differences()).as("seed %d: %s", SEED, story).isNotEmpty();
    assertThat(result.smallest()).contains("1 sessions");
    assertThat(result.files().get(0)).content().contains("difference: ", "CREATE TABLE t0", "s1");
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void theSameSeedMakesTheSameStatements(Engine engine) {
    List<String> first = statements(engine, 200);
    assertThat(statements(engine, 200)).isEqualTo(first);
    assertThat(statements(engine, 50)).isEqualTo(first.subList(0, first.size() - 150));
    assertThat(Set.copyOf(first)).hasSizeGreaterThan(150);
  }

  private static List<String> statements(Engine engine, int count) {
    Random random = new Random(SEED);
    List<Table> tables = new SchemaMaker(engine, random, true).tables();
    List<String> all = new ArrayList<>();
    tables.forEach(table -> all.addAll(table.definition(engine)));
    StatementMaker maker = new StatementMaker(engine, tables, random);
    for (int i = 0; i < count; i++) {
      all.add(maker.next().toString());
    }
    return all;
  }
}
