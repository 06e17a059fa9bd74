package dev.lockstep.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Runs the statements of a script one after the other. One use, by one thread. */
final class ScriptRunner {
  private static final int HEAD = 100;
  private static final int PROGRESS_HEAD = 40;
  private static final long PROGRESS_NANOS = 200_000_000L;

  /** How many statements ran, rows they changed, and how many failed. */
  record Outcome(long statements, long changed, long errors) {}

  private final Connection connection;
  private final String name;
  private final ResultPrinter printer;
  private final PrintWriter err;
  private final boolean goOn;
  private final boolean showProgress;
  private long statements;
  private long changed;
  private long errors;
  private long lastProgress = System.nanoTime();

  /**
   * @param name of the script, for messages
   * @param goOn whether to go on after an error
   */
  ScriptRunner(
      Connection connection,
      String name,
      ResultPrinter printer,
      PrintWriter err,
      boolean goOn,
      boolean showProgress) {
    this.connection = connection;
    this.name = name;
    this.printer = printer;
    this.err = err;
    this.goOn = goOn;
    this.showProgress = showProgress;
  }

  Outcome run(ScriptSplitter script) throws IOException, SQLException {
    try (Statement statement = connection.createStatement()) {
      // A script is what the server would get, not what JDBC makes of braces.
      statement.setEscapeProcessing(false);
      ScriptSplitter.Statement next;
      while ((errors == 0 || (goOn && !connection.isClosed())) && (next = script.next()) != null) {
        statements++;
        progress(next);
        try {
          execute(statement, next);
        } catch (SQLException e) {
          errors++;
          Terminal.progress(err, "");
          err.println(name + ":" + next.line() + ": " + SqlErrors.describe(e));
          err.println("  in: " + head(next.sql(), HEAD));
          err.flush();
          printer.failed(next.line(), e);
        }
      }
    }
    return new Outcome(statements, changed, errors);
  }

  private void execute(Statement statement, ScriptSplitter.Statement next)
      throws SQLException, IOException {
    boolean result = statement.execute(next.sql());
    while (true) {
      if (result) {
        try (ResultSet rows = statement.getResultSet()) {
          printer.result(next.line(), rows);
        }
      } else {
        long count = statement.getLargeUpdateCount();
        if (count < 0) {
          return;
        }
        changed += count;
        printer.updated(next.line(), count);
      }
      result = statement.getMoreResults();
    }
  }

  private void progress(ScriptSplitter.Statement next) {
    long now = System.nanoTime();
    if (showProgress && now - lastProgress >= PROGRESS_NANOS) {
      lastProgress = now;
      Terminal.progress(
          err,
          "line %d, %d statements, %d rows: %s"
              .formatted(next.line(), statements, changed, head(next.sql(), PROGRESS_HEAD)));
    }
  }

  /** The beginning of a statement on one line. */
  static String head(String sql, int length) {
    String start = sql.substring(0, Math.min(sql.length(), 4 * length));
    String flat = start.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return flat.length() <= length && start.length() == sql.length()
        ? flat
        : flat.substring(0, Math.min(length, flat.length())).strip() + " …";
  }
}
