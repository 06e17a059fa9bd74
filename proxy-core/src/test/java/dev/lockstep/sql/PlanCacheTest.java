package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What the analyzer remembers of a text that it has seen. */
class PlanCacheTest {
  private static final String SQL = "UPDATE plain SET v = ? WHERE id = ?";

  private final Fixture f = Fixture.mysql();

  /** The JMH benchmark's "0 bytes" in a form that a build can fail on. */
  @Test
  void aHitAllocatesNothing() throws SQLException {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    int calls = 100_000;
    long least = Long.MAX_VALUE;
    // The cache's own upkeep and the compiler allocate now and then.
    for (int i = 0; i < 5; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int j = 0; j < calls; j++) {
        f.analyzer.analyze(SQL, f.schema());
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes in %d calls", calls).isLessThan(calls);
  }

  @Test
  void aTextMeansSomethingElseInEachSchema() throws SQLException {
    StatementPlan here = f.analyzer.analyze("SELECT 1", f.schema());
    StatementPlan none = f.analyzer.analyze("SELECT 1", null);
    assertThat(none).isNotSameAs(here);
    for (int i = 0; i < 100; i++) {
      String schema = "s" + i;
      StatementPlan p = f.analyzer.analyze("SELECT 1", schema);
      assertThat(p.schema()).isEqualTo(schema);
      assertThat(f.analyzer.analyze("SELECT 1", schema)).isSameAs(p);
    }
    assertThat(f.analyzer.analyze("SELECT 1", f.schema()).schema()).isEqualTo(f.schema());
  }
}
