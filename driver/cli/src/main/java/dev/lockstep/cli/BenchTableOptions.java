package dev.lockstep.cli;

import picocli.CommandLine.Option;

/** The same for those that are told how many rows there are. */
final class BenchTableOptions extends BenchOptions {
  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Rows of the table; default: ${DEFAULT-VALUE}.")
  int rows;

  @Option(names = "--json", description = "One JSON object for each result, on a line.")
  boolean json;
}
