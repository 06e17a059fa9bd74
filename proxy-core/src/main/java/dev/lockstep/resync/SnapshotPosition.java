package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;
import java.util.List;

/**
 * Which journal rows a consistent snapshot of a node holds the effects of: all of the groups below
 * {@code group}, and of {@code group} itself the rows named. (The transactions of a group commit
 * one by one on the primary, so a snapshot may hold a part of the newest group.)
 *
 * @param group the newest group that the snapshot has any row of; 0 where it has none
 * @param lastGroup the rows of that group that it has; empty where they have been trimmed
 */
public record SnapshotPosition(long group, List<JournalRow> lastGroup) {
  /** Whether both snapshots of a node hold the effects of the same rows of its journal. */
  boolean sameAs(SnapshotPosition other) {
    return group == other.group
        && lastGroup.stream()
            .map(r -> r.index() + " " + r.tx())
            .toList()
            .equals(other.lastGroup.stream().map(r -> r.index() + " " + r.tx()).toList());
  }

  /** Whether the snapshot holds the effects of a row of the same journal. */
  public boolean includes(JournalRow row) {
    if (row.group() != group) {
      return row.group() < group;
    }
    return lastGroup.isEmpty()
        || lastGroup.stream().anyMatch(r -> r.index() == row.index() && r.tx().equals(row.tx()));
  }
}
