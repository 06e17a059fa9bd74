package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** One client of a round: a connection on which it runs its share of statements. For one thread. */
final class Session implements Runnable {
  private static final int LONGER = 20;
  // No user variables: a session that has one gets 08006 when its server connection is lost,
  // rightly.
  private static final List<String> MARIADB_SETTINGS =
      List.of(
          "SET time_zone = '+05:30'",
          "SET time_zone = '-08:00'",
          "SET sql_mode = ''",
          "SET sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'",
          "SET sql_mode = 'ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES'",
          "SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,STRICT_TRANS_TABLES'",
          "SET collation_connection = 'utf8mb4_bin'",
          "SET auto_increment_increment = 3",
          "SET timestamp = 1700000000",
          "SET foreign_key_checks = 0",
          "SET foreign_key_checks = 1",
          "SET unique_checks = 0",
          "SET div_precision_increment = 9",
          "SET insert_id = 77");
  private static final List<String> H2_SETTINGS =
      List.of("SET TIME ZONE '5:30'", "SET TIME ZONE '-8:00'", "SET TIME ZONE LOCAL");

  private final String name;
  private final HuntTarget target;
  private final int statements;
  private final boolean settings;
  private final Random random;
  private final StatementMaker maker;
  private final Journal journal;
  private final Progress progress;
  private final Drawing drawing;
  private final List<Table> tables;
  private final Random draws;
  private volatile Connection connection;
  private int done;

  Session(
      String name,
      HuntTarget target,
      List<Table> tables,
      RoundPlan plan,
      long seed,
      Journal journal,
      Progress progress,
      Drawing drawing) {
    this.drawing = drawing;
    this.tables = tables;
    this.draws = new Random(seed ^ 0xd4a1);
    this.name = name;
    this.target = target;
    this.statements = plan.statements();
    this.settings = plan.settings();
    this.random = new Random(seed);
    this.maker = new StatementMaker(target.engine(), tables, new Random(random.nextLong()));
    this.journal = journal;
    this.progress = progress;
  }

  @Override
  public void run() {
    try {
      while (done < statements || progress.busy() && done < LONGER * statements) {
        if (connection == null && !connect()) {
          return;
        }
        transaction();
        if (connection.isClosed()) {
          connection = null;
        }
      }
    } catch (SQLException | RuntimeException e) {
      journal.add(name, journal.now(), "ended", e.toString());
      progress.finding(name + " ended: " + e);
    } finally {
      abandon();
      progress.ended();
    }
  }

  private boolean connect() {
    long begin = journal.now();
    try {
      connection = target.connect();
      journal.add(name, begin, "connect", "ok");
      return true;
    } catch (SQLException e) {
      journal.add(name, begin, "connect", describe(e));
      progress.finding(name + " cannot connect: " + describe(e));
      return false;
    }
  }

  /** Ends it from another thread. */
  void abandon() {
    Connection c = connection;
    if (c != null) {
      try {
        c.close();
      } catch (SQLException e) {
        progress.error("close: " + describe(e));
      }
    }
  }

  private void transaction() {
    int plan = random.nextInt(20);
    boolean autocommit = plan < 8;
    int length = autocommit ? 1 + random.nextInt(3) : 1 + random.nextInt(6);
    boolean commits = random.nextInt(5) > 0;
    int isolation =
        random.nextBoolean()
            ? Connection.TRANSACTION_READ_COMMITTED
            : Connection.TRANSACTION_REPEATABLE_READ;
    Connection c = connection;
    step("isolation " + isolation, () -> setIsolation(c, isolation));
    if (random.nextInt(15) == 0 && settings) {
      List<String> choice = target.engine() == Engine.H2 ? H2_SETTINGS : MARIADB_SETTINGS;
      Call call = Call.plain(choice.get(random.nextInt(choice.size())));
      step(call.toString(), () -> call.execute(c));
    }
    if (autocommit) {
      for (int i = 0; i < length; i++) {
        statement(c);
      }
      return;
    }
    Random steps = new Random(random.nextLong());
    Call[] calls = new Call[length];
    for (int i = 0; i < length; i++) {
      calls[i] = maker.next();
    }
    boolean open = step("begin", () -> setAutoCommit(c, false)) != Verdict.RETRY;
    Deque<Savepoint> savepoints = new ArrayDeque<>();
    for (int i = 0; i < length && open; i++) {
      open = statement(c, calls[i]) != Verdict.RETRY;
      if (open && steps.nextInt(4) == 0) {
        open = savepoint(c, steps.nextInt(3), savepoints) != Verdict.RETRY;
      }
    }
    if (open && commits) {
      if (step("commit", () -> commit(c)) == null) {
        progress.committed();
      } else {
        open = false;
      }
    }
    if (!open || !commits) {
      step("rollback", () -> rollback(c));
      progress.rolledBack();
    }
    step("end", () -> setAutoCommit(c, true));
  }

  private Verdict savepoint(Connection c, int what, Deque<Savepoint> savepoints) {
    if (what == 0 || savepoints.isEmpty()) {
      return step(
          "savepoint",
          () -> {
            savepoints.push(c.setSavepoint());
            return "ok";
          });
    }
    if (what == 1) {
      return step(
          "release",
          () -> {
            c.releaseSavepoint(savepoints.pop());
            return "ok";
          });
    }
    return step(
        "rollback to savepoint " + savepoints.size(),
        () -> {
          c.rollback(savepoints.peek());
          return "ok";
        });
  }

  private void statement(Connection c) {
    if (statement(c, maker.next()) == null) {
      progress.committed();
    }
  }

  private Verdict statement(Connection c, Call call) {
    if (draws.nextInt(6) == 0 && Drawing.possible(target.engine())) {
      Table table = tables.get(draws.nextInt(tables.size()));
      boolean several = draws.nextInt(4) == 0;
      Verdict drawn = step("draw", () -> drawing.draw(c, table, several));
      if (drawn == Verdict.RETRY) {
        return drawn;
      }
    }
    done++;
    Verdict verdict = step(call.toString(), () -> call.execute(c));
    progress.statement();
    return verdict;
  }

  private interface Action {
    String run() throws SQLException;
  }

  /** Null if it worked. */
  private Verdict step(String text, Action action) {
    long begin = journal.now();
    boolean killed = progress.nodeKilled();
    try {
      journal.add(name, begin, text, action.run());
      return null;
    } catch (SQLException e) {
      Verdict verdict = Verdict.of(e, target.engine(), killed || progress.nodeKilled());
      String what = describe(e);
      journal.add(name, begin, text, verdict + " " + what);
      if (verdict == Verdict.REFUSED) {
        progress.refused();
      } else if (verdict == Verdict.FINDING) {
        progress.finding(name + ": " + what + " at: " + text);
      }
      progress.error(Verdict.kind(e));
      return verdict;
    }
  }

  private static String setIsolation(Connection c, int level) throws SQLException {
    c.setTransactionIsolation(level);
    return "ok";
  }

  private static String setAutoCommit(Connection c, boolean on) throws SQLException {
    c.setAutoCommit(on);
    return "ok";
  }

  private static String commit(Connection c) throws SQLException {
    c.commit();
    return "ok";
  }

  private static String rollback(Connection c) throws SQLException {
    c.rollback();
    return "ok";
  }

  static String describe(SQLException e) {
    return e.getSQLState() + " (" + e.getErrorCode() + ") " + e.getMessage();
  }
}
