package dev.lockstep.harness.workload;

/**
 * How the ids of transactions are made: {@code run-client-sequence-kind}, where the kind is a
 * letter that tells the verifier what to expect of the transaction.
 */
final class TransactionIds {
  /** An order with its lines. */
  static final String ORDER = "o";

  /** A payment: there must be a row of that id in the table of payments. */
  static final String PAYMENT = "p";

  /** A line is taken out of an order. */
  static final String CANCEL = "c";

  /** An order is deleted. */
  static final String DELETE = "d";

  /** A single statement that inserts ledger rows. */
  static final String NOTE = "l";

  /** A single update of one customer, without a ledger row; the customer's id follows. */
  static final String VISIT = "v";

  /** Rolled back on purpose. */
  static final String ROLLBACK = "r";

  /** The part of a transaction that is rolled back to a savepoint. */
  static final String UNDONE = "x";

  private TransactionIds() {}

  static String kind(String id) {
    return id.substring(id.lastIndexOf('-') + 1);
  }

  static boolean isVisit(String id) {
    return kind(id).startsWith(VISIT);
  }

  static long visitedCustomer(String id) {
    return Long.parseLong(kind(id).substring(1));
  }
}
