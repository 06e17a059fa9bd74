package dev.lockstep.commit;

import java.sql.SQLException;

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
}
