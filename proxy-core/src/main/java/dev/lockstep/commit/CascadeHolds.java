package dev.lockstep.commit;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps apart what no row lock of a server does: transactions whose foreign keys change a table,
 * and those that write rows to it that such a change may not see before they commit. Each owner
 * holds tables until its transaction is over. All writers are in this process. Thread-safe.
 */
final class CascadeHolds {
  /** How long one waits for another's transaction. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What a transaction does to a table. */
  enum Use {
    /** Writes rows that a cascade may not see. */
    WRITE,
    /** Foreign keys change it; others whose foreign keys do so are kept apart by row locks. */
    CASCADE,
    /** Foreign keys change it, and nobody else may do anything. */
    ALONE;

    boolean with(Use other) {
      return this == other && this != ALONE;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Object, Map<TableName, Set<Use>>> held = new HashMap<>();

  /** In the order in which they came. */
  private final Map<Object, Map<TableName, Use>> waiting = new LinkedHashMap<>();

  /**
   * Waits until the owner may use the tables so, and holds them.
   *
   * @throws SQLException 40001 where it takes too long, or one waits for the other
   */
  void hold(Object owner, Map<TableName, Use> uses) throws SQLException {
    boolean interrupted = false;
    lock.lock();
    try {
      if (holds(owner, uses)) {
        return;
      }
      waiting.put(owner, uses);
      long left = PATIENCE_NANOS;
      while (blocked(owner, uses)) {
        if (left <= 0 || waitsForItself(owner)) {
          throw Errors.rolledBack(
              "another transaction has written to tables that foreign keys change with this one"
                  + " (or the other way round) and is still open; repeat the transaction",
              null);
        }
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      Map<TableName, Set<Use>> mine = held.computeIfAbsent(owner, o -> new HashMap<>());
      uses.forEach((t, use) -> mine.computeIfAbsent(t, n -> EnumSet.noneOf(Use.class)).add(use));
    } finally {
      if (waiting.remove(owner) != null) {
        changed.signalAll();
      }
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The owner's transaction is over. */
  void release(Object owner) {
    lock.lock();
    try {
      if (held.remove(owner) != null) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean holds(Object owner, Map<TableName, Use> uses) {
    Map<TableName, Set<Use>> mine = held.get(owner);
    return mine != null
        && uses.entrySet().stream()
            .allMatch(u -> mine.getOrDefault(u.getKey(), Set.of()).contains(u.getValue()));
  }

  private boolean blocked(Object owner, Map<TableName, Use> uses) {
    return !blockers(owner, uses).isEmpty();
  }

  /**
   * Who holds what it needs; where it holds nothing itself, it also waits behind who came first.
   */
  private Set<Object> blockers(Object owner, Map<TableName, Use> uses) {
    Set<Object> blockers = new HashSet<>();
    held.forEach(
        (other, tables) -> {
          if (other != owner && uses.entrySet().stream().anyMatch(u -> meets(u, tables))) {
            blockers.add(other);
          }
        });
    if (!held.containsKey(owner)) {
      for (Map.Entry<Object, Map<TableName, Use>> w : waiting.entrySet()) {
        if (w.getKey() == owner) {
          break;
        }
        for (Map.Entry<TableName, Use> u : uses.entrySet()) {
          Use first = w.getValue().get(u.getKey());
          if (first != null && !first.with(u.getValue())) {
            blockers.add(w.getKey());
          }
        }
      }
    }
    return blockers;
  }

  private static boolean meets(Map.Entry<TableName, Use> wanted, Map<TableName, Set<Use>> tables) {
    return tables.getOrDefault(wanted.getKey(), Set.of()).stream()
        .anyMatch(use -> !use.with(wanted.getValue()));
  }

  private boolean waitsForItself(Object owner) {
    Set<Object> seen = new HashSet<>();
    return reaches(owner, owner, seen);
  }

  private boolean reaches(Object from, Object owner, Set<Object> seen) {
    Map<TableName, Use> uses = waiting.get(from);
    if (uses == null || !seen.add(from)) {
      return false;
    }
    for (Object next : blockers(from, uses)) {
      if (next == owner || reaches(next, owner, seen)) {
        return true;
      }
    }
    return false;
  }
}
