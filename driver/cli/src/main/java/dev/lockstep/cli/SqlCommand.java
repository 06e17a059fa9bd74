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
import java.sql.SQLException;
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
    ScriptRunner.Outcome outcome;
    try (Reader reader = file == null ? new StringReader(rest.get(0)) : open(file);
        Connection connection = DriverManager.getConnection(cluster.url(), cluster.properties())) {
      ScriptSplitter script = new ScriptSplitter(reader, url.vendor());
      ResultPrinter printer = new ResultPrinter(out, json, file == null);
      outcome = new ScriptRunner(connection, name, printer, err, goOn, file != null).run(script);
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
          outcome.statements(),
          outcome.changed(),
          outcome.errors() == 0 ? "" : outcome.errors() + " errors, ",
          (System.nanoTime() - begin) / 1e9);
      err.flush();
    }
    return outcome.errors() == 0 ? ExitCode.OK : ExitCode.FAILED;
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
