package dev.lockstep.cli;

import dev.lockstep.harness.server.ServerException;
import java.io.PrintWriter;
import java.sql.SQLException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code lockstep} command and its entry point. */
@Command(
    name = "lockstep",
    description = "Keeps several ordinary database servers equal, behind one JDBC URL.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed: an SQL error, a check that does not hold, a command that the owner refused",
      "2:wrong usage",
      "3:no running process owns the cluster",
      "4:the owner did not finish within --timeout",
      "5:no node can be reached",
      "70:the launcher could not build or start the command"
    },
    subcommands = {
      DemoCommand.class,
      BenchCommand.class,
      HuntCommand.class,
      StatusCommand.class,
      SqlCommand.class,
      InitCommand.class,
      EvictCommand.class,
      RejoinCommand.class,
      SwitchoverCommand.class,
      RecoverCommand.class,
      ConfigDocsCommand.class
    })
public final class Lockstep implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    Logging.quiet();
    int code = commandLine().execute(arguments);
    System.out.flush();
    System.exit(code);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Lockstep())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (exception, commandLine, parsed) -> explain(exception, commandLine.getErr()));
  }

  private static int explain(Exception exception, PrintWriter err) {
    int code = ExitCode.FAILED;
    if (exception instanceof CliException e) {
      code = e.exitCode();
      err.println("lockstep: " + e.getMessage());
    } else if (exception instanceof SQLException e) {
      if (e.getSQLState() != null && e.getSQLState().startsWith("08001")) {
        code = ExitCode.UNREACHABLE;
      }
      err.println("lockstep: " + SqlErrors.describe(e));
    } else if (exception instanceof ServerException e) {
      err.println("lockstep: " + e.getMessage());
    } else {
      err.println("lockstep: internal error, please report it:");
      exception.printStackTrace(err);
    }
    if (Boolean.getBoolean("lockstep.trace") && !(exception instanceof RuntimeException)) {
      exception.printStackTrace(err);
    }
    err.flush();
    return code;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }
}
