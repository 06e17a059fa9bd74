package dev.lockstep.node;

import java.sql.SQLException;

/** Looks up tables on the primary and keeps what it found until DDL invalidates it. Thread-safe. */
public interface Catalogue {
  /**
   * The table of this name (matched as the server would), or null where there is none.
   *
   * @throws SQLException 08-class when no node answers
   */
  TableInfo table(String schema, String name) throws SQLException;

  /**
   * What the foreign keys of all tables join.
   *
   * @throws SQLException 08-class when no node answers
   */
  default ForeignKeys foreignKeys() throws SQLException {
    return ForeignKeys.NONE;
  }

  /** Forgets everything: after DDL. */
  void invalidate();
}
