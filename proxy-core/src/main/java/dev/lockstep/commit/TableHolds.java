package dev.lockstep.commit;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The table gate. A session publishes its tables before it looks for a hold, and DDL sets its hold
 * before it looks for sessions, so that one of them always sees the other.
 */
final class TableHolds implements TableGate {
  /** What DDL holds: one at a time. */
  record Hold(Set<TableName> tables, boolean all) {
    boolean meets(Set<TableName> others, boolean othersAll) {
      if (all || othersAll) {
        return true;
      }
      for (TableName t : others) {
        if (tables.contains(t)) {
          return true;
        }
      }
      return false;
    }
  }

  private record Use(Set<TableName> tables, boolean all, boolean mayPass) {}

  private final long timeoutMillis;
  private final Set<Place> places = ConcurrentHashMap.newKeySet();
  private volatile Hold hold;

  TableHolds(long timeoutMillis) {
    this.timeoutMillis = timeoutMillis;
  }

  /**
   * Holds new statements on these tables back. Only one hold at a time: the caller sees to that.
   */
  void begin(Hold h) {
    hold = h;
  }

  /**
   * Waits until no statement is under way that began without seeing the hold.
   *
   * @throws SQLException 40001 when that takes too long
   */
  void awaitStatements(Hold h) throws SQLException {
    long deadline = System.nanoTime() + timeoutMillis * 1_000_000L;
    for (Place p : places) {
      Use u;
      while ((u = p.current) != null && !u.mayPass() && h.meets(u.tables(), u.all())) {
        if (System.nanoTime() > deadline) {
          throw Errors.rolledBack(
              "DDL waited too long for a statement on its tables; repeat it", null);
        }
        LockSupport.parkNanos(200_000);
      }
    }
  }

  /** Lets everyone go on. */
  void end() {
    hold = null;
    for (Place p : places) {
      Thread t = p.waiter;
      if (t != null) {
        LockSupport.unpark(t);
      }
    }
  }

  @Override
  public Ticket register() {
    Place p = new Place();
    places.add(p);
    return p;
  }

  private final class Place implements Ticket {
    private final Set<TableName> touched = new HashSet<>();
    private boolean touchedAny;
    private volatile Use current;
    private volatile boolean open;
    private volatile boolean lockless;
    private volatile Thread waiter;

    @Override
    public void enter(Set<TableName> tables, boolean all) throws SQLException {
      // A transaction that touched the tables before goes on: DDL waits for it on the primary.
      boolean mayPass = all ? touchedAny : touched.containsAll(tables);
      open = true;
      current = new Use(tables, all, mayPass);
      Hold h;
      while ((h = hold) != null && !mayPass && h.meets(tables, all)) {
        current = null;
        waitFor(tables, all);
        current = new Use(tables, all, mayPass);
      }
      if (all) {
        touchedAny = true;
      } else {
        touched.addAll(tables);
      }
    }

    private void waitFor(Set<TableName> tables, boolean all) throws SQLException {
      long deadline = System.nanoTime() + 2 * timeoutMillis * 1_000_000L;
      waiter = Thread.currentThread();
      boolean interrupted = false;
      try {
        Hold h;
        while ((h = hold) != null && h.meets(tables, all)) {
          if (System.nanoTime() > deadline) {
            throw Errors.rolledBack(
                "a statement waited too long for DDL on its tables; repeat it", null);
          }
          LockSupport.parkNanos(10_000_000);
          interrupted |= Thread.interrupted();
        }
      } finally {
        waiter = null;
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void lockless(boolean yes) {
      lockless = yes;
    }

    @Override
    public boolean quiet() {
      for (Place p : places) {
        if (p != this && p.open && !p.lockless) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void leave() {
      current = null;
    }

    @Override
    public void transactionEnded() {
      touched.clear();
      touchedAny = false;
      open = false;
      lockless = false;
    }

    @Override
    public void close() {
      current = null;
      places.remove(this);
    }
  }
}
