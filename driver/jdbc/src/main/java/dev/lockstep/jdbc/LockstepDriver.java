package dev.lockstep.jdbc;

import dev.lockstep.config.LockstepProperty;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.config.Settings;
import dev.lockstep.node.Account;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.logging.Logger;

/**
 * The JDBC driver for {@code jdbc:lockstep:} URLs. Stateless and thread-safe; the engine of each
 * cluster is shared by all its connections.
 */
public final class LockstepDriver implements Driver {
  static final int MAJOR = 0;
  static final int MINOR = 1;
  static final String VERSION = MAJOR + "." + MINOR;

  private final Clusters clusters;

  static {
    try {
      DriverManager.registerDriver(new LockstepDriver());
    } catch (SQLException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** For DriverManager and ServiceLoader. */
  public LockstepDriver() {
    this(EngineClusters.INSTANCE);
  }

  LockstepDriver(Clusters clusters) {
    this.clusters = clusters;
  }

  /**
   * Connects, starting the cluster's engine where it does not run yet in this process.
   *
   * @return null for a URL of another driver
   * @throws SQLException 08004 for a wrong URL or property, 08001 where too few nodes answer
   */
  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    return acceptsURL(url) ? connect(clusters, LockstepUrl.parse(url, info)) : null;
  }

  static LockstepConnection connect(Clusters clusters, LockstepUrl url) throws SQLException {
    Account account = new Account(url.user(), url.password());
    return new LockstepConnection(
        clusters.of(url).open(account, url.database()), url.toString(), url.multiQueries());
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    return LockstepUrl.accepts(url);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
    Settings settings =
        LockstepUrl.accepts(url) ? LockstepUrl.parse(url, info).settings() : Settings.defaults();
    List<DriverPropertyInfo> all = new ArrayList<>();
    all.add(account("user", "User on the nodes.", info));
    all.add(account("password", "Password on the nodes.", info));
    for (LockstepProperty p : LockstepProperty.values()) {
      DriverPropertyInfo one = new DriverPropertyInfo(p.key(), settings.text(p));
      one.description = p.description();
      one.required = false;
      if (!p.choices().isEmpty()) {
        one.choices = p.choices().toArray(String[]::new);
      }
      all.add(one);
    }
    return all.toArray(DriverPropertyInfo[]::new);
  }

  private static DriverPropertyInfo account(String name, String description, Properties info) {
    DriverPropertyInfo one =
        new DriverPropertyInfo(name, info == null ? null : info.getProperty(name));
    one.description = description;
    return one;
  }

  @Override
  public int getMajorVersion() {
    return MAJOR;
  }

  @Override
  public int getMinorVersion() {
    return MINOR;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("Lockstep logs through SLF4J", "0A001");
  }
}
