package dev.lockstep.session;

import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.Transaction;
import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.BoundWrite;
import dev.lockstep.sql.MergedRows;
import dev.lockstep.sql.Parameter;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Executes H2's MERGE on the primary; see {@link MergedRows}. Used under the session's lock. */
final class MergeRunner {
  private static final String SAVEPOINT = "lockstep_merge";

  private final Work work;

  MergeRunner(Work work) {
    this.work = work;
  }

  private record Done(List<Entry> entries, StatementResult result) {}

  /** In a transaction that the application ends. */
  StatementResult inside(ServerConnection c, MergedRows merge, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    mark(c);
    Done done;
    try {
      done = done(c, merge, rows(c, merge, handle));
    } catch (SQLException e) {
      // H2 undoes a statement that fails, but not one inside of a query.
      if (!c.node().dialect().rollsBackTransaction(e)) {
        work.follow(c, "ROLLBACK TO SAVEPOINT " + SAVEPOINT);
      }
      throw work.failedInside(c, e);
    } finally {
      work.ticket.leave();
    }
    work.transaction.touch();
    for (Entry e : done.entries) {
      work.transaction.add(c, e);
    }
    work.grown();
    return done.result;
  }

  private void mark(ServerConnection c) throws SQLException, ConnectionLostException {
    boolean guard = work.needsGuard(c);
    String savepoint = "SAVEPOINT " + SAVEPOINT;
    Outcome o =
        work.run(
            c, guard ? Packet.of(c.node().dialect().guard(), savepoint) : Packet.of(savepoint));
    if (o.lost()) {
      throw new ConnectionLostException(o.error());
    }
    work.transaction.touch();
    if (guard && o.counts().length > 0) {
      work.transaction.guardSet();
    }
    if (!o.ok()) {
      work.rollback();
      throw Errors.rolledBack("a savepoint failed; the transaction was rolled back", o.error());
    }
  }

  /** In autocommit. */
  StatementResult alone(
      ServerConnection c, StatementPlan plan, MergedRows merge, VendorStatement handle)
      throws SQLException, ConnectionLostException, PrimaryLostException {
    work.ticket.lockless(false);
    work.mode(c, true);
    work.applyNextIsolation(c);
    Done done;
    try {
      done = done(c, merge, rows(c, merge, handle));
    } catch (SQLException e) {
      work.state.nextIsolation(null);
      work.undo(c, null);
      throw work.translate(c, e);
    } finally {
      work.ticket.leave();
    }
    work.state.nextIsolation(null);
    if (done.entries.isEmpty()) {
      work.undo(c, null);
      work.awaitBarrier(plan.tables(), plan.allTables());
      return done.result;
    }
    Transaction transaction = new Transaction(c, true);
    done.entries.forEach(transaction::add);
    work.commitAlone(transaction);
    return done.result;
  }

  private List<List<Parameter>> rows(ServerConnection c, MergedRows merge, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    return work.ask(
        c,
        handle,
        jdbc -> {
          try (Statement s = jdbc.createStatement();
              ResultSet r = s.executeQuery(merge.sql())) {
            return CopyRunner.rows(work, r);
          }
        });
  }

  private Done done(ServerConnection c, MergedRows merge, List<List<Parameter>> rows)
      throws SQLException, ConnectionLostException {
    List<Entry> entries = new ArrayList<>(rows.size());
    long[] keys = merge.numbered() == null || rows.isEmpty() ? null : new long[rows.size()];
    for (List<Parameter> row : rows) {
      if (keys != null) {
        keys[entries.size()] = merge.number(row);
      }
      BoundWrite w = merge.row(row);
      if (keys != null) {
        work.given(c, w.table(), keys[entries.size()]);
      }
      entries.add(
          new Entry(work.state.context(), null, w.sql(), null, w.expectedRows(), w.table()));
    }
    return new Done(
        entries,
        new StatementResult(null, rows.size(), keys, keys == null ? null : merge.numbered(), null));
  }
}
