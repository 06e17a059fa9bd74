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
   * The stored function of this name, or null where there is none or the family has none with a
   * text.
   */
  default RoutineInfo function(String schema, String name) throws SQLException {
    return null;
  }

  /** The stored procedure of this name, or null where there is none or it is not known. */
  default ProcedureText procedure(TableName name) throws SQLException {
    return null;
  }

  /** The statement that makes a view, as the server prints it, or null where it is not known. */
  default String viewText(TableName view) throws SQLException {
    return null;
  }

  /**
   * What the foreign keys of all tables join.
   *
   * @throws SQLException 08-class when no node answers
   */
  default ForeignKeys foreignKeys() throws SQLException {
    return ForeignKeys.NONE;
  }

  /**
   * The version of the primary, where it is of the MySQL family; null where it is not known.
   *
   * @throws SQLException 08-class when no node answers
   */
  default ServerVersion version() throws SQLException {
    return null;
  }

  /** Forgets everything: after DDL. */
  void invalidate();
}
