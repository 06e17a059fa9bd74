package dev.lockstep.commit;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
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
    boolean names(Set<TableName> others) {
      return !Collections.disjoint(tables, others);
    }
  }

  /** What a transaction has locked. Immutable. */
  private record Locked(Set<TableName> tables, Set<TableName> related) {
    static final Locked NOTHING = new Locked(Set.of(), Set.of());

    /** Mostly nothing has to be copied: a transaction of one statement, or of the same tables. */
    Locked with(Set<TableName> moreTables, Set<TableName> moreRelated) {
      Set<TableName> t = union(tables, moreTables);
      Set<TableName> r = union(related, moreRelated);
      return t == tables && r == related ? this : new Locked(t, r);
    }

    private static Set<TableName> union(Set<TableName> some, Set<TableName> more) {
      if (some.isEmpty()) {
        return more;
      }
      if (more.isEmpty() || some.containsAll(more)) {
        return some;
      }
      Set<TableName> both = new HashSet<>(some);
      both.addAll(more);
      return both;
    }

    boolean meets(Hold h) {
      return h.names(tables) || h.names(related);
    }
  }

  /** A statement, and what its transaction had locked before it. */
  private record Use(Set<TableName> tables, Set<TableName> related, boolean all, Locked before) {
    boolean meets(Hold h) {
      return all || h.all() || h.names(tables) || h.names(related);
    }

    /**
     * Whether it goes on in spite of the hold: the server lets no DDL change a table before the
     * transactions that have locked it are over, so DDL has to wait for this one anyway, and the
     * definitions that the statement was analysed by stay as they are until then.
     */
    boolean mayPass(Hold h) {
      if (all) {
        return !h.all() && before.tables().containsAll(h.tables());
      }
      if (h.all()) {
        return before.tables().containsAll(tables);
      }
      for (TableName t : h.tables()) {
        boolean locked = before.tables().contains(t);
        if (!locked
            && (tables.contains(t) || related.contains(t) && !before.related().contains(t))) {
          return false;
        }
      }
      return true;
    }
  }

  private final long timeoutMillis;
  private final Set<Place> places = ConcurrentHashMap.newKeySet();
  private final CascadeHolds cascadeHolds = new CascadeHolds();
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
   * Waits until no statement is under way that began without seeing the hold, and no transaction is
   * open that has locked one of its tables.
   *
   * @param deadline a time of {@link System#nanoTime}
   * @return whether that is so; false when it took too long
   */
  boolean await(Hold h, long deadline) {
    for (Place p : places) {
      while (p.statementMeets(h) || p.locked.meets(h)) {
        if (System.nanoTime() - deadline > 0) {
          return false;
        }
        LockSupport.parkNanos(200_000);
      }
    }
    return true;
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
    private volatile Locked locked = Locked.NOTHING;
    private volatile Use current;
    private volatile boolean open;
    private volatile boolean lockless;
    private volatile Thread waiter;
    private boolean cascades;

    /** Whether a statement is under way that may not have seen the hold. */
    boolean statementMeets(Hold h) {
      Use u = current;
      return u != null && u.meets(h) && !u.mayPass(h);
    }

    @Override
    public void enter(Set<TableName> tables, Set<TableName> related, boolean all, boolean locks)
        throws SQLException {
      Use use = new Use(tables, related, all, locked);
      open = true;
      current = use;
      Hold h;
      while ((h = hold) != null && use.meets(h) && !use.mayPass(h)) {
        current = null;
        waitFor(use);
        current = use;
      }
      if (locks) {
        locked = use.before().with(tables, related);
      }
    }

    private void waitFor(Use use) throws SQLException {
      long deadline = System.nanoTime() + 2 * timeoutMillis * 1_000_000L;
      waiter = Thread.currentThread();
      boolean interrupted = false;
      try {
        Hold h;
        while ((h = hold) != null && use.meets(h)) {
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
    public void foreignKeys(Set<TableName> writes, Set<TableName> changed, boolean alone)
        throws SQLException {
      Map<TableName, CascadeHolds.Use> uses = new HashMap<>();
      writes.forEach(t -> uses.put(t, CascadeHolds.Use.WRITE));
      for (TableName t : changed) {
        boolean both = writes.contains(t);
        uses.put(t, alone || both ? CascadeHolds.Use.ALONE : CascadeHolds.Use.CASCADE);
      }
      cascades = true;
      cascadeHolds.hold(this, uses);
    }

    private void release() {
      if (cascades) {
        cascades = false;
        cascadeHolds.release(this);
      }
    }

    @Override
    public void leave() {
      current = null;
    }

    @Override
    public void transactionEnded() {
      locked = Locked.NOTHING;
      open = false;
      lockless = false;
      release();
    }

    @Override
    public void close() {
      release();
      current = null;
      places.remove(this);
    }
  }
}
