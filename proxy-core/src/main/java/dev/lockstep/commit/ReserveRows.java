package dev.lockstep.commit;

import dev.lockstep.cluster.PrimaryAccess;
import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Node;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Small transactions of the engine's own, on all members: what is reserved of values that only the
 * primary gives. Thread-safe.
 */
final class ReserveRows {
  private final PrimaryAccess primary;
  private final Committer committer;
  private final long timeoutMillis;

  ReserveRows(PrimaryAccess primary, Committer committer, long timeoutMillis) {
    this.primary = primary;
    this.committer = committer;
    this.timeoutMillis = timeoutMillis;
  }

  /** What is done on a connection of the admin account. */
  interface Task {
    void run(ServerConnection c) throws SQLException, PrimaryLostException;
  }

  /**
   * Runs it on the primary.
   *
   * @throws PrimaryLostException where the node is not the primary, or is lost
   */
  void on(Node node, Task task) throws SQLException, PrimaryLostException {
    boolean interrupted = Thread.interrupted();
    try {
      ServerConnection c = primary.acquire(node.admin(), null);
      boolean sound = false;
      try {
        if (c.node() != node) {
          throw new PrimaryLostException(node.name() + " is no longer the primary", null);
        }
        task.run(c);
        sound = true;
      } catch (SQLException e) {
        if (c.broken() || c.node().dialect().connectionError(e)) {
          c.markBroken();
          primary.lost(c, e);
          throw new PrimaryLostException("the primary was lost before a value was drawn", e);
        }
        throw e;
      } finally {
        c.release(sound);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Executes and commits entries, whose counts are the primary's by their form. */
  void commit(ServerConnection c, List<Entry> entries) throws SQLException, PrimaryLostException {
    Dialect d = c.node().dialect();
    List<String> statements = new ArrayList<>();
    c.manualCommit(d.begin() == null);
    if (d.begin() != null) {
      statements.add(d.begin());
    }
    Transaction transaction = new Transaction(c, true);
    for (Entry e : entries) {
      if (e.before() != null) {
        statements.add(e.before());
      }
      statements.add(e.sql());
      transaction.add(e);
    }
    Outcome o = c.run(new Packet(statements), timeoutMillis);
    if (!o.ok()) {
      c.markBroken();
      throw o.lost() ? Errors.cannotConnect(c.node().name() + " was lost", o.error()) : o.error();
    }
    transaction.foreignKeyChecks(c.foreignKeyChecks());
    committer.commit(transaction);
  }
}
