package dev.lockstep.session;

import dev.lockstep.cluster.PrimaryAccess;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.node.ServerConnection;
import java.sql.SQLException;

/**
 * The session's one server connection: taken when first needed, replaced when its node is no longer
 * the primary. Used under the session's lock; {@link #held} may be read from any thread.
 */
final class Link {
  private final PrimaryAccess primary;
  private final SessionState state;
  private final long patienceNanos;
  private volatile ServerConnection connection;
  private volatile boolean ended;
  private boolean soiled;

  Link(PrimaryAccess primary, SessionState state, long patienceNanos) {
    this.primary = primary;
    this.state = state;
    this.patienceNanos = patienceNanos;
  }

  /** The connection as it is, or null. */
  ServerConnection held() {
    return connection;
  }

  /** Whether the connection can go on with what it has begun. */
  boolean sound() {
    ServerConnection c = connection;
    return c != null && primary.current(c);
  }

  /** The session is closed or aborted: no other connection is taken. Any thread. */
  void end() {
    ended = true;
  }

  /** When to give up repeating something: a time of {@link System#nanoTime}. */
  long deadline() {
    return System.nanoTime() + patienceNanos;
  }

  /** Throws 08001 when the deadline has passed. */
  static void checkDeadline(long deadline, SQLException why) throws SQLException {
    if (System.nanoTime() - deadline > 0) {
      throw Errors.cannotConnect("no node could execute the statement in time", why);
    }
  }

  /**
   * A connection to the primary on which nothing of this session is under way; another one than
   * before where needed.
   *
   * @throws SQLException 08006 where the session held what cannot be rebuilt
   */
  ServerConnection ready() throws SQLException {
    ServerConnection c = connection;
    if (c != null && primary.current(c)) {
      return c;
    }
    if (c != null) {
      drop();
      checkRebuildable(null);
    }
    long deadline = deadline();
    while (true) {
      if (ended) {
        throw Errors.of(SqlState.CONNECTION_DOES_NOT_EXIST, "the connection is closed");
      }
      c = primary.acquire(state.account(), state.schema());
      try {
        state.applyTo(c);
        soiled = false;
        connection = c;
        return c;
      } catch (SQLException e) {
        if (!c.broken() && !c.node().dialect().connectionError(e)) {
          c.release(false);
          throw e;
        }
        c.markBroken();
        primary.lost(c, e);
        c.release(false);
        checkDeadline(deadline, e);
      } catch (RuntimeException | Error e) {
        c.abort();
        c.release(false);
        throw e;
      }
    }
  }

  /** The connection failed: reports it and lets go of it. Throws 08006 as {@link #ready} does. */
  void lost(ServerConnection c, SQLException why) throws SQLException {
    reportLost(c, why);
    checkRebuildable(why);
  }

  /** As {@link #lost}, where there is nothing to rebuild any more. */
  void reportLost(ServerConnection c, SQLException why) {
    c.markBroken();
    primary.lost(c, why);
    if (connection == c) {
      drop();
    }
  }

  private void checkRebuildable(SQLException why) throws SQLException {
    String pinned = state.pinned();
    if (pinned != null) {
      state.unpin();
      throw Errors.connectionFailure(
          "the connection to the primary was lost and with it what could not be rebuilt: " + pinned,
          why);
    }
  }

  private void drop() {
    ServerConnection c = connection;
    connection = null;
    if (c != null) {
      c.release(false);
    }
  }

  /** The connection may have settings that are not the session's: no other session gets it. */
  void soil() {
    soiled = true;
  }

  /**
   * Gives the connection back for good.
   *
   * @param open whether a transaction may be open on it: then nobody may get it again
   */
  void release(boolean open) {
    ServerConnection c = connection;
    connection = null;
    if (c != null) {
      c.release(!open && !soiled && state.clean() && primary.current(c));
    }
  }
}
