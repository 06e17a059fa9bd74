package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.session.Arguments;
import dev.lockstep.session.Session;
import dev.lockstep.session.StatementResult;
import dev.lockstep.session.VendorStatement;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The results of a text of several statements. They are executed one after the other before the
 * first result is given out; the first that fails ends it, as on the server, and what was done
 * before it stays. As thread-safe as its session.
 */
final class SeveralResults {
  /** Says what one statement means. */
  interface Analysis {
    StatementPlan plan(String sql) throws SQLException;
  }

  private final Session session;
  private final List<VendorStatement> handles = new ArrayList<>();
  private final Deque<StatementResult> results = new ArrayDeque<>();
  private volatile VendorStatement running;

  SeveralResults(Session session) {
    this.session = session;
  }

  /**
   * Runs all statements.
   *
   * @param first what the first of them means
   */
  void run(List<String> texts, StatementPlan first, VendorStatement handle, Analysis analysis)
      throws SQLException {
    if (handle.fetchSize() == Integer.MIN_VALUE) {
      throw Errors.unsupported(
          "rows cannot be streamed from several statements in one string; send them one by one");
    }
    try {
      for (int i = 0; i < texts.size(); i++) {
        // What comes later may depend on a table or setting that was made just before.
        StatementPlan plan = i == 0 ? first : analysis.plan(texts.get(i));
        running = i == 0 ? handle : beside(handle);
        results.add(session.execute(plan, Arguments.NONE, running));
      }
    } catch (SQLException e) {
      close();
      throw e;
    } finally {
      running = null;
    }
  }

  private VendorStatement beside(VendorStatement handle) {
    VendorStatement other = handle.beside();
    handles.add(other);
    return other;
  }

  /** The next result, or null behind the last one. */
  StatementResult next() {
    return results.poll();
  }

  /** What runs at the moment, or null. */
  VendorStatement running() {
    return running;
  }

  /** Lets go of all results that were not taken, and of the vendor's statements. */
  void close() {
    for (StatementResult r : results) {
      ResultSet rows = r.rows();
      if (rows != null) {
        try {
          rows.close();
        } catch (SQLException e) {
          continue; // its connection is gone, and the rows with it
        }
      }
    }
    results.clear();
    handles.forEach(session::dispose);
    handles.clear();
  }
}
