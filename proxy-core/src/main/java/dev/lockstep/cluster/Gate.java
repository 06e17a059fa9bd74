package dev.lockstep.cluster;

import java.sql.SQLException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * One at a time: the groups in flight, or a change of the view. Leaders of groups only try to
 * enter, and may hand the gate over to the leader of the group behind theirs; whoever needs the
 * gate for something else waits, and goes before the next group.
 */
public final class Gate {
  /** Something to do while no group is in flight. */
  public interface Action<T> {
    T run() throws SQLException;
  }

  private final AtomicReference<Thread> owner = new AtomicReference<>();
  private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();
  private volatile Runnable opened = () -> {};

  /** Sets what is called after each exit: the committer wakes the next leader. */
  public void onOpen(Runnable wake) {
    opened = wake;
  }

  /** Enters for a group, unless something else is in or waits. */
  public boolean tryEnter() {
    return waiters.isEmpty() && owner.compareAndSet(null, Thread.currentThread());
  }

  /** Whether something else waits to get in: no further group may be begun. */
  public boolean wanted() {
    return !waiters.isEmpty();
  }

  /**
   * Waits inside, until the time has passed or something else waits to get in. Interrupts are kept
   * for later.
   *
   * @return whether nothing else waits
   */
  public boolean linger(long nanos) {
    checkHeld();
    long start = System.nanoTime();
    boolean interrupted = false;
    long left = nanos;
    while (left > 0 && !wanted()) {
      LockSupport.parkNanos(this, left);
      interrupted |= Thread.interrupted();
      left = nanos - (System.nanoTime() - start);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !wanted();
  }

  /** Passes the gate on to another thread, which leaves it in its turn. */
  public void handOver(Thread to) {
    checkHeld();
    owner.set(to);
  }

  /** Leaves after a group. */
  public void exit() {
    checkHeld();
    owner.set(null);
    Thread first = waiters.peek();
    if (first != null) {
      LockSupport.unpark(first);
    } else {
      opened.run();
    }
  }

  private void checkHeld() {
    if (!held()) {
      throw new IllegalStateException("the gate is not held by this thread");
    }
  }

  /** Whether the calling thread is inside. */
  public boolean held() {
    return owner.get() == Thread.currentThread();
  }

  /** Runs with no group in flight; may be nested. Waits uninterruptibly, in order of arrival. */
  public <T> T exclusive(Action<T> action) throws SQLException {
    if (held()) {
      return action.run();
    }
    enter();
    try {
      return action.run();
    } finally {
      exit();
    }
  }

  private void enter() {
    Thread me = Thread.currentThread();
    boolean interrupted = false;
    waiters.add(me);
    LockSupport.unpark(owner.get()); // where it lingers
    while (waiters.peek() != me || !owner.compareAndSet(null, me)) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    waiters.remove();
    if (interrupted) {
      me.interrupt();
    }
  }
}
