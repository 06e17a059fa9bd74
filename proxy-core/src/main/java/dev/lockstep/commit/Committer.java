package dev.lockstep.commit;

import dev.lockstep.node.Outcome;
import java.sql.SQLException;
import java.util.List;

/** Commits transactions on all members: step 2 of the protocol. Thread-safe. */
public interface Committer {
  /**
   * Ships, prepares and commits. Returns when every member has committed. Afterwards, also when it
   * throws, the transaction's connection holds no transaction, or is broken.
   *
   * @throws SQLException 40001 rolled back everywhere; 08007 outcome unknown; 25006 too few members
   * @throws PrimaryLostException only for a repeatable transaction
   */
  void commit(Transaction transaction) throws SQLException, PrimaryLostException;

  /**
   * Takes what a transaction has in memory out of it, as statements that write it to {@code
   * lockstep.journal_part}. The caller runs them on the transaction's own connection, all of them,
   * before anything else.
   *
   * @throws SQLException 0A001 where a part is longer than a packet of some node: nothing is taken
   *     out
   */
  List<String> spill(Transaction transaction) throws SQLException;

  /**
   * Runs one autocommit write on all members at once, the primary too, and commits it: the group
   * executes it there on a lane, together with others, so that the caller's own connection is not
   * used. Only for a write whose entry is known before it runs, of the account that lanes use,
   * while no other session holds locks. Nothing is committed before all members have prepared.
   *
   * @param transaction repeatable, with its one entry; its connection is not touched
   * @return null where nothing was done, because it would have to wait or its warnings are wanted:
   *     the caller does it the usual way. Otherwise the outcome of the write on the primary, one
   *     count: committed everywhere where it is {@code ok} and its count is the entry's, else
   *     undone everywhere
   * @throws SQLException as {@link #commit}
   */
  default Outcome commitShared(Transaction transaction) throws SQLException, PrimaryLostException {
    return null;
  }
}
