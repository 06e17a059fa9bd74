package dev.lockstep.consistency;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Session variables of a MySQL or MariaDB connection that are set for a while and put back by
 * {@link #close}. Variables that the server does not know are left out. For one thread.
 */
public final class SessionVariables implements AutoCloseable {
  private final Connection connection;
  private final Map<String, String> old = new LinkedHashMap<>();

  private SessionVariables(Connection connection) {
    this.connection = connection;
  }

  /** Only remembers the values of these variables, to put them back later. */
  public static SessionVariables remember(Connection c, String... names) throws SQLException {
    SessionVariables v = new SessionVariables(c);
    try (Statement s = c.createStatement()) {
      for (String name : names) {
        try (ResultSet rs = s.executeQuery("SELECT @@session." + name)) {
          rs.next();
          v.old.put(name, literal(rs.getString(1)));
        } catch (SQLException e) {
          if (e.getErrorCode() != 1193) { // unknown system variable
            throw e;
          }
        }
      }
    }
    return v;
  }

  /**
   * Sets variables.
   *
   * @param namesAndValues name, value as SQL text, name, value, …
   */
  public static SessionVariables set(Connection c, String... namesAndValues) throws SQLException {
    String[] names = new String[namesAndValues.length / 2];
    Map<String, String> wanted = new LinkedHashMap<>();
    for (int i = 0; i < names.length; i++) {
      names[i] = namesAndValues[2 * i];
      wanted.put(names[i], namesAndValues[2 * i + 1]);
    }
    SessionVariables v = remember(c, names);
    wanted.keySet().retainAll(v.old.keySet());
    assign(c, wanted);
    return v;
  }

  /** Puts the old values back and goes on remembering them. */
  public void restore() throws SQLException {
    assign(connection, old);
  }

  /** Puts the old values back. */
  @Override
  public void close() throws SQLException {
    if (!connection.isClosed()) {
      restore();
    }
  }

  private static void assign(Connection c, Map<String, String> values) throws SQLException {
    if (values.isEmpty()) {
      return;
    }
    StringJoiner set = new StringJoiner(", ", "SET ", "");
    values.forEach((name, value) -> set.add("@@session." + name + "=" + value));
    try (Statement s = c.createStatement()) {
      s.execute(set.toString());
    }
  }

  private static String literal(String value) {
    if (value == null) {
      return "NULL";
    }
    return value.matches("-?\\d+(\\.\\d+)?") ? value : "'" + value.replace("'", "''") + "'";
  }
}
