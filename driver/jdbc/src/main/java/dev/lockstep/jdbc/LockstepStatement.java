package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.session.Arguments;
import dev.lockstep.session.Session;
import dev.lockstep.session.SqlFunction;
import dev.lockstep.session.StatementResult;
import dev.lockstep.session.VendorStatement;
import dev.lockstep.sql.StatementPlan;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A statement of the application. Reads run on a vendor's statement behind it; writes become
 * packets and write sets. As thread-safe as its session.
 */
class LockstepStatement implements Statement {
  private static final long[] NO_KEYS = {};

  final LockstepConnection connection;
  final VendorStatement handle;
  final StatementShape shape;
  private final List<StatementPlan> batch = new ArrayList<>();
  private LockstepResultSet rows;
  private StatementResult following;
  private ResultSet outs;
  private boolean called;
  private long count = -1;
  private long[] keys = NO_KEYS;
  private String keyColumn;
  private KeyRequest request = KeyRequest.NONE;
  private SQLWarning warnings;
  private volatile SeveralResults several;
  private boolean closeOnCompletion;
  private boolean poolable;
  private volatile boolean closed;

  LockstepStatement(LockstepConnection connection, StatementShape shape, boolean prepared) {
    this.connection = connection;
    this.shape = shape;
    this.handle = new VendorStatement(prepared, shape.type(), shape.holdability());
    this.poolable = prepared;
  }

  Session session() {
    return connection.session();
  }

  final void checkOpen() throws SQLException {
    if (closed) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the statement is closed");
    }
    connection.checkOpen();
  }

  // ---- execution ----

  /** Forgets the last result. */
  final void reset(KeyRequest keyRequest) throws SQLException {
    checkOpen();
    if (rows != null) {
      rows.discard();
      rows = null;
    }
    if (several != null) {
      several.close();
      several = null;
    }
    forgetCall();
    count = -1;
    keys = NO_KEYS;
    keyColumn = null;
    warnings = null;
    request = keyRequest;
  }

  /** Closes what a call has left: each of its results has a vendor's statement of its own. */
  private void forgetCall() {
    for (; following != null; following = following.next()) {
      if (following.rows() != null) {
        new LockstepResultSet(following.rows(), this).discard();
      }
    }
    if (outs != null) {
      new LockstepResultSet(outs, this).discard();
      outs = null;
    }
  }

  final boolean run(StatementPlan plan, Arguments arguments) throws SQLException {
    called = plan.call() != null;
    return take(session().execute(plan, arguments, handle));
  }

  private boolean take(StatementResult result) {
    warnings = result.warnings();
    following = result.next();
    outs = result.outs() == null ? outs : result.outs();
    if (result.rows() != null) {
      boolean updatable = shape.updatable() && handle.fetchSize() != Integer.MIN_VALUE;
      rows =
          updatable
              ? new UpdatableResultSet(result.rows(), this)
              : new LockstepResultSet(result.rows(), this);
      return true;
    }
    count = result.count();
    if (result.keys() != null) {
      keys = result.keys();
      keyColumn = result.keyColumn();
    }
    return false;
  }

  /** The row with the output parameters of the last call, or null. */
  final ResultSet outputs() {
    return outs;
  }

  final ResultSet takeRows(StatementPlan plan) throws SQLException {
    if (rows == null) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT, "the statement gave no result set: " + abbreviated(plan));
    }
    return rows;
  }

  static void checkReads(StatementPlan plan) throws SQLException {
    if (!plan.returnsRows() && plan.call() == null) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "executeQuery needs a statement that returns rows; use executeUpdate: "
              + abbreviated(plan));
    }
  }

  static void checkUpdates(StatementPlan plan) throws SQLException {
    if (plan.returnsRows()) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "executeUpdate needs a statement that returns no rows; use executeQuery: "
              + abbreviated(plan));
    }
  }

  private static String abbreviated(StatementPlan plan) {
    String sql = plan.sql();
    return sql.length() <= 200 ? sql : sql.substring(0, 200) + "…";
  }

  private StatementPlan plan(String sql) throws SQLException {
    if (sql == null) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the statement is null");
    }
    StatementPlan plan = session().analyze(sql);
    if (plan.parameterCount() > 0) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "the statement has parameters; use prepareStatement: " + abbreviated(plan));
    }
    return plan;
  }

  private boolean execute(String sql, KeyRequest keyRequest) throws SQLException {
    reset(keyRequest);
    List<String> texts = texts(sql);
    return run(texts, plan(texts.get(0)));
  }

  private long update(String sql, KeyRequest keyRequest) throws SQLException {
    reset(keyRequest);
    List<String> texts = texts(sql);
    StatementPlan plan = plan(texts.get(0));
    checkUpdates(plan);
    run(texts, plan);
    return Math.max(0, count);
  }

  /** The statements of a text: mostly one. */
  private List<String> texts(String sql) throws SQLException {
    if (sql == null) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the statement is null");
    }
    return connection.multiQueries() ? session().split(sql) : List.of(sql);
  }

  private boolean run(List<String> texts, StatementPlan first) throws SQLException {
    if (texts.size() == 1) {
      return run(first, Arguments.NONE);
    }
    called = true; // one of them may be a call
    several = new SeveralResults(session());
    several.run(texts, first, handle, this::plan);
    return take(several.next());
  }

  final long count() {
    return Math.max(0, count);
  }

  static int narrow(long count) {
    return (int) Math.min(Integer.MAX_VALUE, count);
  }

  @Override
  public ResultSet executeQuery(String sql) throws SQLException {
    reset(KeyRequest.NONE);
    List<String> texts = texts(sql);
    StatementPlan plan = plan(texts.get(0));
    checkReads(plan);
    run(texts, plan);
    return takeRows(plan);
  }

  @Override
  public boolean execute(String sql) throws SQLException {
    return execute(sql, KeyRequest.NONE);
  }

  @Override
  public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
    return execute(sql, KeyRequest.of(autoGeneratedKeys));
  }

  @Override
  public boolean execute(String sql, int[] columnIndexes) throws SQLException {
    return execute(sql, KeyRequest.of(columnIndexes));
  }

  @Override
  public boolean execute(String sql, String[] columnNames) throws SQLException {
    return execute(sql, KeyRequest.of(columnNames));
  }

  @Override
  public int executeUpdate(String sql) throws SQLException {
    return narrow(update(sql, KeyRequest.NONE));
  }

  @Override
  public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    return narrow(update(sql, KeyRequest.of(autoGeneratedKeys)));
  }

  @Override
  public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
    return narrow(update(sql, KeyRequest.of(columnIndexes)));
  }

  @Override
  public int executeUpdate(String sql, String[] columnNames) throws SQLException {
    return narrow(update(sql, KeyRequest.of(columnNames)));
  }

  @Override
  public long executeLargeUpdate(String sql) throws SQLException {
    return update(sql, KeyRequest.NONE);
  }

  @Override
  public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
    return update(sql, KeyRequest.of(autoGeneratedKeys));
  }

  @Override
  public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
    return update(sql, KeyRequest.of(columnIndexes));
  }

  @Override
  public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
    return update(sql, KeyRequest.of(columnNames));
  }

  // ---- batches ----

  @Override
  public void addBatch(String sql) throws SQLException {
    checkOpen();
    batch.add(plan(sql));
  }

  @Override
  public void clearBatch() throws SQLException {
    checkOpen();
    batch.clear();
  }

  @Override
  public int[] executeBatch() throws SQLException {
    return narrow(executeLargeBatch());
  }

  static int[] narrow(long[] counts) {
    int[] narrow = new int[counts.length];
    for (int i = 0; i < counts.length; i++) {
      narrow[i] = narrow(counts[i]);
    }
    return narrow;
  }

  @Override
  public long[] executeLargeBatch() throws SQLException {
    List<StatementPlan> plans = new ArrayList<>(batch);
    batch.clear();
    Arguments[] none = new Arguments[plans.size()];
    Arrays.fill(none, Arguments.NONE);
    return runBatch(plans, Arrays.asList(none), request);
  }

  /**
   * In autocommit the batch is one transaction where all of it succeeds. Where something fails,
   * each statement is executed and committed by itself, as the vendors' drivers do: those that
   * succeed stay, and the exception tells which failed. In a transaction, execution goes on after a
   * failed statement unless the transaction is gone.
   */
  final long[] runBatch(List<StatementPlan> plans, List<Arguments> arguments, KeyRequest keyRequest)
      throws SQLException {
    reset(keyRequest);
    for (StatementPlan plan : plans) {
      checkUpdates(plan);
    }
    long[] counts = new long[plans.size()];
    List<long[]> allKeys = new ArrayList<>();
    List<StatementResult> together = session().executeTogether(plans, arguments, handle);
    if (together != null) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = note(together.get(i), allKeys);
      }
    } else {
      oneByOne(plans, arguments, counts, allKeys);
    }
    keys = allKeys.stream().flatMapToLong(Arrays::stream).toArray();
    count = -1;
    return counts;
  }

  private long note(StatementResult result, List<long[]> allKeys) {
    take(result);
    if (result.keys() != null) {
      allKeys.add(result.keys());
    }
    return result.count();
  }

  private void oneByOne(
      List<StatementPlan> plans, List<Arguments> arguments, long[] counts, List<long[]> allKeys)
      throws SQLException {
    SQLException first = null;
    for (int i = 0; i < counts.length; i++) {
      try {
        counts[i] = note(session().execute(plans.get(i), arguments.get(i), handle), allKeys);
      } catch (SQLException e) {
        counts[i] = EXECUTE_FAILED;
        boolean ends = ends(e);
        if (first == null) {
          first = e;
        } else if (ends) {
          // What the application must see first: its transaction is gone, whatever failed before.
          e.setNextException(first);
          first = e;
        } else {
          first.setNextException(e);
        }
        if (ends) {
          Arrays.fill(counts, i, counts.length, EXECUTE_FAILED);
          break;
        }
      }
    }
    if (first != null) {
      BatchUpdateException failure =
          new BatchUpdateException(
              first.getMessage(), first.getSQLState(), first.getErrorCode(), counts, first);
      failure.setNextException(first);
      throw failure;
    }
  }

  private boolean ends(SQLException e) throws SQLException {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return state.startsWith("08") || (state.equals("40001") && !session().autoCommit());
  }

  // ---- results ----

  @Override
  public ResultSet getResultSet() throws SQLException {
    checkOpen();
    return rows;
  }

  @Override
  public int getUpdateCount() throws SQLException {
    return narrow(getLargeUpdateCount());
  }

  @Override
  public long getLargeUpdateCount() throws SQLException {
    checkOpen();
    return count;
  }

  @Override
  public boolean getMoreResults() throws SQLException {
    return getMoreResults(CLOSE_CURRENT_RESULT);
  }

  @Override
  public boolean getMoreResults(int current) throws SQLException {
    checkOpen();
    if (rows != null && current != KEEP_CURRENT_RESULT) {
      LockstepResultSet last = rows;
      rows = null;
      last.close();
    }
    rows = null;
    count = -1;
    StatementResult next = following != null ? following : several == null ? null : several.next();
    return next != null && take(next);
  }

  @Override
  public ResultSet getGeneratedKeys() throws SQLException {
    checkOpen();
    List<String> names = new ArrayList<>();
    if (session().vendor() == Vendor.H2) {
      names.add(keyColumn != null ? keyColumn : request.column() != null ? request.column() : "ID");
    } else {
      names.addAll(List.of("GENERATED_KEY", "insert_id"));
      if (keyColumn != null) {
        names.add(keyColumn);
      }
    }
    return new KeysResultSet(this, keys, names);
  }

  @Override
  public SQLWarning getWarnings() throws SQLException {
    checkOpen();
    Statement vendor = handle.current();
    return warnings != null || rows == null || vendor == null ? warnings : vendor.getWarnings();
  }

  @Override
  public void clearWarnings() throws SQLException {
    checkOpen();
    warnings = null;
    Statement vendor = handle.current();
    if (vendor != null && !vendor.isClosed()) {
      vendor.clearWarnings();
    }
  }

  void resultClosed(LockstepResultSet result) throws SQLException {
    if (closeOnCompletion && result == rows && !closed) {
      close();
    }
  }

  // ---- options ----

  @Override
  public int getMaxFieldSize() throws SQLException {
    checkOpen();
    return handle.maxFieldSize();
  }

  @Override
  public void setMaxFieldSize(int max) throws SQLException {
    checkOpen();
    handle.maxFieldSize(notNegative(max, "setMaxFieldSize"));
  }

  @Override
  public int getMaxRows() throws SQLException {
    return narrow(getLargeMaxRows());
  }

  @Override
  public void setMaxRows(int max) throws SQLException {
    setLargeMaxRows(max);
  }

  @Override
  public long getLargeMaxRows() throws SQLException {
    checkOpen();
    return handle.maxRows();
  }

  @Override
  public void setLargeMaxRows(long max) throws SQLException {
    checkOpen();
    if (max < 0) {
      throw negative("setMaxRows");
    }
    handle.maxRows(max);
  }

  @Override
  public void setEscapeProcessing(boolean enable) throws SQLException {
    checkOpen();
    handle.escapes(enable);
  }

  @Override
  public int getQueryTimeout() throws SQLException {
    checkOpen();
    return handle.timeoutSeconds();
  }

  @Override
  public void setQueryTimeout(int seconds) throws SQLException {
    checkOpen();
    handle.timeoutSeconds(notNegative(seconds, "setQueryTimeout"));
  }

  @Override
  public void cancel() throws SQLException {
    checkOpen();
    SeveralResults many = several;
    VendorStatement running = many == null ? null : many.running();
    session().cancel(running == null ? handle : running);
  }

  @Override
  public void setCursorName(String name) throws SQLException {
    checkOpen();
    // As the drivers for MySQL and MariaDB: there are no positioned updates, so nothing to name.
  }

  @Override
  public void setFetchDirection(int direction) throws SQLException {
    checkOpen();
    if (direction != ResultSet.FETCH_FORWARD
        && direction != ResultSet.FETCH_REVERSE
        && direction != ResultSet.FETCH_UNKNOWN) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, direction + " is no fetch direction");
    }
    handle.fetchDirection(direction);
  }

  @Override
  public int getFetchDirection() throws SQLException {
    checkOpen();
    return handle.fetchDirection();
  }

  @Override
  public void setFetchSize(int size) throws SQLException {
    checkOpen();
    // The smallest int asks Connector/J to stream.
    handle.fetchSize(size == Integer.MIN_VALUE ? size : notNegative(size, "setFetchSize"));
  }

  @Override
  public int getFetchSize() throws SQLException {
    checkOpen();
    return handle.fetchSize();
  }

  private static int notNegative(int value, String method) throws SQLException {
    if (value < 0) {
      throw negative(method);
    }
    return value;
  }

  private static SQLException negative(String method) {
    return Errors.of(SqlState.INVALID_ARGUMENT, method + " takes no negative value");
  }

  @Override
  public int getResultSetConcurrency() throws SQLException {
    checkOpen();
    return shape.updatable() ? ResultSet.CONCUR_UPDATABLE : ResultSet.CONCUR_READ_ONLY;
  }

  @Override
  public int getResultSetType() throws SQLException {
    checkOpen();
    return shape.type();
  }

  @Override
  public int getResultSetHoldability() throws SQLException {
    checkOpen();
    return shape.holdability() != 0 ? shape.holdability() : connection.getHoldability();
  }

  @Override
  public Connection getConnection() throws SQLException {
    checkOpen();
    return connection;
  }

  @Override
  public void setPoolable(boolean on) throws SQLException {
    checkOpen();
    poolable = on;
  }

  @Override
  public boolean isPoolable() throws SQLException {
    checkOpen();
    return poolable;
  }

  @Override
  public void closeOnCompletion() throws SQLException {
    checkOpen();
    closeOnCompletion = true;
  }

  @Override
  public boolean isCloseOnCompletion() throws SQLException {
    checkOpen();
    return closeOnCompletion;
  }

  @Override
  public void close() throws SQLException {
    if (!closed) {
      closed = true;
      if (called) {
        if (rows != null) {
          rows.discard();
        }
        forgetCall();
      }
      if (several != null) {
        several.close();
      }
      session().dispose(handle);
      connection.statementClosed(this);
    }
  }

  @Override
  public boolean isClosed() throws SQLException {
    return closed || connection.isClosed();
  }

  // ---- the rest ----

  private <R> R askPlain(SqlFunction<Statement, R> question) throws SQLException {
    checkOpen();
    return session()
        .withVendor(
            c -> {
              try (Statement s = c.createStatement()) {
                return question.apply(s);
              }
            });
  }

  @Override
  public String enquoteLiteral(String value) throws SQLException {
    return askPlain(s -> s.enquoteLiteral(value));
  }

  @Override
  public String enquoteIdentifier(String identifier, boolean alwaysQuote) throws SQLException {
    return askPlain(s -> s.enquoteIdentifier(identifier, alwaysQuote));
  }

  @Override
  public boolean isSimpleIdentifier(String identifier) throws SQLException {
    return askPlain(s -> s.isSimpleIdentifier(identifier));
  }

  @Override
  public String enquoteNCharLiteral(String value) throws SQLException {
    return askPlain(s -> s.enquoteNCharLiteral(value));
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, session(), this, vendor(type));
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, vendor(type));
  }

  /** The vendor's statement; a plain one is made, as it may get options before it is executed. */
  private Statement vendor(Class<?> type) throws SQLException {
    if (handle.current() != null || handle.prepared() || type.isInstance(this) || closed) {
      return handle.current();
    }
    return session().describe(handle, "", s -> s);
  }
}
