package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.DatabaseNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What happens to a round from outside: kills, DDL, the planted difference. For one thread. */
final class Disturbance {
  /** How names of tables made by CREATE TABLE … AS SELECT begin. */
  static final String MADE = "made_";

  private static final long POLL_MILLIS = 50;
  private static final Duration OUT = Duration.ofSeconds(20);
  private static final Duration BACK = Duration.ofSeconds(90);
  private static final double SHARE_OF_CONNECTIONS = 0.5;

  private final HuntTarget target;
  private final RoundPlan plan;
  private final Journal journal;
  private final Progress progress;
  private final Random random;
  private int kills;

  Disturbance(HuntTarget target, RoundPlan plan, Journal journal, Progress progress) {
    this.target = target;
    this.plan = plan;
    this.journal = journal;
    this.progress = progress;
    this.random = new Random(plan.seed() + 17);
  }

  int kills() {
    return kills;
  }

  /** Runs beside the sessions, at points that the number of statements gives. */
  void run(List<Table> tables) throws SQLException, InterruptedException {
    int all = plan.sessions() * plan.statements();
    Random faults = new Random(random.nextLong());
    Random changes = new Random(random.nextLong());
    Random planted = new Random(random.nextLong());
    if (plan.ddl()) {
      progress.await(all / 5);
      change(tables, changes);
    }
    progress.await(all / 3);
    switch (plan.fault()) {
      case NONE -> {}
      case CONNECTIONS -> killConnections(faults);
      case NODE -> killNode(faults);
    }
    if (plan.ddl()) {
      progress.await(all * 3 / 5);
      change(tables, changes);
    }
    if (plan.plant()) {
      progress.await(all * 9 / 10);
      long begin = journal.now();
      String done = new Plant(target, tables, planted.nextLong()).corrupt();
      journal.add("PLANT", begin, String.valueOf(done), "ok");
    }
  }

  private void killConnections(Random faults) throws SQLException {
    DatabaseNode node = target.nodes().get(faults.nextInt(target.nodes().size()));
    long begin = journal.now();
    Random which = new Random(faults.nextLong());
    int killed = node.killConnections(id -> which.nextDouble() < SHARE_OF_CONNECTIONS);
    kills++;
    journal.add("FAULT", begin, "kill connections of " + node.name(), killed + " killed");
  }

  private void killNode(Random faults) throws InterruptedException {
    int index = faults.nextInt(target.nodes().size());
    DatabaseNode node = target.nodes().get(index);
    progress.busy(true);
    try {
      progress.nodeKilled(true);
      long begin = journal.now();
      node.kill();
      kills++;
      journal.add("FAULT", begin, "kill -9 " + node.name(), "ok");
      begin = journal.now();
      boolean out = await(OUT, () -> !target.members().contains(index));
      journal.add("FAULT", begin, node.name() + " leaves the view", out ? "ok" : "no");
      progress.await(progress.statements() + plan.statements());
      begin = journal.now();
      node.start();
      journal.add("FAULT", begin, "start " + node.name(), "ok");
      begin = journal.now();
      boolean back = await(BACK, () -> target.members().size() == target.nodes().size());
      journal.add("FAULT", begin, node.name() + " comes back into the view", back ? "ok" : "no");
      if (!back) {
        progress.finding(
            "%s is not back in the view within %d s".formatted(node.name(), BACK.toSeconds()));
      }
    } finally {
      progress.busy(false);
    }
  }

  interface Condition {
    boolean holds() throws InterruptedException;
  }

  static boolean await(Duration limit, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(POLL_MILLIS);
    }
    return true;
  }

  private void change(List<Table> tables, Random changes) throws SQLException {
    Table table = tables.get(changes.nextInt(tables.size()));
    List<String> choice = new ArrayList<>();
    String t = table.name();
    int number = changes.nextInt(1000);
    choice.add("ALTER TABLE %s ADD COLUMN x%d INT".formatted(t, number));
    choice.add(
        "ALTER TABLE %s ADD COLUMN x%d VARCHAR(20) DEFAULT 'new' NOT NULL".formatted(t, number));
    choice.add("CREATE INDEX %s_x%d ON %s (s, n)".formatted(t, number, t));
    List<Column> others = table.others();
    choice.add(
        "ALTER TABLE %s DROP COLUMN %s"
            .formatted(t, others.get(Math.min(2, others.size() - 1)).name()));
    choice.add("TRUNCATE TABLE " + t);
    choice.add("CREATE TABLE %s%d AS SELECT n, s FROM %s".formatted(MADE, number, t));
    String sql = choice.get(changes.nextInt(choice.size()));
    long begin = journal.now();
    try (Connection c = target.connect()) {
      journal.add("DDL", begin, sql, Call.plain(sql).execute(c));
    } catch (SQLException e) {
      Verdict verdict = Verdict.of(e, target.engine(), progress.nodeKilled());
      journal.add("DDL", begin, sql, verdict + " " + Session.describe(e));
      if (verdict == Verdict.FINDING) {
        progress.finding("DDL: " + Session.describe(e) + " at: " + sql);
      } else if (verdict == Verdict.REFUSED) {
        progress.refused();
      }
      progress.error(Verdict.kind(e));
    }
  }
}
