package dev.lockstep.commit;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The group that is prepared while the one before it commits. From the moment in which all COMMITs
 * are on their way until the first answer comes, whoever wants to commit joins it and sends its own
 * transaction behind the others, so nobody has to be woken up for that. Thread-safe while open;
 * else used inside the gate.
 */
final class GroupBehind {
  private static final int MOST_AT_ONCE = 16;

  private final Queue<Pending> queue;
  private final Supplier<Group> begin;
  private final Preparation preparation;
  private final int maxGroup;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean open;
  private Group group;
  private Throwable failure;

  /**
   * @param queue of those that wait, read and changed while open by whoever has the lock
   * @param begin makes a group of those that wait; null where nobody does or it may not be now
   * @param maxGroup how many may be in it
   */
  GroupBehind(Queue<Pending> queue, Supplier<Group> begin, Preparation preparation, int maxGroup) {
    this.queue = queue;
    this.begin = begin;
    this.preparation = preparation;
    this.maxGroup = maxGroup;
  }

  /** Begins the group with those that wait. */
  void open() {
    open = true;
    grow();
  }

  /** Begins the group, or lets those join that wait, where that can be done at once. Any thread. */
  void grow() {
    if (!open || !lock.tryLock()) {
      return; // whoever comes next sees to it
    }
    try {
      if (open && failure == null) {
        takeIn();
      }
    } catch (RuntimeException | Error e) {
      failure = e; // for the leader, whose group it is
    } finally {
      lock.unlock();
    }
  }

  private void takeIn() {
    if (group == null) {
      group = begin.get();
      if (group != null) {
        preparation.ahead(group);
      }
      return;
    }
    List<Pending> more = new ArrayList<>();
    for (Pending p : queue) {
      if (p.shared || p.large() || more.size() == Math.min(MOST_AT_ONCE, room())) {
        break;
      }
      more.add(p);
    }
    if (!more.isEmpty()) {
      int before = group.all.size();
      try {
        preparation.join(group, more);
      } finally {
        for (int i = before; i < group.all.size(); i++) {
          queue.poll();
        }
      }
    }
  }

  private int room() {
    return maxGroup - group.all.size();
  }

  /** Nobody joins any more. */
  void close() {
    if (!open) {
      return;
    }
    lock.lock();
    try {
      open = false;
    } finally {
      lock.unlock();
    }
  }

  /** The group, or null; while closed. */
  Group group() {
    return group;
  }

  /**
   * The group, or null; there is none then.
   *
   * @throws IllegalStateException where somebody who wanted to join met an error
   */
  Group take() {
    if (failure != null) {
      throw new IllegalStateException("a group could not be begun", failure);
    }
    return abandon();
  }

  /** The group, or null, also after an error; there is none then. */
  Group abandon() {
    Group taken = group;
    group = null;
    failure = null;
    return taken;
  }
}
