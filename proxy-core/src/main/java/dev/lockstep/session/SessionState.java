package dev.lockstep.session;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.Account;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a session has set on its connection and what is set again on another one. Used under the
 * session's lock.
 */
final class SessionState {
  /** Variables that change what a write means, so replicas need them too. */
  private static final Set<String> MEANING = Set.of("time_zone", "foreign_key_checks", "sql_mode");

  private final Vendor vendor;
  private final Account account;
  private final Map<String, String> variables = new TreeMap<>();
  private final UserVariables userVariables = new UserVariables();
  private final Set<TableName> temporary = new HashSet<>();
  private String schema;
  private boolean schemaChanged;
  private boolean foreignKeyChecksSet;
  private boolean autocommit = true;
  private boolean readOnly;
  private int isolation;
  private String nextIsolation;
  private boolean nextReadOnly;
  private String pinned;
  private long lastInsertId;
  private String context = "";
  private ZoneId zone;

  SessionState(Vendor vendor, Account account, String schema) {
    this.vendor = vendor;
    this.account = account;
    this.schema = schema;
  }

  Account account() {
    return account;
  }

  String schema() {
    return schema;
  }

  void schema(String name) {
    schemaChanged = true;
    schema = name;
  }

  boolean autocommit() {
    return autocommit;
  }

  void autocommit(boolean on) {
    autocommit = on;
  }

  boolean readOnly() {
    return readOnly;
  }

  void readOnly(boolean on) {
    readOnly = on;
  }

  /** As in {@link java.sql.Connection}, or 0 for the server's default. */
  int isolation() {
    return isolation;
  }

  void isolation(int level) {
    isolation = level;
  }

  /** The isolation level of the next transaction only, as SET TRANSACTION names it, or null. */
  String nextIsolation() {
    return nextIsolation;
  }

  void nextIsolation(String level) {
    nextIsolation = level;
  }

  /** Whether SET TRANSACTION READ ONLY waits for the next transaction to begin. */
  boolean nextReadOnly() {
    return nextReadOnly;
  }

  void nextReadOnly(boolean on) {
    nextReadOnly = on;
  }

  /**
   * The statement that sets the level of the next transaction, or null where none was asked for.
   */
  String setNextIsolation() {
    return nextIsolation == null ? null : "SET TRANSACTION ISOLATION LEVEL " + nextIsolation;
  }

  /** Why the session cannot be rebuilt on another connection, or null where it can. */
  String pinned() {
    return pinned;
  }

  void pin(String why) {
    if (pinned == null) {
      pinned = why;
    }
  }

  /** What could not be rebuilt is gone, and the application has been told. */
  void unpin() {
    pinned = null;
    temporary.clear();
  }

  /** The temporary tables on the session's server connection. */
  Set<TableName> temporary() {
    return temporary;
  }

  UserVariables userVariables() {
    return userVariables;
  }

  void lastInsertId(long id) {
    lastInsertId = id;
  }

  /** Whether a connection of this session can be handed to another one. */
  boolean clean() {
    return pinned == null
        && variables.isEmpty()
        && userVariables.isEmpty()
        && isolation == 0
        && nextIsolation == null
        && !schemaChanged
        && !foreignKeyChecksSet;
  }

  /** Remembers a variable; null for the server's default. */
  void variable(String name, String valueSql) {
    foreignKeyChecksSet |= name.equals("foreign_key_checks");
    if (valueSql == null) {
      variables.remove(name);
    } else {
      variables.put(name, valueSql);
    }
    zone = null;
    context = renderContext();
  }

  private String renderContext() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> v : variables.entrySet()) {
      if (MEANING.contains(v.getKey())) {
        text.append(text.length() == 0 ? "SET " : ",").append(assignment(v));
      }
    }
    return text.toString();
  }

  private String assignment(Map.Entry<String, String> v) {
    return v.getKey() + (vendor == Vendor.H2 ? " " : "=") + v.getValue();
  }

  /** The context of a write set entry: the same text for the same settings. */
  String context() {
    return context;
  }

  /** Whether {@link #context} has all that was set and could change what a write does. */
  boolean onlyMeaning() {
    return nextIsolation == null && MEANING.containsAll(variables.keySet());
  }

  /** Whether foreign keys are checked on this connection, which has this state. */
  boolean foreignKeyChecks(ServerConnection connection) {
    return connection.foreignKeyChecks() && !foreignKeyChecksSet;
  }

  /** Sets everything on a fresh connection of the same account and schema. */
  void applyTo(ServerConnection connection) throws SQLException {
    zone = null;
    if (isolation != 0) {
      connection.jdbc().setTransactionIsolation(isolation);
    }
    if (variables.isEmpty()
        && userVariables.isEmpty()
        && (lastInsertId == 0 || !vendor.mysqlFamily())) {
      return;
    }
    if (!vendor.mysqlFamily()) {
      for (Map.Entry<String, String> v : variables.entrySet()) {
        check(connection.run(Packet.of("SET " + assignment(v)), 0));
      }
      for (Map.Entry<String, String> v : userVariables.assignments().entrySet()) {
        check(connection.run(Packet.of("SET " + v.getKey() + " = " + v.getValue()), 0));
      }
      return;
    }
    StringBuilder text = new StringBuilder("SET ");
    for (Map.Entry<String, String> v : variables.entrySet()) {
      text.append(assignment(v)).append(',');
    }
    for (Map.Entry<String, String> v : userVariables.assignments().entrySet()) {
      text.append(v.getKey()).append('=').append(v.getValue()).append(',');
    }
    if (lastInsertId != 0) {
      text.append("last_insert_id=").append(lastInsertId);
    } else {
      text.setLength(text.length() - 1);
    }
    check(connection.run(Packet.of(text.toString()), 0));
  }

  private static void check(Outcome outcome) throws SQLException {
    if (!outcome.ok()) {
      throw outcome.error();
    }
  }

  /** The time zone of the session on the server. */
  ZoneId zone(ServerConnection connection) throws SQLException {
    if (zone == null) {
      // H2's driver gives its sessions the zone of the JVM.
      zone = vendor == Vendor.H2 ? ZoneId.systemDefault() : mysqlZone(connection);
    }
    return zone;
  }

  private static ZoneId mysqlZone(ServerConnection connection) throws SQLException {
    try (Statement s = connection.jdbc().createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT @@session.time_zone, @@global.system_time_zone,"
                    + " TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())")) {
      r.next();
      String name = r.getString(1);
      ZoneId parsed = parse("SYSTEM".equalsIgnoreCase(name) ? r.getString(2) : name);
      return parsed != null ? parsed : ZoneOffset.ofTotalSeconds(r.getInt(3));
    }
  }

  private static ZoneId parse(String name) {
    try {
      return ZoneId.of(name, ZoneId.SHORT_IDS);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
