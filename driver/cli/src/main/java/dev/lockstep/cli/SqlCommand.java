package dev.lockstep.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lockstep sql}. */
@Command(
    name = "sql",
    header = "Runs a script or a statement on all nodes, through the Lockstep driver.",
    customSynopsis = {
      "lockstep sql [URL] [OPTIONS] STATEMENT",
      "lockstep sql [URL] [OPTIONS] -f SCRIPT"
    },
    description = {
      "A script may contain comments, DELIMITER lines (MySQL, MariaDB) and its own CREATE DATABASE"
          + " and USE; the URL then needs no database.",
      "For the time of the run this process owns the cluster, so no other one may (or give"
          + " lockstep.ownership=wait in the URL to wait for it).",
      "What Lockstep replicates today: INSERT … VALUES, UPDATE and DELETE by the whole primary key,"
          + " and DDL. Other writes are refused with SQLState 0A001; nothing is half-done then.",
      "Each statement is its own transaction unless the script begins one."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep sql jdbc:lockstep:mysql://db1,db2,db3/ --user app -f Chinook_MySql.sql",
      "  lockstep sql jdbc:lockstep:mysql://db1,db2,db3/Chinook --user app --json \"SELECT * FROM"
          + " Genre\"",
      "  zcat dump.sql.gz | LOCKSTEP_URL=jdbc:lockstep:mysql://db1,db2/ lockstep sql -f -"
    })
final class SqlCommand implements Callable<Integer> {
  private static final int HEAD = 100;
  private static final long PROGRESS_NANOS = 200_000_000L;

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "SCRIPT",
      description = "The script; - is standard input.")
  private String file;

  @Option(
      names = "--json",
      description = {
        "One JSON object per result and line: line, and columns and rows, or updateCount."
      })
  private boolean json;

  @Option(
      names = "--continue",
      description = "Go on after an error; the exit code is 1 all the same.")
  private boolean goOn;

  @Option(
      names = "--encoding",
      paramLabel = "NAME",
      defaultValue = "UTF-8",
      description = "Of the script; default: ${DEFAULT-VALUE}, or what its byte order mark says.")
  private String encoding;

  private long statements;
  private long changed;
  private long errors;
  private long nextProgress;

  @Override
  public Integer call() throws IOException, SQLException {
    ClusterUrl url = cluster.cluster();
    List<String> rest = cluster.rest(1);
    if (rest.isEmpty() == (file == null)) {
      throw cluster.usage(
          file == null ? "give a statement, or a script with -f" : "unexpected: " + rest.get(0));
    }
    String name = file == null ? "statement" : file.equals("-") ? "standard input" : file;
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    long begin = System.nanoTime();
    try (Reader reader = file == null ? new StringReader(rest.get(0)) : open(file);
        Connection connection = DriverManager.getConnection(cluster.url(), cluster.properties())) {
      ScriptSplitter script = new ScriptSplitter(reader, url.vendor());
      run(script, name, connection, new ResultPrinter(out, json, file == null), err);
    } catch (ScriptSplitter.UnfinishedException e) {
      throw new CliException(ExitCode.FAILED, name + ":" + e.line() + ": " + e.getMessage());
    } catch (CharacterCodingException e) {
      throw new CliException(
          ExitCode.FAILED, name + " is not valid " + encoding + "; see --encoding", e);
    } finally {
      Terminal.progress(err, "");
      out.flush();
    }
    if (file != null) {
      err.printf(
          Locale.ROOT,
          "%d statements, %d rows changed, %s%.1f s%n",
          statements,
          changed,
          errors == 0 ? "" : errors + " errors, ",
          (System.nanoTime() - begin) / 1e9);
      err.flush();
    }
    return errors == 0 ? ExitCode.OK : ExitCode.FAILED;
  }

  private void run(
      ScriptSplitter script,
      String name,
      Connection connection,
      ResultPrinter printer,
      PrintWriter err)
      throws IOException, SQLException {
    try (Statement statement = connection.createStatement()) {
      // A script is what the server would get, not what JDBC makes of braces.
      statement.setEscapeProcessing(false);
      while (true) {
        ScriptSplitter.Statement next = script.next();
        if (next == null) {
          return;
        }
        statements++;
        progress(err, next);
        try {
          execute(statement, next, printer);
        } catch (SQLException e) {
          errors++;
          Terminal.progress(err, "");
          err.println(name + ":" + next.line() + ": " + SqlErrors.describe(e));
          err.println("  in: " + head(next.sql()));
          err.flush();
          printer.failed(next.line(), e);
          if (!goOn || connection.isClosed()) {
            return;
          }
        }
      }
    }
  }

  private void execute(Statement statement, ScriptSplitter.Statement next, ResultPrinter printer)
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

  private void progress(PrintWriter err, ScriptSplitter.Statement next) {
    long now = System.nanoTime();
    if (file != null && now - nextProgress > 0) {
      nextProgress = now + PROGRESS_NANOS;
      Terminal.progress(
          err,
          "line %d, %d statements, %d rows: %s"
              .formatted(next.line(), statements, changed, head(next.sql(), 40)));
    }
  }

  private static String head(String sql) {
    return head(sql, HEAD);
  }

  /** The beginning of a statement on one line. */
  static String head(String sql, int length) {
    String start = sql.substring(0, Math.min(sql.length(), 4 * length));
    String flat = start.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return flat.length() <= length && start.length() == sql.length()
        ? flat
        : flat.substring(0, Math.min(length, flat.length())) + " …";
  }

  private Reader open(String name) throws IOException {
    InputStream in;
    try {
      in =
          new BufferedInputStream(
              name.equals("-") ? System.in : Files.newInputStream(Path.of(name)), 1 << 16);
    } catch (NoSuchFileException e) {
      throw new CliException(ExitCode.USAGE, "no such file: " + name, e);
    }
    in.mark(4);
    int first = in.read();
    int second = in.read();
    in.reset();
    Charset charset;
    try {
      charset =
          (first == 0xFE && second == 0xFF) || (first == 0xFF && second == 0xFE)
              ? StandardCharsets.UTF_16
              : Charset.forName(encoding);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw cluster.usage("unknown encoding " + encoding);
    }
    return new InputStreamReader(
        in,
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }
}
