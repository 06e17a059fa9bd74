package dev.lockstep.session;

import dev.lockstep.commit.SequenceReserves.Reserved;
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

  /** About the bytes of values that are in memory at a time. */
  private static final long BYTES_TOGETHER = 4L << 20;

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
      work.transaction.repeatable();
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
    long count = 0;
    List<StatementResult> parts = new ArrayList<>();
    boolean undoable = false;
    try (Rows rows = read(plan, arguments, handle)) {
      for (List<List<Parameter>> some = rows.next(); !some.isEmpty(); some = rows.next()) {
        if (parts.isEmpty() && !own && rows.more()) {
          work.setSavepoint(SAVEPOINT);
          undoable = true;
        }
        String insert = plan.insertOf(some.size(), some.get(0).size());
        List<Parameter> values = new ArrayList<>();
        some.forEach(values::addAll);
        StatementResult part = writer.run(work.analyze(insert), new Values(values), handle);
        count += part.count();
        parts.add(part);
      }
    } catch (SQLException e) {
      if (undoable && work.transaction.touched() && work.link.sound()) {
        work.backToSavepoint(work.inside(), SAVEPOINT);
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
      work.control(work.inside(), Packet.of("SET last_insert_id=" + keys[0]));
      work.state.lastInsertId(keys[0]);
    }
    return new StatementResult(null, count, keys, numbered.get(0).keyColumn(), warnings);
  }

  /** What the query found, some rows at a time. */
  private interface Rows extends AutoCloseable {
    /** At most {@link #ROWS_TOGETHER}; none at the end. */
    List<List<Parameter>> next() throws SQLException;

    /** Whether there may be rows behind the last ones. */
    boolean more();

    @Override
    void close() throws SQLException;
  }

  private Rows read(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    String query;
    try {
      query = plan.bindQuery(arguments.parameters(), new WriteContext(work, work.inside()));
    } catch (WriteContext.ZoneFailure e) {
      throw e.sql();
    }
    return work.services.vendor().mysqlFamily()
        ? new Staged(stage(plan, query, handle), handle)
        : new Queried(query);
  }

  /** H2's objects are exact, and its server keeps the whole result. */
  private final class Queried implements Rows {
    private final VendorStatement statement =
        new VendorStatement(false, ResultSet.TYPE_FORWARD_ONLY, 0);
    private final ResultSet rows;
    private final ResultSetMetaData meta;
    private boolean more;

    Queried(String query) throws SQLException {
      try {
        rows =
            reader
                .run(
                    work.services.analyzer().analyze(query, work.state.schema()),
                    Arguments.NONE,
                    statement)
                .rows();
        meta = rows.getMetaData();
      } catch (SQLException | RuntimeException e) {
        statement.close();
        throw e;
      }
    }

    @Override
    public List<List<Parameter>> next() throws SQLException {
      List<List<Parameter>> some = new ArrayList<>();
      long bytes = 0;
      while (some.size() < ROWS_TOGETHER && bytes < BYTES_TOGETHER && rows.next()) {
        List<Parameter> row = h2(rows, meta);
        bytes += bytes(row);
        some.add(row);
      }
      more = some.size() == ROWS_TOGETHER || bytes >= BYTES_TOGETHER;
      return some;
    }

    @Override
    public boolean more() {
      return more;
    }

    @Override
    public void close() throws SQLException {
      try {
        rows.close();
      } finally {
        statement.close();
      }
    }
  }

  /** MySQL and MariaDB: from the temporary table, page by page. */
  private final class Staged implements Rows {
    private final Stage stage;
    private final VendorStatement handle;
    private int most = ROWS_TOGETHER;
    private long last;
    private boolean more;

    Staged(Stage stage, VendorStatement handle) {
      this.stage = stage;
      this.handle = handle;
    }

    @Override
    public List<List<Parameter>> next() throws SQLException {
      ServerConnection c = work.inside();
      try {
        return work.ask(c, handle, this::page);
      } catch (ConnectionLostException e) {
        throw work.transactionLost(c, e.why());
      } catch (SQLException e) {
        throw work.failedInside(c, e);
      }
    }

    private List<List<Parameter>> page(Connection jdbc) throws SQLException {
      List<List<Parameter>> some = new ArrayList<>();
      long bytes = 0;
      try (Statement s = jdbc.createStatement();
          ResultSet rows = s.executeQuery(stage.read(last, most))) {
        while (rows.next()) {
          List<Parameter> row = stage.row(rows);
          bytes += bytes(row);
          some.add(row);
          last = stage.number(rows);
        }
      }
      more = some.size() == most;
      long fits = some.isEmpty() ? most : some.size() * BYTES_TOGETHER / Math.max(1, bytes);
      most = (int) Math.max(1, Math.min(ROWS_TOGETHER, fits));
      return some;
    }

    @Override
    public boolean more() {
      return more;
    }

    @Override
    public void close() throws SQLException {
      ServerConnection c = work.link.held();
      if (c == null || c.broken()) {
        return; // it went with the connection
      }
      try (Statement s = c.jdbc().createStatement()) {
        work.cleanUp(s, stage.drop());
      } catch (SQLException e) {
        work.link.soil(); // no statement to be had
      }
    }
  }

  /** The rows of a query of H2. */
  static List<List<Parameter>> rows(Work work, ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    List<List<Parameter>> all = new ArrayList<>();
    long bytes = 0;
    while (rows.next()) {
      List<Parameter> row = h2(rows, meta);
      bytes += bytes(row);
      if (bytes > work.mostInMemory()) {
        throw WriteRunner.tooMany(work);
      }
      all.add(row);
    }
    return all;
  }

  private static long bytes(List<Parameter> row) {
    long bytes = 0;
    for (Parameter p : row) {
      bytes +=
          p.value() instanceof String s ? s.length() : p.value() instanceof byte[] b ? b.length : 8;
    }
    return bytes;
  }

  /** Fills the temporary table with what the query finds. */
  private Stage stage(StatementPlan given, String query, VendorStatement handle)
      throws SQLException {
    long deadline = work.link.deadline();
    StatementPlan plan = given;
    while (true) {
      ServerConnection c = work.inside();
      boolean first = !work.transaction.touched();
      try {
        plan = work.enter(plan);
        Stage stage = plan.stage(query);
        List<Reserved> reserved = work.sequences.before(c, plan);
        try {
          work.ask(c, handle, jdbc -> fill(stage, jdbc));
        } finally {
          reserved.forEach(Reserved::close);
        }
        cover(c, plan, stage);
        work.transaction.touch();
        work.transaction.lockingRead();
        if (plan.pinsSession()) {
          work.state.pin(Work.abbreviated(plan.sql()));
        }
        return stage;
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

  /** What the query has drawn from sequences. */
  private void cover(ServerConnection c, StatementPlan plan, Stage stage)
      throws SQLException, ConnectionLostException {
    try {
      work.sequences.after(c, plan);
    } catch (SQLException e) {
      try (Statement s = c.jdbc().createStatement()) {
        work.cleanUp(s, stage.drop());
      }
      throw e;
    }
  }

  private Void fill(Stage stage, Connection jdbc) throws SQLException {
    try (Statement s = jdbc.createStatement()) {
      boolean done = false;
      try {
        for (String sql : stage.fill()) {
          s.execute(sql);
        }
        done = true;
      } finally {
        if (!done) {
          work.cleanUp(s, stage.drop());
        }
      }
    }
    return null;
  }

  private static List<Parameter> h2(ResultSet rows, ResultSetMetaData meta) throws SQLException {
    List<Parameter> row = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      row.add(H2Values.value(rows, meta, i, "INSERT … SELECT"));
    }
    return row;
  }
}
