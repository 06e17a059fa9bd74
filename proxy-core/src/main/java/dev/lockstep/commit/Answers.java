package dev.lockstep.commit;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What the members answered when a group was prepared. */
final class Answers {
  /** Transactions whose journal row is not in, by an error or a lost connection. */
  final List<Pending> failed = new ArrayList<>();

  /** One for each lane; none where {@link #recalled}. */
  final List<Lane.Result> results = new ArrayList<>();

  /** Whether the lanes were thrown away, as the group before failed on a member. */
  final boolean recalled;

  SQLException primaryError;
  boolean primaryGone;

  /** The primary's fence carries another owner's token. */
  boolean fenced;

  /** A shared group waits for a lock on the primary. */
  boolean waits;

  Answers(boolean recalled) {
    this.recalled = recalled;
  }

  boolean fine() {
    if (recalled || fenced || waits || !failed.isEmpty()) {
      return false;
    }
    for (Lane.Result r : results) {
      if (!r.ok()) {
        return false;
      }
    }
    return true;
  }
}
