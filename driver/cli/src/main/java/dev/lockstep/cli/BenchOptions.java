package dev.lockstep.cli;

import dev.lockstep.harness.server.Engine;
import picocli.CommandLine.Option;

/** What the benchmarks have in common on the command line. */
final class BenchOptions {
  @Option(
      names = "--engine",
      paramLabel = "ENGINE",
      defaultValue = "h2",
      description = "Kind of servers: h2, mariadb or mysql; default: ${DEFAULT-VALUE}.")
  Engine engine;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Nodes of the cluster; default: ${DEFAULT-VALUE}.")
  int nodes;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Rows of the table; default: ${DEFAULT-VALUE}.")
  int rows;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the rows and of what clients do; default: ${DEFAULT-VALUE}.")
  long seed;

  @Option(names = "--json", description = "One JSON object for each result, on a line.")
  boolean json;
}
