package dev.lockstep.harness.server;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A MySQL 8 server. Thread-safe. */
final class MySqlNode extends MySqlFamilyNode {
  /** A stopped node; finds the server binaries, and fetches them if need be. */
  MySqlNode(String name, NodeOptions options) {
    super(name, options, MySqlDistribution.locate(options.progress()));
  }

  @Override
  public Engine engine() {
    return Engine.MYSQL;
  }

  @Override
  List<String> productOptions() {
    return List.of("--mysqlx=OFF");
  }

  @Override
  List<String> preparedTransactions(Statement s) throws SQLException {
    List<String> transactions = new ArrayList<>();
    try (ResultSet r = s.executeQuery("XA RECOVER CONVERT XID")) {
      while (r.next()) {
        // 0x, then both parts in hexadecimal without a gap.
        String both = r.getString(4).substring(2);
        int length = 2 * r.getInt(2);
        transactions.add(
            "X'%s',X'%s',%d"
                .formatted(both.substring(0, length), both.substring(length), r.getInt(1)));
      }
    }
    return transactions;
  }
}
