package dev.lockstep.commit;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Set;

/** Strict reads (section 5): holds a result back while a group in step 3 touches its tables. */
public interface ReadBarrier {
  /**
   * Called with a result in hand, before it is given out.
   *
   * @throws SQLException 40001 when the group's commit could not be confirmed
   */
  void await(Set<TableName> tables, boolean all) throws SQLException;
}
