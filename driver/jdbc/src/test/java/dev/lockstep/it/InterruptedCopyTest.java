package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A full copy that is cut off in the middle is gone on with, not begun anew. */
@Timeout(300)
class InterruptedCopyTest {
  private static final int ROWS = 20_000;
  private static final String CREATED =
      "SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA='shop' AND"
          + " TABLE_NAME='big'";

  @ParameterizedTest
  @CsvSource({"MARIADB,true", "MARIADB,false", "MYSQL,true"})
  void goesOn(Engine engine, boolean targetDies) throws Exception {
    try (Installation on =
            Installation.on(engine, Map.of("lockstep.copyRate", "2", "lockstep.minNodes", "1"))
                .start();
        Connection c = on.connect()) {
      Installation.execute(
          c, "CREATE TABLE big (id INT PRIMARY KEY, n INT UNIQUE, s VARCHAR(400))");
      for (int i = 0; i < ROWS; i += 1_000) {
        StringBuilder sql = new StringBuilder("INSERT INTO big VALUES ");
        for (int k = i; k < i + 1_000; k++) {
          sql.append(k == i ? "" : ",").append("(" + k + "," + k + ",'" + "x".repeat(400) + "')");
        }
        Installation.execute(c, sql.toString());
      }
      int node = on.replica();
      on.node(node).wipe();
      Installation.execute(c, "UPDATE big SET n=-1 WHERE id=1");
      on.awaitOut(node);
      on.node(node).start();
      Awaitility.await("a third of it copied")
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> copied(on, node) >= ROWS / 3);
      String created = on.rows(node, CREATED).get(0);
      assertThat(on.isMember(node)).isFalse();
      if (targetDies) {
        on.node(node).kill();
      } else {
        on.endLockstep();
      }
      if (targetDies) {
        Installation.execute(
            c, "UPDATE big SET n=1 WHERE id=2", "DELETE FROM big WHERE id=" + (ROWS - 1));
        on.node(node).start();
      } else {
        try (Connection again = on.connect()) {
          Installation.execute(
              again, "UPDATE big SET n=1 WHERE id=2", "DELETE FROM big WHERE id=" + (ROWS - 1));
        }
      }
      on.awaitAll();
      assertThat(on.view().reason()).startsWith("rejoined (full copy");
      assertThat(on.rows(node, CREATED)).as("not made anew").containsExactly(created);
      on.assertEverywhere("SELECT COUNT(*) FROM big", Integer.toString(ROWS - 1));
      on.assertAllEqual();
      on.assertJournalsAgree();
    }
  }

  private static int copied(Installation on, int node) {
    try {
      return Integer.parseInt(on.rows(node, "SELECT COUNT(*) FROM big").get(0));
    } catch (SQLException e) {
      return 0; // not there yet
    }
  }
}
