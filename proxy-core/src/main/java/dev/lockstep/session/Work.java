package dev.lockstep.session;

import dev.lockstep.commit.Committer;
import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.TableGate;
import dev.lockstep.commit.Transaction;
import dev.lockstep.config.Errors;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.util.Set;

/**
 * What the parts of a session share: its services, its connection, its open transaction, and how
 * packets are sent and transactions ended. Used under the session's lock.
 */
final class Work {
  private static final long MOST_IN_MEMORY = 64L << 20;

  final SessionServices services;
  final SessionState state;
  final Link link;
  final OpenTransaction transaction = new OpenTransaction();
  final Running running = new Running();
  final TableGate.Ticket ticket;
  final SequenceDraws sequences;
  volatile int networkTimeoutMillis;
  private boolean vendorGivenOut;

  Work(SessionServices services, SessionState state) {
    this.services = services;
    this.state = state;
    this.sequences = new SequenceDraws(services.sequences());
    long patience =
        4 * services.settings().nodeTimeout().toNanos()
            + services.settings().connectTimeout().toNanos();
    this.link = new Link(services.primary(), state, patience);
    this.ticket = services.gate().register();
  }

  /**
   * A result set that is still being streamed from the server, or null. It must be closed before
   * the connection is used for anything else.
   */
  private ResultSet streaming;

  void streaming(ResultSet rows) {
    streaming = rows;
  }

  /** Ends a streamed result set: the next statement needs the connection. */
  void endStream() {
    ResultSet rows = streaming;
    streaming = null;
    if (rows != null) {
      try {
        rows.close();
      } catch (SQLException e) {
        // Where the connection is gone, the next statement finds out.
      } catch (RuntimeException | Error e) {
        cut(link.held());
        throw e;
      }
    }
  }

  /** Whether a statement now belongs to a transaction that the application ends. */
  boolean inTransaction() {
    return !state.autocommit() || transaction.explicit();
  }

  /** The connection for a statement inside the transaction; begins it where needed. */
  ServerConnection inside() throws SQLException {
    if (transaction.touched()) {
      ServerConnection c = link.held();
      if (!link.sound()) {
        throw transactionLost(c, null);
      }
      return c;
    }
    takeNextReadOnly();
    long deadline = link.deadline();
    while (true) {
      ServerConnection c = link.ready();
      try {
        mode(c, true);
        applyNextIsolation(c);
        return c;
      } catch (ConnectionLostException e) {
        link.lost(c, e.why());
        Link.checkDeadline(deadline, e.why());
      }
    }
  }

  /** A transaction begins: what SET TRANSACTION READ ONLY has asked for is about this one. */
  void takeNextReadOnly() {
    if (state.nextReadOnly()) {
      state.nextReadOnly(false);
      transaction.readOnly(true);
    }
  }

  /** Whether the guard must be set before the next write. */
  boolean needsGuard(ServerConnection c) {
    return !transaction.guarded()
        && (transaction.guardWanted() || vendorGivenOut || c.node().dialect().guardsAlways());
  }

  /**
   * Before anything runs on the connection that is no analysed read or write: what was written up
   * to here is still there at commit, or the guard tells.
   */
  void guardBeforeForeign() throws SQLException {
    transaction.wantGuard();
    if (!transaction.hasWrites() || transaction.guarded()) {
      return;
    }
    ServerConnection c = inside();
    control(c, Packet.of(c.node().dialect().guard()));
    transaction.guardSet();
  }

  /** Statements of transaction control: whatever goes wrong ends the transaction. */
  void control(ServerConnection c, Packet packet) throws SQLException {
    Outcome o = run(c, packet);
    transaction.touch();
    if (o.lost()) {
      throw transactionLost(c, o.error());
    }
    if (!o.ok()) {
      rollback();
      throw Errors.rolledBack("a savepoint failed; the transaction was rolled back", o.error());
    }
  }

  /**
   * Sets a savepoint. The engine's guard is set before the first one, so that neither going back to
   * that nor releasing it can remove the guard.
   */
  void setSavepoint(String name) throws SQLException {
    ServerConnection c = inside();
    beforeSavepoint();
    Dialect dialect = c.node().dialect();
    String set = "SAVEPOINT " + dialect.quote(name);
    boolean guard = !transaction.guarded();
    control(c, guard ? Packet.of(dialect.guard(), set) : Packet.of(set));
    if (guard) {
      transaction.guardSet();
    }
    transaction.savepoint(name);
  }

  /** Back to a savepoint, as its name was given to {@link #setSavepoint}. */
  void backToSavepoint(ServerConnection c, String name) throws SQLException {
    control(c, Packet.of("ROLLBACK TO SAVEPOINT " + c.node().dialect().quote(name)));
    transaction.rolledBackTo(name);
  }

  /** A statement of the engine's own inside the transaction, without which it cannot go on. */
  void follow(ServerConnection c, String sql) throws SQLException {
    Outcome o = run(c, Packet.of(sql));
    if (!o.ok()) {
      throw transactionLost(c, o.error());
    }
  }

  /**
   * Removes something of the engine's own; where that fails, it stays until the connection ends.
   */
  void cleanUp(Statement s, String sql) {
    try {
      s.execute(sql);
    } catch (SQLException e) {
      link.soil();
    }
  }

  /** The application has got hold of the vendor's objects and may do anything at any time. */
  void vendorGivenOut() throws SQLException {
    vendorGivenOut = true;
    link.soil(); // it may be used after it has been given back
    if (inTransaction()) {
      guardBeforeForeign();
    }
  }

  /** Switches the server's autocommit. */
  void mode(ServerConnection c, boolean manual) throws SQLException, ConnectionLostException {
    try {
      c.manualCommit(manual);
    } catch (SQLException e) {
      if (connectionLost(c, e)) {
        throw new ConnectionLostException(e);
      }
      throw e;
    }
  }

  /**
   * Sets the level of the transaction that begins with the next statement. It is forgotten where
   * that transaction ends, so one that has to begin again on another connection gets it too.
   */
  void applyNextIsolation(ServerConnection c) throws SQLException, ConnectionLostException {
    String set = state.setNextIsolation();
    if (set != null) {
      Outcome o = run(c, Packet.of(set));
      if (o.lost()) {
        throw new ConnectionLostException(o.error());
      }
      if (!o.ok()) {
        throw o.error();
      }
    }
  }

  boolean connectionLost(ServerConnection c, SQLException e) {
    return c.broken() || c.node().dialect().connectionError(e);
  }

  /** Ends the transaction whose connection is gone. Returns the error for the application. */
  SQLException transactionLost(ServerConnection c, SQLException why) {
    endTransaction();
    if (c != null) {
      link.reportLost(
          c,
          why != null
              ? why
              : Errors.cannotConnect(c.node().name() + " is no longer the primary", null));
    }
    String pinned = state.pinned();
    if (pinned != null) {
      state.unpin();
      return Errors.connectionFailure(
          "the connection to the primary was lost with its transaction and what could not be rebuilt: "
              + pinned,
          why);
    }
    return new TransactionLostException(
        "the primary was lost; the transaction was rolled back and can be repeated on this connection",
        why);
  }

  /**
   * Enters the gate with a plan that no DDL can make stale until the ticket leaves; its 40001 ends
   * an open transaction.
   */
  StatementPlan enter(StatementPlan plan) throws SQLException {
    StatementPlan now = plan;
    while (true) {
      try {
        // What H2 only reads it does not lock.
        boolean locks = now.locks() || services.vendor().mysqlFamily();
        ticket.enter(now.tables(), now.related(), now.allTables(), locks);
      } catch (SQLException e) {
        rollback();
        throw e;
      }
      if (!now.stale()) {
        holdForeignKeys(now);
        return now;
      }
      ticket.leave();
      now = analyze(now.sql());
    }
  }

  private void holdForeignKeys(StatementPlan plan) throws SQLException {
    if (plan.cascades().isEmpty() && plan.cascaded(false).isEmpty()) {
      return;
    }
    boolean snapshot =
        !services.vendor().mysqlFamily()
            && transaction.touched()
            && state.isolation() > Connection.TRANSACTION_READ_COMMITTED;
    if (snapshot && !plan.cascades().isEmpty()) {
      throw Errors.unsupported(
          "a write with which foreign keys change other tables sees their rows on H2 as they were"
              + " when the transaction began, and would miss what others have inserted since; make"
              + " it the first statement of its transaction, or use READ COMMITTED");
    }
    ServerConnection c = link.held();
    Set<TableName> writes = plan.cascaded(c != null && state.foreignKeyChecks(c));
    if (writes.isEmpty() && plan.cascades().isEmpty()) {
      return;
    }
    try {
      ticket.foreignKeys(writes, plan.cascades(), plan.cascadesAlone());
    } catch (SQLException e) {
      rollback();
      throw e;
    }
  }

  /** What a text means in this session. */
  StatementPlan analyze(String sql) throws SQLException {
    return services.analyzer().analyze(sql, state.schema(), state.temporary());
  }

  /** Waits at the barrier; its 40001 ends an open transaction. */
  void awaitBarrier(Set<TableName> tables, boolean allTables) throws SQLException {
    try {
      services.barrier().await(tables, allTables);
    } catch (SQLException e) {
      rollback();
      throw e;
    }
  }

  /**
   * After an internal error in the middle of something nobody knows what the server has done or
   * holds open: the connection must never be used again.
   */
  static void cut(ServerConnection c) {
    if (c != null) {
      c.abort();
    }
  }

  /** Sends a packet and waits for its outcome. */
  Outcome run(ServerConnection c, Packet packet) {
    try {
      return c.run(packet, networkTimeoutMillis);
    } catch (RuntimeException | Error e) {
      cut(c);
      throw e;
    }
  }

  /** Sends the packet of one statement of the application, which can be cancelled. */
  Outcome send(ServerConnection c, Packet packet, VendorStatement handle) {
    running.begin(c, handle, 0);
    Outcome outcome;
    boolean stopped = false;
    try {
      outcome = run(c, packet);
    } finally {
      stopped = running.end();
    }
    if (stopped && !outcome.lost()) {
      outcome = afterStop(c, outcome);
    }
    long[] keys = outcome.generatedKeys();
    if (keys == null || keys.length == 0) {
      return outcome;
    }
    try {
      given(c, packet.keyTable(), keys[keys.length - 1]);
      return outcome;
    } catch (ConnectionLostException e) {
      return new Outcome(
          outcome.counts(), outcome.lastInsertIds(), null, outcome.warnings(), e.why(), true);
    }
  }

  /**
   * The server has given values of a numbered column, up to this one. Where that cannot be made
   * known to the other members nobody may see them, and the connection is cut.
   */
  void given(ServerConnection c, TableName table, long highest) throws ConnectionLostException {
    boolean done = false;
    try {
      services.numbered().given(c.node(), table, highest);
      done = true;
    } catch (PrimaryLostException e) {
      throw new ConnectionLostException(Errors.cannotConnect(e.getMessage(), e));
    } catch (SQLException e) {
      throw new ConnectionLostException(e);
    } finally {
      if (!done) {
        cut(c);
      }
    }
  }

  /** Before a write: counters of these tables stand above all that was given before. */
  void countersReady(Set<TableName> tables) throws SQLException {
    if (!services.numbered().ready(tables)) {
      rollback();
      throw Errors.rolledBack(
          "the counter of a numbered column could not be set above the values that were given"
              + " before, as somebody uses the table; repeat the transaction",
          null);
    }
  }

  /**
   * Runs something of the engine's own with the vendor's driver, as a part of one statement of the
   * application, which can be cancelled.
   *
   * @throws SQLException the server's own error
   */
  <R> R ask(ServerConnection c, VendorStatement handle, SqlFunction<Connection, R> question)
      throws SQLException, ConnectionLostException {
    running.begin(c, handle, networkTimeoutMillis);
    R answer = null;
    SQLException error = null;
    boolean stopped;
    try {
      answer = question.apply(c.jdbc());
    } catch (SQLException e) {
      error = e;
    } catch (RuntimeException | Error e) {
      cut(c);
      throw e;
    } finally {
      stopped = running.end();
    }
    if (error == null) {
      if (stopped) {
        absorbStop(c);
      }
      return answer;
    }
    if (connectionLost(c, error)) {
      throw new ConnectionLostException(error);
    }
    throw stopped && !c.node().dialect().contention(error) ? running.cancelled(error) : error;
  }

  private Outcome afterStop(ServerConnection c, Outcome outcome) {
    if (outcome.ok()) {
      absorbStop(c);
      return outcome;
    }
    if (c.node().dialect().contention(outcome.error())) {
      return outcome;
    }
    return new Outcome(
        outcome.counts(),
        outcome.lastInsertIds(),
        outcome.generatedKeys(),
        outcome.warnings(),
        running.cancelled(outcome.error()),
        false);
  }

  /** A cancel that came too late for its statement must not hit the next one. */
  void absorbStop(ServerConnection c) {
    if (services.vendor().mysqlFamily()) {
      run(c, Packet.of("DO 0"));
    }
  }

  /** Rolls back locally and forgets the transaction; a lost connection has done the same. */
  void rollback() throws SQLException {
    endStream();
    ServerConnection c = link.held();
    boolean begun = transaction.touched() || transaction.explicit();
    endTransaction();
    if (begun && c != null) {
      undo(c, null);
    }
  }

  /** ROLLBACK, then {@code after} where not null. */
  void undo(ServerConnection c, String after) throws SQLException {
    Outcome o = run(c, after == null ? Packet.of("ROLLBACK") : Packet.of("ROLLBACK", after));
    if (o.lost()) {
      link.lost(c, o.error());
    } else if (!o.ok()) {
      c.markBroken();
      link.lost(c, o.error());
    }
  }

  /** Commits what is open, on all members where there are writes. */
  void commit() throws SQLException {
    endStream();
    ServerConnection c = link.held();
    try {
      if (transaction.hasWrites()) {
        if (!link.sound()) {
          throw transactionLost(c, null);
        }
        commitEverywhere();
      } else if (transaction.touched() || transaction.explicit()) {
        commitLocally(c);
      }
    } finally {
      endTransaction();
    }
  }

  private void commitEverywhere() throws SQLException {
    Transaction writes = transaction.writes();
    try {
      commitUninterrupted(writes);
    } catch (PrimaryLostException e) {
      throw transactionLost(writes.connection(), Errors.cannotConnect(e.getMessage(), e));
    }
  }

  /**
   * A write has been added to the open transaction: what is too much for the memory goes to the
   * primary.
   *
   * @throws SQLException 0A001 where it is too large, rolled back; 40001 where the primary was lost
   */
  void grown() throws SQLException {
    long bytes = transaction.bytes();
    if (bytes > services.settings().maxWriteSet()) {
      rollback();
      throw WriteRunner.tooLarge(this, bytes);
    }
    if (transaction.inMemory() > services.settings().spillAbove()) {
      spillOpen();
    }
  }

  /** Bytes of rows that a statement may keep in memory. */
  long mostInMemory() {
    return Math.min(MOST_IN_MEMORY, services.settings().maxWriteSet());
  }

  /** What a savepoint of a large transaction has to remember is not in memory. */
  private void beforeSavepoint() throws SQLException {
    if (transaction.large() && transaction.inMemory() > 0) {
      spillOpen();
    }
  }

  private void spillOpen() throws SQLException {
    ServerConnection c = transaction.writes().connection();
    try {
      spill(transaction.writes());
    } catch (ConnectionLostException e) {
      throw transactionLost(c, e.why());
    } catch (SQLException e) {
      rollback();
      throw translate(c, e);
    }
  }

  private void spill(Transaction writes) throws SQLException, ConnectionLostException {
    for (String insert : services.committer().spill(writes)) {
      Outcome o = run(writes.connection(), Packet.of(insert));
      if (o.lost()) {
        throw new ConnectionLostException(o.error());
      }
      if (!o.ok()) {
        throw o.error();
      }
    }
  }

  /** The rest of a large write set. */
  private void spillRest(Transaction writes) throws SQLException, PrimaryLostException {
    if (writes.inMemory() == 0
        || writes.parts() == 0 && writes.inMemory() <= services.settings().spillAbove()) {
      return;
    }
    try {
      spill(writes);
    } catch (ConnectionLostException e) {
      throw new PrimaryLostException("the primary was lost before the commit", e.why());
    } catch (SQLException e) {
      undo(writes.connection(), null);
      throw translate(writes.connection(), e);
    }
  }

  /**
   * Commits what one statement in autocommit has written.
   *
   * @throws SQLException 0A001 where it is too large, rolled back
   */
  void commitAlone(Transaction writes) throws SQLException, PrimaryLostException {
    if (writes.bytes() > services.settings().maxWriteSet()) {
      undo(writes.connection(), null);
      throw WriteRunner.tooLarge(this, writes.bytes());
    }
    commitUninterrupted(writes);
  }

  /** The application's interrupts wait until the outcome is known. */
  private void commitUninterrupted(Transaction writes) throws SQLException, PrimaryLostException {
    boolean interrupted = Thread.interrupted();
    writes.guarded(transaction.guarded());
    writes.foreignKeyChecks(state.foreignKeyChecks(writes.connection()));
    try {
      spillRest(writes);
      services.committer().commit(writes);
    } catch (RuntimeException | Error e) {
      cut(writes.connection());
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** As {@link Committer#commitShared}; interrupts wait too. */
  Outcome commitSharedUninterrupted(Transaction write) throws SQLException, PrimaryLostException {
    boolean interrupted = Thread.interrupted();
    try {
      return services.committer().commitShared(write);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void commitLocally(ServerConnection c) throws SQLException {
    if (c == null) {
      return;
    }
    boolean locking = transaction.locking();
    Outcome o = link.sound() ? run(c, Packet.of("COMMIT")) : null;
    if (o != null && o.ok()) {
      return;
    }
    SQLException why = o == null ? null : o.error();
    if (o != null && !o.lost()) {
      undo(c, null);
      throw translate(c, why);
    }
    if (locking || state.pinned() != null) {
      throw transactionLost(c, why);
    }
    // It only read, and each of its results was right when it was given out.
    endTransaction();
    link.reportLost(
        c,
        why != null
            ? why
            : Errors.cannotConnect(c.node().name() + " is no longer the primary", null));
  }

  /** Nothing is open any more. */
  void endTransaction() {
    if (transaction.touched() || transaction.explicit()) {
      state.nextIsolation(null);
    }
    transaction.end();
    ticket.transactionEnded();
  }

  /** Refuses writes on a read-only connection and without enough members. */
  void checkWritable(String sql) throws SQLException {
    if (inTransaction()) {
      takeNextReadOnly();
    }
    if (state.readOnly() || transaction.readOnly() || state.nextReadOnly()) {
      throw Errors.readOnly(
          (state.readOnly() ? "the connection" : "the transaction")
              + " is read-only; refused: "
              + abbreviated(sql));
    }
    services.primary().checkWritable();
  }

  /** Deadlocks and lock waits as 40001 with the vendor's code and message; others as they are. */
  SQLException translate(ServerConnection c, SQLException e) {
    Dialect dialect = c.node().dialect();
    if (dialect.contention(e) || dialect.rollsBackTransaction(e)) {
      return new SQLTransactionRollbackException(e.getMessage(), "40001", e.getErrorCode(), e);
    }
    return e;
  }

  /**
   * A statement inside the transaction failed: ends the transaction where the server has done so,
   * or where a lock wait leaves it unclear what goes on.
   */
  SQLException failedInside(ServerConnection c, SQLException e) throws SQLException {
    Dialect dialect = c.node().dialect();
    if (dialect.rollsBackTransaction(e) || dialect.contention(e)) {
      rollback();
    }
    return translate(c, e);
  }

  /** The start of a statement for messages. */
  static String abbreviated(String sql) {
    String line = sql.strip().replaceAll("\\s+", " ");
    return line.length() <= 200 ? line : line.substring(0, 200) + "…";
  }
}
