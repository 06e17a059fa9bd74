package dev.lockstep.harness.workload;

import dev.lockstep.harness.server.DatabaseNode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * An order-entry application with several clients and a seed, over any JDBC URL. It uses only
 * simple statements: inserts of given values, updates and deletes by primary key, selects by key;
 * and each transaction inserts a row with an id made by the client, so that it can be told
 * afterwards what became of it. Thread-safe.
 *
 * <p>A transaction that ends with SQLState 40001 is tried again at once as a new one; 08007 is
 * noted as an unknown outcome; every other exception, and every own order that does not look as
 * this client has left it, is an application error, see {@link Progress#errors()}.
 */
public final class OrderWorkload implements AutoCloseable {
  /** Where the clients get their connections. */
  @FunctionalInterface
  public interface ConnectionSource {
    Connection open() throws SQLException;
  }

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  private final Builder settings;
  private final TransactionLog log;
  private final Progress progress;
  private final AtomicLong budget = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private int nextClient; // a second start gets new clients, for their ids
  private volatile boolean running;

  private OrderWorkload(Builder settings) {
    this.settings = settings;
    this.log = settings.log;
    this.progress = new Progress(settings.clients);
  }

  /** Collects the settings of a workload. */
  public static final class Builder {
    private final ConnectionSource source;
    private int clients = 4;
    private long seed = 1;
    private int customers = 50;
    private int products = 100;
    private boolean checkReads = true;
    private boolean deadlocks = true;
    private String runId = Long.toString(System.currentTimeMillis(), 36);
    private TransactionLog log = new TransactionLog();

    private Builder(ConnectionSource source) {
      this.source = Objects.requireNonNull(source);
    }

    /** How many clients, each with a thread and a connection; 4 by default. */
    public Builder clients(int count) {
      this.clients = count;
      return this;
    }

    /** Decides what each client does; 1 by default. */
    public Builder seed(long value) {
      this.seed = value;
      return this;
    }

    /** Rows of the table of customers; 50 by default. */
    public Builder customers(int count) {
      this.customers = count;
      return this;
    }

    /** Rows of the table of products; 100 by default. Fewer make more conflicts. */
    public Builder products(int count) {
      this.products = count;
      return this;
    }

    /** Whether a plain read must see the client's last commit; true by default. */
    public Builder checkReads(boolean check) {
      this.checkReads = check;
      return this;
    }

    /**
     * Whether some transactions lock products in an order that can end in a deadlock; true by
     * default. A plain H2 2.5.252 answers one now and then with error 50000 ("Transaction … has
     * status ROLLING_BACK, not OPEN", SQLState HY000) instead of 40001.
     */
    public Builder deadlocks(boolean wanted) {
      this.deadlocks = wanted;
      return this;
    }

    /** Starts the ids of all transactions; made from the time by default, at most 12 characters. */
    public Builder runId(String id) {
      if (!id.matches("[A-Za-z0-9]{1,12}")) {
        throw new IllegalArgumentException("not 1 to 12 letters and digits: " + id);
      }
      this.runId = id;
      return this;
    }

    /** Where outcomes are noted; in memory by default. */
    public Builder log(TransactionLog transactionLog) {
      this.log = transactionLog;
      return this;
    }

    public OrderWorkload build() {
      return new OrderWorkload(this);
    }
  }

  public static Builder on(ConnectionSource source) {
    return new Builder(source);
  }

  public static Builder on(DataSource source) {
    return new Builder(source::getConnection);
  }

  public static Builder on(String url, String user, String password) {
    return new Builder(() -> DriverManager.getConnection(url, user, password));
  }

  /** Makes and fills the tables, over a connection like the clients'. */
  public void createSchema() throws SQLException {
    try (Connection c = open()) {
      OrderSchema.create(c, settings.customers, settings.products);
    }
  }

  /** Starts the clients; they go on until {@link #stop()}. */
  public void start() {
    start(Long.MAX_VALUE);
  }

  private synchronized void start(long steps) {
    if (!threads.isEmpty()) {
      throw new IllegalStateException("already started");
    }
    budget.set(steps);
    running = true;
    progress.running(true);
    for (int i = 0; i < settings.clients; i++) {
      Thread thread = new Thread(new OrderClient(this, nextClient++), "lockstep-client-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /**
   * Lets each client end what it is doing, and waits.
   *
   * @throws IllegalStateException if one does not end within a minute; the message has its stack
   */
  public synchronized void stop() {
    running = false;
    join(STOP_TIMEOUT);
  }

  private void join(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (Thread thread : threads) {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        if (thread.isAlive()) {
          throw new IllegalStateException(
              "%s of seed %d is stuck:%n    %s"
                  .formatted(
                      thread.getName(),
                      settings.seed,
                      Arrays.stream(thread.getStackTrace())
                          .map(String::valueOf)
                          .collect(Collectors.joining("\n    "))));
        }
      }
      threads.clear();
      progress.running(false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the clients", e);
    } finally {
      running = false;
    }
  }

  /** Starts, waits and stops. */
  public void runFor(Duration time) throws InterruptedException {
    start();
    try {
      Thread.sleep(time.toMillis());
    } finally {
      stop();
    }
  }

  /**
   * Runs until the clients together have done so many steps; a step is a transaction with its
   * retries, or a read.
   */
  public synchronized void runSteps(long steps, Duration timeout) {
    start(steps);
    join(timeout);
  }

  /** Live figures. */
  public Progress progress() {
    return progress;
  }

  /** What the clients know of their transactions. */
  public TransactionLog log() {
    return log;
  }

  /**
   * Compares nodes at rest with what the clients know, and checks that stock and money add up.
   *
   * @param nodes plain connections of the vendor's driver
   */
  public Verification verify(List<Connection> nodes) throws SQLException {
    return verify(nodes, log);
  }

  /** The same for the log of another process. */
  public static Verification verify(List<Connection> nodes, TransactionLog log)
      throws SQLException {
    return new OrderVerifier(log).verify(nodes);
  }

  /** The same over connections of its own. */
  public static Verification verifyNodes(
      List<? extends DatabaseNode> nodes, String database, TransactionLog log) throws SQLException {
    List<Connection> connections = new ArrayList<>();
    try {
      for (DatabaseNode node : nodes) {
        connections.add(node.connect(database));
      }
      return verify(connections, log);
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  Connection open() throws SQLException {
    return settings.source.open();
  }

  /** Whether a client may do one more step; takes it from the budget. */
  boolean next() {
    return running && budget.getAndDecrement() > 0;
  }

  boolean running() {
    return running;
  }

  boolean deadlocks() {
    return settings.deadlocks;
  }

  boolean checksReads() {
    return settings.checkReads;
  }

  long seed() {
    return settings.seed;
  }

  String runId() {
    return settings.runId;
  }

  int customers() {
    return settings.customers;
  }

  int products() {
    return settings.products;
  }

  @Override
  public void close() {
    stop();
  }
}
