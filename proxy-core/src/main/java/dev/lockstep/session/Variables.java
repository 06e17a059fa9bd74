package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Assignment;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * SET statements: which are kept as session state, which are refused. Used under the session's
 * lock.
 */
final class Variables {
  /** Harmless for replication: kept, and set again on another connection. */
  private static final Set<String> MYSQL_KEPT =
      Set.of(
          "time_zone",
          "foreign_key_checks",
          "unique_checks",
          "sql_mode",
          "sql_safe_updates",
          "lock_wait_timeout",
          "innodb_lock_wait_timeout",
          "max_execution_time",
          "max_statement_time",
          "group_concat_max_len",
          "wait_timeout",
          "interactive_timeout",
          "net_read_timeout",
          "net_write_timeout",
          "sql_big_selects",
          "sql_notes",
          "sql_warnings",
          "sql_quote_show_create",
          "optimizer_switch",
          "sort_buffer_size",
          "join_buffer_size",
          "tmp_table_size",
          "max_heap_table_size");

  private static final Set<String> H2_KEPT = Set.of("lock_timeout", "query_timeout", "throttle");

  private static final Set<String> CHARACTER_SETS =
      Set.of(
          "names",
          "character set",
          "charset",
          "character_set_client",
          "character_set_connection",
          "character_set_results");

  /** Modes that change how the text of a statement is read, which the analysis does not follow. */
  private static final Set<String> REFUSED_MODES =
      Set.of(
          "ANSI_QUOTES",
          "NO_BACKSLASH_ESCAPES",
          "PIPES_AS_CONCAT",
          "ANSI",
          "ORACLE",
          "MSSQL",
          "DB2",
          "POSTGRESQL",
          "MAXDB",
          "IGNORE_SPACE",
          "HIGH_NOT_PRECEDENCE",
          "NO_UNSIGNED_SUBTRACTION",
          "EMPTY_STRING_IS_NULL");

  private static final Map<String, Integer> ISOLATION =
      Map.of(
          "READ UNCOMMITTED", Connection.TRANSACTION_READ_UNCOMMITTED,
          "READ COMMITTED", Connection.TRANSACTION_READ_COMMITTED,
          "REPEATABLE READ", Connection.TRANSACTION_REPEATABLE_READ,
          "SERIALIZABLE", Connection.TRANSACTION_SERIALIZABLE);

  private static final Pattern LITERAL =
      Pattern.compile("'[^'\\\\]*'|\"[^\"'\\\\]*\"|[-+]?\\d+(\\.\\d+)?|[A-Za-z_][A-Za-z0-9_]*");

  private final Work work;
  private final Session session;

  Variables(Work work, Session session) {
    this.work = work;
    this.session = session;
  }

  void run(StatementPlan plan) throws SQLException {
    // All are checked before the first takes effect.
    for (Assignment a : plan.assignments()) {
      check(a, plan.sql());
    }
    if (work.inTransaction()) {
      work.guardBeforeForeign();
    }
    if (plan.pinsSession()) {
      work.state.pin(Work.abbreviated(plan.sql()));
    }
    for (Assignment a : plan.assignments()) {
      apply(a);
    }
  }

  private void check(Assignment a, String sql) throws SQLException {
    String name = a.name().toLowerCase(Locale.ROOT);
    switch (a.scope()) {
      case USER_VARIABLE -> {
        return;
      }
      case GLOBAL ->
          throw Errors.unsupported(
              "a setting of the whole server is not replicated; set "
                  + name
                  + " on each node yourself: "
                  + Work.abbreviated(sql));
      default -> {}
    }
    if (CHARACTER_SETS.contains(name)) {
      String v = unquoted(a.valueSql()).toLowerCase(Locale.ROOT);
      if (!v.startsWith("utf8") && !v.equals("default")) {
        throw Errors.unsupported(
            "only utf8 character sets are supported; refused: " + Work.abbreviated(sql));
      }
      if (v.contains("collate")) {
        throw Errors.unsupported(
            "the collation of a connection changes how literals compare and is not replicated;"
                + " leave COLLATE out of: "
                + Work.abbreviated(sql));
      }
      return;
    }
    boolean known =
        name.equals("autocommit")
            || isolationName(name)
            || readOnlyName(name)
            || kept().contains(name)
            || (name.equals("schema") && work.services.vendor() == Vendor.H2);
    if (!known) {
      throw Errors.unsupported(
          "the setting "
              + name
              + " is not known to be safe on several nodes; refused: "
              + Work.abbreviated(sql));
    }
  }

  private Set<String> kept() {
    return work.services.vendor() == Vendor.H2 ? H2_KEPT : MYSQL_KEPT;
  }

  private static boolean isolationName(String name) {
    return name.equals("transaction isolation level")
        || name.equals("transaction_isolation")
        || name.equals("tx_isolation");
  }

  private static boolean readOnlyName(String name) {
    return name.equals("transaction read only")
        || name.equals("transaction_read_only")
        || name.equals("tx_read_only");
  }

  private void apply(Assignment a) throws SQLException {
    String name = a.name().toLowerCase(Locale.ROOT);
    if (a.scope() == Assignment.Scope.USER_VARIABLE) {
      send("SET " + a.name() + "=" + a.valueSql());
      keep(work, connection(), List.of(a.name()));
      if (a.valueSql().contains(":=")) {
        work.state.pin("user variables set in " + a.valueSql());
      }
    } else if (name.equals("autocommit")) {
      session.autocommitByText(isOn(a.valueSql()));
    } else if (isolationName(name)) {
      isolation(a);
    } else if (readOnlyName(name)) {
      boolean on = isOn(a.valueSql());
      if (a.scope() == Assignment.Scope.TRANSACTION) {
        readOnlyTransaction(on);
      } else {
        work.state.readOnly(on);
      }
    } else if (CHARACTER_SETS.contains(name)) {
      // Connections speak utf8mb4 already.
      return;
    } else if (name.equals("unique_checks")) {
      // Off, it lets InnoDB insert into an empty table without undo, and an error then rolls back
      // the whole transaction without telling (bulk insert of MariaDB). It is for speed only.
      return;
    } else if (name.equals("schema")) {
      session.changeSchema(unquoted(a.valueSql()));
    } else {
      variable(name, a.valueSql());
    }
  }

  /** A statement has set these user variables: their values are needed on another connection. */
  static void keep(Work work, ServerConnection c, List<String> names) {
    for (String name : names) {
      boolean kept;
      try {
        kept = work.state.userVariables().readBack(c, name);
      } catch (SQLException e) {
        kept = false; // where the connection is lost, the next statement finds out
      }
      if (!kept) {
        work.state.pin("user variable " + name);
      }
    }
  }

  private void readOnlyTransaction(boolean on) throws SQLException {
    if (work.transaction.touched()) {
      // Inside a transaction the server says what it thinks of it.
      send("SET TRANSACTION READ " + (on ? "ONLY" : "WRITE"));
      work.link.soil();
    } else if (work.transaction.explicit()) {
      work.transaction.readOnly(on);
    } else {
      work.state.nextReadOnly(on);
    }
  }

  private void isolation(Assignment a) throws SQLException {
    String words = unquoted(a.valueSql()).toUpperCase(Locale.ROOT).replace('-', ' ');
    Integer level = ISOLATION.get(words.replaceAll("\\s+", " "));
    if (level == null) {
      throw Errors.unsupported("\"" + a.valueSql() + "\" is no isolation level");
    }
    if (a.scope() == Assignment.Scope.TRANSACTION) {
      if (work.services.vendor().mysqlFamily() && !work.transaction.touched()) {
        work.state.nextIsolation(words);
      } else {
        // Inside a transaction the server says what it thinks of it.
        send("SET TRANSACTION ISOLATION LEVEL " + words);
        work.link.soil();
      }
    } else {
      session.applyIsolation(level);
    }
  }

  private void variable(String name, String valueSql) throws SQLException {
    String value = valueSql.strip();
    if (work.services.vendor().mysqlFamily()
        && (!LITERAL.matcher(value).matches() || value.equalsIgnoreCase("NULL"))) {
      value = evaluated(value);
    }
    if (value.startsWith("\"")) {
      value = "'" + value.substring(1, value.length() - 1) + "'";
    }
    if (name.equals("sql_mode")) {
      checkModes(value);
    }
    send("SET " + name + (work.services.vendor() == Vendor.H2 ? " " : "=") + value);
    work.state.variable(name, value.equalsIgnoreCase("DEFAULT") ? null : value);
  }

  private static void checkModes(String value) throws SQLException {
    if (unquoted(value).matches("[-+]?[0-9.]+") && !unquoted(value).equals("0")) {
      throw Errors.unsupported(
          "sql_mode as the number " + value + " is not supported; name the modes");
    }
    for (String mode : unquoted(value).split(",")) {
      if (REFUSED_MODES.contains(mode.strip().toUpperCase(Locale.ROOT))) {
        throw Errors.unsupported(
            "sql_mode "
                + mode.strip()
                + " changes how statements are read and is not supported; leave it out");
      }
    }
  }

  /** The value of an expression such as {@code @OLD_SQL_MODE}, as a literal. */
  private String evaluated(String expression) throws SQLException {
    ServerConnection c = connection();
    try (Statement s = c.jdbc().createStatement();
        ResultSet r = s.executeQuery("SELECT " + expression)) {
      r.next();
      String text = r.getString(1);
      if (text == null) {
        throw Errors.unsupported("the value " + expression + " is NULL");
      }
      return LITERAL.matcher(text).matches() && Character.isDigit(text.charAt(0))
          ? text
          : c.node().dialect().literal(text);
    } catch (SQLException e) {
      throw failed(c, e);
    }
  }

  private void send(String sql) throws SQLException {
    ServerConnection c = connection();
    Outcome o = work.run(c, Packet.of(sql));
    if (!o.ok()) {
      throw failed(c, o.error());
    }
  }

  private SQLException failed(ServerConnection c, SQLException e) throws SQLException {
    if (!work.connectionLost(c, e)) {
      return e;
    }
    if (work.transaction.touched()) {
      return work.transactionLost(c, e);
    }
    work.link.lost(c, e);
    return Errors.rolledBack("the primary was lost during the statement; repeat it", e);
  }

  private ServerConnection connection() throws SQLException {
    return work.transaction.touched() ? work.inside() : work.link.ready();
  }

  private static boolean isOn(String valueSql) throws SQLException {
    String v = unquoted(valueSql).toUpperCase(Locale.ROOT);
    return switch (v) {
      case "1", "ON", "TRUE", "DEFAULT" -> true;
      case "0", "OFF", "FALSE" -> false;
      default -> throw Errors.unsupported("\"" + valueSql + "\" is neither on nor off");
    };
  }

  private static String unquoted(String valueSql) {
    String v = valueSql.strip();
    boolean quoted =
        v.length() >= 2
            && (v.charAt(0) == '\'' || v.charAt(0) == '"' || v.charAt(0) == '`')
            && v.charAt(v.length() - 1) == v.charAt(0);
    return quoted ? v.substring(1, v.length() - 1) : v;
  }
}
