package dev.lockstep.session;

import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.Transaction;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.BoundWrite;
import dev.lockstep.sql.RowwiseInsert;
import dev.lockstep.sql.Search;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Executes a {@link RowwiseInsert} on the primary and finds out what each row of it did. Used under
 * the session's lock.
 */
final class RowwiseRunner {
  private static final String SAVEPOINT = "lockstep_rows";
  private static final String ROW_SAVEPOINT = "lockstep_row";
  private static final int STATEMENTS_TOGETHER = 200;
  private static final int CHARS_TOGETHER = 1 << 18;
  private static final int DUPLICATE_KEY = 1062;
  private static final int DEPRECATED = 1287;

  /** How often a row is tried while others insert and delete rows with its keys. */
  private static final int TRIES = 5;

  private final Work work;
  private final SearchRunner search;

  RowwiseRunner(Work work, SearchRunner search) {
    this.work = work;
    this.search = search;
  }

  /** In a transaction that the application ends. */
  StatementResult inside(
      ServerConnection c, StatementPlan plan, RowwiseInsert rows, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    Run run = new Run(c, rows, handle, false);
    try {
      run.all();
    } catch (SQLException e) {
      work.transaction.touch();
      run.undo(e);
      throw work.failedInside(c, e);
    } finally {
      work.ticket.leave();
    }
    work.transaction.touch();
    work.transaction.lockingRead();
    run.rememberFirstKey();
    for (Entry e : run.entries) {
      work.transaction.add(c, e);
    }
    if (!run.entries.isEmpty()) {
      work.transaction.alsoWrites(plan.alsoWrites());
    }
    work.grown();
    return run.result();
  }

  /** In autocommit. */
  StatementResult alone(
      ServerConnection c, StatementPlan plan, RowwiseInsert rows, VendorStatement handle)
      throws SQLException, ConnectionLostException, PrimaryLostException {
    work.ticket.lockless(false);
    work.mode(c, true);
    Run run;
    try {
      run = committable(c, rows, handle);
    } finally {
      work.ticket.leave();
    }
    work.state.nextIsolation(null);
    if (run.entries.isEmpty()) {
      work.undo(c, null);
      work.awaitBarrier(plan.tables(), plan.allTables());
      return run.result();
    }
    Transaction transaction = new Transaction(c, true);
    run.entries.forEach(transaction::add);
    transaction.alsoWrites(plan.alsoWrites());
    work.commitAlone(transaction);
    return run.result();
  }

  /** The look before a REPLACE can block others that the statement itself would not: again then. */
  private Run committable(ServerConnection c, RowwiseInsert rows, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    for (int tries = 1; ; tries++) {
      work.applyNextIsolation(c);
      Run run = new Run(c, rows, handle, true);
      try {
        run.all();
        run.rememberFirstKey();
        return run;
      } catch (SQLException e) {
        work.undo(c, null);
        if (tries == TRIES
            || rows.kind() != RowwiseInsert.Kind.REPLACE
            || !c.node().dialect().rollsBackTransaction(e)
            || !work.link.sound()) {
          work.state.nextIsolation(null);
          throw work.translate(c, e);
        }
      }
    }
  }

  /** One execution. */
  private final class Run {
    final ServerConnection c;
    final RowwiseInsert rows;
    final VendorStatement handle;
    final boolean own;
    final List<Entry> entries = new ArrayList<>();
    private final List<String> marks = new ArrayList<>(2);
    private final List<Long> keys = new ArrayList<>();
    private boolean guard;
    private boolean savepoint;
    private boolean marksFailed;
    private long count;
    private long updatedKey;
    private SQLWarning warnings;

    /**
     * @param own whether the transaction is the statement's own, which ends with it
     */
    Run(ServerConnection c, RowwiseInsert rows, VendorStatement handle, boolean own) {
      this.c = c;
      this.rows = rows;
      this.handle = handle;
      this.own = own;
      if (!own) {
        guard = work.needsGuard(c);
        if (guard) {
          marks.add(c.node().dialect().guard());
        }
        marks.add("SAVEPOINT " + SAVEPOINT);
      }
    }

    void all() throws SQLException, ConnectionLostException {
      switch (rows.kind()) {
        case IGNORE -> ignore();
        case UPDATE -> {
          for (int i = 0; i < rows.rows(); i++) {
            update(i);
          }
        }
        case REPLACE -> {
          for (int i = 0; i < rows.rows(); i++) {
            replace(i);
          }
        }
      }
    }

    /** Goes back to where the statement began, unless the error has ended the transaction. */
    void undo(SQLException e) throws SQLException, ConnectionLostException {
      Dialect dialect = c.node().dialect();
      if (dialect.rollsBackTransaction(e) || dialect.contention(e)) {
        return;
      }
      if (savepoint) {
        follow("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
      } else if (marksFailed) {
        work.rollback();
      }
    }

    private void follow(String sql) throws SQLException, ConnectionLostException {
      Outcome o = work.run(c, Packet.of(sql));
      if (o.lost()) {
        throw new ConnectionLostException(o.error());
      }
      if (!o.ok()) {
        throw work.transactionLost(c, o.error());
      }
    }

    /**
     * Sends statements, the marks before them where they are not set yet.
     *
     * @param keysOf the one that may generate a key, or -1
     */
    private Outcome send(List<String> statements, int keysOf, BoundWrite write)
        throws SQLException, ConnectionLostException {
      List<String> all = new ArrayList<>(marks);
      all.addAll(statements);
      int before = marks.size();
      Outcome o =
          work.send(
              c,
              keysOf < 0 || rows.numbered() == null
                  ? new Packet(all)
                  : new Packet(all, before + keysOf, rows.numbered(), write.table()),
              handle);
      if (o.lost()) {
        throw new ConnectionLostException(o.error());
      }
      if (!own) {
        work.transaction.touch();
        if (guard && o.counts().length > 0) {
          work.transaction.guardSet();
          guard = false;
        }
      }
      savepoint |= before > 0 && o.counts().length >= before;
      marks.clear();
      if (before == 0) {
        return o;
      }
      int n = o.counts().length;
      if (n < before) {
        marksFailed = true;
        throw o.error();
      }
      return new Outcome(
          Arrays.copyOfRange(o.counts(), before, n),
          Arrays.copyOfRange(o.lastInsertIds(), before, o.lastInsertIds().length),
          o.generatedKeys(),
          o.warnings(),
          o.error(),
          false);
    }

    /**
     * One statement with what belongs before it; its outcome is the last of the counts. What
     * belongs behind it comes later, as it would hide the warnings.
     */
    private Outcome one(List<String> before, String sql, String after, BoundWrite write)
        throws SQLException, ConnectionLostException {
      List<String> statements = new ArrayList<>(before);
      statements.add(sql);
      Outcome o = send(statements, before.size(), write);
      if (o.ok()) {
        warnings(o);
      }
      if (after != null) {
        follow(after);
      }
      return o;
    }

    private Outcome one(BoundWrite write) throws SQLException, ConnectionLostException {
      return one(before(write), write.sql(), write.after(), write);
    }

    private static List<String> before(BoundWrite write) {
      return write.before() == null ? List.of() : List.of(write.before());
    }

    private void add(BoundWrite write, long[] generated) {
      entries.add(
          new Entry(
              work.state.context(),
              write.before(),
              write.entrySql(generated),
              write.after(),
              write.expectedRows(),
              write.table()));
    }

    private void inserted(BoundWrite write, long... ids)
        throws SQLException, ConnectionLostException {
      if (write.generatesKeys()) {
        if (ids == null || ids.length != write.expectedRows() || ids[0] == 0) {
          throw Errors.of(
              SqlState.INTERNAL,
              "the server did not tell the keys that it generated: "
                  + Work.abbreviated(write.sql()));
        }
        for (long id : ids) {
          keys.add(id);
        }
        work.given(c, write.table(), ids[ids.length - 1]);
      }
      add(write, ids);
    }

    /** The warnings of the last statement, but not those of what Lockstep has put into it. */
    private void warnings(Outcome o) {
      if (o.warnings() == 0) {
        return;
      }
      try (Statement s = c.jdbc().createStatement();
          ResultSet r = s.executeQuery("SHOW WARNINGS")) {
        while (r.next()) {
          boolean ours = r.getInt(2) == DEPRECATED && r.getString(3).contains("user variables");
          if (!ours) {
            warn(new SQLWarning(r.getString(3), "01000", r.getInt(2)));
          }
        }
      } catch (SQLException e) {
        // The write succeeded; what is wrong with the connection shows at the next statement.
      }
    }

    private void warn(SQLWarning w) {
      if (warnings == null) {
        warnings = w;
      } else {
        warnings.setNextWarning(w);
      }
    }

    // ---- INSERT IGNORE ----

    /** All rows at once; where some of them are there already, that is undone, and one by one. */
    private void ignore() throws SQLException, ConnectionLostException {
      BoundWrite all = rows.together();
      if (all != null) {
        if (own && rows.rows() > 1) {
          marks.add("SAVEPOINT " + SAVEPOINT);
        }
        Outcome o = done(one(all));
        count = o.counts()[before(all).size()];
        if (count == rows.rows()) {
          inserted(all, o.generatedKeys());
        }
        if (count == 0 || count == rows.rows()) {
          return;
        }
        follow("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
      }
      count = 0;
      List<BoundWrite> single = new ArrayList<>(rows.rows());
      for (int i = 0; i < rows.rows(); i++) {
        single.add(rows.row(i));
      }
      for (int next = 0; next < single.size(); ) {
        next = some(single, next, all == null);
      }
    }

    /** Several rows, each by a statement of its own; returns the next one. */
    private int some(List<BoundWrite> all, int from, boolean tellWarnings)
        throws SQLException, ConnectionLostException {
      BoundWrite first = all.get(from);
      List<String> statements = new ArrayList<>(before(first));
      int at = statements.size();
      int next = from;
      int chars = 0;
      while (next < all.size()
          && next - from < STATEMENTS_TOGETHER
          && chars < CHARS_TOGETHER
          && Objects.equals(all.get(next).before(), first.before())) {
        statements.add(all.get(next).sql());
        chars += all.get(next++).sql().length();
      }
      if (first.after() != null) {
        statements.add(first.after());
      }
      Outcome o = send(statements, -1, first);
      if (!o.ok()) {
        if (first.after() != null && o.counts().length < statements.size()) {
          follow(first.after());
        }
        throw o.error();
      }
      for (int i = from; i < next; i++) {
        if (o.counts()[at + i - from] > 0) {
          count++;
          inserted(all.get(i), o.lastInsertIds()[at + i - from]);
        }
      }
      if (tellWarnings && o.warnings() > 0) {
        warn(new SQLWarning(o.warnings() + " warnings", "01000"));
      }
      return next;
    }

    private static Outcome done(Outcome o) throws SQLException {
      if (!o.ok()) {
        throw o.error();
      }
      return o;
    }

    // ---- ON DUPLICATE KEY UPDATE ----

    private void update(int row) throws SQLException, ConnectionLostException {
      RowwiseInsert.Step step = rows.step(row);
      Outcome o = done(one(step.before(), step.sql(), step.after(), step.insert()));
      int at = step.before().size();
      String query = rows.met();
      RowwiseInsert.Met met =
          work.ask(
              c,
              handle,
              jdbc -> {
                try (Statement s = jdbc.createStatement();
                    ResultSet r = s.executeQuery(query)) {
                  return rows.met(r);
                }
              });
      count += o.counts()[at];
      if (!met.found()) {
        inserted(step.insert(), o.lastInsertIds()[at]);
        return;
      }
      updatedKey = o.lastInsertIds()[at];
      if (met.update() != null) {
        add(met.update(), null);
      }
    }

    // ---- REPLACE ----

    private void replace(int row) throws SQLException, ConnectionLostException {
      BoundWrite insert = rows.row(row);
      List<Search> obstacles = rows.obstacles(row);
      for (int tries = 1; ; tries++) {
        Map<String, Search.Row> found = new LinkedHashMap<>();
        for (Search s : obstacles) {
          search.find(c, s, handle).rows().forEach(r -> found.put(r.key(), r));
        }
        if (!own) {
          work.transaction.touch();
        }
        if (replaced(insert, obstacles, List.copyOf(found.values()))) {
          return;
        }
        if (tries == TRIES) {
          throw Errors.unsupported(
              "REPLACE into "
                  + insert.table()
                  + " is not supported here, as not all rows in its way are found by its values;"
                  + " give each unique key values of its own type, or delete the rows, then insert");
        }
      }
    }

    /** Whether it was possible; else nothing was done, as others were faster. */
    private boolean replaced(BoundWrite insert, List<Search> obstacles, List<Search.Row> found)
        throws SQLException, ConnectionLostException {
      int at = before(insert).size();
      if (found.isEmpty()) {
        Outcome o = one(insert);
        if (!o.ok()) {
          if (o.error().getErrorCode() == DUPLICATE_KEY) {
            return false;
          }
          throw o.error();
        }
        inserted(insert, o.lastInsertIds()[at]);
        count++;
        return true;
      }
      List<BoundWrite> deletes = obstacles.get(0).writes(found);
      List<String> before = new ArrayList<>();
      before.add("SAVEPOINT " + ROW_SAVEPOINT);
      boolean single = found.size() == 1;
      if (!single) {
        deletes.forEach(d -> before.add(d.sql()));
      }
      before.addAll(before(insert));
      // With one row in the way the server itself decides whether that counts as a change.
      Outcome o =
          one(
              before,
              single ? RowwiseInsert.replacing(insert) : insert.sql(),
              insert.after(),
              insert);
      boolean others =
          o.ok()
              ? single && o.counts()[before.size()] > 2
              : o.error().getErrorCode() == DUPLICATE_KEY;
      if (others) {
        follow("ROLLBACK TO SAVEPOINT " + ROW_SAVEPOINT);
        return false;
      }
      done(o);
      if (single) {
        count += o.counts()[before.size()];
      } else {
        count += 1 + found.size();
        for (int i = 0; i < deletes.size(); i++) {
          if (o.counts()[1 + i] != deletes.get(i).expectedRows()) {
            throw WriteRunner.lockedRowsGone(deletes.get(i), o.counts()[1 + i]);
          }
        }
      }
      for (BoundWrite d : deletes) {
        add(d, null);
      }
      inserted(insert, o.lastInsertIds()[before.size()]);
      return true;
    }

    /** What LAST_INSERT_ID() gives is the first of the statement, not of its last part. */
    void rememberFirstKey() throws SQLException, ConnectionLostException {
      if (keys.size() > 1 && rows.rows() > 1) {
        follow("SET last_insert_id=" + keys.get(0));
      }
      if (!keys.isEmpty()) {
        work.state.lastInsertId(keys.get(0));
      } else if (rows.setsLastInsertId() && updatedKey != 0) {
        work.state.lastInsertId(updatedKey);
      }
    }

    StatementResult result() {
      List<Long> told = keys;
      if (rows.kind() == RowwiseInsert.Kind.UPDATE) {
        // One key, as Connector/J tells it: the first that was generated, else that of the row.
        long key = keys.isEmpty() ? updatedKey : keys.get(0);
        told = key == 0 ? List.of() : List.of(key);
      }
      return new StatementResult(
          null,
          count,
          told.isEmpty() ? null : told.stream().mapToLong(Long::longValue).toArray(),
          told.isEmpty() ? null : rows.numbered(),
          warnings);
    }
  }
}
