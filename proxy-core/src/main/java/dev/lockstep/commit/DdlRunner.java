package dev.lockstep.commit;

import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;

/**
 * Runs DDL on every member in the same place of the order of groups (section 8), and makes older
 * plans stale before anybody who waited for it goes on. Thread-safe.
 */
public interface DdlRunner {
  /**
   * Runs one DDL statement. The session must have no open transaction (it has committed an open one
   * first, as the server would).
   *
   * @param connection the session's primary connection, autocommit on
   * @param context statements a lane must run before, as in {@link Entry}
   * @param schema the session's current schema, or null
   * @param sql the statement as the application gave it
   * @param tables the tables it changes
   * @param all whether it may change any table (databases, schemas)
   * @return the primary's count of rows, 0 where its answer was lost
   * @throws SQLException the primary's own error where nothing was changed; 40001, 25006, 08007 as
   *     for commits
   */
  long run(
      ServerConnection connection,
      String context,
      String schema,
      String sql,
      Set<TableName> tables,
      boolean all)
      throws SQLException;
}
