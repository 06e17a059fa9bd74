package dev.lockstep.harness.server;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** A MariaDB server. Thread-safe. */
final class MariaDbNode extends MySqlFamilyNode {
  /** A stopped node; finds the server binaries, and fetches them if need be. */
  MariaDbNode(String name, NodeOptions options) {
    super(name, options, MariaDbDistribution.locate(options.progress()));
  }

  @Override
  public Engine engine() {
    return Engine.MARIADB;
  }

  @Override
  List<String> productOptions() {
    return List.of();
  }

  @Override
  List<String> preparedTransactions(Statement s) throws SQLException {
    return strings(s, "XA RECOVER FORMAT='SQL'", 4);
  }
}
