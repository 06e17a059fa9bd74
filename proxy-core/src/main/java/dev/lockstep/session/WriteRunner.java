package dev.lockstep.session;

import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.Transaction;
import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepProperty;
import dev.lockstep.config.SqlState;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.BoundWrite;
import dev.lockstep.sql.Search;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Executes writes on the primary and turns them into entries of the write set. Used under the
 * session's lock.
 */
final class WriteRunner {
  private static final String STATEMENT_SAVEPOINT = "lockstep_stmt";

  /** How many writes go the usual way after one that could not be shared. */
  private static final int USUAL_AFTER_WAIT = 16;

  /** Nothing was done, because some of the keys that the statement names are not there. */
  private static final StatementResult KEYS_MISSING =
      new StatementResult(null, 0, null, null, null);

  private final Work work;
  private final SearchRunner search;
  private final RowwiseRunner rowwise;
  private final MergeRunner merge;
  private int usualWay;

  WriteRunner(Work work) {
    this.work = work;
    this.search = new SearchRunner(work);
    this.rowwise = new RowwiseRunner(work, search);
    this.merge = new MergeRunner(work);
  }

  /** One packet under construction, and where in it the write itself stands. */
  private static final class Draft {
    final List<String> statements = new ArrayList<>(6);
    final BoundWrite write;
    int at;

    Draft(BoundWrite write) {
      this.write = write;
    }

    void add(String sql) {
      if (sql != null) {
        statements.add(sql);
      }
    }

    void addWrite() {
      add(write.before());
      at = statements.size();
      add(write.sql());
      add(write.after());
    }

    Packet packet() {
      return write.generatesKeys()
          ? new Packet(statements, at, write.generatedColumn(), write.table())
          : new Packet(statements);
    }

    /** The statement after the write where it is still to be sent after a failure. */
    String pendingAfter(Outcome outcome) {
      boolean beforeRan = outcome.counts().length >= at;
      return write.before() == null || beforeRan ? write.after() : null;
    }
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    boolean interrupted = Thread.interrupted();
    try {
      return work.inTransaction()
          ? inTransaction(plan, arguments, handle, null)
          : alone(plan, arguments, handle);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Looks at the rows that were found, before they are written. */
  interface Found {
    void look(List<Search.Row> rows) throws SQLException;
  }

  /** In a transaction: an UPDATE or DELETE whose rows are looked for in any case. */
  StatementResult searching(
      StatementPlan plan, Arguments arguments, VendorStatement handle, Found found)
      throws SQLException {
    boolean interrupted = Thread.interrupted();
    try {
      return inTransaction(plan, arguments, handle, found);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private BoundWrite bind(
      StatementPlan plan, Arguments arguments, ServerConnection c, boolean searching)
      throws SQLException, ConnectionLostException {
    work.countersReady(plan.tables());
    try {
      WriteContext context = new WriteContext(work, c);
      return searching
          ? plan.bindSearching(arguments.parameters(), context)
          : plan.bind(arguments.parameters(), context);
    } catch (WriteContext.ZoneFailure e) {
      if (work.connectionLost(c, e.sql())) {
        throw new ConnectionLostException(e.sql());
      }
      throw e.sql();
    }
  }

  /** Autocommit: repeated on the new primary until it is committed or fails by itself. */
  private StatementResult alone(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    long deadline = work.link.deadline();
    String isolation = work.state.nextIsolation();
    while (true) {
      work.checkWritable(plan.sql());
      ServerConnection c = work.link.ready();
      SQLException why;
      try {
        boolean lockless = mayShare(c);
        work.ticket.lockless(lockless);
        plan = work.enter(plan);
        return attempt(c, plan, bind(plan, arguments, c, false), handle, lockless);
      } catch (ConnectionLostException e) {
        why = e.why();
      } catch (PrimaryLostException e) {
        work.state.nextIsolation(isolation);
        why = Errors.cannotConnect(e.getMessage(), e);
      } finally {
        work.ticket.leave();
        work.ticket.transactionEnded();
      }
      work.link.lost(c, why);
      Link.checkDeadline(deadline, why);
    }
  }

  /** Whether it may be executed on a lane, as far as this is known beforehand. */
  private boolean mayShare(ServerConnection c) {
    if (usualWay > 0) {
      usualWay--;
      return false;
    }
    return work.services.vendor().mysqlFamily()
        && work.state.pinned() == null
        && work.state.onlyMeaning()
        && work.state.account().equals(c.node().admin());
  }

  private StatementResult attempt(
      ServerConnection c,
      StatementPlan plan,
      BoundWrite write,
      VendorStatement handle,
      boolean lockless)
      throws SQLException, ConnectionLostException, PrimaryLostException {
    try {
      return committed(c, plan, write, handle, lockless);
    } catch (RuntimeException | Error e) {
      Work.cut(c); // its transaction may be open, and no write set tells of it
      throw e;
    }
  }

  private StatementResult committed(
      ServerConnection c,
      StatementPlan plan,
      BoundWrite write,
      VendorStatement handle,
      boolean lockless)
      throws SQLException, ConnectionLostException, PrimaryLostException {
    if (write.mustSearch()) {
      return searchedAlone(c, plan, write, handle);
    }
    if (write.rowwise() != null) {
      return rowwise.alone(c, plan, write.rowwise(), handle);
    }
    if (write.merged() != null) {
      return merge.alone(c, plan, write.merged(), handle);
    }
    if (lockless) {
      StatementResult done = work.ticket.quiet() ? shared(c, plan, write) : null;
      if (done == KEYS_MISSING) {
        return searchedAlone(c, plan, write, handle);
      }
      if (done != null) {
        return done;
      }
      work.ticket.lockless(false);
    }
    String begin = c.node().dialect().begin();
    work.mode(c, begin == null);
    Draft draft = new Draft(write);
    draft.add(work.state.setNextIsolation());
    draft.add(begin);
    draft.addWrite();
    Outcome o = work.send(c, draft.packet(), handle);
    if (!write.canSearch()) {
      work.ticket.leave(); // else it may go on, by the same plan
    }
    if (o.lost()) {
      throw new ConnectionLostException(o.error());
    }
    String isolation = work.state.nextIsolation();
    work.state.nextIsolation(null);
    if (!o.ok()) {
      work.undo(c, draft.pendingAfter(o));
      throw work.translate(c, o.error());
    }
    long count = o.counts()[draft.at];
    if (count == 0) {
      work.undo(c, null);
      work.awaitBarrier(plan.tables(), plan.allTables());
      return StatementResult.NOTHING;
    }
    if (!write.accepts(count)) {
      work.undo(c, null);
      if (write.canSearch()) {
        work.state.nextIsolation(isolation);
        return searchedAlone(c, plan, write, handle); // some of the keys are not there
      }
      throw unexpectedCount(plan, write, count);
    }
    if (keysMissing(write, o)) {
      work.undo(c, null);
      throw noKeys(plan);
    }
    SQLWarning warnings = o.warnings() > 0 ? warnings(c, o, write) : null;
    Transaction transaction = new Transaction(c, true);
    transaction.add(entry(write, o, count));
    transaction.alsoWrites(plan.alsoWrites());
    work.commitAlone(transaction);
    return result(write, o, count, warnings);
  }

  /**
   * Nobody holds locks: the write goes to all members with others in one group. Null where it has
   * to be done the usual way.
   */
  private StatementResult shared(ServerConnection c, StatementPlan plan, BoundWrite write)
      throws SQLException, PrimaryLostException {
    if (!write.sameEverywhere() || write.expectedRows() == BoundWrite.ANY_COUNT) {
      return null; // its entry is another one, or is known only when it has run
    }
    Transaction transaction = new Transaction(c, true);
    transaction.add(entry(write, null, write.expectedRows()));
    transaction.alsoWrites(plan.alsoWrites());
    if (transaction.bytes() > work.services.settings().spillAbove()) {
      return null;
    }
    Outcome o = work.commitSharedUninterrupted(transaction);
    if (o == null) {
      usualWay = USUAL_AFTER_WAIT;
      return null;
    }
    if (!o.ok()) {
      throw work.translate(c, o.error());
    }
    long count = o.counts()[0];
    if (count == 0) {
      work.awaitBarrier(plan.tables(), plan.allTables());
      return StatementResult.NOTHING;
    }
    if (!write.accepts(count)) {
      if (write.canSearch()) {
        return KEYS_MISSING;
      }
      throw unexpectedCount(plan, write, count);
    }
    return result(write, o, count, null);
  }

  /**
   * One statement of a transaction that the application ends.
   *
   * @param found looks at the rows of an UPDATE or DELETE; or null
   */
  private StatementResult inTransaction(
      StatementPlan plan, Arguments arguments, VendorStatement handle, Found found)
      throws SQLException {
    work.checkWritable(plan.sql());
    long deadline = work.link.deadline();
    while (true) {
      ServerConnection c = work.inside();
      boolean first = !work.transaction.touched();
      try {
        plan = work.enter(plan);
        return inside(c, plan, bind(plan, arguments, c, found != null), handle, found);
      } catch (ConnectionLostException e) {
        if (!first) {
          throw work.transactionLost(c, e.why());
        }
        work.ticket.transactionEnded();
        work.link.lost(c, e.why());
        Link.checkDeadline(deadline, e.why());
      } finally {
        work.ticket.leave();
      }
    }
  }

  private StatementResult inside(
      ServerConnection c, StatementPlan plan, BoundWrite write, VendorStatement handle, Found found)
      throws SQLException, ConnectionLostException {
    try {
      return found != null
          ? searched(c, plan, write, handle, found)
          : added(c, plan, write, handle);
    } catch (RuntimeException | Error e) {
      Work.cut(c); // it may have been executed without an entry in the write set
      throw e;
    }
  }

  private StatementResult added(
      ServerConnection c, StatementPlan plan, BoundWrite write, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    if (write.mustSearch()) {
      return searched(c, plan, write, handle, null);
    }
    if (write.rowwise() != null) {
      return rowwise.inside(c, plan, write.rowwise(), handle);
    }
    if (write.merged() != null) {
      return merge.inside(c, write.merged(), handle);
    }
    Draft draft = new Draft(write);
    int guardAt = -1;
    if (work.needsGuard(c)) {
      guardAt = draft.statements.size();
      draft.add(c.node().dialect().guard());
    }
    boolean undoable = !write.insert() && write.expectedRows() > 1;
    if (undoable) {
      draft.add("SAVEPOINT " + STATEMENT_SAVEPOINT);
    }
    draft.addWrite();
    Outcome o = work.send(c, draft.packet(), handle);
    if (!write.canSearch()) {
      work.ticket.leave(); // else it may go on, by the same plan
    }
    if (o.lost()) {
      throw new ConnectionLostException(o.error());
    }
    work.transaction.touch();
    if (guardAt >= 0 && o.counts().length > guardAt) {
      work.transaction.guardSet();
    }
    if (!o.ok()) {
      String after = draft.pendingAfter(o);
      if (after != null) {
        work.follow(c, after);
      }
      throw work.failedInside(c, o.error());
    }
    long count = o.counts()[draft.at];
    if (count == 0) {
      return StatementResult.NOTHING;
    }
    if (!write.accepts(count)) {
      if (undoable) {
        work.follow(c, "ROLLBACK TO SAVEPOINT " + STATEMENT_SAVEPOINT);
      } else {
        work.rollback();
      }
      if (write.canSearch()) {
        return searched(c, plan, write, handle, null); // some of the keys are not there
      }
      throw unexpectedCount(plan, write, count);
    }
    if (keysMissing(write, o)) {
      work.rollback();
      throw noKeys(plan);
    }
    SQLWarning warnings = o.warnings() > 0 ? warnings(c, o, write) : null;
    work.transaction.add(c, entry(write, o, count));
    work.transaction.alsoWrites(plan.alsoWrites());
    work.grown();
    return result(write, o, count, warnings);
  }

  /** One whose rows have to be looked for, in a transaction that the application ends. */
  private StatementResult searched(
      ServerConnection c, StatementPlan plan, BoundWrite write, VendorStatement handle, Found looks)
      throws SQLException, ConnectionLostException {
    SearchRunner.Found found;
    Search rows;
    try {
      rows = write.search();
      found = search.find(c, rows, handle);
    } catch (SQLException e) {
      // Also a statement that failed or was cancelled has begun it, and may hold locks.
      work.transaction.touch();
      throw work.failedInside(c, e);
    }
    work.transaction.touch();
    work.transaction.lockingRead();
    if (found.bytes() > work.mostInMemory()) {
      work.rollback();
      throw tooMany(work);
    }
    List<BoundWrite> writes = rows.writes(found.rows());
    if (looks != null) {
      looks.look(found.rows());
    }
    if (writes.isEmpty()) {
      return StatementResult.NOTHING;
    }
    SearchRunner.Done done = search.write(c, writes, handle, work.needsGuard(c));
    done = search.withImages(c, rows, found, done, handle);
    work.ticket.leave();
    if (done.guardSet()) {
      work.transaction.guardSet();
    }
    if (done.error() != null) {
      throw work.failedInside(c, done.error());
    }
    for (Entry e : done.entries()) {
      work.transaction.add(c, e);
    }
    work.transaction.alsoWrites(plan.alsoWrites());
    work.grown();
    return counted(done, found);
  }

  private static StatementResult counted(SearchRunner.Done done, SearchRunner.Found found) {
    SQLWarning warnings =
        done.warnings() == 0 ? null : new SQLWarning(done.warnings() + " warnings", "01000");
    if (found.warnings() != null) {
      if (warnings != null) {
        found.warnings().setNextWarning(warnings);
      }
      warnings = found.warnings();
    }
    return warnings == null
        ? StatementResult.count(done.rows())
        : new StatementResult(null, done.rows(), null, null, warnings);
  }

  /** The same in autocommit. */
  private StatementResult searchedAlone(
      ServerConnection c, StatementPlan plan, BoundWrite write, VendorStatement handle)
      throws SQLException, ConnectionLostException, PrimaryLostException {
    work.ticket.lockless(false);
    work.mode(c, true);
    work.applyNextIsolation(c);
    SearchRunner.Found found;
    SearchRunner.Done done = null;
    try {
      Search rows = write.search();
      found = search.find(c, rows, handle);
      if (found.bytes() > work.mostInMemory()) {
        throw tooMany(work);
      }
      List<BoundWrite> writes = rows.writes(found.rows());
      if (!writes.isEmpty()) {
        done = search.write(c, writes, handle, false);
        done = search.withImages(c, rows, found, done, handle);
      }
    } catch (SQLException e) {
      work.state.nextIsolation(null);
      work.undo(c, null);
      throw work.translate(c, e);
    } finally {
      work.ticket.leave();
    }
    work.state.nextIsolation(null);
    if (done == null || done.error() != null) {
      work.undo(c, null);
      if (done != null) {
        throw work.translate(c, done.error());
      }
      work.awaitBarrier(plan.tables(), plan.allTables());
      return StatementResult.NOTHING;
    }
    if (done.entries().isEmpty()) {
      work.undo(c, null);
      work.awaitBarrier(plan.tables(), plan.allTables());
      return counted(done, found);
    }
    Transaction transaction = new Transaction(c, true);
    done.entries().forEach(transaction::add);
    transaction.alsoWrites(plan.alsoWrites());
    work.commitAlone(transaction);
    return counted(done, found);
  }

  private Entry entry(BoundWrite write, Outcome o, long count) {
    long[] keys = write.generatesKeys() ? o.generatedKeys() : null;
    return new Entry(
        work.state.context(),
        write.before(),
        write.entrySql(keys),
        write.after(),
        count,
        write.table());
  }

  private StatementResult result(BoundWrite write, Outcome o, long count, SQLWarning warnings) {
    long[] keys = write.generatesKeys() ? o.generatedKeys() : null;
    if (keys != null && keys.length > 0) {
      work.state.lastInsertId(keys[0]);
    }
    return keys == null && warnings == null
        ? StatementResult.count(count)
        : new StatementResult(null, count, keys, write.generatedColumn(), warnings);
  }

  private SQLWarning warnings(ServerConnection c, Outcome o, BoundWrite write) {
    if (!work.services.vendor().mysqlFamily()) {
      return null;
    }
    SQLWarning first = null;
    if (write.after() == null) {
      try (Statement s = c.jdbc().createStatement();
          ResultSet r = s.executeQuery("SHOW WARNINGS")) {
        while (r.next()) {
          SQLWarning w = new SQLWarning(r.getString(3), "01000", r.getInt(2));
          if (first == null) {
            first = w;
          } else {
            first.setNextWarning(w);
          }
        }
      } catch (SQLException e) {
        // The write succeeded; whatever is wrong with the connection shows at the next statement.
      }
    }
    return first != null ? first : new SQLWarning(o.warnings() + " warnings", "01000");
  }

  private static boolean keysMissing(BoundWrite write, Outcome o) {
    return write.generatesKeys()
        && (o.generatedKeys() == null || o.generatedKeys().length != write.expectedRows());
  }

  private static SQLException noKeys(StatementPlan plan) {
    return Errors.of(
        SqlState.INTERNAL,
        "the server did not tell the keys that it generated, so the transaction was rolled back: "
            + Work.abbreviated(plan.sql()));
  }

  static SQLException lockedRowsGone(BoundWrite write, long count) {
    return Errors.of(
        SqlState.INTERNAL,
        "of "
            + write.expectedRows()
            + " rows of "
            + write.table()
            + " that were locked only "
            + count
            + " were written, so the transaction was rolled back");
  }

  private static SQLException unexpectedCount(StatementPlan plan, BoundWrite write, long count) {
    return Errors.unsupported(
        "the statement names "
            + write.expectedRows()
            + " rows by key but found "
            + count
            + ", so it was undone; name only keys that exist, or write the rows one by one: "
            + Work.abbreviated(plan.sql()));
  }

  /**
   * What a statement has found of rows does not fit into memory; its transaction is rolled back.
   */
  static SQLException tooMany(Work work) {
    return Errors.of(
        SqlState.NOT_SUPPORTED,
        "the statement finds rows whose keys and values need more than "
            + work.mostInMemory()
            + " bytes; the transaction was rolled back. Write the rows in several statements, by"
            + " ranges of the key or with LIMIT");
  }

  static SQLException tooLarge(Work work, long bytes) {
    return Errors.of(
        SqlState.NOT_SUPPORTED,
        "the transaction writes "
            + bytes
            + " bytes, more than "
            + LockstepProperty.MAX_WRITE_SET.key()
            + "="
            + work.services.settings().maxWriteSet()
            + "; it was rolled back. Commit more often, or raise the setting and the servers'"
            + " max_allowed_packet");
  }
}
