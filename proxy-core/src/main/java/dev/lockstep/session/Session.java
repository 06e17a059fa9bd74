package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Account;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What one application connection does. Each call holds the session's lock, so misuse by two
 * threads cannot corrupt it; {@link #cancel}, {@link #abort} and {@link #isClosed} need no lock and
 * may come from any thread.
 */
public final class Session {
  private static final long LARGEST_PARAMETER = 64L << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final SessionServices services;
  private final SessionState state;
  private final Work work;
  private final WriteRunner writer;
  private final ReadRunner reader;
  private final CopyRunner copier;
  private final LocalRunner local;
  private final CreateAsRunner creator;
  private final ReturningRunner returning;
  private final Variables variables;
  private final TransactionControl control;
  private int savepointNumber;
  private volatile boolean closed;
  private boolean released;

  /**
   * Opens a session; nothing goes to a server yet.
   *
   * @param schema the initial schema, or null
   */
  public Session(SessionServices services, Account account, String schema) {
    this.services = services;
    this.state = new SessionState(services.vendor(), account, schema);
    this.work = new Work(services, state);
    this.writer = new WriteRunner(work);
    this.reader = new ReadRunner(work);
    this.copier = new CopyRunner(work, reader, writer);
    this.local = new LocalRunner(work, reader);
    this.variables = new Variables(work, this);
    this.control = new TransactionControl(work, writer);
    this.returning = new ReturningRunner(work, writer, copier);
    this.creator = new CreateAsRunner(work, copier, control);
  }

  /** What the statement is; cheap where it was analysed before. */
  public StatementPlan analyze(String sql) throws SQLException {
    checkOpen();
    return work.analyze(sql);
  }

  /** The statements of a text of several; the text itself where it is one. */
  public List<String> split(String sql) throws SQLException {
    checkOpen();
    return services.analyzer().split(sql);
  }

  /**
   * The plan, or another one where DDL has made it stale, or where a temporary table may have come
   * or gone that bears a name in it.
   */
  private StatementPlan fresh(StatementPlan plan) throws SQLException {
    boolean stale =
        plan.stale() || !state.temporary().isEmpty() || plan.kind() == StatementPlan.Kind.LOCAL;
    return stale ? work.analyze(plan.sql()) : plan;
  }

  /**
   * Executes one statement.
   *
   * @param handle the logical statement's vendor statement, with its options
   * @throws SQLException the server's own error; 40001 rolled back; 08006 session lost; 25006 no
   *     writes now; 0A001 refused; 57014 cancelled
   */
  public StatementResult execute(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    lock.lock();
    try {
      checkOpen();
      work.endStream();
      return dispatch(fresh(plan), arguments, handle);
    } finally {
      leave();
    }
  }

  private StatementResult dispatch(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    switch (plan.kind()) {
      case READ, LOCKING_READ, SESSION_READ -> {
        if (plan.commitsFirst()) {
          work.commit();
        }
        // While rows are streamed no guard can be set, and they can be unwrapped meanwhile.
        boolean foreign =
            plan.kind() == StatementPlan.Kind.SESSION_READ
                || handle.fetchSize() == Integer.MIN_VALUE;
        if (foreign && work.inTransaction()) {
          work.guardBeforeForeign();
        }
        return reader.run(plan, arguments, handle);
      }
      case CALL -> {
        if (plan.program() != null) {
          return new ProgramRunner(work, this::inside, plan, arguments, handle).run();
        }
        if (work.inTransaction()) {
          work.guardBeforeForeign();
        }
        return reader.run(plan, arguments, handle);
      }
      case COPY -> {
        return copier.run(plan, arguments, handle);
      }
      case RETURNING -> {
        return returning.run(plan, arguments, handle);
      }
      case CREATE_AS -> {
        return creator.run(plan, handle);
      }
      case LOCAL -> {
        return local.run(plan, arguments, handle);
      }
      case WRITE -> {
        return writer.run(plan, arguments, handle);
      }
      case DDL -> {
        return StatementResult.count(control.ddl(plan));
      }
      case BEGIN -> control.begin(plan);
      case COMMIT -> commitNow();
      case ROLLBACK -> rollbackNow();
      case SAVEPOINT -> control.setSavepoint(plan.name());
      case ROLLBACK_TO_SAVEPOINT -> control.rollbackTo(plan.name());
      case RELEASE_SAVEPOINT -> control.release(plan.name());
      case SET -> variables.run(plan);
      case USE -> changeSchema(plan.name());
      case EMPTY -> {
        return StatementResult.NOTHING;
      }
    }
    return StatementResult.NOTHING;
  }

  /** A statement of a procedure. */
  private StatementResult inside(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    checkOpen();
    return dispatch(fresh(plan), arguments, handle);
  }

  /**
   * In autocommit, executes writes as one transaction, so that they cost one commit; should one of
   * them fail, that transaction is rolled back and the caller executes them one by one.
   *
   * @return null where nothing was done because they have to be executed one by one
   */
  public List<StatementResult> executeTogether(
      List<StatementPlan> plans, List<Arguments> arguments, VendorStatement handle)
      throws SQLException {
    lock.lock();
    try {
      checkOpen();
      List<StatementPlan> fresh = new ArrayList<>(plans.size());
      for (StatementPlan plan : plans) {
        fresh.add(fresh(plan));
      }
      work.endStream();
      return control.together(fresh, arguments, handle);
    } finally {
      leave();
    }
  }

  // ---- transactions ----

  /** Commits. Without a transaction in autocommit it is an error, as with the vendors' drivers. */
  public void commit() throws SQLException {
    lock.lock();
    try {
      checkOpen();
      checkInTransaction("commit");
      commitNow();
    } finally {
      leave();
    }
  }

  /** Rolls back. */
  public void rollback() throws SQLException {
    lock.lock();
    try {
      checkOpen();
      checkInTransaction("rollback");
      rollbackNow();
    } finally {
      leave();
    }
  }

  /** Also one that had not begun is over: SET TRANSACTION READ ONLY was about it. */
  private void commitNow() throws SQLException {
    state.nextReadOnly(false);
    work.commit();
  }

  private void rollbackNow() throws SQLException {
    state.nextReadOnly(false);
    work.rollback();
  }

  private void checkInTransaction(String call) throws SQLException {
    if (!work.inTransaction()) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, call + " is not possible in autocommit mode");
    }
  }

  /** As {@link Connection#setAutoCommit}: a change commits an open transaction. */
  public void setAutoCommit(boolean on) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      if (on != state.autocommit()) {
        work.commit();
        state.autocommit(on);
      }
    } finally {
      leave();
    }
  }

  /** SET autocommit: only switching it on commits. */
  void autocommitByText(boolean on) throws SQLException {
    if (on && !state.autocommit()) {
      work.commit();
    }
    state.autocommit(on);
  }

  /** As {@link Connection#getAutoCommit}. */
  public boolean autoCommit() throws SQLException {
    checkOpen();
    return state.autocommit();
  }

  /** Sets a savepoint; {@code name} null makes one up. Returns its name. */
  public String savepoint(String name) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      checkInTransaction("setSavepoint");
      String actual = name == null ? "jdbc_" + ++savepointNumber : name;
      work.endStream();
      control.setSavepoint(actual);
      return actual;
    } finally {
      leave();
    }
  }

  /** ROLLBACK TO SAVEPOINT. */
  public void rollbackToSavepoint(String name) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      checkInTransaction("rollback");
      work.endStream();
      control.rollbackTo(name);
    } finally {
      leave();
    }
  }

  /** RELEASE SAVEPOINT. */
  public void releaseSavepoint(String name) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      work.endStream();
      control.release(name);
    } finally {
      leave();
    }
  }

  // ---- session state ----

  /** The current schema (database on MySQL and MariaDB), or null. */
  public String schema() throws SQLException {
    checkOpen();
    return state.schema();
  }

  /** Changes the current schema. */
  public void setSchema(String name) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      changeSchema(name);
    } finally {
      leave();
    }
  }

  void changeSchema(String name) throws SQLException {
    if (Objects.equals(name, state.schema()) && work.link.held() != null) {
      return;
    }
    call(
        c -> {
          if (services.vendor() == Vendor.H2) {
            c.setSchema(name);
          } else {
            c.setCatalog(name);
          }
          return null;
        });
    state.schema(name);
  }

  /** As {@link Connection#isReadOnly}. */
  public boolean readOnly() throws SQLException {
    checkOpen();
    return state.readOnly();
  }

  /** As {@link Connection#setReadOnly}: writes are refused with 25006. */
  public void setReadOnly(boolean on) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      state.readOnly(on);
    } finally {
      leave();
    }
  }

  /** As {@link Connection#getTransactionIsolation}; asks the server where nothing was set. */
  public int isolation() throws SQLException {
    lock.lock();
    try {
      checkOpen();
      if (state.isolation() != 0) {
        return state.isolation();
      }
      if (services.vendor() == Vendor.H2) {
        return Connection.TRANSACTION_READ_COMMITTED;
      }
      return call(Connection::getTransactionIsolation);
    } finally {
      leave();
    }
  }

  /** As {@link Connection#setTransactionIsolation}: from the next transaction on. */
  public void setIsolation(int level) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      applyIsolation(level);
    } finally {
      leave();
    }
  }

  void applyIsolation(int level) throws SQLException {
    if (level == state.isolation()) {
      return;
    }
    if (work.link.held() != null) {
      call(
          c -> {
            c.setTransactionIsolation(level);
            return null;
          });
    }
    state.isolation(level);
  }

  /** Milliseconds after which a silent server counts as lost, 0 for no limit. */
  public void setNetworkTimeout(int millis) {
    work.networkTimeoutMillis = millis;
  }

  /** Milliseconds after which a silent server counts as lost, 0 for no limit. */
  public int networkTimeout() {
    return work.networkTimeoutMillis;
  }

  // ---- the vendor's objects ----

  /** The family of the servers. */
  public Vendor vendor() {
    return services.vendor();
  }

  /** The most bytes that one parameter may have: it is kept in memory, and sent in one packet. */
  public long maxParameter() {
    return Math.min(LARGEST_PARAMETER, services.settings().maxWriteSet());
  }

  /** Applies a function to the vendor's connection to the primary. It must not write. */
  public <R> R withVendor(SqlFunction<Connection, R> function) throws SQLException {
    lock.lock();
    try {
      checkOpen();
      return call(function);
    } finally {
      leave();
    }
  }

  /**
   * The application is given an object of the vendor's driver, by which it can do anything on the
   * server connection.
   */
  public void vendorGivenOut() throws SQLException {
    lock.lock();
    try {
      checkOpen();
      work.vendorGivenOut();
    } finally {
      leave();
    }
  }

  /** Applies a function to the vendor's statement, prepared but not executed. */
  public <R> R describe(VendorStatement handle, String sql, SqlFunction<Statement, R> function)
      throws SQLException {
    lock.lock();
    try {
      checkOpen();
      return onServer(c -> function.apply(handle.on(c, sql)));
    } finally {
      leave();
    }
  }

  private <R> R call(SqlFunction<Connection, R> function) throws SQLException {
    return onServer(c -> function.apply(c.jdbc()));
  }

  private <R> R onServer(SqlFunction<ServerConnection, R> function) throws SQLException {
    work.endStream();
    long deadline = work.link.deadline();
    while (true) {
      boolean open = work.transaction.touched();
      ServerConnection c = open ? work.inside() : work.link.ready();
      try {
        return function.apply(c);
      } catch (SQLException e) {
        if (!work.connectionLost(c, e)) {
          throw open ? work.failedInside(c, e) : e;
        }
        if (open) {
          throw work.transactionLost(c, e);
        }
        work.link.lost(c, e);
        Link.checkDeadline(deadline, e);
      }
    }
  }

  /**
   * A result set failed while rows were read from it: 40001 where the connection was lost, as the
   * application may repeat the read; else the error itself.
   */
  public SQLException rowsFailed(SQLException e) {
    lock.lock();
    try {
      work.streaming(null);
      ServerConnection c = work.link.held();
      if (c == null) {
        // The connection is gone already: its loss was noticed elsewhere first.
        return Dialect.of(work.services.vendor()).connectionError(e)
            ? Errors.rolledBack("the node that this cursor was open on was lost", e)
            : e;
      }
      if (!work.connectionLost(c, e)) {
        return e;
      }
      return work.transactionLost(c, e);
    } finally {
      leave();
    }
  }

  /** Closes the vendor's statement behind a logical one. */
  public void dispose(VendorStatement handle) {
    if (handle.current() == null) {
      return;
    }
    lock.lock();
    try {
      handle.close();
    } finally {
      leave();
    }
  }

  // ---- life ----

  /** Cancels the statement where it runs at the moment. */
  public void cancel(VendorStatement statement) throws SQLException {
    work.running.cancel(statement);
  }

  /** As {@link Connection#isValid}: also true where a lost connection could be replaced. */
  public boolean isValid(int timeoutSeconds) {
    if (closed) {
      return false;
    }
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      work.endStream();
      if (work.transaction.touched()) {
        return work.link.sound() && work.link.held().jdbc().isValid(timeoutSeconds);
      }
      ServerConnection c = work.link.ready();
      if (c.jdbc().isValid(timeoutSeconds)) {
        return true;
      }
      work.link.lost(c, Errors.cannotConnect(c.node().name() + " did not answer", null));
      return work.link.ready() != null;
    } catch (SQLException e) {
      return false;
    } finally {
      leave();
    }
  }

  /** Whether it was closed or aborted. */
  public boolean isClosed() {
    return closed;
  }

  private void checkOpen() throws SQLException {
    if (closed) {
      throw Errors.of(SqlState.CONNECTION_DOES_NOT_EXIST, "the connection is closed");
    }
  }

  /** Unlocks; where an abort came meanwhile, lets go of everything first. */
  private void leave() {
    if (closed && lock.getHoldCount() == 1) {
      letGo();
    }
    lock.unlock();
  }

  private void letGo() {
    if (!released) {
      released = true;
      // An abort while a connection was being taken leaves that one with what was begun on it.
      boolean open = work.transaction.touched();
      work.endTransaction();
      work.link.release(open);
      work.ticket.close();
    }
  }

  /** Rolls back what is open and gives the server connection back. Closing twice does nothing. */
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        work.rollback();
      }
    } catch (SQLException e) {
      // The connection is gone, and the transaction with it.
    } finally {
      closed = true;
      work.link.end();
      leave();
    }
  }

  /** Cuts the server connection at once, from any thread; then closes. */
  public void abort() {
    closed = true;
    work.link.end();
    ServerConnection c = work.link.held();
    if (c != null) {
      c.abort();
    }
    if (lock.tryLock()) {
      leave();
    }
  }
}
