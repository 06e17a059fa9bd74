package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.SessionVariables;
import dev.lockstep.consistency.UserCatalogue;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The session settings of a connection that applies write sets: each entry's context is set when it
 * differs from the one before, and the connection's own settings come back at the end. One thread.
 */
final class ReplaySession implements AutoCloseable {
  private static final String[] VARIABLES = {
    "sql_mode",
    "time_zone",
    "foreign_key_checks",
    "unique_checks",
    "check_constraint_checks",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "auto_increment_increment",
    "auto_increment_offset",
    "lc_time_names",
    "div_precision_increment",
    "default_week_format",
    "group_concat_max_len",
    "sql_auto_is_null",
    "innodb_strict_mode",
    "old_mode",
    "default_storage_engine",
    "collation_database",
  };

  private final Vendor vendor;
  private final Connection connection;
  private final SessionVariables variables;
  private final String schema;
  private final String zone;
  private String context = "";

  ReplaySession(Vendor vendor, Connection connection) throws SQLException {
    this.vendor = vendor;
    this.connection = connection;
    if (vendor.mysqlFamily()) {
      variables = SessionVariables.remember(connection, VARIABLES);
      schema = connection.getCatalog();
      zone = null;
    } else {
      variables = null;
      schema = connection.getSchema();
      zone =
          one(
              "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME='TIME ZONE'");
    }
  }

  private String one(String sql) throws SQLException {
    try (Statement s = connection.createStatement();
        var rs = s.executeQuery(sql)) {
      return rs.next() ? rs.getString(1) : null;
    }
  }

  boolean has(String wanted) {
    return context.equals(wanted);
  }

  /** Makes {@code wanted} the context. */
  void use(String wanted) throws SQLException {
    if (has(wanted)) {
      return;
    }
    reset();
    context = wanted;
    try (Statement s = connection.createStatement()) {
      s.setEscapeProcessing(false);
      for (String part : SqlText.split(wanted)) {
        s.execute(part);
      }
    }
  }

  /** Puts the connection's own settings back. */
  void reset() throws SQLException {
    if (context.isEmpty()) {
      return;
    }
    context = "?"; // until it is certain
    try (Statement s = connection.createStatement()) {
      if (vendor.mysqlFamily()) {
        variables.restore();
        s.execute("SET timestamp=DEFAULT");
        if (schema != null && !schema.isEmpty()) {
          s.execute("USE " + UserCatalogue.of(vendor).quote(schema));
        }
      } else {
        s.execute("SET SCHEMA " + UserCatalogue.of(vendor).quote(schema));
        s.execute("SET TIME ZONE '" + zone + "'");
      }
    }
    context = "";
  }

  @Override
  public void close() throws SQLException {
    if (!connection.isClosed()) {
      reset();
    }
  }
}
