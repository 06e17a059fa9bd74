package dev.lockstep.cli;

import picocli.CommandLine.Command;

/** {@code lockstep switchover}. */
@Command(
    name = "switchover",
    header = "Makes another member the primary.",
    customSynopsis = "lockstep switchover [URL] [OPTIONS] NODE",
    description = {
      "Running transactions end first, then the named member takes over; nothing is lost and no error is seen.",
      "NODE is a node's name as in lockstep status, or n1, n2, … for the first, second, … of the"
          + " URL.",
      "Needs a running process that owns the cluster: it carries the command out."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep switchover jdbc:lockstep:mysql://db1,db2,db3/shop db2:3306 --user app",
      "  LOCKSTEP_URL=jdbc:lockstep:mysql://db1,db2,db3/shop lockstep switchover n2 --timeout 600"
    })
final class SwitchoverCommand extends OwnerCommand {
  @Override
  String word() {
    return "switchover";
  }
}
