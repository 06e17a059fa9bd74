package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.config.SqlState;
import dev.lockstep.session.SessionFactory;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKeyBuilder;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A data source for a {@code jdbc:lockstep:} URL. Set it up, then use it from any number of
 * threads. It does not pool: put an application's usual pool on top. {@link #close} ends the use of
 * this object, not the engine of the cluster, which other connections may share.
 */
public final class LockstepDataSource implements DataSource, AutoCloseable {
  private final Clusters clusters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<SessionFactory> used = new HashSet<>();
  private final Properties properties = new Properties();
  private String url;
  private int loginTimeout;
  private PrintWriter logWriter;
  private volatile LockstepUrl parsed;
  private volatile boolean closed;

  /** For beans; {@link #setUrl} must follow. */
  public LockstepDataSource() {
    this(EngineClusters.INSTANCE);
  }

  /** With its URL. */
  public LockstepDataSource(String url) {
    this();
    setUrl(url);
  }

  LockstepDataSource(Clusters clusters) {
    this.clusters = clusters;
  }

  /** Sets the {@code jdbc:lockstep:} URL. */
  public void setUrl(String url) {
    this.url = url;
    parsed = null;
  }

  /** The URL as it was set, or null. */
  public String getUrl() {
    return url;
  }

  /** Sets the user on the nodes. */
  public void setUser(String user) {
    set("user", user);
  }

  /** The user as it was set, or null. */
  public String getUser() {
    return properties.getProperty("user");
  }

  /** Sets the password on the nodes. */
  public void setPassword(String password) {
    set("password", password);
  }

  /** Sets one property: a {@code lockstep.*} setting or an option of the vendor's driver. */
  public void setProperty(String name, String value) {
    set(name, value);
  }

  /** Adds properties, as {@link #setProperty} for each. */
  public void setProperties(Properties more) {
    for (String name : more.stringPropertyNames()) {
      set(name, more.getProperty(name));
    }
  }

  private void set(String name, String value) {
    if (value == null) {
      properties.remove(name);
    } else {
      properties.setProperty(name, value);
    }
    parsed = null;
  }

  /**
   * The figures of the cluster that this data source leads to, by name: group size, times to
   * prepare and to commit per node (milliseconds), evictions, retries, journal rows. The same are
   * in JMX under {@code dev.lockstep.*}. Starts the cluster where it is not running yet.
   *
   * @throws SQLException as {@link #getConnection()}
   */
  public Map<String, Number> figures() throws SQLException {
    return attached(parsed()).figures();
  }

  @Override
  public Connection getConnection() throws SQLException {
    return LockstepDriver.connect(this::attached, parsed());
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    checkReady();
    Properties own = new Properties();
    own.putAll(properties);
    if (user != null) {
      own.setProperty("user", user);
    }
    if (password != null) {
      own.setProperty("password", password);
    }
    return LockstepDriver.connect(this::attached, LockstepUrl.parse(url, own));
  }

  private LockstepUrl parsed() throws SQLException {
    checkReady();
    LockstepUrl p = parsed;
    if (p == null) {
      p = LockstepUrl.parse(url, properties);
      parsed = p;
    }
    return p;
  }

  private void checkReady() throws SQLException {
    if (closed) {
      throw Errors.of(SqlState.CONNECTION_DOES_NOT_EXIST, "the data source is closed");
    }
    if (url == null) {
      throw Errors.configuration("the data source has no URL; call setUrl");
    }
  }

  private SessionFactory attached(LockstepUrl u) throws SQLException {
    SessionFactory cluster = clusters.of(u);
    lock.lock();
    try {
      checkReady();
      if (used.add(cluster)) {
        cluster.attach();
      }
    } finally {
      lock.unlock();
    }
    return cluster;
  }

  /**
   * No more connections from here. When no other data source uses the cluster, it is closed: open
   * connections end, and a process that stands by ({@code lockstep.ownership=wait}) takes over at
   * once.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      used.forEach(SessionFactory::detach);
      used.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return logWriter;
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    logWriter = out;
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    loginTimeout = seconds;
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return loginTimeout;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("Lockstep logs through SLF4J", "0A001");
  }

  @Override
  public ConnectionBuilder createConnectionBuilder() throws SQLException {
    throw Errors.unsupported("there are no sharding keys; use getConnection(user, password)");
  }

  @Override
  public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
    throw Errors.unsupported("every node holds all data; there are no sharding keys");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, this, null);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, null);
  }
}
