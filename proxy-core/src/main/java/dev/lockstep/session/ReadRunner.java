package dev.lockstep.session;

import dev.lockstep.commit.SequenceReserves.Reserved;
import dev.lockstep.config.Errors;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Executes reads on the primary with the vendor's own statements, and holds their results back
 * while a commit of the same tables is not finished. Used under the session's lock.
 */
final class ReadRunner {
  private final Work work;

  ReadRunner(Work work) {
    this.work = work;
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    boolean locking = plan.kind() == StatementPlan.Kind.LOCKING_READ;
    if (SequenceDraws.draws(plan)) {
      work.checkWritable(plan.sql());
      if (SequenceDraws.drawsAny(plan) && handle.fetchSize() == Integer.MIN_VALUE) {
        throw Errors.unsupported(
            "rows with values of sequences cannot be streamed; set another fetch size");
      }
    }
    long deadline = work.link.deadline();
    String isolation = work.state.nextIsolation();
    while (true) {
      boolean inside = work.inTransaction();
      boolean first = !work.transaction.touched();
      ServerConnection c = inside ? work.inside() : work.link.ready();
      try {
        work.ticket.lockless(!inside && !locking);
        plan = work.enter(plan);
        StatementResult result = attempt(c, plan, arguments, handle, inside);
        if (inside && locking) {
          work.transaction.lockingRead();
        }
        if (plan.pinsSession() || !plan.setsVariables().isEmpty() && handle.fetchSize() != 0) {
          work.state.pin(Work.abbreviated(plan.sql()));
        } else {
          Variables.keep(work, c, plan.setsVariables());
        }
        return result;
      } catch (ConnectionLostException e) {
        if (inside && !first) {
          throw work.transactionLost(c, e.why());
        }
        work.ticket.transactionEnded();
        work.state.nextIsolation(isolation);
        work.link.lost(c, e.why());
        Link.checkDeadline(deadline, e.why());
      } catch (SQLException e) {
        if (!plan.setsVariables().isEmpty()) {
          work.state.pin(Work.abbreviated(plan.sql())); // it may have set some
        }
        throw e;
      } finally {
        work.ticket.leave();
      }
    }
  }

  private StatementResult attempt(
      ServerConnection c,
      StatementPlan plan,
      Arguments arguments,
      VendorStatement handle,
      boolean inside)
      throws SQLException, ConnectionLostException {
    StatementResult result = null;
    boolean given = false;
    try {
      if (!inside) {
        work.mode(c, false);
        work.applyNextIsolation(c);
      }
      result = drawing(c, plan, arguments, handle);
      if (inside) {
        work.transaction.touch();
      }
      work.awaitBarrier(plan.tables(), plan.allTables());
      given = true;
    } finally {
      if (!given && result != null) {
        handle.close();
      }
      if (!inside && work.state.nextIsolation() != null) {
        // A statement without tables leaves it to the one after it.
        work.link.soil();
        work.state.nextIsolation(null);
      }
      if (!inside) {
        work.ticket.transactionEnded();
      }
      if (!inside && plan.usesTables()) {
        // That was the next transaction; a statement without tables is none.
        work.state.nextReadOnly(false);
      }
    }
    if (result.rows() != null
        && handle.fetchSize() == Integer.MIN_VALUE
        && work.services.vendor().mysqlFamily()) {
      work.streaming(result.rows());
    }
    return result;
  }

  private static StatementResult one(
      ServerConnection c, StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    ResultSet rows = handle.query(c, arguments.text(plan.serverSql()), arguments);
    if (rows != null) {
      return StatementResult.rows(rows);
    }
    Statement s = handle.current();
    return StatementResult.count(s == null ? 0 : Math.max(0, s.getUpdateCount()));
  }

  /** The query, with what it does with sequences before and after it. */
  private StatementResult drawing(
      ServerConnection c, StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    if (plan.sequences().isEmpty()) {
      return query(c, plan, arguments, handle);
    }
    List<Reserved> reserved = work.sequences.before(c, plan);
    StatementResult result;
    try {
      result = query(c, plan, arguments, handle);
    } finally {
      reserved.forEach(Reserved::close);
    }
    boolean given = false;
    try {
      work.sequences.after(c, plan, reserved);
      given = true;
      return result;
    } finally {
      if (!given) {
        handle.close();
        if (work.inTransaction()) {
          work.transaction.touch();
        }
      }
    }
  }

  private StatementResult query(
      ServerConnection c, StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    try {
      work.running.begin(c, handle, work.networkTimeoutMillis);
      SQLException error = null;
      StatementResult result = null;
      boolean stopped;
      try {
        result =
            plan.call() == null
                ? one(c, plan, arguments, handle)
                : CallRunner.execute(work, c, plan, arguments, handle);
      } catch (SQLException e) {
        error = e;
      } catch (RuntimeException | Error e) {
        Work.cut(c);
        throw e;
      } finally {
        stopped = work.running.end();
      }
      if (error == null) {
        if (stopped) {
          throw stopped(c, result.rows());
        }
        return result;
      }
      if (work.connectionLost(c, error)) {
        throw new ConnectionLostException(error);
      }
      if (work.inTransaction()) {
        // Also a statement that failed or was cancelled has begun it, and may hold locks.
        work.transaction.touch();
      }
      if (stopped && !c.node().dialect().contention(error)) {
        throw work.running.cancelled(error);
      }
      if (work.inTransaction()) {
        throw work.failedInside(c, error);
      }
      throw work.translate(c, error);
    } finally {
      work.ticket.leave();
    }
  }

  /**
   * A read that ends without an error although it was told to stop: the vendors' drivers do not
   * give its result either, and MySQL makes one of a SLEEP that it cuts short.
   */
  private SQLException stopped(ServerConnection c, ResultSet rows) {
    SQLException ended = new SQLException("the statement ended when it was told to stop");
    try {
      if (rows != null) {
        rows.close();
      }
    } catch (SQLException e) {
      ended.addSuppressed(e);
    }
    work.absorbStop(c);
    if (work.inTransaction()) {
      work.transaction.touch();
    }
    return work.running.cancelled(ended);
  }
}
