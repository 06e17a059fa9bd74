package dev.lockstep.session;

import dev.lockstep.config.SqlState;
import dev.lockstep.node.ServerConnection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The statement that runs at the moment, for cancelling it from another thread. A cancel is sent
 * while the lock is held, so that it cannot hit whatever the connection does next. Thread-safe.
 */
final class Running {
  private enum Stop {
    NO,
    CANCELLED,
    TIMED_OUT
  }

  private final ReentrantLock lock = new ReentrantLock();
  private ServerConnection connection;
  private VendorStatement handle;
  private Stop stop = Stop.NO;
  private CompletableFuture<Void> timer;
  private CompletableFuture<Void> abortTimer;

  /**
   * The connection starts to work for this statement.
   *
   * @param abortMillis after which the connection is cut, or 0 where something else sees to that
   */
  void begin(ServerConnection c, VendorStatement statement, int abortMillis) {
    int seconds = statement == null ? 0 : statement.timeoutSeconds();
    lock.lock();
    try {
      connection = c;
      handle = statement;
      stop = Stop.NO;
      timer = seconds == 0 ? null : startTimer(statement, seconds);
      abortTimer = abortMillis == 0 ? null : startAbort(c, abortMillis);
    } finally {
      lock.unlock();
    }
  }

  private CompletableFuture<Void> startTimer(VendorStatement statement, int seconds) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    future
        .orTimeout(seconds, TimeUnit.SECONDS)
        .whenComplete(
            (v, e) -> {
              if (e instanceof TimeoutException) {
                Thread t =
                    new Thread(() -> stopQuietly(statement, future), "lockstep-query-timeout");
                t.setDaemon(true);
                t.start();
              }
            });
    return future;
  }

  private static CompletableFuture<Void> startAbort(ServerConnection c, int millis) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    future
        .orTimeout(millis, TimeUnit.MILLISECONDS)
        .whenComplete(
            (v, e) -> {
              if (e instanceof TimeoutException) {
                c.abort();
              }
            });
    return future;
  }

  private void stopQuietly(VendorStatement statement, CompletableFuture<Void> future) {
    try {
      stop(statement, future);
    } catch (SQLException e) {
      // The server could not be asked; the statement then ends by itself or with its connection.
    }
  }

  /** It is over, one way or the other. Returns whether a cancel was sent. */
  boolean end() {
    lock.lock();
    try {
      connection = null;
      handle = null;
      if (timer != null) {
        timer.complete(null);
        timer = null;
      }
      if (abortTimer != null) {
        abortTimer.complete(null);
        abortTimer = null;
      }
      return stop != Stop.NO;
    } finally {
      lock.unlock();
    }
  }

  /** {@link java.sql.Statement#cancel}: nothing happens where that statement does not run. */
  void cancel(VendorStatement statement) throws SQLException {
    stop(statement, null);
  }

  private void stop(VendorStatement statement, CompletableFuture<Void> firedTimer)
      throws SQLException {
    lock.lock();
    try {
      if (connection == null
          || handle == null
          || !handle.stopsWith(statement)
          || (firedTimer != null && firedTimer != timer)) {
        return;
      }
      stop = firedTimer == null ? Stop.CANCELLED : Stop.TIMED_OUT;
      connection.cancel();
    } finally {
      lock.unlock();
    }
  }

  /** After {@link #end} said that a cancel was sent: the error to report instead of {@code e}. */
  SQLException cancelled(SQLException e) {
    return stop == Stop.TIMED_OUT
        ? new SQLTimeoutException(
            "Lockstep: the statement was cancelled after its query timeout",
            SqlState.CANCELLED.code(),
            e.getErrorCode(),
            e)
        : new SQLException(
            "Lockstep: the statement was cancelled",
            SqlState.CANCELLED.code(),
            e.getErrorCode(),
            e);
  }
}
