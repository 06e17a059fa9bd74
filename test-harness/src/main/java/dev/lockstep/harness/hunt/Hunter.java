package dev.lockstep.harness.hunt;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Runs rounds of random statements against a target until the time is over or its nodes differ, and
 * then looks for a smaller round that differs too. For one use by one thread.
 */
public final class Hunter {
  private static final int FILES = 10;

  private final HuntTarget target;
  private final HuntOptions options;
  private final Consumer<String> story;
  private final Consumer<String> ticker;
  private final List<String> differences = new ArrayList<>();
  private final List<String> findings = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final Map<String, Integer> errors = new TreeMap<>();
  private String smallest;
  private int rounds;
  private long statements;
  private long refused;
  private long commits;
  private long rollbacks;
  private long rows;
  private int kills;

  /**
   * A hunter that has not begun.
   *
   * @param story told what is found
   * @param ticker told each round
   */
  public Hunter(
      HuntTarget target, HuntOptions options, Consumer<String> story, Consumer<String> ticker) {
    this.target = target;
    this.options = options;
    this.story = story;
    this.ticker = ticker;
  }

  /** Hunts. All nodes of the target are in the view at the beginning. */
  public HuntResult run() throws InterruptedException {
    long end = System.nanoTime() + options.time().toNanos();
    int number = options.firstRound();
    do {
      long begin = System.nanoTime();
      RoundResult round = new Round(target, RoundPlan.of(options, target.engine(), number)).run();
      count(round);
      ticker.accept(
          "%s: %d statements, %d refused, %d rows, %d ms, %s"
              .formatted(
                  round.plan(),
                  round.statements(),
                  round.refused(),
                  round.rows(),
                  (System.nanoTime() - begin) / 1_000_000,
                  round.clean() ? "equal" : "FOUND SOMETHING"));
      if (!round.clean()) {
        found(round);
      }
      if (round.differs()) {
        differences.addAll(round.differences());
        shrink(round);
        break;
      }
      if (!round.usable()) {
        story.accept("the target cannot go on");
        break;
      }
      number++;
    } while (System.nanoTime() < end);
    return new HuntResult(
        rounds,
        statements,
        refused,
        commits,
        rollbacks,
        rows,
        kills,
        List.copyOf(differences),
        List.copyOf(findings),
        new TreeMap<>(errors),
        smallest,
        List.copyOf(files));
  }

  private void count(RoundResult round) {
    rounds++;
    statements += round.statements();
    refused += round.refused();
    commits += round.commits();
    rollbacks += round.rollbacks();
    rows += round.rows();
    kills += round.kills();
    round.errors().forEach((error, n) -> errors.merge(error, n, Integer::sum));
    findings.addAll(round.findings());
  }

  private void found(RoundResult round) {
    story.accept("seed " + options.seed());
    Report.head(round).forEach(story);
    if (files.size() < FILES) {
      Path file = Report.write(round);
      files.add(file);
      story.accept("  tables and journal: " + file);
    }
  }

  /** Repeats the round with less of everything, as long as it differs. */
  private void shrink(RoundResult first) throws InterruptedException {
    RoundPlan best = first.plan();
    smallest = best.toString();
    long end = System.nanoTime() + options.shrink().toNanos();
    boolean usable = first.usable();
    boolean smaller = true;
    while (smaller && usable) {
      smaller = false;
      for (RoundPlan plan : smaller(best)) {
        if (System.nanoTime() > end || !usable) {
          break;
        }
        RoundResult round = new Round(target, plan).run();
        usable = round.usable();
        ticker.accept("shrinking: " + plan + (round.differs() ? " differs" : " is equal"));
        if (round.differs()) {
          best = plan;
          smallest = best.toString();
          smaller = true;
          Path file = Report.write(round);
          files.add(file);
          break;
        }
      }
    }
    story.accept("the smallest that still differs: " + smallest);
    if (files.size() > 1) {
      story.accept("  its tables and journal: " + files.get(files.size() - 1));
    }
  }

  private static List<RoundPlan> smaller(RoundPlan plan) {
    List<RoundPlan> plans = new ArrayList<>();
    if (plan.sessions() > 1) {
      plans.add(plan.with(plan.sessions() / 2, plan.statements()));
    }
    if (plan.statements() > 1) {
      plans.add(plan.with(plan.sessions(), plan.statements() / 2));
    }
    if (plan.fault() != RoundPlan.Fault.NONE) {
      plans.add(plan.without(true, false));
    }
    if (plan.ddl()) {
      plans.add(plan.without(false, true));
    }
    return plans;
  }
}
