package dev.lockstep.jdbc;

import dev.lockstep.cluster.PrimaryAccess;
import dev.lockstep.commit.NumberedColumns;
import dev.lockstep.commit.RecordingCommitter;
import dev.lockstep.commit.TableGate;
import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.config.Settings;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Account;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.JdbcCatalogue;
import dev.lockstep.node.Node;
import dev.lockstep.node.NodeSpec;
import dev.lockstep.node.OpenMark;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.session.Session;
import dev.lockstep.session.SessionFactory;
import dev.lockstep.session.SessionServices;
import dev.lockstep.sql.StatementAnalyzer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * For tests: a cluster of one real node, whose committer replays each write set on a second
 * database, and whose "primary" can be lost on demand.
 */
final class FakeCluster implements SessionFactory, PrimaryAccess, AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  final DatabaseNode node;
  final Connection primaryAdmin;
  final Connection replica;
  final RecordingCommitter committer;
  final AtomicInteger acquired = new AtomicInteger();
  final AtomicInteger gateBalance = new AtomicInteger();
  final ConcurrentLinkedQueue<ServerConnection> open = new ConcurrentLinkedQueue<>();
  private final SessionServices services;
  private final Vendor vendor;
  volatile boolean writable = true;
  volatile boolean barrierCalled;

  /** Runs while a session waits for its server connection. */
  volatile Runnable acquiring = () -> {};

  private FakeCluster(Vendor vendor, NodeSpec spec, Connection replica, Settings settings)
      throws SQLException {
    this.vendor = vendor;
    this.node = new DatabaseNode(spec);
    this.replica = replica;
    primaryAdmin = node.openAdmin();
    if (vendor == Vendor.H2) {
      try (Statement s = primaryAdmin.createStatement()) {
        s.execute("CREATE SCHEMA IF NOT EXISTS lockstep");
        s.execute(OpenMark.DDL);
      }
      OpenMark.set(vendor, primaryAdmin);
    }
    node.admit(true);
    committer = new RecordingCommitter(replica);
    StatementAnalyzer analyzer =
        new StatementAnalyzer(vendor, new JdbcCatalogue(vendor, node::openAdmin), 100);
    services =
        new SessionServices(
            vendor,
            settings,
            this,
            committer,
            this::register,
            (tables, all) -> barrierCalled = true,
            this::ddl,
            analyzer,
            new dev.lockstep.commit.SequenceReserves(this, committer, 1000),
            new ForgetfulColumns());
  }

  static FakeCluster h2() throws SQLException {
    return h2(Settings.defaults());
  }

  static FakeCluster h2(Settings settings) throws SQLException {
    int n = NUMBER.incrementAndGet();
    String url = "jdbc:h2:mem:session" + n + ";DB_CLOSE_DELAY=-1";
    Connection replica = DriverManager.getConnection("jdbc:h2:mem:replica" + n, "sa", "");
    replica.setAutoCommit(false);
    Account admin = new Account("sa", "");
    return new FakeCluster(
        Vendor.H2,
        new NodeSpec("n1", Vendor.H2, s -> url, new Properties(), admin, 3000, 2000, 20),
        replica,
        settings);
  }

  static FakeCluster mysql(Vendor vendor, String host, int port, String user, String password)
      throws SQLException {
    String base = "jdbc:mysql://" + host + ":" + port + "/";
    Properties p = new Properties();
    p.setProperty("user", user);
    p.setProperty("password", password);
    p.setProperty("useAffectedRows", "false");
    String copy = "replica" + NUMBER.incrementAndGet();
    try (Connection c = DriverManager.getConnection(base, p);
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE IF NOT EXISTS app");
      s.execute("CREATE DATABASE " + copy);
    }
    return new FakeCluster(
        vendor,
        new NodeSpec(
            "n1",
            vendor,
            s -> base + (s == null ? "" : s),
            new Properties(),
            new Account(user, password),
            3000,
            2000,
            20),
        null,
        Settings.defaults());
  }

  Connection connect() throws SQLException {
    return connect(vendor == Vendor.H2 ? null : "app");
  }

  Connection connect(String schema) throws SQLException {
    return new LockstepConnection(open(node.spec().admin(), schema), "jdbc:lockstep:test", false);
  }

  LockstepDriver driver() {
    return new LockstepDriver((LockstepUrl url) -> this);
  }

  @Override
  public Session open(Account account, String schema) throws SQLException {
    return new Session(services, account, schema);
  }

  /**
   * All server connections of sessions are cut, as when the primary dies and another takes over.
   */
  void losePrimary() {
    for (ServerConnection c : open) {
      c.abort();
    }
    open.clear();
  }

  @Override
  public ServerConnection acquire(Account account, String schema) throws SQLException {
    acquiring.run();
    ServerConnection c = node.borrow(account, schema, false);
    acquired.incrementAndGet();
    open.add(c);
    return c;
  }

  @Override
  public boolean current(ServerConnection connection) {
    return !connection.broken();
  }

  @Override
  public void lost(ServerConnection connection, SQLException why) {
    open.remove(connection);
    connection.abort();
  }

  @Override
  public void checkWritable() throws SQLException {
    if (!writable) {
      throw Errors.readOnly("too few nodes");
    }
  }

  private TableGate.Ticket register() {
    return new TableGate.Ticket() {
      private boolean in;

      @Override
      public void enter(Set<TableName> tables, Set<TableName> related, boolean all, boolean locks) {
        if (in) {
          throw new IllegalStateException("entered twice");
        }
        in = true;
        gateBalance.incrementAndGet();
      }

      @Override
      public void leave() {
        if (in) {
          gateBalance.decrementAndGet();
        }
        in = false;
      }

      @Override
      public void transactionEnded() {}

      @Override
      public void close() {}
    };
  }

  private long ddl(
      ServerConnection connection,
      String context,
      String schema,
      String sql,
      Set<TableName> tables,
      boolean all)
      throws SQLException {
    if (vendor.mysqlFamily()) {
      connection.run(Packet.of("SET SESSION lock_wait_timeout=77"), 0);
    }
    var o = connection.run(Packet.of(sql), 0);
    if (!o.ok()) {
      throw o.error();
    }
    if (replica != null) {
      try (Statement s = replica.createStatement()) {
        s.execute(sql);
      }
    }
    services.analyzer().invalidate();
    return 0;
  }

  static List<List<Object>> rows(Connection c, String sql) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
          row.add(r.getObject(i));
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** The rows as the primary has committed them. */
  List<List<Object>> primaryRows(String sql) throws SQLException {
    return rows(primaryAdmin, sql);
  }

  @Override
  public void close() throws SQLException {
    primaryAdmin.close();
    node.close();
    if (replica != null) {
      replica.close();
    }
  }

  private static final class ForgetfulColumns implements NumberedColumns {
    @Override
    public boolean ready(Set<TableName> tables) {
      return true;
    }

    @Override
    public void given(Node of, TableName table, long highest) {}

    @Override
    public void placed(Node of, Set<TableName> tables, boolean all) {}
  }
}
