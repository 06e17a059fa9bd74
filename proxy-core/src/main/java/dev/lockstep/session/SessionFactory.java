package dev.lockstep.session;

import dev.lockstep.node.Account;
import java.sql.SQLException;
import java.util.Map;

/** Opens sessions on a cluster. Thread-safe. */
public interface SessionFactory {
  /**
   * Opens a session; it takes its server connection when it first needs one.
   *
   * @param account whose rights the session has
   * @param schema the initial schema (database on MySQL and MariaDB), or null
   */
  Session open(Account account, String schema) throws SQLException;

  /** The engine's figures by name: counts, rates per second, times in milliseconds. */
  default Map<String, Number> figures() {
    return Map.of();
  }

  /** A data source begins to use it. */
  default void attach() {}

  /** A data source has been closed; when it was the last one the cluster is handed over. */
  default void detach() {}
}
