package dev.lockstep.commit;

import dev.lockstep.node.Node;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;

/** What sessions tell of numbered columns (AUTO_INCREMENT, identity). Thread-safe. */
public interface NumberedColumns {
  /**
   * Whether the primary's counters of these tables are above every value that was given before.
   * Cheap, unless they are not; then it is tried again to set them.
   */
  boolean ready(Set<TableName> tables);

  /**
   * The primary has given values up to this one; before anybody sees them. Cheap most times.
   *
   * @throws PrimaryLostException where the node is no longer the primary
   */
  void given(Node node, TableName table, long highest) throws SQLException, PrimaryLostException;

  /**
   * DDL has run, after which counters stand where it has left them.
   *
   * @param tables its tables
   * @param all whether it may be any table
   * @throws PrimaryLostException where the node is no longer the primary
   */
  void placed(Node node, Set<TableName> tables, boolean all)
      throws SQLException, PrimaryLostException;
}
