package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Parameter;
import dev.lockstep.sql.Program;
import dev.lockstep.sql.Program.Variable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The variables of one execution of a procedure. A value is stored into a column of the variable's
 * type, in a temporary table on the primary, and read from there: so it is the server that converts
 * it, or says that it does not fit. Used under the session's lock.
 */
final class ProgramVariables {
  /** What goes to the server: for a read the text, for a write its values. */
  private final class Bound implements Arguments {
    private final Program.Text text;

    Bound(Program.Text text) {
      this.text = text;
    }

    @Override
    public List<Parameter> parameters() {
      List<Parameter> all = new ArrayList<>();
      for (Program.Hole h : text.holes()) {
        all.add(values[h.variable().slot()].parameter());
      }
      return all;
    }

    @Override
    public String text(String planned) throws SQLException {
      StringBuilder sql = new StringBuilder(text.pieces().get(0));
      for (int k = 0; k < text.holes().size(); k++) {
        Program.Hole hole = text.holes().get(k);
        sql.append(expression(hole.variable(), hole.limit())).append(text.pieces().get(k + 1));
      }
      return sql.toString();
    }

    @Override
    public void applyTo(PreparedStatement statement) {
      // the text has them
    }
  }

  private record Value(Parameter parameter, String collation) {}

  private static final Value NULL = new Value(Parameter.NULL, null);

  private final Work work;
  private final Program program;
  private final VendorStatement handle;
  private final Value[] values;
  private final String table;
  private final Dialect dialect;
  private ServerConnection made;

  ProgramVariables(Work work, Program program, VendorStatement handle) {
    this.work = work;
    this.program = program;
    this.handle = handle;
    this.dialect = Dialect.of(work.services.vendor());
    this.table = dialect.quote(program.checks().schema()) + ".lockstep_call";
    this.values = new Value[program.variables().size()];
    java.util.Arrays.fill(values, NULL);
  }

  void clear(Variable v) {
    values[v.slot()] = NULL;
  }

  /**
   * Runs something of the engine's own on the connection on which the procedure's statements run.
   *
   * @throws SQLException the server's own error; 40001 where the connection was lost
   */
  <R> R own(SqlFunction<Connection, R> question) throws SQLException {
    boolean inside = work.inTransaction();
    ServerConnection c = inside ? work.inside() : work.link.ready();
    try {
      if (!inside) {
        work.mode(c, false);
      }
      R answer = work.ask(c, handle, question);
      if (inside) {
        work.transaction.touch();
      }
      return answer;
    } catch (ConnectionLostException e) {
      if (inside) {
        throw work.transactionLost(c, e.why());
      }
      work.link.lost(c, e.why());
      throw Errors.rolledBack(
          "the primary was lost in the middle of " + program.routine() + ", which has ended there",
          e.why());
    } catch (SQLException e) {
      if (inside) {
        work.transaction.touch();
        throw work.failedInside(c, e);
      }
      throw work.translate(c, e);
    }
  }

  private String column(Variable v) {
    for (Variable other : program.variables()) {
      if (other != v && other.name().equalsIgnoreCase(v.name())) {
        return dialect.quote(v.name() + "_" + v.slot());
      }
    }
    return dialect.quote(v.name());
  }

  private void make(Connection c) throws SQLException {
    List<String> columns = new ArrayList<>();
    for (Variable v : program.variables()) {
      columns.add(column(v) + " " + v.type() + " NULL");
    }
    try (Statement s = c.createStatement()) {
      s.execute("DROP TEMPORARY TABLE IF EXISTS " + table);
      s.execute(
          "CREATE TEMPORARY TABLE "
              + table
              + " ("
              + String.join(", ", columns)
              + ") ENGINE=InnoDB DEFAULT COLLATE="
              + program.checks().databaseCollation());
    }
  }

  /** Before anything else is done: the account may lack the right. */
  void prepare() throws SQLException {
    if (values.length > 0) {
      own(
          c -> {
            make(c);
            made = work.link.held();
            return null;
          });
    }
  }

  void drop() {
    ServerConnection c = work.link.held();
    if (made != null && c == made && !c.broken()) {
      try (Statement s = c.jdbc().createStatement()) {
        work.cleanUp(s, "DROP TEMPORARY TABLE IF EXISTS " + table);
      } catch (SQLException e) {
        work.link.soil();
      }
    }
  }

  /**
   * Gives variables their values.
   *
   * @param expressions SQL: literals, or user variables that were set by the statement before
   */
  void assign(List<Variable> targets, List<String> expressions) throws SQLException {
    ServerConnection before = work.link.held();
    List<String> columns = new ArrayList<>();
    List<String> read = new ArrayList<>();
    for (Variable v : targets) {
      columns.add(column(v));
      read.add(column(v));
      if (v.family() == Program.Family.STRING) {
        read.add("COLLATION(" + column(v) + ")");
      }
    }
    String text =
        "DELETE FROM "
            + table
            + "; INSERT INTO "
            + table
            + " ("
            + String.join(",", columns)
            + ") VALUES ("
            + String.join(",", expressions)
            + "); SELECT "
            + String.join(",", read)
            + " FROM "
            + table
            + " FOR UPDATE"; // or it would begin the transaction's snapshot
    Value[] found =
        own(
            c -> {
              ServerConnection now = work.link.held();
              if (now != before) {
                // The user variables are not there.
                throw Errors.rolledBack(
                    "the primary was lost in the middle of " + program.routine(), null);
              }
              if (made != now) {
                make(c);
                made = now;
              }
              try (Statement s = c.createStatement()) {
                boolean rows = s.execute(text);
                while (!rows) {
                  if (s.getUpdateCount() < 0) {
                    throw new SQLException("the values of the variables were not given", "XX000");
                  }
                  rows = s.getMoreResults();
                }
                try (ResultSet r = s.getResultSet()) {
                  r.next();
                  return read(r, targets);
                }
              }
            });
    for (int k = 0; k < found.length; k++) {
      values[targets.get(k).slot()] = found[k];
    }
  }

  private static Value[] read(ResultSet r, List<Variable> targets) throws SQLException {
    Value[] found = new Value[targets.size()];
    int column = 1;
    for (int k = 0; k < found.length; k++) {
      if (targets.get(k).family() == Program.Family.STRING) {
        String s = r.getString(column);
        found[k] =
            s == null
                ? NULL
                : new Value(Parameter.of(Parameter.Kind.STRING, s), r.getString(column + 1));
        column += 2;
      } else {
        found[k] = value(r, column++, targets.get(k).family());
      }
    }
    return found;
  }

  private static Value value(ResultSet r, int column, Program.Family family) throws SQLException {
    byte[] bytes = r.getBytes(column);
    if (bytes == null) {
      return NULL;
    }
    String text = new String(bytes, StandardCharsets.US_ASCII);
    Parameter p =
        switch (family) {
          case INTEGER -> Parameter.of(Parameter.Kind.INTEGER, Long.valueOf(text));
          case UNSIGNED -> Parameter.of(Parameter.Kind.BIG_INTEGER, new BigInteger(text));
          case DECIMAL -> Parameter.of(Parameter.Kind.DECIMAL, new BigDecimal(text));
          case DOUBLE -> Parameter.of(Parameter.Kind.DOUBLE, r.getDouble(column));
          default -> Parameter.of(Parameter.Kind.STRING, text);
        };
    return new Value(p, null);
  }

  /** The values for a statement, as they are when it runs. */
  Arguments bound(Program.Text text) {
    return new Bound(text);
  }

  /** The values of an argument of the call. */
  Arguments argument(Program.Input in, List<Parameter> given) throws SQLException {
    ServerConnection c = work.inTransaction() ? work.inside() : work.link.ready();
    StringBuilder sql = new StringBuilder(in.pieces().get(0));
    for (int n = 0; n < in.placeholders().size(); n++) {
      Parameter p = given.get(in.placeholders().get(n));
      sql.append(work.services.analyzer().literal(p, work.state.zone(c)));
      sql.append(in.pieces().get(n + 1));
    }
    return new Arguments() {
      @Override
      public List<Parameter> parameters() {
        return given;
      }

      @Override
      public String text(String planned) {
        return sql.toString();
      }

      @Override
      public void applyTo(PreparedStatement statement) {
        // the text has them
      }
    };
  }

  /** The value as an expression of the variable's type and collation. */
  String expression(Variable v, boolean limit) throws SQLException {
    Value value = values[v.slot()];
    Object o = value.parameter().value();
    String name = "NAME_CONST(" + dialect.literal(v.name()) + ",";
    if (o == null) {
      return limit ? "NULL" : name + "NULL)";
    }
    switch (v.family()) {
      case INTEGER:
        return limit ? o.toString() : name + o + ")";
      case UNSIGNED:
        return limit ? o.toString() : "CAST(" + o + " AS UNSIGNED)";
      case DECIMAL:
        String digits = ((BigDecimal) o).toPlainString();
        return name + digits + (digits.indexOf('.') < 0 ? ".)" : ")");
      case DOUBLE:
        String real = o.toString();
        return name + real + (real.indexOf('E') < 0 ? "E0)" : ")");
      case STRING:
        String charset = value.collation().replaceAll("_.*", "");
        if (!charset.startsWith("utf8")) {
          throw Errors.unsupported(
              "the variable "
                  + v.name()
                  + " of "
                  + program.routine()
                  + " has the character set "
                  + charset
                  + ", which is not supported; use utf8mb4");
        }
        return name
            + "_"
            + charset
            + dialect.literal((String) o)
            + " COLLATE "
            + value.collation()
            + ")";
      default:
        String at = (String) o;
        if (at.startsWith("0000") || at.contains("-00")) {
          int dot = at.indexOf('.');
          String precision = dot < 0 ? "" : "(" + (at.length() - dot - 1) + ")";
          boolean date = v.family() == Program.Family.DATE;
          return "CAST('" + at + "' AS " + (date ? "DATE)" : "DATETIME" + precision + ")");
        }
        return (v.family() == Program.Family.DATE ? "DATE'" : "TIMESTAMP'") + at + "'";
    }
  }

  /** The value as a text for a message. */
  String string(Variable v) {
    Object o = values[v.slot()].parameter().value();
    return o == null ? "" : o.toString();
  }

  /** All rows, their values as literals. */
  Deque<List<String>> rows(ResultSet r) throws SQLException {
    Deque<List<String>> all = new ArrayDeque<>();
    int columns = r.getMetaData().getColumnCount();
    while (r.next()) {
      List<String> row = new ArrayList<>(columns);
      for (int i = 1; i <= columns; i++) {
        row.add(literal(r, i));
      }
      all.add(row);
    }
    return all;
  }

  private String literal(ResultSet r, int i) throws SQLException {
    byte[] bytes = r.getBytes(i);
    if (bytes == null) {
      return "NULL";
    }
    int type = r.getMetaData().getColumnType(i);
    return switch (type) {
      case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.DECIMAL ->
          new String(bytes, StandardCharsets.US_ASCII);
      case Types.DATE, Types.TIMESTAMP, Types.TIME ->
          "'" + new String(bytes, StandardCharsets.US_ASCII) + "'";
      case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR -> dialect.literal(r.getString(i));
      case Types.DOUBLE -> {
        String real = Double.toString(r.getDouble(i));
        yield real.indexOf('E') < 0 ? real + "E0" : real;
      }
      case Types.BIT, Types.BOOLEAN -> {
        String text = new String(bytes, StandardCharsets.US_ASCII);
        // Connector/J calls a TINYINT(1) so too, which comes as digits; a BIT comes as it is.
        if (!text.matches("-?[0-9]+") || r.getMetaData().getPrecision(i) != 1) {
          throw type(r, i);
        }
        yield text;
      }
      default -> throw type(r, i);
    };
  }

  private SQLException type(ResultSet r, int i) throws SQLException {
    return Errors.unsupported(
        "a cursor of "
            + program.routine()
            + " has a column of type "
            + r.getMetaData().getColumnTypeName(i)
            + ", which is not supported; cast it");
  }
}
