package dev.lockstep.consistency;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The statements that make an H2 database's user objects anew. Stateless. */
public final class H2Definitions {
  private H2Definitions() {}

  /**
   * In an order in which they can be run on an empty database: no data, users, rights or settings.
   * Commits what is open on the connection.
   */
  public static List<String> of(Connection c) throws SQLException {
    return H2UserCatalogue.definitions(c);
  }
}
