package dev.lockstep.node;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.lockstep.config.Errors;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server: opens, tags, pools and aborts the connections to it. Every connection carries the
 * cluster's tag, a named lock on MySQL and MariaDB and a row of {@code lockstep.session_tag} on H2,
 * by which a new owner finds and kills it. Thread-safe.
 */
public final class DatabaseNode implements Node, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseNode.class);
  private static final long OWN_END_MILLIS = 100;
  private static final long CANCEL_MILLIS = 2_000;

  private static final String TAG_SESSION =
      "MERGE INTO LOCKSTEP.SESSION_TAG SELECT SESSION_ID, SESSION_START FROM"
          + " INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID = SESSION_ID()";

  /** What is known of a physical connection, found again behind the pool's proxy. */
  record Physical(
      Connection jdbc, MySqlWire wire, H2Socket h2, long serverId, boolean foreignKeyChecks) {}

  private record PoolKey(Account account, String schema) {}

  private final NodeSpec spec;
  private final Dialect dialect;
  private final ConcurrentMap<PoolKey, HikariDataSource> pools = new ConcurrentHashMap<>();
  private final Cache<Connection, Physical> physicals = Caffeine.newBuilder().weakKeys().build();
  private final Set<BasicServerConnection> open = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<PoolKey, AtomicInteger> unpooled = new ConcurrentHashMap<>();
  private volatile boolean admitted;
  private volatile long clockOffsetMicros;
  private volatile long maxPacket = Long.MAX_VALUE;
  private volatile String id;

  /** A node that admits no sessions yet. */
  public DatabaseNode(NodeSpec spec) {
    this.spec = spec;
    this.dialect = Dialect.of(spec.vendor());
  }

  @Override
  public String name() {
    return spec.name();
  }

  /** The node's id as stored on it, or null while it has not been read. */
  public String id() {
    return id;
  }

  /** Sets the id that was read from the node. */
  public void id(String nodeId) {
    this.id = nodeId;
  }

  @Override
  public Dialect dialect() {
    return dialect;
  }

  /** How it is reached. */
  public NodeSpec spec() {
    return spec;
  }

  @Override
  public long clockOffsetMicros() {
    return clockOffsetMicros;
  }

  /** Sets the measured difference of clocks. */
  public void clockOffsetMicros(long micros) {
    clockOffsetMicros = micros;
  }

  /** Most bytes that the server takes in one packet. */
  public long maxPacket() {
    return maxPacket;
  }

  /**
   * Lets sessions and lanes in (a member of the view), or keeps them out and cuts those that are
   * there.
   */
  public void admit(boolean yes) {
    admitted = yes;
    if (!yes) {
      abortAll();
    }
  }

  @Override
  public Account admin() {
    return spec.admin();
  }

  /**
   * A tagged connection of the admin account outside of any pool, autocommit on, for the engine's
   * own work.
   */
  public Connection openAdmin() throws SQLException {
    return openPhysical(spec.admin(), null, true).jdbc();
  }

  /** Like {@link #openAdmin} but without a limit on how long a statement takes: DDL, copies. */
  public Connection openUnlimited() throws SQLException {
    return openPhysical(spec.admin(), null, false).jdbc();
  }

  /** A tagged admin connection for packets: a lane. */
  public ServerConnection openDedicated() throws SQLException {
    BasicServerConnection c = dedicated();
    if (!admitted) {
      c.abort();
      c.release(false);
      throw Errors.connectionFailure("node " + name() + " is not in the view", null);
    }
    return c;
  }

  /** The same while sessions are kept out. */
  public ServerConnection openRepair() throws SQLException {
    return dedicated();
  }

  private BasicServerConnection dedicated() throws SQLException {
    // Connector/J's own time-out would cut in on the packets' one; H2 has no other.
    boolean h2 = !spec.vendor().mysqlFamily();
    BasicServerConnection c = wrap(openPhysical(spec.admin(), null, h2), null);
    open.add(c);
    return c;
  }

  /**
   * A pooled session connection with autocommit on and {@code schema} current.
   *
   * @param accepted whether a server has accepted the account before
   */
  public ServerConnection borrow(Account account, String schema, boolean accepted)
      throws SQLException {
    PoolKey key = new PoolKey(account, schema);
    HikariDataSource pool = pools.get(key);
    if (pool == null) {
      if (!accepted) {
        // Opened directly, so that a wrong password or database is reported at once.
        openPhysical(account, schema, false).jdbc().close();
      }
      pool = pools.computeIfAbsent(key, this::newPool);
    }
    BasicServerConnection c = crowded(pool) ? unpooled(pool, key) : pooled(pool);
    open.add(c);
    if (!admitted) {
      c.abort();
      c.release(false);
      throw Errors.connectionFailure("node " + name() + " is not in the view", null);
    }
    return c;
  }

  /**
   * Whether somebody already waits for a new connection. HikariCP opens them one after the other
   * with a pause of 30 to 40 ms behind each, which is what the last session would wait for where
   * all of them come at the same time: after a change of the primary.
   */
  private static boolean crowded(HikariDataSource pool) {
    HikariPoolMXBean state = pool.getHikariPoolMXBean();
    return state.getIdleConnections() == 0 && state.getThreadsAwaitingConnection() > 0;
  }

  /** One that is closed when it is given back, or a pooled one where there may be no more. */
  private BasicServerConnection unpooled(HikariDataSource pool, PoolKey key) throws SQLException {
    AtomicInteger count = unpooled.computeIfAbsent(key, k -> new AtomicInteger());
    int all = count.incrementAndGet() + pool.getHikariPoolMXBean().getTotalConnections();
    if (all > spec.poolSize()) {
      count.decrementAndGet();
      return pooled(pool);
    }
    Physical p;
    try {
      p = openPhysical(key.account(), key.schema(), false);
    } catch (SQLException | RuntimeException e) {
      count.decrementAndGet();
      throw e;
    }
    return wrap(
        p,
        reusable -> {
          count.decrementAndGet();
          if (reusable) {
            p.jdbc().close();
          }
        });
  }

  private BasicServerConnection pooled(HikariDataSource pool) throws SQLException {
    Connection proxy;
    try {
      proxy = pool.getConnection();
    } catch (SQLException e) {
      Throwable cause = e.getCause();
      throw cause instanceof SQLException s ? s : e;
    }
    Connection jdbc = proxy.unwrap(Connection.class);
    Physical p = physicals.getIfPresent(jdbc);
    if (p == null) {
      pool.evictConnection(proxy);
      throw Errors.connectionFailure("a pooled connection to " + name() + " is unknown", null);
    }
    return wrap(
        p,
        reusable -> {
          if (!reusable) {
            pool.evictConnection(proxy);
          }
          proxy.close();
        });
  }

  private BasicServerConnection wrap(Physical p, BasicServerConnection.Home home) {
    return p.wire() != null
        ? new WireServerConnection(this, p, home)
        : new JdbcServerConnection(this, p, home);
  }

  void forget(BasicServerConnection c) {
    open.remove(c);
  }

  private HikariDataSource newPool(PoolKey key) {
    HikariConfig c = new HikariConfig();
    c.setPoolName("lockstep " + name());
    c.setDataSource(new PhysicalSource(this, key.account(), key.schema()));
    c.setMaximumPoolSize(spec.poolSize());
    c.setMinimumIdle(0);
    c.setConnectionTimeout(Math.max(250, spec.connectTimeoutMillis()));
    c.setValidationTimeout(Math.max(250, spec.nodeTimeoutMillis()));
    c.setInitializationFailTimeout(-1);
    c.setIdleTimeout(60_000);
    c.setRegisterMbeans(false);
    return new HikariDataSource(c);
  }

  Physical openPhysical(Account account, String schema, boolean socketTimeout) throws SQLException {
    Properties p = new Properties();
    p.putAll(spec.properties());
    p.setProperty("user", account.user() == null ? "" : account.user());
    p.setProperty("password", account.password() == null ? "" : account.password());
    boolean mysql = spec.vendor().mysqlFamily();
    if (mysql) {
      p.setProperty("allowMultiQueries", "true");
      p.setProperty("autoReconnect", "false");
      p.setProperty("useLocalSessionState", "true");
      p.setProperty("characterEncoding", "UTF-8");
      p.setProperty("useAffectedRows", "false");
      p.setProperty("connectTimeout", Integer.toString(spec.connectTimeoutMillis()));
      p.setProperty("tcpKeepAlive", "true");
      p.setProperty("socketFactory", CapturingSocketFactory.class.getName());
      // Also for the handshake with a server that accepts and says nothing.
      p.setProperty("socketTimeout", Integer.toString(Math.max(spec.nodeTimeoutMillis(), 1000)));
      CapturingSocketFactory.clear();
    } else {
      p.setProperty("NETWORK_TIMEOUT", Integer.toString(Math.max(spec.nodeTimeoutMillis(), 1000)));
    }
    String url = vendorUrl(mysql ? schema : null);
    if (!mysql) {
      H2Socket.probe(url, spec.connectTimeoutMillis());
    }
    Connection c = DriverManager.getConnection(url, p);
    H2Socket h2 = mysql ? null : H2Socket.of(c);
    try {
      Physical physical = mysql ? tagMySql(c) : tagH2(c, h2, schema);
      if (!socketTimeout && mysql) {
        c.setNetworkTimeout(Runnable::run, 0);
      } else if (!socketTimeout) {
        h2.unlimited();
      }
      physicals.put(c, physical);
      return physical;
    } catch (SQLException | RuntimeException e) {
      if (h2 != null) {
        h2.close();
      }
      c.close();
      throw e;
    }
  }

  /** MariaDB too is reached with Connector/J: the engine relies on that driver's behaviour. */
  private String vendorUrl(String schema) {
    String url = spec.url().apply(schema);
    return url.startsWith("jdbc:mariadb:") ? "jdbc:mysql:" + url.substring(13) : url;
  }

  private Physical tagMySql(Connection c) throws SQLException {
    Socket socket = CapturingSocketFactory.take();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT CONNECTION_ID(), GET_LOCK(CONCAT('lockstep.c.', CONNECTION_ID()), 0),"
                    + " @@auto_increment_increment, @@max_allowed_packet, @@foreign_key_checks")) {
      r.next();
      maxPacket = r.getLong(4);
      MySqlWire wire = null;
      if (socket != null) {
        try {
          wire = new MySqlWire(socket, r.getInt(3));
        } catch (java.io.IOException e) {
          throw Errors.connectionFailure("cannot use the socket to " + name(), e);
        }
      }
      return new Physical(c, wire, null, r.getLong(1), r.getBoolean(5));
    }
  }

  private Physical tagH2(Connection c, H2Socket h2, String schema) throws SQLException {
    try (Statement s = c.createStatement()) {
      try {
        s.execute(TAG_SESSION);
      } catch (SQLException e) {
        // The first connection ever: neither schema nor table is there.
        s.execute("CREATE SCHEMA IF NOT EXISTS LOCKSTEP");
        s.execute(
            "CREATE TABLE IF NOT EXISTS LOCKSTEP.SESSION_TAG (SESSION_ID INT, SESSION_START"
                + " TIMESTAMP(9) WITH TIME ZONE, PRIMARY KEY (SESSION_ID, SESSION_START))");
        s.execute(TAG_SESSION);
      }
      if (admitted && OpenMark.missing(spec.vendor(), c)) {
        // A member is equal to the others for as long as its database stays open.
        throw Errors.connectionFailure("the database of " + name() + " was closed", null);
      }
      if (schema != null) {
        s.execute(dialect.use(schema));
      }
      try (ResultSet r = s.executeQuery("CALL SESSION_ID()")) {
        r.next();
        return new Physical(c, null, h2, r.getLong(1), true);
      }
    }
  }

  /**
   * Numbers of the server's connections that carry the cluster's tag, other than {@code self}'s
   * own.
   */
  public static List<Long> tagged(Connection self, Dialect dialect) throws SQLException {
    List<Long> ids = new ArrayList<>();
    String sql =
        dialect.vendor().mysqlFamily()
            ? "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()"
                + " AND IS_USED_LOCK(CONCAT('lockstep.c.', ID)) = ID"
            : "SELECT S.SESSION_ID FROM INFORMATION_SCHEMA.SESSIONS S JOIN LOCKSTEP.SESSION_TAG T ON"
                + " T.SESSION_ID = S.SESSION_ID AND T.SESSION_START = S.SESSION_START WHERE S.SESSION_ID <>"
                + " SESSION_ID()";
    try (Statement s = self.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        ids.add(r.getLong(1));
      }
    }
    return ids;
  }

  /** Cuts one of this node's connections at once, whatever its server does; null is fine. */
  public void abort(Connection c) {
    if (c == null) {
      return;
    }
    Physical p = physicals.getIfPresent(c);
    if (p != null && p.h2() != null) {
      p.h2().close();
    }
    try {
      c.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.debug("aborting a connection", e);
    }
  }

  /**
   * Ends one server connection by its number; one that is gone already is no error. To be repeated
   * until it is gone. On H2, where killing a session while its thread executes can leave locks
   * behind for ever, it first gets the time to see that its client is gone, then its statement is
   * cancelled.
   *
   * @param waitedMillis how long its end has been awaited so far
   */
  public static void kill(Connection self, Dialect dialect, long serverId, long waitedMillis)
      throws SQLException {
    try (Statement s = self.createStatement()) {
      if (dialect.vendor().mysqlFamily()) {
        s.execute("KILL " + serverId);
      } else if (waitedMillis >= OWN_END_MILLIS) {
        boolean cancel = waitedMillis < CANCEL_MILLIS && executing(s, serverId);
        s.execute("CALL " + (cancel ? "CANCEL" : "ABORT") + "_SESSION(" + serverId + ")");
      }
    } catch (SQLException e) {
      if (e.getErrorCode() != 1094) { // unknown thread
        throw e;
      }
    }
  }

  private static boolean executing(Statement s, long serverId) throws SQLException {
    try (ResultSet r =
        s.executeQuery(
            "SELECT 1 FROM INFORMATION_SCHEMA.SESSIONS WHERE EXECUTING_STATEMENT IS NOT NULL AND"
                + " SESSION_ID = "
                + serverId)) {
      return r.next();
    }
  }

  /** Whether a server connection of that number is there. */
  public static boolean exists(Connection self, Dialect dialect, long serverId)
      throws SQLException {
    String sql =
        dialect.vendor().mysqlFamily()
            ? "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = " + serverId
            : "SELECT 1 FROM INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID = " + serverId;
    try (Statement s = self.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      return r.next();
    }
  }

  /**
   * Whether the server answers on a new connection. An error that the server itself reports counts
   * as an answer, except that it is shutting down. A member on H2 whose database was closed in
   * between does not count as one that answers.
   */
  public boolean answers() {
    try (Connection c = openPhysical(spec.admin(), null, true).jdbc()) {
      return true;
    } catch (SQLException e) {
      return !dialect.connectionError(e) && e.getErrorCode() > 0 && e.getErrorCode() != 90067;
    }
  }

  /** Cuts all connections at once; the pools are closed. */
  public void abortAll() {
    for (BasicServerConnection c : open) {
      c.abort();
    }
    for (PoolKey key : pools.keySet()) {
      HikariDataSource pool = pools.remove(key);
      if (pool != null) {
        // Closing a pool may wait for a frozen server.
        Thread t = new Thread(pool::close, "lockstep-pool-close");
        t.setDaemon(true);
        t.start();
      }
    }
  }

  void cancelStatement(long serverId) throws SQLException {
    try (Connection c = openPhysical(spec.admin(), null, true).jdbc();
        Statement s = c.createStatement()) {
      s.execute(dialect.stopStatement(serverId));
    } catch (SQLException e) {
      if (e.getErrorCode() != 1094) {
        throw e;
      }
      LOG.debug("nothing to cancel on {}", name());
    }
  }

  @Override
  public void close() {
    admit(false);
  }

  @Override
  public String toString() {
    return name();
  }
}
