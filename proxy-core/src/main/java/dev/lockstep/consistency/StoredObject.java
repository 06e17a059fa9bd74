package dev.lockstep.consistency;

import dev.lockstep.node.TableName;

/**
 * A view, trigger, procedure or function of MySQL or MariaDB: the statement that makes it and the
 * settings that the server keeps with it. Immutable.
 *
 * @param kind {@code view}, {@code trigger}, {@code procedure} or {@code function}
 * @param table a trigger's table; else null
 * @param create what SHOW CREATE says, with the definer; null where the account may not see it
 * @param sqlMode null for a view
 * @param client character_set_client of the session that made it
 * @param collation collation_connection of that session
 * @param database collation of the database at that time; null for a view
 * @param current collation of the database now; null for a view
 * @param place of a trigger: when it fires and its turn among others; else empty
 */
public record StoredObject(
    String kind,
    TableName name,
    TableName table,
    String create,
    String sqlMode,
    String client,
    String collation,
    String database,
    String current,
    String place) {

  /** Why it cannot be made on another node from its text, or null where it can. */
  public String problem() {
    if (create == null) {
      return "its definition may not be seen by Lockstep's account";
    }
    boolean ascii = create.chars().allMatch(c -> c < 0x80);
    if (!ascii && !client.startsWith("utf8")) {
      return "its text is not plain ASCII and was sent in the character set " + client;
    }
    if (database != null && !database.equals(current)) {
      return "made when its database had the collation " + database + ", now " + current;
    }
    return null;
  }

  /** All that has to be equal on every node. */
  String signature() {
    return kind
        + " "
        + name
        + "\n"
        + create
        + "\n"
        + String.join(" ", "" + sqlMode, client, collation, "" + database, place);
  }
}
