package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;
import java.util.List;

/** How a node's journal relates to a member's; tells what a rejoin has to do. */
public sealed interface JournalRelation {
  /**
   * Everything that the node has is on the member too: replay what follows.
   *
   * @param position the newest group that the node has completely
   */
  record Prefix(long position) implements JournalRelation {}

  /**
   * The node has transactions that the member does not have: save and undo them, then replay.
   *
   * @param position the newest group before which (inclusive) the two agree
   * @param rows what only the node has, in order
   */
  record Extra(long position, List<JournalRow> rows) implements JournalRelation {}

  /**
   * The member's journal cannot bring the node up to date: copy the node.
   *
   * @param reason for the log and the operator
   */
  record Gap(String reason) implements JournalRelation {}

  /**
   * The node is of another cluster: an operator decides.
   *
   * @param reason for the log and the operator
   */
  record Foreign(String reason) implements JournalRelation {}
}
