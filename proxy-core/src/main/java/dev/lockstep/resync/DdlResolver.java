package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;
import java.sql.Connection;
import java.sql.SQLException;

/** Decides about DDL during a replay where the journal alone cannot. */
public interface DdlResolver {
  /** What a node's definitions say about a DDL statement. */
  enum State {
    /** The old definition still stands: the DDL has to be run. */
    OLD,
    /** The DDL has been run. */
    NEW,
    /** Neither: the node has to be copied. */
    UNKNOWN
  }

  /**
   * Asked before DDL is run, at the place in the journal where it ended. Nothing that came after it
   * on its tables is on the target yet, so where the definitions cannot tell old from new (such as
   * for TRUNCATE), and the statement had an effect on the cluster, the answer is {@link State#OLD}.
   * Where it had none, {@link State#NEW}.
   *
   * @param target in no transaction
   * @param done the row that ended the DDL
   */
  State state(Connection target, JournalRow intent, JournalRow done) throws SQLException;

  /**
   * Asked after DDL was run on the target: whether the target's definitions are now those of the
   * cluster at that place.
   *
   * @param error what the statement answered, or null where it succeeded
   */
  boolean accept(Connection target, JournalRow intent, JournalRow done, SQLException error)
      throws SQLException;
}
