package dev.lockstep.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep rejoin}. */
@Command(
    name = "rejoin",
    header = "Brings an evicted node back.",
    customSynopsis = "lockstep rejoin [URL] [OPTIONS] NODE",
    description = {
      "The node is made equal again (journal replay, repair or copy) while the cluster goes on, then joins the view. A node that was lost rejoins by itself; Waits until the node is in the view. This is for one that was evicted by hand, or to try again at once.",
      "With --compare, for a replica whose data somebody may have changed by hand: it leaves the view if"
          + " it is in it, all tables are compared with a member's, the rows that differ are"
          + " repaired, and it comes back. lockstep status shows how many in the reason of the view.",
      "NODE is a node's name as in lockstep status, or n1, n2, … for the first, second, … of the"
          + " URL.",
      "Needs a running process that owns the cluster: it carries the command out."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep rejoin jdbc:lockstep:mysql://db1,db2,db3/shop db2:3306 --user app",
      "  LOCKSTEP_URL=jdbc:lockstep:mysql://db1,db2,db3/shop lockstep rejoin n2 --timeout 600",
      "  LOCKSTEP_URL=jdbc:lockstep:mysql://db1,db2,db3/shop lockstep rejoin n3 --compare"
    })
final class RejoinCommand extends OwnerCommand {
  @Option(names = "--compare", description = "Compare all tables, whatever the journal says.")
  private boolean compare;

  @Override
  String word() {
    return compare ? "rejoin-compare" : "rejoin";
  }

  @Override
  boolean finished(ClusterState state, NodeState node) {
    return node.reachable() && state.role(node).serves();
  }
}
