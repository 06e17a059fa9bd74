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
   * The target has the intent but not its end: it stopped in between.
   *
   * @param target in no transaction
   * @param done the row on the source that ended the DDL
   */
  State state(Connection target, JournalRow intent, JournalRow done) throws SQLException;

  /**
   * The DDL gave an error on the target. True where the target is nevertheless as the cluster is
   * (the statement failed there in the same way), so that the replay goes on.
   */
  boolean accept(Connection target, JournalRow intent, JournalRow done, SQLException error)
      throws SQLException;
}
