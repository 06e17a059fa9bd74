package dev.lockstep.harness.workload;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks nodes at rest against what the clients of an order-entry workload know. One use. */
final class OrderVerifier {
  private static final int MAX_LISTED = 50;

  private final TransactionLog log;
  private final List<String> problems = new ArrayList<>();
  private int found;
  private int unknownCommitted;

  OrderVerifier(TransactionLog log) {
    this.log = log;
  }

  Verification verify(List<Connection> nodes) throws SQLException {
    Set<String> acknowledged = log.ids(TransactionLog.Outcome.ACK);
    Set<String> failed = log.ids(TransactionLog.Outcome.FAIL);
    Set<String> open = log.ids(TransactionLog.Outcome.UNKNOWN);
    open.addAll(log.ids(TransactionLog.Outcome.BEGUN));
    List<Set<String>> ledgers = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      String node = "node " + (i + 1);
      Connection c = nodes.get(i);
      Set<String> ledger = new HashSet<>();
      String duplicates = collect(c, "SELECT id FROM ledger", ledger);
      report(duplicates != null, node + ": ledger has " + duplicates + " twice");
      ledgers.add(ledger);
      for (String id : acknowledged) {
        report(
            !TransactionIds.isVisit(id) && !ledger.contains(id),
            node + ": acknowledged transaction " + id + " is missing");
      }
      for (String id : ledger) {
        report(failed.contains(id), node + ": rolled-back transaction " + id + " is there");
        report(log.outcome(id) == null, node + ": transaction " + id + " was never begun");
      }
      invariants(node, c, ledger);
      visits(node, c, acknowledged, open);
    }
    for (String id : open) {
      long there = ledgers.stream().filter(ledger -> ledger.contains(id)).count();
      report(
          there != 0 && there != nodes.size(),
          "transaction " + id + " of unknown outcome is on " + there + " of the nodes only");
      unknownCommitted += there == nodes.size() ? 1 : 0;
    }
    return new Verification(
        acknowledged.size(), failed.size(), open.size(), unknownCommitted, problems, found);
  }

  private void invariants(String node, Connection c, Set<String> ledger) throws SQLException {
    Map<Long, Long> sold =
        sums(c, "SELECT product_id, SUM(quantity) FROM order_lines GROUP BY product_id");
    sums(c, "SELECT id, stock FROM products")
        .forEach(
            (product, stock) ->
                expect(
                    node + ": stock plus sold quantity of product " + product,
                    OrderSchema.INITIAL_STOCK,
                    stock + sold.getOrDefault(product, 0L)));
    Map<Long, Long> totals =
        sums(c, "SELECT order_id, SUM(quantity*price) FROM order_lines GROUP BY order_id");
    sums(c, "SELECT id, total FROM orders")
        .forEach(
            (order, total) ->
                expect(node + ": total of order " + order, totals.getOrDefault(order, 0L), total));
    Map<Long, Long> paid = sums(c, "SELECT order_id, SUM(amount) FROM payments GROUP BY order_id");
    sums(c, "SELECT id, paid FROM orders")
        .forEach(
            (order, sum) ->
                expect(
                    node + ": paid amount of order " + order, paid.getOrDefault(order, 0L), sum));
    Map<Long, Long> spent =
        sums(c, "SELECT customer_id, SUM(paid) FROM orders GROUP BY customer_id");
    sums(c, "SELECT id, balance FROM customers")
        .forEach(
            (customer, balance) ->
                expect(
                    node + ": balance of customer " + customer,
                    OrderSchema.INITIAL_BALANCE - spent.getOrDefault(customer, 0L),
                    balance));
    Set<String> references = new HashSet<>();
    String twice = collect(c, "SELECT ref FROM orders", references);
    report(twice != null, node + ": order of transaction " + twice + " is there twice");
    for (String reference : references) {
      report(
          !ledger.contains(reference),
          node + ": order of transaction " + reference + " without its ledger row");
    }
    Set<String> payments = new HashSet<>();
    collect(c, "SELECT id FROM payments", payments);
    for (String payment : payments) {
      report(!ledger.contains(payment), node + ": payment " + payment + " without its ledger row");
    }
    for (String id : ledger) {
      report(
          TransactionIds.kind(id).equals(TransactionIds.PAYMENT) && !payments.contains(id),
          node + ": ledger row of payment " + id + " without the payment");
    }
  }

  /** Visits leave no ledger row, but each is counted exactly once. */
  private void visits(String node, Connection c, Set<String> acknowledged, Set<String> open)
      throws SQLException {
    Map<Long, Long> certain = visits(acknowledged);
    Map<Long, Long> possible = visits(open);
    sums(c, "SELECT id, visits FROM customers")
        .forEach(
            (customer, visits) -> {
              long least = certain.getOrDefault(customer, 0L);
              long most = least + possible.getOrDefault(customer, 0L);
              report(
                  visits < least || visits > most,
                  "%s: visits of customer %d should be %d to %d but are %d"
                      .formatted(node, customer, least, most, visits));
            });
  }

  private static Map<Long, Long> visits(Set<String> ids) {
    Map<Long, Long> counts = new HashMap<>();
    for (String id : ids) {
      if (TransactionIds.isVisit(id)) {
        counts.merge(TransactionIds.visitedCustomer(id), 1L, Long::sum);
      }
    }
    return counts;
  }

  private void expect(String what, long expected, long actual) {
    report(expected != actual, what + " should be " + expected + " but is " + actual);
  }

  private void report(boolean wrong, String problem) {
    if (wrong && found++ < MAX_LISTED) {
      problems.add(problem);
    }
  }

  private static Map<Long, Long> sums(Connection c, String sql) throws SQLException {
    Map<Long, Long> sums = new HashMap<>();
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        sums.put(r.getLong(1), r.getLong(2));
      }
    }
    return sums;
  }

  /** Returns one that came twice, if any. */
  private static String collect(Connection c, String sql, Set<String> into) throws SQLException {
    String duplicate = null;
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        if (!into.add(r.getString(1))) {
          duplicate = r.getString(1);
        }
      }
    }
    return duplicate;
  }
}
