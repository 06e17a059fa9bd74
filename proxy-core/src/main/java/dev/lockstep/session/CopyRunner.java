package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Parameter;
import dev.lockstep.sql.StatementPlan;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
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
    boolean own = !work.inTransaction();
    if (own) {
      work.transaction.beginExplicit(false);
    }
    try {
      StatementResult result = copy(plan, arguments, handle, own);
      if (own) {
        work.commit();
      }
      return result;
    } catch (SQLException e) {
      if (own) {
        work.rollback();
      }
      throw e;
    } catch (RuntimeException | Error e) {
      Work.cut(work.link.held());
      throw e;
    } finally {
      if (own) {
        work.endTransaction();
      }
    }
  }

  private StatementResult copy(
      StatementPlan plan, Arguments arguments, VendorStatement handle, boolean own)
      throws SQLException {
    List<List<Parameter>> rows = read(plan, arguments);
    boolean undoable = !own && rows.size() > ROWS_TOGETHER;
    if (undoable) {
      savepoint();
    }
    long count = 0;
    try {
      for (int from = 0; from < rows.size(); from += ROWS_TOGETHER) {
        List<List<Parameter>> some =
            rows.subList(from, Math.min(rows.size(), from + ROWS_TOGETHER));
        String insert = plan.insertOf(some.size(), some.get(0).size());
        List<Parameter> values = new ArrayList<>();
        some.forEach(values::addAll);
        count +=
            writer
                .run(
                    work.services.analyzer().analyze(insert, work.state.schema()),
                    new Values(values),
                    handle)
                .count();
      }
    } catch (SQLException e) {
      if (undoable && work.transaction.touched() && work.link.sound()) {
        undo();
      }
      throw e;
    }
    return StatementResult.count(count);
  }

  /** The guard is set first, so that going back does not remove it. */
  private void savepoint() throws SQLException {
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

  private List<List<Parameter>> read(StatementPlan plan, Arguments arguments) throws SQLException {
    String query;
    try {
      query =
          plan.bindQuery(
              arguments.parameters(),
              new WriteContext(work.state, work.inside()),
              work.state.isolation() != Connection.TRANSACTION_READ_COMMITTED
                  && work.state.isolation() != Connection.TRANSACTION_READ_UNCOMMITTED);
    } catch (WriteContext.ZoneFailure e) {
      throw e.sql();
    }
    VendorStatement statement = new VendorStatement(false, ResultSet.TYPE_FORWARD_ONLY, 0);
    StatementResult found =
        reader.run(
            work.services.analyzer().analyze(query, work.state.schema()),
            Arguments.NONE,
            statement);
    try (ResultSet rows = found.rows()) {
      return values(rows);
    } finally {
      statement.close();
    }
  }

  private List<List<Parameter>> values(ResultSet rows) throws SQLException {
    boolean mysql = work.services.vendor().mysqlFamily();
    ResultSetMetaData meta = rows.getMetaData();
    int columns = meta.getColumnCount();
    List<List<Parameter>> all = new ArrayList<>();
    long bytes = 0;
    while (rows.next()) {
      List<Parameter> row = new ArrayList<>(columns);
      for (int i = 1; i <= columns; i++) {
        Parameter p = mysql ? mysql(rows, meta, i) : h2(rows, meta, i);
        row.add(p);
        bytes +=
            p.value() instanceof String s
                ? s.length()
                : p.value() instanceof byte[] b ? b.length : 8;
      }
      if (bytes > work.services.settings().maxWriteSet()) {
        throw WriteRunner.tooLarge(work, bytes);
      }
      all.add(row);
    }
    return all;
  }

  /** The server's own text of a value, which it reads again without loss. */
  private static Parameter mysql(ResultSet rows, ResultSetMetaData meta, int i)
      throws SQLException {
    String type = meta.getColumnTypeName(i).toUpperCase(java.util.Locale.ROOT);
    switch (meta.getColumnType(i)) {
      case Types.REAL:
        throw inexact(type, meta, i, "CAST(… AS DOUBLE)");
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB:
        if (type.contains("GEOMETRY")) {
          throw inexact(type, meta, i, "ST_AsWKB and ST_GeomFromWKB");
        }
        return Parameter.of(Parameter.Kind.BYTES, rows.getBytes(i));
      case Types.CHAR,
      Types.VARCHAR,
      Types.LONGVARCHAR,
      Types.NCHAR,
      Types.NVARCHAR,
      Types.LONGNVARCHAR,
      Types.CLOB:
        return Parameter.of(Parameter.Kind.STRING, rows.getString(i));
      default:
        if (type.contains("GEOMETRY") || type.equals("BIT") && meta.getPrecision(i) > 1) {
          throw inexact(type, meta, i, "CAST(… AS UNSIGNED)");
        }
        byte[] text = rows.getBytes(i);
        if (text != null && text.length == 1 && text[0] >= 0 && text[0] <= 1) {
          return Parameter.of(Parameter.Kind.INTEGER, (long) text[0]); // BIT(1)
        }
        return Parameter.of(
            Parameter.Kind.STRING, text == null ? null : new String(text, StandardCharsets.UTF_8));
    }
  }

  private static Parameter h2(ResultSet rows, ResultSetMetaData meta, int i) throws SQLException {
    Object value =
        switch (meta.getColumnType(i)) {
          case Types.DATE -> rows.getObject(i, LocalDate.class);
          case Types.TIME -> rows.getObject(i, LocalTime.class);
          case Types.TIMESTAMP -> rows.getObject(i, LocalDateTime.class);
          case Types.CLOB -> rows.getString(i);
          case Types.BLOB -> rows.getBytes(i);
          default -> rows.getObject(i);
        };
    if (meta.getColumnTypeName(i).contains("JSON")) {
      throw inexact("JSON", meta, i, "CAST(… AS VARCHAR)");
    }
    return Parameter.of(value, 0);
  }

  private static SQLException inexact(String type, ResultSetMetaData meta, int i, String instead)
      throws SQLException {
    return Errors.unsupported(
        "INSERT … SELECT of the "
            + type
            + " column "
            + meta.getColumnLabel(i)
            + " is not supported, because its text is not exact; use "
            + instead);
  }
}
