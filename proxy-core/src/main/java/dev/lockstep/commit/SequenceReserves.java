package dev.lockstep.commit;

import dev.lockstep.cluster.PrimaryAccess;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.SystemTables;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Node;
import dev.lockstep.node.SequencePosition;
import dev.lockstep.node.SequencePosition.Place;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sequences are drawn from on the primary only, and what is drawn is drawn for good. So that no
 * other primary, of this process or of the next one, gives a value again, a place that is further
 * on is committed on all members ({@code lockstep.sequence_reserve}) before values up to it are
 * drawn: a few more than asked for, so that most draws cost nothing. The first draw after a change
 * of the primary, or in a new process, sets the sequence to that place. Thread-safe.
 */
public final class SequenceReserves {
  private static final long FEWEST = 10;
  private static final long MOST = 1000;

  /** Where a block is used up in less time, the next one is twice as large. */
  private static final long SOON_NANOS = 5_000_000_000L;

  private final ReserveRows rows;

  /** One at a time: what does not find its row locks the gap, which would be a deadlock. */
  private final ReentrantLock recording = new ReentrantLock();

  private final Map<TableName, State> states = new ConcurrentHashMap<>();

  /** What reserves are good for: another one after each change of the primary, and after DDL. */
  private volatile Era era = new Era(UUID.randomUUID().toString());

  /**
   * Told apart by identity.
   *
   * @param tenure names one primary in one process
   */
  @SuppressWarnings("ClassCanBeRecord")
  private static final class Era {
    final String tenure;

    Era(String tenure) {
      this.tenure = tenure;
    }
  }

  /** How many values may be drawn without asking. */
  private static final class Budget {
    final Era era;
    final AtomicLong left;

    Budget(Era era, long left) {
      this.era = era;
      this.left = new AtomicLong(left);
    }
  }

  private static final class State {
    final ReentrantLock lock = new ReentrantLock();

    /** Values that are being drawn. */
    final AtomicLong pending = new AtomicLong();

    /** Draws of an unknown number of values: that are under way, and that were ever begun. */
    final AtomicInteger open = new AtomicInteger();

    final AtomicLong opened = new AtomicLong();

    volatile Budget budget;
    long block = FEWEST / 2;
    long renewed = System.nanoTime() - SOON_NANOS;
  }

  /** Values that may be drawn; to be closed when they have been, or nobody will. */
  public static final class Reserved implements AutoCloseable {
    private final State state;
    private final long count;
    private final boolean beside;
    private final long opened;

    /** Before anything is taken. */
    private Reserved(State state, long count) {
      this.state = state;
      this.count = count;
      this.opened = state.opened.get();
      this.beside = state.open.get() > 0;
      state.pending.addAndGet(count);
    }

    private Reserved begin() {
      if (count == 0) {
        state.opened.incrementAndGet();
        state.open.incrementAndGet();
      }
      return this;
    }

    /**
     * After the draw: whether a draw of an unknown number of values ran beside it, so that what was
     * drawn may be further on than what was reserved. Then {@link SequenceReserves#cover} must
     * follow before anybody sees it; as for that draw itself.
     */
    public boolean unsure() {
      return count == 0 || beside || state.opened.get() != opened;
    }

    @Override
    public void close() {
      state.pending.addAndGet(-count);
      if (count == 0) {
        state.budget = null;
        state.open.decrementAndGet();
      }
    }
  }

  /**
   * @param timeoutMillis lockstep.nodeTimeout
   */
  public SequenceReserves(PrimaryAccess primary, Committer committer, long timeoutMillis) {
    this.rows = new ReserveRows(primary, committer, timeoutMillis);
  }

  /** Another node is the primary, or may have become it anew: before it serves. */
  public synchronized void primaryChanged() {
    era = new Era(UUID.randomUUID().toString());
  }

  /** DDL has run: where sequences stand is read again. */
  public synchronized void definitionsChanged() {
    era = new Era(era.tenure);
  }

  /**
   * Before so many values are drawn on a node. Where their number is not known beforehand it is 0,
   * and {@link #cover} must follow before anybody sees them.
   *
   * @throws PrimaryLostException where the node is no longer the primary
   */
  public Reserved reserve(Node node, TableName sequence, long count)
      throws SQLException, PrimaryLostException {
    State s = states.computeIfAbsent(sequence, name -> new State());
    Reserved reserved = new Reserved(s, count);
    boolean done = false;
    try {
      if (!take(s, count)) {
        s.lock.lock();
        try {
          if (!take(s, count)) {
            renew(s, node, sequence, false);
          }
        } finally {
          s.lock.unlock();
        }
      }
      done = true;
      return reserved.begin();
    } finally {
      if (!done) {
        s.pending.addAndGet(-count);
      }
    }
  }

  private boolean take(State s, long count) {
    Budget b = s.budget;
    if (b == null || b.era != era) {
      return false;
    }
    for (long left = b.left.get(); left >= count; left = b.left.get()) {
      if (b.left.compareAndSet(left, left - count)) {
        return true;
      }
    }
    return false;
  }

  /** After values have been drawn whose number was not known. */
  public void cover(Node node, TableName sequence) throws SQLException, PrimaryLostException {
    renewNow(node, sequence, false);
  }

  /** After DDL that has made the sequence or may have set its position, by which it starts anew. */
  public void placed(Node node, TableName sequence) throws SQLException, PrimaryLostException {
    renewNow(node, sequence, true);
  }

  private void renewNow(Node node, TableName sequence, boolean placed)
      throws SQLException, PrimaryLostException {
    State s = states.computeIfAbsent(sequence, name -> new State());
    s.lock.lock();
    try {
      renew(s, node, sequence, placed);
    } finally {
      s.lock.unlock();
    }
  }

  /**
   * Commits a place further on.
   *
   * @param placed whether the sequence stands where it shall, whatever was committed before
   */
  private void renew(State s, Node node, TableName sequence, boolean placed)
      throws SQLException, PrimaryLostException {
    Era now = era;
    long opened = s.opened.get();
    boolean alone = s.open.get() == 0;
    s.budget = null; // from here on each draw is pending before the position is read, or waits
    long pending = s.pending.get();
    long time = System.nanoTime();
    s.block =
        time - s.renewed < SOON_NANOS ? Math.min(MOST, 2 * s.block) : Math.max(FEWEST, s.block / 2);
    rows.on(
        node,
        c -> {
          if (!era.tenure.equals(now.tenure)) {
            throw new PrimaryLostException(node.name() + " is no longer the primary", null);
          }
          if (renewed(c, sequence, now, pending + s.block, placed)) {
            s.renewed = time;
            if (alone && s.opened.get() == opened) {
              s.budget = new Budget(now, s.block);
            }
          }
        });
  }

  /** Whether there is such a sequence. */
  private boolean renewed(
      ServerConnection c, TableName sequence, Era now, long values, boolean placed)
      throws SQLException, PrimaryLostException {
    Dialect d = c.node().dialect();
    SequencePosition position = SequencePosition.read(c.jdbc(), d, sequence);
    if (position == null) {
      return false;
    }
    Recorded last = recorded(c, sequence);
    boolean own = last != null && last.tenure.equals(now.tenure);
    if (last != null && !own && !placed) {
      position.advance(c.jdbc(), last.place);
      position = SequencePosition.read(c.jdbc(), d, sequence);
    }
    Place to = position.ahead(values);
    if (!own || !last.place.equals(to)) {
      recording.lock();
      try {
        record(c, sequence, new Recorded(now.tenure, to));
      } finally {
        recording.unlock();
      }
    }
    return true;
  }

  private record Recorded(String tenure, Place place) {}

  private static Recorded recorded(ServerConnection c, TableName sequence) throws SQLException {
    try (PreparedStatement s =
        c.jdbc()
            .prepareStatement(
                "SELECT tenure, place, round, used_up FROM lockstep.sequence_reserve WHERE"
                    + " schema_name = ? AND sequence_name = ?")) {
      s.setString(1, sequence.schema());
      s.setString(2, sequence.name());
      try (ResultSet r = s.executeQuery()) {
        return r.next()
            ? new Recorded(
                r.getString(1),
                new Place(
                    new BigInteger(r.getString(2)),
                    new BigInteger(r.getString(3)),
                    r.getInt(4) != 0))
            : null;
      }
    }
  }

  /** A transaction of its own, on all members. */
  private void record(ServerConnection c, TableName sequence, Recorded what)
      throws SQLException, PrimaryLostException {
    Dialect d = c.node().dialect();
    String schema = d.literal(sequence.schema());
    String name = d.literal(sequence.name());
    String delete =
        "DELETE FROM lockstep.sequence_reserve WHERE schema_name = "
            + schema
            + " AND sequence_name = "
            + name;
    String insert =
        "INSERT INTO lockstep.sequence_reserve (schema_name, sequence_name, tenure, place, round,"
            + " used_up) VALUES ("
            + schema
            + ", "
            + name
            + ", "
            + d.literal(what.tenure)
            + ", "
            + what.place.value()
            + ", "
            + what.place.round()
            + ", "
            + (what.place.over() ? 1 : 0)
            + ")";
    // What is deleted does not count: a node need not have the row.
    rows.commit(
        c,
        List.of(new Entry("", delete, insert, null, 1, SystemTables.sequenceReserve(d.vendor()))));
  }
}
