package dev.lockstep.consistency;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What users have created on one node: everything but the server's and the cluster's own schemas.
 * Stateless; each method asks the server over the connection that it is given and leaves that
 * connection's session as it found it.
 */
public abstract class UserCatalogue {
  UserCatalogue() {}

  /** The catalogue reader for a database family. */
  public static UserCatalogue of(Vendor vendor) {
    return switch (vendor) {
      case MYSQL, MARIADB -> MysqlUserCatalogue.INSTANCE;
      case H2 -> H2UserCatalogue.INSTANCE;
      case POSTGRESQL -> throw new IllegalArgumentException("PostgreSQL is not supported yet");
    };
  }

  /** The user schemas, sorted. */
  public abstract List<String> schemas(Connection c) throws SQLException;

  /** Every object of the user schemas, sorted by kind and name. */
  public abstract List<UserObject> objects(Connection c) throws SQLException;

  /** The base tables with their columns, sorted by name. */
  public abstract List<UserTable> tables(Connection c) throws SQLException;

  /** One base table, or null where there is none of exactly that name. */
  public abstract UserTable table(Connection c, TableName name) throws SQLException;

  /**
   * The definition of all user objects as canonical text, one object per line block, sorted.
   * Counters (AUTO_INCREMENT, identity) are left out, so that two nodes with the same definitions
   * have the same text.
   */
  public abstract String signature(Connection c) throws SQLException;

  /** The definition of one table as canonical text, or null where the table does not exist. */
  public abstract String tableSignature(Connection c, TableName name) throws SQLException;

  /** Whether a trigger is on the table. */
  public abstract boolean hasTriggers(Connection c, TableName name) throws SQLException;

  /** Whether any trigger may write other tables than its own. */
  public abstract boolean triggersWrite(Connection c) throws SQLException;

  /**
   * The tables that foreign keys connect with each table, in both directions, as pairs of
   * referencing and referenced table.
   */
  public abstract List<ForeignKey> foreignKeys(Connection c) throws SQLException;

  /** Drops every user object, with foreign keys off. Commits. */
  public abstract void dropAll(Connection c) throws SQLException;

  /** Quotes an identifier. */
  public abstract String quote(String identifier);

  /**
   * A foreign key.
   *
   * @param from the table that has it
   * @param to the table that it refers to
   */
  public record ForeignKey(TableName from, TableName to) {}

  /** Quotes a full name. */
  public final String quote(TableName t) {
    return quote(t.schema()) + "." + quote(t.name());
  }

  /** The objects that a full copy cannot carry over. */
  public final List<UserObject> unsupported(Connection c) throws SQLException {
    return objects(c).stream().filter(o -> !o.supported()).toList();
  }

  /**
   * Refuses a node with objects that a full copy cannot carry over.
   *
   * @param node its label in the message
   * @throws SQLException 0A001, naming each object and saying what to do
   */
  public final void requireSupported(Connection c, String node) throws SQLException {
    List<UserObject> bad = unsupported(c);
    if (!bad.isEmpty()) {
      throw Errors.unsupported(
          "node "
              + node
              + " has objects that a full copy cannot carry over yet: "
              + bad.stream().map(UserObject::toString).collect(Collectors.joining(", "))
              + ". Drop or convert them, or make the nodes equal with the server's own dump tool before the cluster is"
              + " started; nothing was changed on any node");
    }
  }

  /** Whether the node holds any table or view of a user. */
  public final boolean hasUserTables(Connection c) throws SQLException {
    for (UserObject o : objects(c)) {
      if (!o.kind().equals("schema")) {
        return true;
      }
    }
    return false;
  }
}
