package dev.lockstep.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.resync.Nodes;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JournalTrimmerTest {
  /** The server keeps its estimate up to date, at the latest after some seconds. */
  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void seesTheJournalGrow(Vendor vendor) throws Exception {
    try (Nodes n = new Nodes(vendor)) {
      long empty = JournalTrimmer.size(n.source, true);
      assertThat(empty).isLessThan(1_000_000);
      for (int i = 1; i <= 400; i++) {
        Nodes.run(
            n.source,
            "INSERT INTO lockstep.journal (grp, idx, epoch, tx, kind, at, tables, format, payload)"
                + " VALUES ("
                + i
                + ", 0, 1, 'x', 0, 1, '', 0, REPEAT('x', 6000))");
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .pollInterval(Duration.ofMillis(500))
          .until(() -> JournalTrimmer.size(n.source, true) > empty + 1_000_000);
    }
  }
}
