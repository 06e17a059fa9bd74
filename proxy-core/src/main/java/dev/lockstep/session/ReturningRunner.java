package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Returning;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Writes that return their rows, see {@link Returning}. Used under the session's lock. */
final class ReturningRunner {
  private static final String SAVEPOINT = "lockstep_returning";

  private final Work work;
  private final WriteRunner writer;
  private final CopyRunner copier;

  ReturningRunner(Work work, WriteRunner writer, CopyRunner copier) {
    this.work = work;
    this.writer = writer;
    this.copier = copier;
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    StatementPlan base = work.analyze(plan.returning().write());
    if (base.kind() != StatementPlan.Kind.WRITE && base.kind() != StatementPlan.Kind.COPY) {
      throw Errors.unsupported(
          "a write to a temporary table that returns rows is not supported; write, then read");
    }
    int fetchSize = handle.fetchSize();
    handle.fetchSize(0); // the whole result, as the transaction may end
    try {
      return copier.inTransaction(plan, own -> once(plan, base, arguments, handle, own));
    } finally {
      handle.fetchSize(fetchSize);
    }
  }

  private StatementResult once(
      StatementPlan plan,
      StatementPlan base,
      Arguments arguments,
      VendorStatement handle,
      boolean own)
      throws SQLException {
    boolean given = false;
    if (!own) {
      work.setSavepoint(SAVEPOINT);
    }
    try {
      StatementResult result = write(plan, base, arguments, handle);
      given = true;
      return result;
    } catch (SQLException e) {
      if (!own && work.transaction.touched() && work.link.sound()) {
        work.backToSavepoint(work.inside(), SAVEPOINT);
      }
      throw e;
    } finally {
      if (!given) {
        handle.close(); // with a result that nobody gets
      }
    }
  }

  private StatementResult write(
      StatementPlan plan, StatementPlan base, Arguments arguments, VendorStatement handle)
      throws SQLException {
    Returning what = plan.returning();
    ResultSet[] rows = new ResultSet[1];
    StatementResult done;
    if (what.searches()) {
      List<String> keys = new ArrayList<>();
      done =
          writer.searching(
              base,
              arguments,
              handle,
              found -> {
                keys.addAll(what.found(found));
                if (what.before()) {
                  rows[0] = read(plan, what, keys, handle);
                }
              });
      if (!what.before()) {
        rows[0] = read(plan, what, keys, handle);
      }
    } else {
      int before = work.transaction.entries().size();
      int parts = work.transaction.parts();
      done =
          base.kind() == StatementPlan.Kind.COPY
              ? copier.run(base, arguments, handle)
              : writer.run(base, arguments, handle);
      if (work.transaction.parts() != parts) {
        throw what.notNamed();
      }
      List<String> entries =
          work.transaction.entries().stream().skip(before).map(Entry::sql).toList();
      rows[0] = read(plan, what, what.inserted(entries), handle);
    }
    return new StatementResult(rows[0], -1, null, null, done.warnings());
  }

  private ResultSet read(
      StatementPlan plan, Returning what, List<String> keys, VendorStatement handle)
      throws SQLException {
    ServerConnection c = work.inside();
    long count = keys.size();
    ResultSet rows;
    try {
      if (!what.before() && !keys.isEmpty()) {
        // The server may have made other values of an entry's texts, and an UPDATE other keys.
        count = work.ask(c, handle, jdbc -> count(jdbc, what.count(keys)));
      }
      rows = work.ask(c, handle, jdbc -> handle.query(c, what.read(keys), Arguments.NONE));
    } catch (ConnectionLostException e) {
      throw work.transactionLost(c, e.why());
    } catch (SQLException e) {
      throw work.failedInside(c, e);
    }
    if (count != keys.size()) {
      throw what.notNamed();
    }
    work.awaitBarrier(plan.tables(), plan.allTables());
    return rows;
  }

  private static long count(Connection jdbc, String sql) throws SQLException {
    try (Statement s = jdbc.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      r.next();
      return r.getLong(1);
    }
  }
}
