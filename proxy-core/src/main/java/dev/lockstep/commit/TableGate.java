package dev.lockstep.commit;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;

/**
 * Holds new statements on tables that DDL is changing, and tells DDL which statements are still
 * under way. A session calls {@link #enter} right before every statement that it sends to the
 * primary and {@link Ticket#leave} when the answer is there.
 */
public interface TableGate {
  /** A session's place in the gate; one per session, registered until closed. */
  interface Ticket extends AutoCloseable {
    /**
     * Waits while DDL holds one of the tables, unless this transaction has locked it before.
     *
     * @param tables tables of the statement
     * @param related what else it may lock, because foreign keys join it with its tables
     * @param all whether it may touch any table
     * @param locks whether the server keeps a lock on the tables until the transaction ends, so
     *     that their definition cannot change before that
     * @throws SQLException 40001 when DDL takes longer than lockstep.ddlTimeout
     */
    void enter(Set<TableName> tables, Set<TableName> related, boolean all, boolean locks)
        throws SQLException;

    /**
     * Tells, before {@link #enter}, that what the session is about to do holds no lock of its own
     * on the primary; until {@link #transactionEnded}.
     */
    default void lockless(boolean yes) {}

    /** Whether no other session may hold locks on the primary. */
    default boolean quiet() {
      return false;
    }

    /**
     * Before a statement, after {@link #enter}: waits until no open transaction is in the way of
     * what its foreign keys change, and keeps others away until the transaction ends.
     *
     * @param writes tables that it writes and that cascades of others may change
     * @param cascades tables that its own foreign keys change
     * @param alone whether nobody else may write to those meanwhile, cascades of others included
     * @throws SQLException 40001 where that takes too long
     */
    default void foreignKeys(Set<TableName> writes, Set<TableName> cascades, boolean alone)
        throws SQLException {}

    /** The statement is over; its tables stay marked as touched until {@link #transactionEnded}. */
    void leave();

    /** Commit or rollback is done. */
    void transactionEnded();

    @Override
    void close();
  }

  /** Registers a session. */
  Ticket register();
}
