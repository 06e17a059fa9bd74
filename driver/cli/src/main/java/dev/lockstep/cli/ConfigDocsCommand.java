package dev.lockstep.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lockstep config-docs}, for the developers of Lockstep. */
@Command(
    name = "config-docs",
    hidden = true,
    header = "Writes docs/configuration.md from the catalogue of settings.",
    footer = {"", "Example:", "  driver/cli/lockstep config-docs docs/configuration.md"})
final class ConfigDocsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "docs/configuration.md",
      description = "Default: ${DEFAULT-VALUE}.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    Files.writeString(file, ConfigurationPage.render());
    spec.commandLine().getOut().println("wrote " + file);
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
