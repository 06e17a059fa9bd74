package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Call;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Executes a call that writes nothing on the primary, and collects its results. Stateless. */
final class CallRunner {
  private CallRunner() {}

  /**
   * All results are read from the server here.
   *
   * @throws SQLException the server's own error
   */
  static StatementResult execute(
      Work work,
      ServerConnection c,
      StatementPlan plan,
      Arguments arguments,
      VendorStatement handle)
      throws SQLException {
    if (handle.fetchSize() == Integer.MIN_VALUE) {
      throw Errors.unsupported("rows of a CALL cannot be streamed; set another fetch size");
    }
    Call.Bound call;
    try {
      call = plan.bindCall(arguments.parameters(), new WriteContext(work, c));
    } catch (WriteContext.ZoneFailure e) {
      throw e.sql();
    }
    if (call.before() != null) {
      try (Statement s = c.jdbc().createStatement()) {
        s.execute(call.before());
      }
    }
    ResultSet rows = handle.query(c, call.text(), Arguments.NONE);
    if (plan.call().function()) {
      rows.next();
      return StatementResult.several(List.of(StatementResult.NOTHING), rows);
    }
    List<StatementResult> results = results(handle.current(), rows);
    return StatementResult.several(results, call.outs() == null ? null : row(c, call.outs()));
  }

  private static List<StatementResult> results(Statement s, ResultSet first) throws SQLException {
    List<StatementResult> results = new ArrayList<>();
    ResultSet rows = first;
    while (true) {
      if (rows != null) {
        results.add(StatementResult.rows(rows));
      } else {
        long count = s.getLargeUpdateCount();
        if (count < 0) {
          return results;
        }
        results.add(StatementResult.count(count));
      }
      rows = s.getMoreResults(Statement.KEEP_CURRENT_RESULT) ? s.getResultSet() : null;
    }
  }

  /** One row, in memory, on which the result set stands; closed when the session's is. */
  static ResultSet row(ServerConnection c, String query) throws SQLException {
    Statement s = c.jdbc().createStatement();
    s.closeOnCompletion();
    ResultSet row = s.executeQuery(query);
    row.next();
    return row;
  }
}
