package dev.lockstep.harness.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of the order-entry workload: a thread with a connection that changes only the orders
 * that it made itself, so it knows what each must look like.
 */
final class OrderClient implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(OrderClient.class);
  private static final String ROLLED_BACK = "40001";
  private static final String OUTCOME_UNKNOWN = "08007";
  private static final int MAX_ORDERS_KEPT = 200;
  private static final long PAUSE_AFTER_ERROR_MILLIS = 20;
  private static final int MAX_LINES = 4;
  private static final int RETRIES_THAT_ARE_TOO_MANY = 1_000;
  private static final int PRICE = 100;

  /** How far a transaction has come when something is thrown. */
  private enum Phase {
    EXECUTING,
    COMMITTING
  }

  /** The statements of a transaction; returns what it means for the client's own knowledge. */
  private interface Body {
    Runnable run(Connection c, String id) throws SQLException;
  }

  private static final class Order {
    final long id;
    final int customer;
    final Map<Integer, Line> lines;
    long paid;

    Order(long id, int customer, Map<Integer, Line> lines) {
      this.id = id;
      this.customer = customer;
      this.lines = lines;
    }

    long total() {
      return lines.values().stream().mapToLong(line -> (long) line.quantity() * PRICE).sum();
    }
  }

  private record Line(int product, int quantity) {}

  private final OrderWorkload workload;
  private final Progress progress;
  private final TransactionLog transactions;
  private final int number;
  private final Random random;
  private final List<Order> orders = new ArrayList<>();
  private long sequence;
  private int lockedProduct;
  private String transaction = "-";
  private Phase phase = Phase.EXECUTING;
  private Connection connection;

  OrderClient(OrderWorkload workload, int number) {
    this.workload = workload;
    this.progress = workload.progress();
    this.transactions = workload.log();
    this.number = number;
    this.random = new Random(workload.seed() * 1_000_003 + number);
  }

  @Override
  public void run() {
    try {
      while (workload.next()) {
        try {
          step();
        } catch (SQLException | RuntimeException e) {
          // Outside of a transaction: connecting, or a read.
          unexpected(e);
          disconnect();
          pause();
        }
      }
    } catch (Throwable t) {
      log.error("client {} of seed {} failed", number, workload.seed(), t);
      progress.failed(number, transaction, "-", t);
    } finally {
      disconnect();
    }
  }

  private void step() throws SQLException {
    int dice = random.nextInt(100);
    if (orders.isEmpty() || dice < 38) {
      transact(TransactionIds.ORDER, this::newOrder);
    } else if (dice < 46) {
      transact(TransactionIds.ORDER, this::newOrderWithSavepoint);
    } else if (dice < 64) {
      transact(TransactionIds.PAYMENT, this::pay);
    } else if (dice < 72) {
      transact(TransactionIds.CANCEL, this::cancelLine);
    } else if (dice < 76) {
      transact(TransactionIds.DELETE, this::deleteOrder);
    } else if (dice < 80) {
      transact(TransactionIds.ROLLBACK, this::newOrder);
    } else if (dice < 86) {
      visit();
    } else if (dice < 92) {
      note();
    } else {
      read();
    }
  }

  // ---- transactions

  private Runnable newOrder(Connection c, String id) throws SQLException {
    int customer = customer();
    try (PreparedStatement p = c.prepareStatement("SELECT name FROM customers WHERE id = ?")) {
      p.setInt(1, customer);
      try (ResultSet r = p.executeQuery()) {
        check(r.next(), "customer %d is not there", customer);
      }
    }
    List<Integer> products = new ArrayList<>();
    for (int i = random.nextInt(MAX_LINES); i >= 0; i--) {
      int product = 1 + random.nextInt(workload.products());
      if (!products.contains(product)) {
        products.add(product);
      }
    }
    // Mostly in the order that avoids deadlocks.
    if (random.nextInt(20) != 0 || !workload.deadlocks()) {
      Collections.sort(products);
    }
    lockedProduct = products.get(0);
    Map<Integer, Line> lines = new TreeMap<>();
    for (int product : products) {
      Line line = new Line(product, 1 + random.nextInt(9));
      lines.put(lines.size() + 1, line);
      update(c, "UPDATE products SET stock = stock - ? WHERE id = ?", line.quantity(), product);
    }
    long orderId = insertOrder(c, customer, id, new Order(0, customer, lines).total());
    insertLines(c, orderId, lines);
    ledger(c, id);
    return () -> {
      if (orders.size() >= MAX_ORDERS_KEPT) {
        orders.remove(random.nextInt(orders.size()));
      }
      orders.add(new Order(orderId, customer, lines));
    };
  }

  private static long insertOrder(Connection c, int customer, String ref, long total)
      throws SQLException {
    String sql = "INSERT INTO orders (customer_id, ref, total, paid) VALUES (?, ?, ?, ?)";
    try (PreparedStatement p = c.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      p.setInt(1, customer);
      p.setString(2, ref);
      p.setLong(3, total);
      p.setLong(4, 0);
      p.executeUpdate();
      try (ResultSet keys = p.getGeneratedKeys()) {
        check(keys.next(), "no generated key for order %s", ref);
        return keys.getLong(1);
      }
    }
  }

  private static void insertLines(Connection c, long order, Map<Integer, Line> lines)
      throws SQLException {
    String sql =
        "INSERT INTO order_lines (order_id, line_no, product_id, quantity, price) VALUES (?,?,?,?,?)"
            + ",(?,?,?,?,?)".repeat(lines.size() - 1);
    try (PreparedStatement p = c.prepareStatement(sql)) {
      int index = 1;
      for (Map.Entry<Integer, Line> line : lines.entrySet()) {
        p.setLong(index++, order);
        p.setInt(index++, line.getKey());
        p.setInt(index++, line.getValue().product());
        p.setInt(index++, line.getValue().quantity());
        p.setLong(index++, PRICE);
      }
      check(p.executeUpdate() == lines.size(), "not all lines of order %d inserted", order);
    }
  }

  private Runnable newOrderWithSavepoint(Connection c, String id) throws SQLException {
    Runnable effect = newOrder(c, id);
    String undone = id.substring(0, id.lastIndexOf('-') + 1) + TransactionIds.UNDONE;
    transactions.begin(undone);
    try {
      Savepoint savepoint = c.setSavepoint();
      ledger(c, undone);
      update(c, "UPDATE products SET stock = stock - ? WHERE id = ?", 7, furtherProduct());
      c.rollback(savepoint);
    } finally {
      // Also when something went wrong: then the whole transaction is never committed.
      transactions.failed(undone, "SAVEPOINT");
    }
    int product = furtherProduct();
    update(c, "UPDATE products SET stock = stock + ? WHERE id = ?", 1, product);
    update(c, "UPDATE products SET stock = stock - ? WHERE id = ?", 1, product);
    return effect;
  }

  /** Any product if deadlocks are wanted, otherwise one that this transaction has locked before. */
  private int furtherProduct() {
    int any = 1 + random.nextInt(workload.products());
    return workload.deadlocks() ? any : lockedProduct;
  }

  private Runnable pay(Connection c, String id) throws SQLException {
    Order order = someOrder();
    lock(c, order);
    long amount = 1 + random.nextInt(5_000);
    try (PreparedStatement p =
        c.prepareStatement("INSERT INTO payments (id, order_id, amount) VALUES (?, ?, ?)")) {
      p.setString(1, id);
      p.setLong(2, order.id);
      p.setLong(3, amount);
      p.executeUpdate();
    }
    update(c, "UPDATE orders SET paid = paid + ? WHERE id = ?", amount, order.id);
    update(c, "UPDATE customers SET balance = balance - ? WHERE id = ?", amount, order.customer);
    ledger(c, id);
    return () -> order.paid += amount;
  }

  private Runnable cancelLine(Connection c, String id) throws SQLException {
    Order order = someOrder();
    lock(c, order);
    List<Integer> numbers = new ArrayList<>(order.lines.keySet());
    ledger(c, id);
    if (numbers.isEmpty()) {
      return () -> {};
    }
    int line = numbers.get(random.nextInt(numbers.size()));
    deleteLine(c, order, line);
    update(
        c,
        "UPDATE orders SET total = total - ? WHERE id = ?",
        (long) order.lines.get(line).quantity() * PRICE,
        order.id);
    return () -> order.lines.remove(line);
  }

  private void deleteLine(Connection c, Order order, int number) throws SQLException {
    Line line = order.lines.get(number);
    update(c, "DELETE FROM order_lines WHERE order_id = ? AND line_no = ?", order.id, number);
    update(
        c, "UPDATE products SET stock = stock + ? WHERE id = ?", line.quantity(), line.product());
  }

  private Runnable deleteOrder(Connection c, String id) throws SQLException {
    Order order = someOrder();
    lock(c, order);
    ledger(c, id);
    if (order.paid != 0) {
      return () -> {}; // payments refer to it
    }
    for (int line : order.lines.keySet()) {
      deleteLine(c, order, line);
    }
    update(c, "DELETE FROM orders WHERE id = ?", order.id);
    return () -> orders.remove(order);
  }

  private void lock(Connection c, Order order) throws SQLException {
    try (PreparedStatement p =
        c.prepareStatement("SELECT total, paid FROM orders WHERE id = ? FOR UPDATE")) {
      compare(p, order);
    }
  }

  private static void compare(PreparedStatement select, Order order) throws SQLException {
    select.setLong(1, order.id);
    try (ResultSet r = select.executeQuery()) {
      check(r.next(), "own acknowledged order %d is not there", order.id);
      check(
          r.getLong(1) == order.total() && r.getLong(2) == order.paid,
          "own order %d should have total %d and paid %d but has %d and %d",
          order.id,
          order.total(),
          order.paid,
          r.getLong(1),
          r.getLong(2));
    }
  }

  private void ledger(Connection c, String... ids) throws SQLException {
    String sql =
        "INSERT INTO ledger (id, client, seq) VALUES (?,?,?)" + ",(?,?,?)".repeat(ids.length - 1);
    try (PreparedStatement p = c.prepareStatement(sql)) {
      int index = 1;
      for (String id : ids) {
        p.setString(index++, id);
        p.setInt(index++, number);
        p.setLong(index++, sequence);
      }
      check(p.executeUpdate() == ids.length, "ledger rows of %s not inserted", ids[0]);
    }
  }

  private static void update(Connection c, String sql, long... parameters) throws SQLException {
    try (PreparedStatement p = c.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        p.setLong(i + 1, parameters[i]);
      }
      int count = p.executeUpdate();
      check(count == 1, "%d rows instead of one by: %s", count, sql);
    }
  }

  private static void check(boolean right, String message, Object... arguments) {
    if (!right) {
      throw new IllegalStateException(message.formatted(arguments));
    }
  }

  private int customer() {
    return 1 + random.nextInt(workload.customers());
  }

  private Order someOrder() {
    return orders.get(random.nextInt(orders.size()));
  }

  // ---- single statements

  private void read() throws SQLException {
    Connection c = connect(true);
    if (orders.isEmpty()) {
      return;
    }
    try (PreparedStatement p = c.prepareStatement("SELECT total, paid FROM orders WHERE id = ?")) {
      if (workload.checksReads()) {
        compare(p, someOrder());
      } else {
        p.setLong(1, someOrder().id);
        p.executeQuery().close();
      }
    }
    progress.read();
  }

  private void note() throws SQLException {
    attempt(
        true,
        TransactionIds.NOTE,
        (c, id) -> {
          ledger(c, id);
          return () -> {};
        });
  }

  private void visit() throws SQLException {
    int customer = customer();
    attempt(
        true,
        TransactionIds.VISIT + customer,
        (c, id) -> {
          update(c, "UPDATE customers SET visits = visits + 1 WHERE id = ?", customer);
          return () -> {};
        });
  }

  // ---- the life of a transaction

  private void transact(String kind, Body body) throws SQLException {
    attempt(false, kind, body);
  }

  /** Runs a transaction, again and again while it ends with 40001. */
  private void attempt(boolean autoCommit, String kind, Body body) throws SQLException {
    boolean again = true;
    for (int attempts = 1; again; attempts++) {
      Connection c = connect(autoCommit);
      transaction = workload.runId() + "-" + number + "-" + ++sequence + "-" + kind;
      String id = transaction;
      int ordersBefore = orders.size();
      transactions.begin(id);
      phase = autoCommit ? Phase.COMMITTING : Phase.EXECUTING;
      try {
        Runnable effect = body.run(c, id);
        if (kind.equals(TransactionIds.ROLLBACK)) {
          c.rollback();
          transactions.failed(id, "ROLLBACK");
          progress.rolledBack();
        } else {
          if (!autoCommit) {
            phase = Phase.COMMITTING;
            c.commit();
          }
          transactions.acknowledged(id);
          progress.committed(number);
          effect.run();
        }
        again = false;
      } catch (SQLException e) {
        again = settle(id, autoCommit, e) && workload.running();
        if (again && attempts % RETRIES_THAT_ARE_TOO_MANY == 0) {
          unexpected(new IllegalStateException(attempts + " times 40001 in a row", e));
          disconnect();
        }
      } catch (RuntimeException e) {
        settleUnexpected(id, autoCommit, e);
        again = false;
      }
      check(orders.size() <= ordersBefore + 1, "bookkeeping of client %d", number);
      transaction = "-";
    }
  }

  /** Records how a transaction ended that threw; true if it is to be tried again at once. */
  private boolean settle(String id, boolean autoCommit, SQLException e) {
    if (ROLLED_BACK.equals(e.getSQLState())) {
      rollBack(autoCommit);
      transactions.failed(id, ROLLED_BACK);
      progress.retried();
      return true;
    }
    if (OUTCOME_UNKNOWN.equals(e.getSQLState())) {
      outcomeUnknown(id);
      progress.outcomeUnknown();
      return false;
    }
    settleUnexpected(id, autoCommit, e);
    return false;
  }

  private void settleUnexpected(String id, boolean autoCommit, Exception e) {
    unexpected(e);
    if (phase == Phase.EXECUTING || certainlyNotCommitted(e)) {
      rollBack(autoCommit);
      transactions.failed(id, state(e));
    } else {
      outcomeUnknown(id);
    }
    pause();
  }

  /** Whether a COMMIT, or a single statement, that ended like this has surely not been executed. */
  private static boolean certainlyNotCommitted(Exception e) {
    String state = state(e);
    return state.startsWith("23") || state.startsWith("25") || state.startsWith("40");
  }

  private void outcomeUnknown(String id) {
    transactions.unknown(id);
    // What the transaction did to the client's orders is no longer known.
    orders.clear();
    disconnect();
  }

  private static String state(Exception e) {
    return e instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "-";
  }

  private void unexpected(Exception e) {
    progress.failed(number, transaction, state(e), e);
    log.debug("client {} transaction {}", number, transaction, e);
  }

  private void rollBack(boolean autoCommit) {
    if (autoCommit) {
      return;
    }
    try {
      connection.rollback();
    } catch (SQLException | RuntimeException e) {
      log.trace("rollback failed", e);
      disconnect(); // ends the transaction as well
    }
  }

  private Connection connect(boolean autoCommit) throws SQLException {
    if (connection == null) {
      connection = workload.open();
    }
    if (connection.getAutoCommit() != autoCommit) {
      connection.setAutoCommit(autoCommit);
    }
    return connection;
  }

  private void disconnect() {
    Connection old = connection;
    connection = null;
    if (old != null) {
      try {
        if (!old.getAutoCommit()) {
          old.rollback(); // some drivers commit on close
        }
      } catch (SQLException | RuntimeException e) {
        log.trace("rollback failed", e);
      }
      try {
        old.close();
      } catch (SQLException | RuntimeException e) {
        log.trace("close failed", e);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_AFTER_ERROR_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
