package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.H2Values;
import dev.lockstep.sql.Parameter;
import dev.lockstep.sql.Stage;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * INSERT … SELECT: the primary executes the query, and what it found is inserted as values, there
 * and by that on every node. Used under the session's lock.
 */
final class CopyRunner {
  private static final int ROWS_TOGETHER = 100;
  private static final String SAVEPOINT = "lockstep_copy";

  private final Work work;
  private final ReadRunner reader;
  private final WriteRunner writer;

  CopyRunner(Work work, ReadRunner reader, WriteRunner writer) {
    this.work = work;
    this.reader = reader;
    this.writer = writer;
  }

  /** The values of one insert. */
  private record Values(List<Parameter> parameters) implements Arguments {
    @Override
    public void applyTo(PreparedStatement statement) {
      throw new IllegalStateException("inserts go as packets");
    }
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    work.checkWritable(plan.sql());
    if (work.inTransaction()) {
      return once(plan, arguments, handle, false);
    }
    long deadline = work.link.deadline();
    String isolation = work.state.nextIsolation();
    while (true) {
      work.transaction.beginExplicit(false);
      try {
        StatementResult result = once(plan, arguments, handle, true);
        work.commit();
        return result;
      } catch (TransactionLostException e) {
        Link.checkDeadline(deadline, e);
        work.state.nextIsolation(isolation);
        work.checkWritable(plan.sql());
      } catch (SQLException e) {
        work.rollback();
        throw e;
      } finally {
        work.endTransaction();
      }
    }
  }

  private StatementResult once(
      StatementPlan plan, Arguments arguments, VendorStatement handle, boolean own)
      throws SQLException {
    try {
      return copy(plan, arguments, handle, own);
    } catch (RuntimeException | Error e) {
      Work.cut(work.link.held());
      throw e;
    }
  }

  private StatementResult copy(
      StatementPlan plan, Arguments arguments, VendorStatement handle, boolean own)
      throws SQLException {
    List<List<Parameter>> rows = read(plan, arguments, handle);
    boolean undoable = !own && rows.size() > ROWS_TOGETHER;
    if (undoable) {
      savepoint();
    }
    long count = 0;
    List<StatementResult> parts = new ArrayList<>();
    try {
      for (int from = 0; from < rows.size(); from += ROWS_TOGETHER) {
        List<List<Parameter>> some =
            rows.subList(from, Math.min(rows.size(), from + ROWS_TOGETHER));
        String insert = plan.insertOf(some.size(), some.get(0).size());
        List<Parameter> values = new ArrayList<>();
        some.forEach(values::addAll);
        StatementResult part =
            writer.run(
                work.services.analyzer().analyze(insert, work.state.schema()),
                new Values(values),
                handle);
        count += part.count();
        parts.add(part);
      }
    } catch (SQLException e) {
      if (undoable && work.transaction.touched() && work.link.sound()) {
        undo();
      }
      throw e;
    }
    return together(count, parts);
  }

  /** As if it had been one statement. */
  private StatementResult together(long count, List<StatementResult> parts) throws SQLException {
    List<StatementResult> numbered = parts.stream().filter(p -> p.keys() != null).toList();
    SQLWarning warnings = null;
    for (StatementResult part : parts) {
      if (warnings == null) {
        warnings = part.warnings();
      } else if (part.warnings() != null) {
        warnings.setNextWarning(part.warnings());
      }
    }
    if (numbered.isEmpty()) {
      return warnings == null
          ? StatementResult.count(count)
          : new StatementResult(null, count, null, null, warnings);
    }
    long[] keys = numbered.stream().flatMapToLong(p -> Arrays.stream(p.keys())).toArray();
    if (numbered.size() > 1 && work.services.vendor().mysqlFamily()) {
      // LAST_INSERT_ID() gives the first of the statement, not of its last part.
      control(Packet.of("SET last_insert_id=" + keys[0]));
      work.state.lastInsertId(keys[0]);
    }
    return new StatementResult(null, count, keys, numbered.get(0).keyColumn(), warnings);
  }

  /** The guard is set first, so that going back does not remove it. */
  private void savepoint() throws SQLException {
    work.beforeSavepoint();
    String set = "SAVEPOINT " + SAVEPOINT;
    if (work.transaction.guarded()) {
      control(Packet.of(set));
    } else {
      control(Packet.of(work.inside().node().dialect().guard(), set));
      work.transaction.guardSet();
    }
    work.transaction.savepoint(SAVEPOINT);
  }

  private void undo() throws SQLException {
    control(Packet.of("ROLLBACK TO SAVEPOINT " + SAVEPOINT));
    work.transaction.rolledBackTo(SAVEPOINT);
  }

  private void control(Packet packet) throws SQLException {
    ServerConnection c = work.inside();
    Outcome o = work.run(c, packet);
    work.transaction.touch();
    if (o.lost()) {
      throw work.transactionLost(c, o.error());
    }
    if (!o.ok()) {
      work.rollback();
      throw Errors.rolledBack("a savepoint failed; the transaction was rolled back", o.error());
    }
  }

  private List<List<Parameter>> read(
      StatementPlan plan, Arguments arguments, VendorStatement handle) throws SQLException {
    String query;
    try {
      query = plan.bindQuery(arguments.parameters(), new WriteContext(work.state, work.inside()));
    } catch (WriteContext.ZoneFailure e) {
      throw e.sql();
    }
    return work.services.vendor().mysqlFamily() ? staged(plan, query, handle) : queried(query);
  }

  /** H2's objects are exact. */
  private List<List<Parameter>> queried(String query) throws SQLException {
    VendorStatement statement = new VendorStatement(false, ResultSet.TYPE_FORWARD_ONLY, 0);
    StatementResult found =
        reader.run(
            work.services.analyzer().analyze(query, work.state.schema()),
            Arguments.NONE,
            statement);
    try (ResultSet rows = found.rows()) {
      return rows(work, rows);
    } finally {
      statement.close();
    }
  }

  /** The rows of a query of H2. */
  static List<List<Parameter>> rows(Work work, ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    return collect(work, rows, r -> h2(r, meta));
  }

  private List<List<Parameter>> staged(StatementPlan given, String query, VendorStatement handle)
      throws SQLException {
    long deadline = work.link.deadline();
    StatementPlan plan = given;
    while (true) {
      ServerConnection c = work.inside();
      boolean first = !work.transaction.touched();
      try {
        plan = work.enter(plan);
        Stage stage = plan.stage(query);
        List<List<Parameter>> rows = work.ask(c, handle, jdbc -> through(stage, jdbc));
        work.transaction.touch();
        work.transaction.lockingRead();
        if (plan.pinsSession()) {
          work.state.pin(Work.abbreviated(plan.sql()));
        }
        return rows;
      } catch (ConnectionLostException e) {
        if (!first) {
          throw work.transactionLost(c, e.why());
        }
        work.ticket.transactionEnded();
        work.link.lost(c, e.why());
        Link.checkDeadline(deadline, e.why());
      } catch (SQLException e) {
        work.transaction.touch();
        throw work.failedInside(c, e);
      } finally {
        work.ticket.leave();
      }
    }
  }

  private List<List<Parameter>> through(Stage stage, Connection jdbc) throws SQLException {
    try (Statement s = jdbc.createStatement()) {
      try {
        for (String sql : stage.fill()) {
          s.execute(sql);
        }
        try (ResultSet rows = s.executeQuery(stage.read())) {
          return collect(work, rows, stage::row);
        }
      } finally {
        try {
          s.execute(stage.drop());
        } catch (SQLException e) {
          work.link.soil(); // it stays until the connection is closed
        }
      }
    }
  }

  private static List<List<Parameter>> collect(
      Work work, ResultSet rows, SqlFunction<ResultSet, List<Parameter>> row) throws SQLException {
    List<List<Parameter>> all = new ArrayList<>();
    long bytes = 0;
    while (rows.next()) {
      List<Parameter> values = row.apply(rows);
      for (Parameter p : values) {
        bytes +=
            p.value() instanceof String s
                ? s.length()
                : p.value() instanceof byte[] b ? b.length : 8;
      }
      if (bytes > work.services.settings().maxWriteSet()) {
        throw WriteRunner.tooLarge(work, bytes);
      }
      all.add(values);
    }
    return all;
  }

  private static List<Parameter> h2(ResultSet rows, ResultSetMetaData meta) throws SQLException {
    List<Parameter> row = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      row.add(H2Values.value(rows, meta, i, "INSERT … SELECT"));
    }
    return row;
  }
}
