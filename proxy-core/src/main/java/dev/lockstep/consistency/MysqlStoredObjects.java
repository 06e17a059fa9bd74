package dev.lockstep.consistency;

import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the definitions of views, triggers and routines of MySQL or MariaDB. Stateless; a view's
 * text depends on the connection's current database, which the caller puts back.
 */
public final class MysqlStoredObjects {
  private MysqlStoredObjects() {}

  /** Procedures and functions, sorted by name. */
  public static List<StoredObject> routines(Connection c) throws SQLException {
    Map<String, String> collations = collations(c);
    List<StoredObject> all = new ArrayList<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES"
                + " WHERE ROUTINE_TYPE IN ('PROCEDURE','FUNCTION') AND "
                + MysqlUserCatalogue.users("ROUTINE_SCHEMA")
                + " ORDER BY 1, 2, 3")) {
      TableName name = new TableName(r[0], r[1]);
      String[] s = show(c, r[2], name);
      all.add(
          new StoredObject(
              r[2].toLowerCase(),
              name,
              null,
              s[2],
              s[1],
              s[3],
              s[4],
              s[5],
              collations.get(r[0]),
              ""));
    }
    return all;
  }

  /** All triggers, those of one table in the order in which they fire. */
  public static List<StoredObject> triggers(Connection c) throws SQLException {
    return triggers(c, MysqlUserCatalogue.users("EVENT_OBJECT_SCHEMA"));
  }

  /** The triggers of one table, in the order in which they fire. */
  public static List<StoredObject> triggers(Connection c, TableName table) throws SQLException {
    return triggers(
        c,
        "EVENT_OBJECT_SCHEMA="
            + MysqlUserCatalogue.text(table.schema())
            + " AND EVENT_OBJECT_TABLE="
            + MysqlUserCatalogue.text(table.name()));
  }

  private static List<StoredObject> triggers(Connection c, String condition) throws SQLException {
    List<StoredObject> all = new ArrayList<>();
    Map<String, String> collations = null;
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE,"
                + " ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER FROM"
                + " information_schema.TRIGGERS WHERE "
                + condition
                + " ORDER BY EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, ACTION_TIMING,"
                + " EVENT_MANIPULATION, ACTION_ORDER")) {
      if (collations == null) {
        collations = collations(c);
      }
      TableName name = new TableName(r[0], r[1]);
      String[] s = show(c, "TRIGGER", name);
      all.add(
          new StoredObject(
              "trigger",
              name,
              new TableName(r[2], r[3]),
              s[2],
              s[1],
              s[3],
              s[4],
              s[5],
              collations.get(r[0]),
              String.join(" ", r[2], r[3], r[4], r[5], r[6])));
    }
    return all;
  }

  /** A view. Changes the current database. */
  public static StoredObject view(Connection c, TableName name) throws SQLException {
    c.setCatalog(name.schema());
    String[] s = show(c, "VIEW", name);
    return new StoredObject("view", name, null, s[1], null, s[2], s[3], null, null, "");
  }

  private static String[] show(Connection c, String kind, TableName name) throws SQLException {
    return MysqlUserCatalogue.rows(
            c, "SHOW CREATE " + kind + " " + MysqlUserCatalogue.INSTANCE.quote(name))
        .get(0);
  }

  private static Map<String, String> collations(Connection c) throws SQLException {
    Map<String, String> all = new HashMap<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c, "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA")) {
      all.put(r[0], r[1]);
    }
    return all;
  }
}
