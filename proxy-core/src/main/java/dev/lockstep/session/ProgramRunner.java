package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Parameter;
import dev.lockstep.sql.Program;
import dev.lockstep.sql.Program.Step;
import dev.lockstep.sql.Program.Variable;
import dev.lockstep.sql.StatementPlan;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Executes a procedure that writes, statement by statement, each as if the application had sent it:
 * so what it changes is captured. Expressions are evaluated by the primary ({@link
 * ProgramVariables}). One execution; used under the session's lock.
 */
final class ProgramRunner {
  /** Executes one statement. */
  interface Inner {
    StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
        throws SQLException;
  }

  /** LEAVE and ITERATE on their way to the label. */
  private static final class Jumped extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Program.Jump jump;

    Jumped(Program.Jump jump) {
      super(null, null, false, false);
      this.jump = jump;
    }

    boolean to(String label, boolean leave) {
      return !label.isEmpty() && jump.label().equals(label) && jump.leave() == leave;
    }
  }

  /** The end of a block whose handler has run; or an error of the handler, for outer blocks. */
  private static final class Left extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Program.Block block;
    private final transient SQLException error;

    Left(Program.Block block, SQLException error) {
      super(null, null, false, false);
      this.block = block;
      this.error = error;
    }
  }

  private final Work work;
  private final Inner inner;
  private final StatementPlan plan;
  private final Program program;
  private final Arguments arguments;
  private final VendorStatement handle;
  private final VendorStatement quiet;
  private final ProgramVariables variables;
  private final List<StatementResult> results = new ArrayList<>();
  private final Map<Integer, Deque<List<String>>> cursors = new HashMap<>();
  private final Deque<SQLException> handled = new ArrayDeque<>();
  private Deque<Program.Block> active = new ArrayDeque<>();
  private boolean mariadb;

  /** Of the last statement; -1 where it is no write. */
  private long count;

  /** Of all statements. */
  private long sum;

  ProgramRunner(
      Work work, Inner inner, StatementPlan plan, Arguments arguments, VendorStatement handle) {
    this.work = work;
    this.inner = inner;
    this.plan = plan;
    this.program = plan.program();
    this.arguments = arguments;
    this.handle = handle;
    this.quiet = handle.inside(false);
    this.variables = new ProgramVariables(work, program, quiet);
  }

  StatementResult run() throws SQLException {
    if (handle.fetchSize() == Integer.MIN_VALUE) {
      throw Errors.unsupported("rows of a CALL cannot be streamed; set another fetch size");
    }
    if (!work.state.temporary().isEmpty()) {
      throw refused("the session has temporary tables");
    }
    check();
    boolean ended = false;
    try {
      variables.prepare();
      inputs();
      try {
        step(program.body());
      } catch (Left e) {
        throw e.error;
      } catch (SQLException e) {
        throw stopped(e);
      }
      ResultSet outs = outputs();
      // What the servers tell: MariaDB adds up, MySQL looks at the last statement.
      results.add(StatementResult.count(mariadb ? sum : Math.max(0, count)));
      ended = true;
      return StatementResult.several(results, outs);
    } finally {
      if (!ended) {
        closeResults();
      }
      quiet.close();
      variables.drop();
    }
  }

  /**
   * No handler has run, and so what the procedure would have done to end its transaction has not
   * been done either.
   */
  private SQLException stopped(SQLException e) throws SQLException {
    if (!"0A001".equals(e.getSQLState()) || !work.inTransaction()) {
      return e;
    }
    work.rollback();
    return Errors.unsupported(
        "the transaction was rolled back in the middle of "
            + program.routine()
            + ": "
            + e.getMessage());
  }

  private SQLException refused(String why) {
    return Errors.unsupported(
        "CALL of " + program.routine() + ", which may write, is not supported here: " + why);
  }

  private void closeResults() {
    for (StatementResult r : results) {
      try {
        if (r.rows() != null) {
          r.rows().close();
        }
      } catch (SQLException e) {
        continue; // its connection is gone, and the rows with it
      }
    }
  }

  // ---- what it runs under ----

  private void check() throws SQLException {
    Program.Checks needed = program.checks();
    if (!needed.schema().equals(work.state.schema())) {
      throw refused("it runs in the database " + needed.schema() + "; make that the current one");
    }
    boolean seen =
        variables.own(
            c -> {
              try (var s = c.createStatement();
                  ResultSet r =
                      s.executeQuery(
                          "SELECT @@sql_mode, @@character_set_client, @@collation_connection,"
                              + " CURRENT_USER(), VERSION()")) {
                r.next();
                mariadb = r.getString(5).contains("MariaDB");
                if (!modes(r.getString(1)).equals(modes(needed.sqlMode()))) {
                  throw refused("it was made under another sql_mode: " + needed.sqlMode());
                }
                if (!r.getString(2).equals(needed.charset())
                    || !r.getString(3).equals(needed.collation())) {
                  throw refused(
                      "it was made under another character set or collation: "
                          + needed.charset()
                          + ", "
                          + needed.collation());
                }
                if (needed.definer() != null && !needed.definer().equals(r.getString(4))) {
                  throw refused("it runs with the rights of " + needed.definer());
                }
              }
              return needed.definer() != null || executable(c);
            });
    if (!seen) {
      throw new SQLException(
          "execute command denied for routine '" + program.routine() + "'", "42000", 1370);
    }
  }

  /** The information schema shows what an account may execute, alter or see. */
  private boolean executable(java.sql.Connection c) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'PROCEDURE' AND"
                + " ROUTINE_SCHEMA = ? AND ROUTINE_NAME = ?")) {
      s.setString(1, program.checks().schema());
      s.setString(2, program.checks().name());
      try (ResultSet r = s.executeQuery()) {
        return r.next() && r.getInt(1) > 0;
      }
    }
  }

  private static Set<String> modes(String text) {
    return new HashSet<>(Arrays.asList(text.split(",")));
  }

  private void inputs() throws SQLException {
    List<Parameter> given = arguments.parameters();
    for (int k = 0; k < program.inputs().size(); k++) {
      Program.Input in = program.inputs().get(k);
      if (in == null) {
        continue;
      }
      inner.run(in.plan(), variables.argument(in, given), quiet);
      variables.assign(List.of(program.variables().get(k)), List.of(Program.into(0)));
    }
  }

  private ResultSet outputs() throws SQLException {
    List<String> values = new ArrayList<>();
    List<String> targets = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    List<String> given = new ArrayList<>();
    for (int k = 0; k < program.inputs().size(); k++) {
      String name = program.names().get(k);
      int placeholder = program.outputs().get(k);
      if (name == null && placeholder < 0) {
        continue;
      }
      String target = name != null ? name : "@lockstep_out_" + placeholder;
      values.add(variables.expression(program.variables().get(k), false));
      targets.add(target);
      (name != null ? kept : given).add(target);
    }
    if (values.isEmpty()) {
      return null;
    }
    String set = "SELECT " + String.join(",", values) + " INTO " + String.join(",", targets);
    ServerConnection[] on = new ServerConnection[1];
    ResultSet row =
        variables.own(
            c -> {
              try (var s = c.createStatement()) {
                s.execute(set);
              }
              on[0] = work.link.held();
              return given.isEmpty()
                  ? null
                  : CallRunner.row(on[0], "SELECT " + String.join(",", given));
            });
    Variables.keep(work, on[0], kept);
    return row;
  }

  // ---- steps ----

  private void steps(List<Step> steps) throws SQLException {
    for (Step s : steps) {
      step(s);
    }
  }

  private void step(Step step) throws SQLException {
    try {
      execute(step);
    } catch (SQLException e) {
      handle(e);
    }
  }

  private void execute(Step step) throws SQLException {
    if (step instanceof Program.Block b) {
      block(b);
    } else if (step instanceof Program.Assign a) {
      assign(a);
    } else if (step instanceof Program.Lock l) {
      lock(l);
    } else if (step instanceof Program.If choice) {
      choose(choice);
    } else if (step instanceof Program.Loop l) {
      loop(l);
    } else if (step instanceof Program.Jump j) {
      throw new Jumped(j);
    } else if (step instanceof Program.Run r) {
      statement(r.text());
    } else if (step instanceof Program.Signal s) {
      throw signalled(s);
    } else if (step instanceof Program.Open o) {
      open(o);
    } else if (step instanceof Program.Close c) {
      if (cursors.remove(c.cursor()) == null) {
        throw new SQLException("Cursor is not open", "24000", 1326);
      }
    } else if (step instanceof Program.Fetch f) {
      fetch(f);
    }
  }

  private void block(Program.Block b) throws SQLException {
    boolean entered = false;
    try {
      for (Program.Assign a : b.defaults()) {
        assign(a);
      }
      active.push(b);
      entered = true;
      steps(b.steps());
    } catch (Jumped j) {
      if (!j.to(b.label(), true)) {
        throw j;
      }
    } catch (Left e) {
      if (e.block != b) {
        throw e;
      }
      if (e.error != null) {
        throw e.error;
      }
    } finally {
      if (entered) {
        active.pop();
      }
      b.cursors().forEach(cursors::remove);
    }
  }

  private void choose(Program.If choice) throws SQLException {
    for (Program.Branch branch : choice.branches()) {
      if (branch.condition() == null || holds(branch.condition())) {
        steps(branch.steps());
        return;
      }
    }
    if (choice.needsOne()) {
      throw new SQLException("Case not found for CASE statement", "20000", 1339);
    }
  }

  private void loop(Program.Loop l) throws SQLException {
    try {
      while (l.before() == null || holds(l.before())) {
        try {
          steps(l.steps());
        } catch (Jumped j) {
          if (!j.to(l.label(), false)) {
            throw j;
          }
          continue; // also REPEAT begins again, without its condition
        }
        if (l.after() != null && holds(l.after())) {
          return;
        }
      }
    } catch (Jumped j) {
      if (!j.to(l.label(), true)) {
        throw j;
      }
    }
  }

  private boolean holds(Program.Text condition) throws SQLException {
    StatementResult r = inner.run(condition.plan(), variables.bound(condition), quiet);
    try (ResultSet rows = r.rows()) {
      return rows.next() && rows.getInt(1) == 1;
    }
  }

  private void assign(Program.Assign a) throws SQLException {
    if (a.query() == null) {
      a.targets().forEach(variables::clear);
      return;
    }
    StatementResult r = inner.run(a.query().plan(), variables.bound(a.query()), quiet);
    if (a.rows()) {
      count = r.count();
      sum += r.count();
      if (r.count() == 0) {
        SQLException none = noData();
        if (handler(none) != null) {
          throw none;
        }
        return; // a warning only
      }
    }
    List<Variable> targets = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (int k = 0; k < a.targets().size(); k++) {
      if (a.targets().get(k) != null) {
        targets.add(a.targets().get(k));
        values.add(Program.into(k));
      }
    }
    if (!targets.isEmpty()) {
      variables.assign(targets, values);
    }
  }

  private void lock(Program.Lock l) throws SQLException {
    StatementResult r = inner.run(l.query().plan(), variables.bound(l.query()), quiet);
    Deque<List<String>> rows;
    try (ResultSet found = r.rows()) {
      rows = variables.rows(found);
    }
    count = Math.min(1, rows.size());
    sum += count;
    if (rows.size() > 1) {
      throw new SQLException("Result consisted of more than one row", "42000", 1172);
    }
    if (!rows.isEmpty()) {
      variables.assign(l.targets(), rows.poll());
    } else if (handler(noData()) != null) {
      throw noData();
    }
  }

  private static SQLException noData() {
    return new SQLException("No data - zero rows fetched, selected, or processed", "02000", 1329);
  }

  private void statement(Program.Text text) throws SQLException {
    StatementPlan p = text.plan();
    VendorStatement on = p.returnsRows() ? handle.inside(true) : quiet;
    StatementResult r = inner.run(p, variables.bound(text), on);
    if (r.rows() != null) {
      on.current().closeOnCompletion();
      results.add(StatementResult.rows(r.rows()));
      count = -1;
    } else {
      boolean write = p.kind() == StatementPlan.Kind.WRITE || p.kind() == StatementPlan.Kind.COPY;
      count = write ? r.count() : 0;
      sum += count;
    }
  }

  private SQLException signalled(Program.Signal s) {
    if (s.state() == null) {
      return handled.isEmpty()
          ? new SQLException("RESIGNAL when handler not active", "0K000", 1645)
          : handled.peek();
    }
    String message = s.messageOf() == null ? s.message() : variables.string(s.messageOf());
    return new SQLException(message, s.state(), s.number());
  }

  private void open(Program.Open o) throws SQLException {
    if (cursors.containsKey(o.cursor())) {
      throw new SQLException("Cursor is already open", "24000", 1325);
    }
    StatementResult r = inner.run(o.query().plan(), variables.bound(o.query()), quiet);
    try (ResultSet rows = r.rows()) {
      cursors.put(o.cursor(), variables.rows(rows));
    }
  }

  private void fetch(Program.Fetch f) throws SQLException {
    Deque<List<String>> rows = cursors.get(f.cursor());
    if (rows == null) {
      throw new SQLException("Cursor is not open", "24000", 1326);
    }
    List<String> row = rows.poll();
    if (row == null) {
      throw noData();
    }
    if (row.size() != f.targets().size()) {
      throw new SQLException("Incorrect number of FETCH variables", "HY000", 1328);
    }
    variables.assign(f.targets(), row);
  }

  // ---- handlers ----

  private record Match(Program.Block block, Program.Handler handler) {}

  /**
   * What Lockstep says of the transaction or the connection is no business of the procedure's; nor
   * is a deadlock, after which the transaction is gone.
   */
  private static boolean fatal(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || e.getMessage() == null
        || e.getMessage().startsWith("Lockstep:")
        || state.startsWith("08")
        || Set.of("40001", "0A001", "25006", "57014", "70100").contains(state);
  }

  /** The handler of the innermost block that has one, the most specific in it. */
  private Match handler(SQLException e) {
    if (fatal(e)) {
      return null;
    }
    String state = e.getSQLState();
    boolean none = state.startsWith("02");
    List<String> wanted =
        List.of(Integer.toString(e.getErrorCode()), state, none ? "NOT FOUND" : "SQLEXCEPTION");
    for (Program.Block b : active) {
      for (String condition : wanted) {
        for (Program.Handler h : b.handlers()) {
          if (h.conditions().contains(condition)) {
            return new Match(b, h);
          }
        }
      }
    }
    return null;
  }

  private void handle(SQLException e) throws SQLException {
    Match m = handler(e);
    if (m == null) {
      throw e;
    }
    Deque<Program.Block> before = active;
    Deque<Program.Block> outside = new ArrayDeque<>();
    boolean beyond = false;
    for (Program.Block b : before) {
      if (beyond) {
        outside.addLast(b);
      }
      beyond |= b == m.block();
    }
    active = outside;
    count = -1;
    handled.push(e);
    try {
      step(m.handler().action());
    } catch (SQLException again) {
      throw new Left(m.block(), again);
    } finally {
      handled.pop();
      active = before;
    }
    if (m.handler().exit()) {
      throw new Left(m.block(), null);
    }
  }
}
