package dev.lockstep.commit;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The read barrier: which group is in step 3 now. */
final class StepThree implements ReadBarrier {
  private record Running(Set<TableName> tables, boolean all, CountDownLatch over) {}

  private final long patienceMillis;
  private volatile Running running;

  StepThree(long patienceMillis) {
    this.patienceMillis = patienceMillis;
  }

  /** Step 3 of a group begins; called before the first COMMIT is sent. */
  void begin(Set<TableName> tables, boolean all) {
    running = new Running(tables, all, new CountDownLatch(1));
  }

  /** It is over: committed everywhere, or the members that have not are out of the view. */
  void end() {
    Running r = running;
    running = null;
    if (r != null) {
      r.over().countDown();
    }
  }

  @Override
  public void await(Set<TableName> tables, boolean all) throws SQLException {
    Running r = running;
    if (r == null || !all && !r.all() && disjoint(r.tables(), tables)) {
      return;
    }
    boolean interrupted = false;
    long deadline = System.nanoTime() + patienceMillis * 1_000_000L;
    try {
      while (true) {
        try {
          if (r.over().await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw Errors.rolledBack(
              "a read waited too long for a commit on its tables; repeat it", null);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean disjoint(Set<TableName> a, Set<TableName> b) {
    for (TableName t : b) {
      if (a.contains(t)) {
        return false;
      }
    }
    return true;
  }
}
