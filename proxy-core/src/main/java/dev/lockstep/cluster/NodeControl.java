package dev.lockstep.cluster;

import dev.lockstep.config.Errors;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.journal.SystemTables;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner's hold on one node: the connection that keeps the ownership lock, and one for views,
 * journal look-ups and commands. Taking over follows section 3 of the protocol: lock, fence, kill
 * the old connections and await their end, and only then read. Thread-safe.
 */
public final class NodeControl implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeControl.class);
  private static final String LOCK = "lockstep.owner";
  private static final long KILL_MILLIS = 30_000;
  private static final int ATTEMPTS = 3;
  private static final long SUDDEN_MILLIS = 100;

  /** Something to do with the control connection. */
  public interface Work<T> {
    T run(Connection c) throws SQLException;
  }

  private final DatabaseNode node;
  private final String token;
  private final String owner;
  private final int ttlSeconds;
  private final ReentrantLock use = new ReentrantLock();
  private final ReentrantLock ownershipUse = new ReentrantLock();
  private volatile long generation;
  private volatile long ownershipId;
  private Connection ownership;
  private Connection control;

  /**
   * @param token this engine's fence token
   * @param owner who this is, for messages
   */
  public NodeControl(DatabaseNode node, String token, String owner, int ttlSeconds) {
    this.node = node;
    this.token = token;
    this.owner = owner;
    this.ttlSeconds = ttlSeconds;
  }

  /** The node. */
  public DatabaseNode node() {
    return node;
  }

  private boolean mysql() {
    return node.dialect().vendor().mysqlFamily();
  }

  /**
   * Takes the node over.
   *
   * @throws OwnedElsewhereException when another process holds it
   * @throws SQLException when it cannot be reached
   */
  public void takeOver() throws SQLException {
    lockOwnership();
    occupy();
  }

  /**
   * The first step of taking over: the ownership lock. Nothing that another process has on the node
   * is touched yet. Throws as {@link #takeOver} does.
   */
  public void lockOwnership() throws SQLException {
    ownershipUse.lock();
    try {
      close();
      generation++;
      ownership = lock();
      ownershipId = serverId(ownership);
    } catch (SQLException e) {
      close();
      throw e;
    } finally {
      ownershipUse.unlock();
    }
  }

  /** The other steps: raises the fence and ends all connections of earlier owners. */
  public void occupy() throws SQLException {
    // Without the lock of the ownership connection, which is kept alive meanwhile.
    try {
      createTables();
      raiseFence();
      killOthers();
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  /**
   * Keeps the ownership from idling out while {@link #keep} is not called: during a start, and
   * during the rejoin of this node. A failure shows elsewhere.
   */
  public void breathe() {
    if (!ownershipUse.tryLock()) {
      return;
    }
    try {
      if (ownership != null) {
        beat();
      }
    } catch (SQLException e) {
      LOG.info("ownership connection to {}: {}", node.name(), e.getMessage());
    } finally {
      ownershipUse.unlock();
    }
  }

  private void beat() throws SQLException {
    try (Statement s = ownership.createStatement()) {
      s.execute(mysql() ? "DO 1" : "CALL 1");
    }
    if (!mysql()) {
      with(
          c -> {
            try (Statement b = c.createStatement()) {
              return b.executeUpdate(
                  "UPDATE lockstep.fence SET beat=beat+1 WHERE id=1 AND token='" + token + "'");
            }
          });
    }
  }

  /** Not on the ownership connection: on H2, DDL would end the transaction that holds the lock. */
  private void createTables() throws SQLException {
    with(
        c -> {
          try (Statement s = c.createStatement()) {
            for (String ddl : SystemTables.ddl(node.dialect().vendor())) {
              s.execute(ddl);
            }
            try (ResultSet r = s.executeQuery("SELECT format FROM lockstep.node_info")) {
              if (r.next() && r.getInt(1) != SystemTables.FORMAT) {
                throw Errors.configuration(
                    "the tables in the database lockstep on "
                        + node.name()
                        + " have format "
                        + r.getInt(1)
                        + ", this version needs "
                        + SystemTables.FORMAT
                        + "; stop all applications, compare the nodes with the version that wrote"
                        + " them, then drop that database on every node");
              }
            }
          }
          return null;
        });
  }

  private Connection lock() throws SQLException {
    Connection c = node.openAdmin();
    boolean ok = false;
    try {
      if (mysql()) {
        try (Statement s = c.createStatement()) {
          s.execute(
              "SET SESSION wait_timeout=" + ttlSeconds + ", SESSION innodb_lock_wait_timeout=1");
          try (ResultSet r = s.executeQuery("SELECT GET_LOCK('" + LOCK + "', 0)")) {
            r.next();
            ok = r.getInt(1) == 1;
          }
        }
      } else {
        ok = lockH2(c);
      }
      if (!ok) {
        throw new OwnedElsewhereException(node.name(), readOwner(c));
      }
      return c;
    } finally {
      if (!ok) {
        c.close();
      }
    }
  }

  /** H2: a locked row, in a transaction that stays open. */
  private boolean lockH2(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      // First of all: another owner holds the row for as long as it lives.
      s.execute("SET LOCK_TIMEOUT 200");
      s.execute("CREATE SCHEMA IF NOT EXISTS LOCKSTEP");
      s.execute("CREATE TABLE IF NOT EXISTS lockstep.owner_lock (id INT PRIMARY KEY)");
      s.execute("MERGE INTO lockstep.owner_lock KEY (id) VALUES (1)");
      c.setAutoCommit(false);
      s.executeQuery("SELECT id FROM lockstep.owner_lock WHERE id=1 FOR UPDATE").close();
      return true;
    } catch (SQLException e) {
      if (node.dialect().contention(e)) {
        return false;
      }
      throw e;
    }
  }

  private String readOwner(Connection c) {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT owner FROM lockstep.fence WHERE id=1")) {
      return r.next() ? r.getString(1) : "a process that is just starting";
    } catch (SQLException e) {
      return "unknown (" + e.getMessage() + ")";
    }
  }

  /** H2 has no idle time-out: an owner whose beat stands still for the ttl is taken to be gone. */
  public boolean breakSilentOwnerH2() throws SQLException {
    if (mysql()) {
      return false;
    }
    try (Connection c = node.openAdmin()) {
      long before = beat(c);
      long until = System.nanoTime() + ttlSeconds * 1_000_000_000L;
      while (System.nanoTime() < until) {
        sleep(200);
        if (beat(c) != before) {
          return false;
        }
      }
      for (long id : DatabaseNode.tagged(c, node.dialect())) {
        DatabaseNode.kill(c, node.dialect(), id, Long.MAX_VALUE);
      }
      return true;
    } catch (SQLException e) {
      if (node.dialect().connectionError(e)) {
        return false; // another process that takes over has ended this connection too
      }
      throw e;
    }
  }

  private static long beat(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT beat FROM lockstep.fence WHERE id=1")) {
      return r.next() ? r.getLong(1) : -1;
    } catch (SQLException e) {
      if (e.getErrorCode() == 42102 || e.getErrorCode() == 42104) {
        return -1; // no table yet: its owner is just starting
      }
      throw e;
    }
  }

  private void raiseFence() throws SQLException {
    // A separate connection on H2, as the ownership connection's transaction must stay open.
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (true) {
      try {
        with(
            c -> {
              if (mysql()) {
                raiseKeyed(c);
                return null;
              }
              int n;
              try (PreparedStatement p =
                  c.prepareStatement(
                      "UPDATE lockstep.fence SET token=?, owner=?, beat=beat+1 WHERE id=1")) {
                p.setString(1, token);
                p.setString(2, owner);
                n = p.executeUpdate();
              }
              if (n == 0) {
                try (PreparedStatement p =
                    c.prepareStatement(
                        "INSERT INTO lockstep.fence (id, token, owner, beat) VALUES (1,?,?,1)")) {
                  p.setString(1, token);
                  p.setString(2, owner);
                  p.executeUpdate();
                }
              }
              return null;
            });
        return;
      } catch (SQLException e) {
        if (!node.dialect().contention(e) || System.nanoTime() > deadline) {
          throw e;
        }
        // An old owner's transaction holds the fence's shared lock: end it.
        killOnce(Long.MAX_VALUE);
      }
    }
  }

  /** The journal rows of earlier owners keep a reference that nothing checks any more. */
  private void raiseKeyed(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        PreparedStatement p =
            c.prepareStatement(
                "INSERT INTO lockstep.fence (id, token, owner, beat, number) VALUES (1,?,?,1,?) ON"
                    + " DUPLICATE KEY UPDATE token=VALUES(token), owner=VALUES(owner),"
                    + " beat=beat+1, number=VALUES(number)")) {
      s.execute("SET SESSION foreign_key_checks=0");
      p.setString(1, token);
      p.setString(2, owner);
      p.setLong(3, JournalSql.fenceNumber(token));
      p.executeUpdate();
      s.execute("SET SESSION foreign_key_checks=1");
    }
  }

  private int killOnce(long waitedMillis) throws SQLException {
    return with(
        c -> {
          Dialect d = node.dialect();
          long mine = ownershipId;
          int n = 0;
          for (long id : DatabaseNode.tagged(c, d)) {
            if (id != mine) {
              DatabaseNode.kill(c, d, id, waitedMillis);
              n++;
            }
          }
          return n;
        });
  }

  private void killOthers() throws SQLException {
    long start = System.nanoTime();
    int n;
    while ((n = killOnce(millisSince(start))) > 0) {
      if (millisSince(start) > KILL_MILLIS) {
        throw Errors.cannotConnect(
            n
                + " connections of an earlier owner do not end on "
                + node.name()
                + "; restart that server",
            null);
      }
      sleep(5);
    }
  }

  private long serverId(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(mysql() ? "SELECT CONNECTION_ID()" : "CALL SESSION_ID()")) {
      r.next();
      return r.getLong(1);
    }
  }

  /** Asks the server to stop the statement that one of its connections executes. */
  public void stopStatement(long serverId) throws SQLException {
    with(
        c -> {
          try (Statement s = c.createStatement()) {
            s.execute(node.dialect().stopStatement(serverId));
          }
          return null;
        });
  }

  /** Ends one of the node's connections by number and waits until it is gone. */
  public void killAndAwait(long serverId) throws SQLException {
    killAndAwait(serverId, node.spec().nodeTimeoutMillis());
  }

  /** The same for a session that may have much to undo before it is gone. */
  public void killAndAwait(long serverId, long patienceMillis) throws SQLException {
    with(
        c -> {
          if (serverId(c) == serverId) {
            // The server has restarted and counts again: that session is gone.
            return null;
          }
          long start = System.nanoTime();
          DatabaseNode.kill(c, node.dialect(), serverId, 0);
          while (DatabaseNode.exists(c, node.dialect(), serverId)) {
            if (!mysql()) {
              DatabaseNode.kill(c, node.dialect(), serverId, millisSince(start));
            }
            if (millisSince(start) > patienceMillis) {
              throw Errors.connectionFailure(
                  "connection " + serverId + " on " + node.name() + " does not end", null);
            }
            sleep(2);
          }
          return null;
        });
  }

  /**
   * Uses the control connection, opened when needed; a failed one is thrown away. Where only the
   * connection was lost (an old one, or a new one at once), the work is repeated.
   */
  public <T> T with(Work<T> work) throws SQLException {
    use.lock();
    try {
      for (int attempt = 1; ; attempt++) {
        boolean fresh = control == null;
        long start = System.nanoTime();
        try {
          if (fresh) {
            openControl();
          }
          return work.run(control);
        } catch (SQLException e) {
          if (!node.dialect().connectionError(e)) {
            throw e;
          }
          dropControl();
          if (attempt >= ATTEMPTS || fresh && millisSince(start) > SUDDEN_MILLIS) {
            throw e;
          }
        }
      }
    } finally {
      use.unlock();
    }
  }

  private void openControl() throws SQLException {
    control = node.openAdmin();
    if (mysql()) {
      try (Statement s = control.createStatement()) {
        s.execute("SET SESSION innodb_lock_wait_timeout=1");
      }
    }
  }

  private void dropControl() {
    node.abort(control);
    control = null;
  }

  /**
   * Pings the ownership connection, which also keeps it from idling out; regains the lock when that
   * connection was killed. False: another process has taken the node.
   *
   * @throws SQLException when the node does not answer
   */
  public boolean keep() throws SQLException {
    ownershipUse.lock();
    try {
      if (ownership != null) {
        try {
          beat();
          return true;
        } catch (SQLException e) {
          LOG.info("ownership connection to {} failed: {}", node.name(), e.getMessage());
          node.abort(ownership);
          ownership = null;
        }
      }
      try {
        ownership = lock();
        ownershipId = serverId(ownership);
      } catch (OwnedElsewhereException e) {
        return mineStill();
      }
      return mineStill();
    } finally {
      ownershipUse.unlock();
    }
  }

  /**
   * Whether the fence still carries this owner's token.
   *
   * @throws SQLException also where the node has lost its fence: that is no other owner
   */
  public boolean mineStill() throws SQLException {
    return with(
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r = s.executeQuery("SELECT token FROM lockstep.fence WHERE id=1")) {
            if (!r.next()) {
              throw Errors.cannotConnect(node.name() + " has lost the cluster's tables", null);
            }
            return token.equals(r.getString(1));
          }
        });
  }

  /** Whether the journal has the row. */
  public boolean journalHas(long group, int index) throws SQLException {
    return with(
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r =
                  s.executeQuery(
                      "SELECT 1 FROM lockstep.journal WHERE grp=" + group + " AND idx=" + index)) {
            return r.next();
          }
        });
  }

  /** Whether the journal has row 0 of the group; false also where the node does not answer. */
  public boolean journalHasQuietly(long group) {
    try {
      return journalHas(group, 0);
    } catch (SQLException e) {
      return false;
    }
  }

  /** The newest group in the node's journal, or its floor where the journal is empty. */
  public long position() throws SQLException {
    return with(
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r =
                  s.executeQuery(
                      "SELECT GREATEST(COALESCE((SELECT MAX(grp) FROM lockstep.journal), 0),"
                          + " COALESCE((SELECT MAX(grp) FROM lockstep.journal_floor), 0))")) {
            r.next();
            return r.getLong(1);
          }
        });
  }

  /**
   * Records a view on this node.
   *
   * @throws FencedException when another process owns the node now
   */
  public void record(View v) throws SQLException {
    with(
        c -> {
          ViewStore.write(c, v, fence());
          return null;
        });
  }

  /** Makes the node's history of views exactly this one; throws as {@link #record} does. */
  public void record(List<View> history) throws SQLException {
    with(
        c -> {
          ViewStore.replace(c, history, fence());
          return null;
        });
  }

  private String fence() {
    return "SELECT 1 FROM lockstep.fence WHERE id=1 AND token='"
        + token
        + (mysql() ? "' LOCK IN SHARE MODE" : "'");
  }

  /** The node's views, oldest first. */
  public List<View> views() throws SQLException {
    return with(ViewStore::read);
  }

  /** What the node knows of itself, or null where it has never been in a cluster. */
  public NodeInfo info() throws SQLException {
    return with(
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r =
                  s.executeQuery(
                      "SELECT cluster_id, node_id, node_name, incomplete, format FROM lockstep.node_info WHERE id=1")) {
            return r.next()
                ? new NodeInfo(
                    r.getString(1), r.getString(2), r.getString(3), r.getString(4), r.getInt(5))
                : null;
          }
        });
  }

  /** Gives the node its identity. */
  public void introduce(NodeInfo info) throws SQLException {
    with(
        c -> {
          try (Statement s = c.createStatement()) {
            s.executeUpdate("DELETE FROM lockstep.node_info");
          }
          try (PreparedStatement p =
              c.prepareStatement(
                  "INSERT INTO lockstep.node_info (id, cluster_id, node_id, node_name, incomplete, format) VALUES"
                      + " (1,?,?,?,?,?)")) {
            p.setString(1, info.clusterId());
            p.setString(2, info.nodeId());
            p.setString(3, info.nodeName());
            p.setString(4, info.incomplete());
            p.setInt(5, SystemTables.FORMAT);
            p.executeUpdate();
          }
          return null;
        });
    node.id(info.nodeId());
  }

  /** Tells the node the names of all nodes, for whoever reads it without owning the cluster. */
  public void nameNodes(Map<String, String> namesById) throws SQLException {
    with(
        c -> {
          for (Map.Entry<String, String> e : namesById.entrySet()) {
            try (PreparedStatement d =
                c.prepareStatement("DELETE FROM lockstep.node_list WHERE node_id=?")) {
              d.setString(1, e.getKey());
              d.executeUpdate();
            }
            try (PreparedStatement p =
                c.prepareStatement(
                    "INSERT INTO lockstep.node_list (node_id, node_name) VALUES (?,?)")) {
              p.setString(1, e.getKey());
              p.setString(2, e.getValue());
              p.executeUpdate();
            }
          }
          return null;
        });
  }

  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Changes each time that the node is taken over. */
  public long generation() {
    return generation;
  }

  /** Lets the node go, unless it has been taken over again since {@link #generation} said this. */
  public void close(long held) {
    ownershipUse.lock();
    try {
      if (generation == held) {
        close();
      }
    } finally {
      ownershipUse.unlock();
    }
  }

  /** Lets the node go: both connections end, and with them the ownership lock. */
  @Override
  public void close() {
    ownershipUse.lock();
    try {
      if (ownership != null) {
        try {
          ownership.close();
        } catch (SQLException e) {
          node.abort(ownership);
        }
        ownership = null;
      }
    } finally {
      ownershipUse.unlock();
    }
    use.lock();
    try {
      node.abort(control);
      control = null;
    } finally {
      use.unlock();
    }
  }
}
