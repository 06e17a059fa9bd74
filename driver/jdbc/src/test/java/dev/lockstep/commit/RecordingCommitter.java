package dev.lockstep.commit;

import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** For tests: commits on the primary alone and replays each write set on one replica. */
public final class RecordingCommitter implements Committer {
  private final Connection replica;
  private boolean lastGuarded;
  private final List<List<Entry>> groups = new ArrayList<>();

  /** What the next commits do instead: null commits. */
  public volatile Exception failNext;

  /** Runs before each commit. */
  public volatile Runnable before = () -> {};

  /**
   * @param replica with autocommit off, or null
   */
  public RecordingCommitter(Connection replica) {
    this.replica = replica;
  }

  @Override
  public List<String> spill(Transaction tx) {
    throw new IllegalStateException("a write set too large for this test");
  }

  @Override
  public synchronized void commit(Transaction tx) throws SQLException, PrimaryLostException {
    before.run();
    Exception fail = failNext;
    failNext = null;
    if (fail != null) {
      tx.connection().run(Packet.of("ROLLBACK"), 0);
      if (fail instanceof PrimaryLostException lost) {
        throw lost;
      }
      throw (SQLException) fail;
    }
    String release = tx.connection().node().dialect().releaseGuard();
    lastGuarded = tx.guarded();
    Packet end = tx.guarded() ? Packet.of(release, "COMMIT") : Packet.of("COMMIT");
    Outcome o = tx.connection().run(end, 0);
    if (!o.ok()) {
      throw Errors.rolledBack("the guard is gone", o.error());
    }
    groups.add(List.copyOf(tx.entries()));
    if (replica != null) {
      try (Statement s = replica.createStatement()) {
        for (Entry e : tx.entries()) {
          if (!e.context().isEmpty()) {
            s.execute(e.context());
          }
          if (e.before() != null) {
            s.execute(e.before());
          }
          int count = s.executeUpdate(e.sql());
          if (count != e.expectedRows()) {
            throw new SQLException("replica: " + count + " rows by " + e.sql());
          }
          if (e.after() != null) {
            s.execute(e.after());
          }
        }
      }
      replica.commit();
    }
  }

  /** How many transactions came. */
  public synchronized int commits() {
    return groups.size();
  }

  /** Whether the last one had the guard savepoint. */
  public synchronized boolean lastGuarded() {
    return lastGuarded;
  }

  /** The entries of the last one. */
  public synchronized List<Entry> last() {
    return groups.get(groups.size() - 1);
  }
}
