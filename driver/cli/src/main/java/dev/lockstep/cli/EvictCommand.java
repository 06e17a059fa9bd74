package dev.lockstep.cli;

import picocli.CommandLine.Command;

/** {@code lockstep evict}. */
@Command(
    name = "evict",
    header = "Takes a node out of the view, for maintenance.",
    customSynopsis = "lockstep evict [URL] [OPTIONS] NODE",
    description = {
      "The cluster goes on without the node and does not bring it back until lockstep rejoin; refused where fewer than lockstep.minNodes members would be left.",
      "NODE is a node's name as in lockstep status, or n1, n2, … for the first, second, … of the"
          + " URL.",
      "Needs a running process that owns the cluster: it carries the command out."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep evict jdbc:lockstep:mysql://db1,db2,db3/shop db2:3306 --user app",
      "  LOCKSTEP_URL=jdbc:lockstep:mysql://db1,db2,db3/shop lockstep evict n2 --timeout 600"
    })
final class EvictCommand extends OwnerCommand {
  @Override
  String word() {
    return "evict";
  }
}
