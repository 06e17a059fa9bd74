package dev.lockstep.harness.hunt;

import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One round: makes tables, lets sessions write to them at the same time, compares the nodes, drops
 * the tables. For one use by one thread.
 */
final class Round {
  private static final Duration SESSIONS = Duration.ofSeconds(180);
  private static final Duration COMPLETE = Duration.ofSeconds(90);
  private static final int ROWS_AT_FIRST = 12;
  private static final int DROP_ATTEMPTS = 5;
  private static final int LOG_LINES = 60;

  private final HuntTarget target;
  private final RoundPlan plan;
  private final Journal journal = new Journal();
  private final Progress progress = new Progress();
  private final List<String> schema = new ArrayList<>();
  private List<Table> tables = new ArrayList<>();
  private final Drawing drawing = new Drawing();
  private boolean usable = true;
  private boolean trail;

  Round(HuntTarget target, RoundPlan plan) {
    this.target = target;
    this.plan = plan;
  }

  RoundResult run() throws InterruptedException {
    Disturbance disturbance = new Disturbance(target, plan, journal, progress);
    List<String> differences = new ArrayList<>();
    long rows = 0;
    try {
      List<String> before = target.history();
      Random random = new Random(plan.seed());
      List<Table> wanted =
          new SchemaMaker(target.engine(), random, plan.expressionDefaults()).tables();
      try (Connection c = target.connect()) {
        create(c, wanted);
        fill(c, random.nextLong());
      }
      sessions(random.nextLong(), disturbance);
      if (!Disturbance.await(COMPLETE, () -> target.members().size() == target.nodes().size())) {
        progress.finding("not all nodes are in the view at the end: " + target.members());
        usable = false;
      }
      views(before);
      TableComparer.Result compared =
          TableComparer.compareNodes(target.nodes(), HuntTarget.DATABASE);
      differences.addAll(compared.differences());
      rows = compared.rowCounts().values().stream().mapToLong(counts -> counts.get(0)).sum();
      drop();
      // Also where they could not be dropped: what is compared next must not be of this round.
      List<String> left = Leftovers.drop(target);
      if (!left.isEmpty() && compared.equal()) {
        progress.finding("tables are left: " + left);
      }
    } catch (SQLException | RuntimeException e) {
      // Of the round's own connections, not of its sessions'.
      StringWriter stack = new StringWriter();
      e.printStackTrace(new PrintWriter(stack));
      progress.finding("the round ended early: " + stack);
      usable = false;
    }
    dead();
    return new RoundResult(
        plan,
        List.copyOf(differences),
        progress.findings(),
        progress.statements(),
        progress.refusals(),
        progress.commits(),
        progress.rollbacks(),
        rows,
        disturbance.kills(),
        progress.errors(),
        List.copyOf(schema),
        journal.lines(),
        usable);
  }

  /** A server that is down now has ended by itself. */
  private void dead() {
    for (DatabaseNode node : target.nodes()) {
      if (!node.alive()) {
        progress.finding(
            "the server %s has ended by itself:%n%s"
                .formatted(node.name(), String.join("\n", node.log(LOG_LINES))));
        usable = false;
      }
    }
  }

  private void create(Connection c, List<Table> wanted) throws SQLException {
    if (Drawing.possible(target.engine())) {
      execute(c, Drawing.definition(plan.seed()));
    }
    for (Table table : wanted) {
      Table made = table;
      if (!execute(c, table.definition(target.engine()).get(0))) {
        made = table.plain();
        if (!execute(c, made.definition(target.engine()).get(0))) {
          throw new SQLException("cannot create " + made.definition(target.engine()));
        }
      }
      tables.add(made);
      List<String> definition = made.definition(target.engine());
      definition.subList(1, definition.size()).forEach(sql -> execute(c, sql));
      if (target.engine().mysqlFamily()) {
        execute(c, made.viewDefinition());
      }
    }
    tables = List.copyOf(tables);
    for (String sql : new TriggerMaker(target.engine(), plan.seed()).definitions(tables)) {
      trail |= execute(c, sql);
    }
    ProcedureMaker.definitions(target.engine(), tables).forEach(sql -> execute(c, sql));
  }

  private void fill(Connection c, long seed) {
    StatementMaker maker = new StatementMaker(target.engine(), tables, new Random(seed));
    for (Table table : tables) {
      for (int i = 0; i < ROWS_AT_FIRST; i++) {
        Call call = maker.fill(table);
        try {
          journal.add("fill", journal.now(), call.toString(), call.execute(c));
        } catch (SQLException e) {
          failed("fill", call.toString(), e);
        }
      }
    }
  }

  private boolean execute(Connection c, String sql) {
    try {
      Call.plain(sql).execute(c);
      journal.add("schema", journal.now(), sql, "ok");
      schema.add(sql);
      return true;
    } catch (SQLException e) {
      failed("schema", sql, e);
      return false;
    }
  }

  private void failed(String who, String sql, SQLException e) {
    Verdict verdict = Verdict.of(e, target.engine(), progress.nodeKilled());
    journal.add(who, journal.now(), sql, verdict + " " + Session.describe(e));
    if (verdict == Verdict.FINDING) {
      progress.finding(who + ": " + Session.describe(e) + " at: " + sql);
    }
    if (verdict == Verdict.REFUSED) {
      progress.refused();
    }
    progress.error(Verdict.kind(e));
  }

  private void sessions(long seed, Disturbance disturbance)
      throws SQLException, InterruptedException {
    Random seeds = new Random(seed);
    List<Session> sessions = new ArrayList<>();
    for (int i = 0; i < plan.sessions(); i++) {
      sessions.add(
          new Session(
              "s" + (i + 1), target, tables, plan, seeds.nextLong(), journal, progress, drawing));
    }
    progress.sessions(sessions.size());
    List<Thread> threads = new ArrayList<>();
    for (Session session : sessions) {
      Thread thread = new Thread(session, "lockstep-hunt-" + threads.size());
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    disturbance.run(tables);
    if (!progress.awaitEnd(SESSIONS.toMillis())) {
      for (Thread thread : threads) {
        if (thread.isAlive()) {
          List<String> stack = new ArrayList<>();
          for (StackTraceElement element : thread.getStackTrace()) {
            stack.add("    at " + element);
          }
          progress.finding("%s hangs:%n%s".formatted(thread.getName(), String.join("\n", stack)));
        }
      }
      usable = false;
      sessions.forEach(Session::abandon);
    }
  }

  /** A node that leaves without a fault, or for a difference, is a finding. */
  private void views(List<String> before) throws InterruptedException {
    for (String view : target.history()) {
      if (!before.contains(view)
          && (plan.fault() != RoundPlan.Fault.NODE || view.contains("difference"))) {
        progress.finding("the view changed: " + view);
      }
    }
  }

  private void drop() throws InterruptedException, SQLException {
    SQLException last = null;
    List<String> left = new ArrayList<>();
    Leftovers.made(target).forEach(table -> left.add("DROP TABLE " + table));
    for (int i = tables.size() - 1; i >= 0; i--) {
      if (target.engine().mysqlFamily()) {
        left.add("DROP PROCEDURE IF EXISTS " + ProcedureMaker.name(tables.get(i)));
        left.add("DROP VIEW IF EXISTS " + tables.get(i).view().name());
      }
      left.add("DROP TABLE " + tables.get(i).name());
    }
    if (trail) {
      left.add("DROP TABLE " + TriggerMaker.TRAIL);
    }
    if (Drawing.possible(target.engine())) {
      left.add("DROP SEQUENCE " + Drawing.NAME);
    }
    for (int attempt = 0; attempt < DROP_ATTEMPTS && !left.isEmpty(); attempt++) {
      try (Connection c = target.connect()) {
        while (!left.isEmpty()) {
          Call.plain(left.get(0)).execute(c);
          left.remove(0);
        }
      } catch (SQLException e) {
        last = e;
      }
    }
    if (!left.isEmpty()) {
      usable = false;
      progress.finding("cannot drop the tables: " + Session.describe(last) + " at " + left.get(0));
    }
  }
}
