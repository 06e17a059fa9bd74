package dev.lockstep.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.commit.CascadeHolds.Use;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CascadeHoldsTest {
  private static final TableName C = new TableName("shop", "c");
  private static final TableName D = new TableName("shop", "d");

  private final CascadeHolds holds = new CascadeHolds();

  private CompletableFuture<Void> later(Object owner, TableName table, Use use) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            holds.hold(owner, Map.of(table, use));
          } catch (SQLException e) {
            throw new CompletionException(e);
          }
        });
  }

  private static void waits(CompletableFuture<Void> future) {
    assertThatThrownBy(() -> future.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
  }

  @Test
  void keepsCascadesAndWritersApart() throws Exception {
    holds.hold("a", Map.of(C, Use.WRITE));
    holds.hold("b", Map.of(C, Use.WRITE));
    holds.hold("x", Map.of(D, Use.ALONE));
    CompletableFuture<Void> cascade = later("y", C, Use.CASCADE);
    waits(cascade);
    holds.release("a");
    waits(cascade);
    CompletableFuture<Void> late = later("late", C, Use.WRITE);
    waits(late); // behind who came first
    holds.hold("b", Map.of(C, Use.WRITE)); // holds it already
    holds.release("b");
    cascade.get(5, TimeUnit.SECONDS);
    waits(late);
    holds.release("y");
    late.get(5, TimeUnit.SECONDS);
    holds.release("late");
    holds.hold("y", Map.of(C, Use.CASCADE));
    holds.hold("z", Map.of(C, Use.CASCADE)); // row locks keep these apart
    CompletableFuture<Void> alone = later("w", C, Use.ALONE);
    waits(alone);
    holds.release("y");
    waits(alone);
    holds.release("z");
    alone.get(5, TimeUnit.SECONDS);
  }

  @Test
  void whoeverWaitsForItselfFails() throws Exception {
    holds.hold("a", Map.of(C, Use.WRITE));
    holds.hold("b", Map.of(C, Use.WRITE));
    CompletableFuture<Void> first = later("a", C, Use.ALONE);
    waits(first);
    assertThatThrownBy(() -> holds.hold("b", Map.of(C, Use.ALONE)))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
    holds.release("b");
    first.get(5, TimeUnit.SECONDS);
  }
}
