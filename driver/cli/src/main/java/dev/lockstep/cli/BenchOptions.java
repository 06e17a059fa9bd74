package dev.lockstep.cli;

import dev.lockstep.harness.server.Engine;
import picocli.CommandLine.Option;

/** What all benchmarks have in common on the command line. */
class BenchOptions {
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
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the rows and of what clients do; default: ${DEFAULT-VALUE}.")
  long seed;
}
