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
   * Runs one autocommit write on all members at once and commits it: a round trip less. Only for a
   * write whose entry is known before it runs, while no other session has anything open; it is a
   * group of its own, and nothing is committed before all members have prepared, as ever.
   *
   * @param transaction repeatable, with its one entry
   * @param statements what runs on the primary, from BEGIN on
   * @param at which of them is the write
   * @return null where it was not done because it would have to wait: the caller does it the usual
   *     way. Otherwise the outcome of the statements on the primary: committed everywhere where it
   *     is {@code ok} and its count is the entry's, else undone on the replicas and still open on
   *     the primary
   * @throws SQLException as {@link #commit}
   */
  default Outcome commitAlone(Transaction transaction, List<String> statements, int at)
      throws SQLException, PrimaryLostException {
    return null;
  }
}
