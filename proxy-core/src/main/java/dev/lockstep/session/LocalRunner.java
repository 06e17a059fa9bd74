package dev.lockstep.session;

import dev.lockstep.node.Dialect;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Statements on temporary tables: they run on the session's own connection to the primary, and are
 * no entries of a write set. Used under the session's lock.
 */
final class LocalRunner {
  private final Work work;
  private final ReadRunner reader;

  LocalRunner(Work work, ReadRunner reader) {
    this.work = work;
    this.reader = reader;
  }

  StatementResult run(StatementPlan plan, Arguments arguments, VendorStatement handle)
      throws SQLException {
    if (plan.commitsFirst()) {
      work.state.nextReadOnly(false);
      work.commit();
    } else if (work.inTransaction()) {
      work.guardBeforeForeign();
    }
    StatementResult result;
    try {
      result = reader.run(plan, arguments, handle);
    } catch (SQLException e) {
      for (TableName t : plan.createsTemporary()) {
        notMade(t);
      }
      throw e;
    }
    for (TableName t : plan.createsTemporary()) {
      keep(t);
    }
    work.state.temporary().removeAll(plan.dropsTemporary());
    return result;
  }

  private void keep(TableName table) {
    work.state.temporary().add(table);
    work.state.pin("temporary table " + table);
  }

  /**
   * The statement failed, or was stopped and may have made the table all the same: nobody may take
   * it for the one that is on all nodes.
   */
  private void notMade(TableName table) {
    ServerConnection c = work.link.held();
    if (c == null || work.state.temporary().contains(table)) {
      return;
    }
    if (!gone(c, table)) {
      keep(table);
    }
  }

  private boolean gone(ServerConnection c, TableName table) {
    Dialect d = c.node().dialect();
    if (d.vendor().mysqlFamily()) {
      String name = d.quote(table.schema()) + "." + d.quote(table.name());
      return work.run(c, Packet.of("DROP TEMPORARY TABLE IF EXISTS " + name)).ok();
    }
    String found =
        "SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'LOCAL TEMPORARY' AND"
            + " TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    try (PreparedStatement s = c.jdbc().prepareStatement(found)) {
      s.setString(1, table.schema());
      s.setString(2, table.name());
      try (ResultSet r = s.executeQuery()) {
        return !r.next();
      }
    } catch (SQLException e) {
      return false;
    }
  }
}
