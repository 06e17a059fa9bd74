package dev.lockstep.cluster;

import dev.lockstep.node.Account;
import dev.lockstep.node.ServerConnection;
import java.sql.SQLException;

/** How sessions reach the primary. Thread-safe. */
public interface PrimaryAccess {
  /**
   * A connection to the current primary, with autocommit on, default isolation and {@code schema}
   * current. Waits for a failover in progress.
   *
   * @throws SQLException the vendor's error (such as a wrong password), or 08001 when no node can
   *     serve
   */
  ServerConnection acquire(Account account, String schema) throws SQLException;

  /** Whether the connection is sound and its node still the primary. Cheap: a volatile read. */
  boolean current(ServerConnection connection);

  /**
   * Reports a connection that failed. Returns once it is decided whether it was only that
   * connection or the node; the caller then acquires another one.
   */
  void lost(ServerConnection connection, SQLException why);

  /** Throws 25006 when writes are refused at the moment (fewer members than minNodes). Cheap. */
  void checkWritable() throws SQLException;
}
