package dev.lockstep.node;

import dev.lockstep.config.Vendor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A row on an H2 node that is gone when its database has been closed, by whatever: killed, stopped,
 * or left by its last connection. It is set on nodes that are equal to the cluster's others. An H2
 * database that was killed may hold records of transactions that it never committed (issue 2080 of
 * H2: not all of its maps are stored as of one moment), and the journal says nothing of them; so
 * where the mark is missing the node must be compared. On other servers it is never missing.
 * Stateless.
 */
public final class OpenMark {
  /** H2's statement that creates the table; it may be run again. */
  public static final String DDL =
      "CREATE MEMORY TABLE IF NOT EXISTS lockstep.open_mark (id INT PRIMARY KEY) NOT PERSISTENT";

  private static final int NO_TABLE = 42102;

  private OpenMark() {}

  /** Whether the database was closed since {@link #set}. */
  public static boolean missing(Vendor vendor, Connection c) throws SQLException {
    if (vendor.mysqlFamily()) {
      return false;
    }
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT 1 FROM lockstep.open_mark")) {
      return !r.next();
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_TABLE) {
        return true; // of an earlier version
      }
      throw e;
    }
  }

  /**
   * Sets the mark: what the connection can see is now known to be equal to the cluster's data as of
   * its journal. To be set over a connection that was open when that was found out, so that the
   * database cannot have been closed in between.
   */
  public static void set(Vendor vendor, Connection c) throws SQLException {
    if (!vendor.mysqlFamily()) {
      try (Statement s = c.createStatement()) {
        s.execute("MERGE INTO lockstep.open_mark VALUES (1)");
      }
      if (!c.getAutoCommit()) {
        c.commit();
      }
    }
  }
}
