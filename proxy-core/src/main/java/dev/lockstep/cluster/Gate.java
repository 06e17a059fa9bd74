package dev.lockstep.cluster;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One at a time: the group in flight, or a change of the view. Leaders of groups only try to enter;
 * whoever needs the gate for something else waits, and goes before the next group.
 */
public final class Gate {
  /** Something to do while no group is in flight. */
  public interface Action<T> {
    T run() throws SQLException;
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile Runnable opened = () -> {};

  /** Sets what is called after each exit: the committer wakes the next leader. */
  public void onOpen(Runnable wake) {
    opened = wake;
  }

  /** Enters for a group, unless something else is in or waits. */
  public boolean tryEnter() {
    return waiting.get() == 0 && lock.tryLock();
  }

  /** Leaves after a group. */
  public void exit() {
    lock.unlock();
    opened.run();
  }

  /** Whether the calling thread is inside. */
  public boolean held() {
    return lock.isHeldByCurrentThread();
  }

  /** Runs with no group in flight; may be nested. */
  public <T> T exclusive(Action<T> action) throws SQLException {
    if (held()) {
      return action.run();
    }
    waiting.incrementAndGet();
    try {
      lock.lock();
    } finally {
      waiting.decrementAndGet();
    }
    try {
      return action.run();
    } finally {
      exit();
    }
  }
}
