package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;

/** What going on from one node may lose, as far as the reachable nodes can tell. */
final class Losses {
  private Losses() {}

  static List<String> of(ClusterState state, String source) {
    NodeState from =
        state.nodes().stream()
            .filter(node -> node.name().equals(source))
            .findFirst()
            .orElseThrow(() -> new CliException(ExitCode.USAGE, "no node " + source));
    if (!from.reachable()) {
      throw new CliException(ExitCode.UNREACHABLE, source + " cannot be reached: " + from.error());
    }
    if (from.nodeId() == null) {
      throw new CliException(
          ExitCode.FAILED, source + " has never been part of a cluster; nothing to recover from");
    }
    if (from.incomplete() != null) {
      throw new CliException(
          ExitCode.FAILED,
          source + " is incomplete and must not be the source: " + from.incomplete());
    }
    List<String> lines = new ArrayList<>();
    for (NodeState node : state.nodes()) {
      if (node == from) {
        continue;
      }
      if (!node.reachable()) {
        lines.add(
            node.name()
                + " cannot be asked: transactions that it has and "
                + source
                + " lacks (later than group "
                + from.group()
                + ") are lost");
      } else if (node.group() > from.group()) {
        lines.add(
            node.name()
                + " has groups "
                + (from.group() + 1)
                + " to "
                + node.group()
                + " that "
                + source
                + " lacks: better recover from "
                + node.name());
      }
    }
    if (lines.isEmpty()) {
      lines.add("No other node has more than " + source + ".");
    }
    return lines;
  }
}
