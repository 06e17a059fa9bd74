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
import java.util.Set;

/**
 * INSERT … SELECT and LOAD DATA: the primary executes the query, and what it found is inserted as
 * values, there and by that on every node. Used under the session's lock.
 */
final class CopyRunner {
  private static final int ROWS_TOGETHER = 100;

  /** About the bytes of values that are in memory at a time. */
  private static final long BYTES_TOGETHER = 4L << 20;

  private static final String SAVEPOINT = "lockstep_copy";

  /**
   * What the stage has told of a value before it is inserted: a column without a default, and what
   * is out of range or truncated (0000-00-00, the empty value of an ENUM).
   */
  private static final Set<Integer> TOLD = Set.of(1364, 1264, 1265);

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

  /** What is done in a transaction. */
  interface Body {
    /**
     * @param own whether the transaction is the statement's own, which ends with it
     */
    StatementResult run(boolean own) throws SQLException;
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    return inTransaction(plan, own -> copy(plan, arguments, handle, own));
  }

  /** In the open transaction, or in one of its own that is repeated where the primary is lost. */
  StatementResult inTransaction(StatementPlan plan, Body body) throws SQLException {
    work.checkWritable(plan.sql());
    if (work.inTransaction()) {
      return once(body, false);
    }
    long deadline = work.link.deadline();
    String isolation = work.state.nextIsolation();
    while (true) {
      work.transaction.beginExplicit(false);
      work.transaction.repeatable();
      try {
        StatementResult result = once(body, true);
        work.commit();
        return result;
      } catch (TransactionLostException e) {
        if (plan.loads()) {
          throw e; // a stream of the application is read only once
        }
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

  private StatementResult once(Body body, boolean own) throws SQLException {
    try {
      return body.run(own);
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
    SQLWarning warnings;
    try (Rows rows = read(plan, arguments, handle)) {
      warnings = rows.warnings();
      for (List<List<Parameter>> some = rows.next(); !some.isEmpty(); some = rows.next()) {
        if (parts.isEmpty() && !own && (rows.more() || plan.runs(some).size() > 1)) {
          work.setSavepoint(SAVEPOINT);
          undoable = true;
        }
        for (List<List<Parameter>> run : plan.runs(some)) {
          String insert = plan.insertOf(run.size(), run.get(0).size());
          List<Parameter> values = new ArrayList<>();
          run.forEach(values::addAll);
          StatementResult part = writer.run(work.analyze(insert), new Values(values), handle);
          count += part.count();
          parts.add(part);
        }
      }
    } catch (SQLException e) {
      if (undoable && work.transaction.touched() && work.link.sound()) {
        work.backToSavepoint(work.inside(), SAVEPOINT);
      }
      throw e;
    }
    StatementResult all = together(count, parts, warnings, plan.filled());
    return plan.loads() // its keys are known by LAST_INSERT_ID() only
        ? new StatementResult(null, count, null, null, all.warnings())
        : all;
  }

  /** As if it had been one statement. */
  private StatementResult together(
      long count, List<StatementResult> parts, SQLWarning first, boolean staged)
      throws SQLException {
    List<StatementResult> numbered = parts.stream().filter(p -> p.keys() != null).toList();
    SQLWarning warnings = first;
    for (StatementResult part : parts) {
      for (SQLWarning w = part.warnings(); w != null; w = w.getNextWarning()) {
        if (staged && TOLD.contains(w.getErrorCode())) {
          continue;
        }
        SQLWarning own = new SQLWarning(w.getMessage(), w.getSQLState(), w.getErrorCode());
        if (warnings == null) {
          warnings = own;
        } else {
          warnings.setNextWarning(own);
        }
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

    /** Of finding the rows, where they do not come again with the inserts; or null. */
    default SQLWarning warnings() {
      return null;
    }

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
    return work.services.vendor().mysqlFamily() ? stage(plan, query, handle) : new Queried(query);
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
    private final SQLWarning warnings;
    private int most = ROWS_TOGETHER;
    private long last;
    private boolean more;

    Staged(Stage stage, VendorStatement handle, SQLWarning warnings) {
      this.stage = stage;
      this.handle = handle;
      this.warnings = warnings;
    }

    @Override
    public SQLWarning warnings() {
      return warnings;
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
  private Staged stage(StatementPlan given, String query, VendorStatement handle)
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
        SQLWarning warnings;
        try {
          warnings = work.ask(c, handle, jdbc -> fill(stage, jdbc));
        } finally {
          reserved.forEach(Reserved::close);
        }
        cover(c, plan, reserved, stage);
        work.transaction.touch();
        work.transaction.lockingRead();
        Variables.keep(work, c, plan.setsVariables());
        if (plan.pinsSession()) {
          work.state.pin(Work.abbreviated(plan.sql()));
        }
        return new Staged(stage, handle, warnings);
      } catch (ConnectionLostException e) {
        if (!first || plan.loads()) {
          throw work.transactionLost(c, e.why());
        }
        work.ticket.transactionEnded();
        work.link.lost(c, e.why());
        Link.checkDeadline(deadline, e.why());
      } catch (SQLException e) {
        work.transaction.touch();
        if (!plan.setsVariables().isEmpty()) {
          work.state.pin(Work.abbreviated(plan.sql())); // it may have set some
        }
        throw work.failedInside(c, e);
      } finally {
        work.ticket.leave();
      }
    }
  }

  /** What the query has drawn from sequences. */
  private void cover(ServerConnection c, StatementPlan plan, List<Reserved> reserved, Stage stage)
      throws SQLException, ConnectionLostException {
    try {
      work.sequences.after(c, plan, reserved);
    } catch (SQLException e) {
      try (Statement s = c.jdbc().createStatement()) {
        work.cleanUp(s, stage.drop());
      }
      throw e;
    }
  }

  private SQLWarning fill(Stage stage, Connection jdbc) throws SQLException {
    try (Statement s = jdbc.createStatement()) {
      boolean done = false;
      try {
        SQLWarning warnings = stage.fill(s);
        done = true;
        return warnings;
      } finally {
        if (!done) {
          work.cleanUp(s, stage.drop());
        }
      }
    }
  }

  private static List<Parameter> h2(ResultSet rows, ResultSetMetaData meta) throws SQLException {
    List<Parameter> row = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      row.add(H2Values.value(rows, meta, i, "INSERT … SELECT"));
    }
    return row;
  }
}
