package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.NodeControl;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DDL on engines where it commits by itself (MySQL, MariaDB, H2). New statements on its tables are
 * held; an intent with each node's old definition is journaled everywhere; it runs on the primary
 * without the gate (there it waits for the transactions that already touched its tables, and these
 * can still commit), then inside the gate on the replicas; then its end is journaled. One DDL at a
 * time.
 */
public final class DdlCoordinator implements DdlRunner {
  private static final Logger LOG = LoggerFactory.getLogger(DdlCoordinator.class);

  /** How long statements are held at first; twice as long each time after that. */
  private static final long FIRST_SLICE_MILLIS = 1000;

  /** Part of the time that everybody may go on between two attempts. */
  private static final int SHARE_OF_PAUSES = 10;

  /** Text that changes when a table's definition changes: resync owns it. */
  public interface Signatures {
    /**
     * A short signature of the definition of these tables (of everything where {@code all}) on this
     * connection.
     */
    String of(Connection c, Set<TableName> tables, boolean all) throws SQLException;
  }

  private final Cluster cluster;
  private final TableHolds holds;
  private final Runnable changed;
  private final Signatures signatures;
  private final long timeoutMillis;
  private final ReentrantLock one = new ReentrantLock();
  private volatile boolean leftOpen;
  private final AtomicLong finished = new AtomicLong();

  /**
   * @param changed forgets all plans and all that is known of definitions
   * @param timeoutMillis lockstep.ddlTimeout
   */
  public DdlCoordinator(
      Cluster cluster, Runnable changed, Signatures signatures, long timeoutMillis) {
    this.cluster = cluster;
    this.changed = changed;
    this.signatures = signatures;
    this.timeoutMillis = timeoutMillis;
    this.holds = new TableHolds(timeoutMillis);
  }

  /** The gate that sessions pass before each statement. */
  public TableGate tableGate() {
    return holds;
  }

  /** How many DDL statements have been run: a copy that sees it change starts again. */
  public long count() {
    return finished.get();
  }

  /** Whether DDL was begun whose end is not journaled; not while it runs. */
  public boolean leftOpen() {
    return leftOpen;
  }

  /** What was left open has been brought to its end. */
  public void brought() {
    leftOpen = false;
    changed.run();
    finished.incrementAndGet();
  }

  /** Whether DDL runs now. */
  public boolean running() {
    return one.isLocked();
  }

  @Override
  public long run(
      ServerConnection connection,
      String context,
      String schema,
      String sql,
      Set<TableName> tables,
      boolean all)
      throws SQLException {
    cluster.checkWritable();
    try {
      if (!one.tryLock(timeoutMillis, TimeUnit.MILLISECONDS)) {
        throw Errors.rolledBack("another DDL statement is running; repeat this one", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.rolledBack("interrupted before the DDL began", e);
    }
    try {
      return attempts(connection, context, schema, sql, new TableHolds.Hold(tables, all));
    } finally {
      finished.incrementAndGet();
      one.unlock();
    }
  }

  /**
   * Waits until no transaction is open that has locked the tables, and runs the statement. A
   * transaction that holds the DDL up may itself wait for what is held (over another transaction's
   * rows, or another table of a foreign key), and no server sees that: so everybody goes on for a
   * moment now and then.
   */
  private long attempts(
      ServerConnection connection, String context, String schema, String sql, TableHolds.Hold hold)
      throws SQLException {
    long left = timeoutMillis;
    for (long slice = FIRST_SLICE_MILLIS; ; slice *= 2) {
      long patience = Math.min(slice, left);
      boolean last = patience == left;
      long begun = System.nanoTime();
      holds.begin(hold);
      try {
        if (holds.await(hold, begun + patience * 1_000_000L)) {
          return execute(connection, context, schema, sql, hold, patience);
        }
        if (last) {
          throw Errors.rolledBack(
              "DDL waited too long for a transaction that has used its tables; repeat it", null);
        }
      } catch (SQLException e) {
        if (!connection.node().dialect().contention(e)) {
          throw e;
        }
        if (last || cluster.primary() != connection.node()) {
          throw Errors.rolledBack("DDL waited too long for a lock; repeat it", e);
        }
      } finally {
        changed.run(); // before anybody who was held goes on with an old plan
        holds.end();
      }
      left -= Math.min(patience, (System.nanoTime() - begun) / 1_000_000L);
      pause(slice / SHARE_OF_PAUSES);
    }
  }

  private static void pause(long millis) throws SQLException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Errors.rolledBack("interrupted before the DDL began", e);
    }
  }

  private long execute(
      ServerConnection connection,
      String context,
      String schema,
      String sql,
      TableHolds.Hold hold,
      long patience)
      throws SQLException {
    Set<TableName> tables = hold.tables();
    boolean all = hold.all();
    DatabaseNode primary = (DatabaseNode) connection.node();
    Dialect d = primary.dialect();
    String id = "ddl-" + UUID.randomUUID().toString().substring(0, 18);
    String session =
        context + (schema == null ? "" : (context.isEmpty() ? "" : ";") + d.use(schema));
    String before = cluster.control(primary).with(c -> signatures.of(c, tables, all));
    boolean copies = d.vendor() == Vendor.H2;
    Set<TableName> copiesBefore =
        copies
            ? cluster.control(primary).with(c -> TableCopies.of(c, tables, connection.serverId()))
            : Set.of();
    long intent =
        journal(JournalRow.Kind.DDL_INTENT, id, entry(session, sql, before, tables, -1), tables);
    long count;
    try (Statement s = connection.jdbc().createStatement()) {
      if (d.vendor().mysqlFamily()) {
        s.execute(lockWait(patience));
      }
      s.execute(sql);
      count = Math.max(0, s.getLargeUpdateCount());
    } catch (SQLException e) {
      boolean lost = d.connectionError(e);
      if (lost) {
        connection.markBroken();
        cluster.nodeFailed(primary, e);
        if (cluster.isMember(primary)) {
          // Only the connection was lost: the statement may still run. Wait for its end, then look.
          cluster.control(primary).killAndAwait(connection.serverId());
        }
      }
      if (copies && cluster.isMember(primary)) {
        cluster
            .control(primary)
            .with(
                c -> {
                  TableCopies.drop(c, d, tables, connection.serverId(), copiesBefore);
                  return null;
                });
      }
      DatabaseNode now = cluster.primary();
      String after = cluster.control(now).with(c -> signatures.of(c, tables, all));
      if (lost && cluster.isMember(primary) && DdlText.keepsDefinition(sql)) {
        // It may have run, and no definition tells: run again it does the same.
        try (Connection c = primary.openUnlimited()) {
          runOn(c, primary, session, sql);
        }
        onReplicas(primary, id, session, sql, tables, all, intent);
        return 0;
      }
      if (after.equals(before)) {
        journal(JournalRow.Kind.DDL_DONE, id, entry("", "", before, tables, 0), tables);
        throw lost ? Errors.rolledBack("the DDL was not executed: " + e.getMessage(), e) : e;
      }
      // The statement took effect in spite of the error (a part of several tables, or the answer
      // was lost).
      onReplicas(primary, id, session, sql, tables, all, intent);
      if (!lost) {
        throw e;
      }
      return 0;
    }
    onReplicas(primary, id, session, sql, tables, all, intent);
    return count;
  }

  /** MariaDB's DDL locks the tables of foreign keys like rows. */
  private static String lockWait(long millis) {
    long seconds = Math.max(1, millis / 1000);
    return "SET SESSION lock_wait_timeout=" + seconds + ", innodb_lock_wait_timeout=" + seconds;
  }

  /**
   * The write set of a DDL row: the statement and the definition's signature.
   *
   * @param effect of the row that ends DDL: 1 it took effect, 0 it did not; -1 for an intent
   */
  private static String entry(
      String session, String sql, String signature, Set<TableName> tables, int effect) {
    TableName first = tables.isEmpty() ? new TableName("", "") : tables.iterator().next();
    StringBuilder b = new StringBuilder();
    WriteSetCodec.append(
        b, new Entry(session, null, sql, "/* " + signature + " */", effect, first));
    return b.toString();
  }

  private void onReplicas(
      DatabaseNode primary,
      String id,
      String session,
      String sql,
      Set<TableName> tables,
      boolean all,
      long intent)
      throws SQLException {
    String now =
        cluster
            .gate()
            .exclusive(
                () -> {
                  if (!cluster.isMember(primary)) {
                    return null;
                  }
                  String want = cluster.control(primary).with(c -> signatures.of(c, tables, all));
                  List<DatabaseNode> failed = new ArrayList<>();
                  for (DatabaseNode n : cluster.members()) {
                    if (n == primary) {
                      continue;
                    }
                    try {
                      if (!applyOn(n, session, sql, tables, all, want)) {
                        failed.add(n);
                      }
                    } catch (SQLException e) {
                      LOG.error("DDL failed on {}: {}", n.name(), e.getMessage());
                      failed.add(n);
                    }
                  }
                  if (!failed.isEmpty()) {
                    cluster.evict(
                        failed,
                        dev.lockstep.cluster.View.DIFFERENCE
                            + "DDL of group "
                            + intent
                            + " failed");
                  }
                  return want;
                });
    if (now == null) {
      // Only the old primary has run it, and that one is resynced before it comes back.
      String still = cluster.control(cluster.primary()).with(c -> signatures.of(c, tables, all));
      journal(JournalRow.Kind.DDL_DONE, id, entry("", "", still, tables, 0), tables);
      throw Errors.rolledBack("the primary was lost during the DDL, which was undone", null);
    }
    journal(JournalRow.Kind.DDL_DONE, id, entry("", "", now, tables, 1), tables);
  }

  private boolean applyOn(
      DatabaseNode n, String session, String sql, Set<TableName> tables, boolean all, String want)
      throws SQLException {
    try (Connection c = n.openUnlimited()) {
      try {
        runOn(c, n, session, sql);
      } catch (SQLException e) {
        if (n.dialect().connectionError(e)) {
          throw e;
        }
        LOG.info("DDL gave an error on {}: {}", n.name(), e.getMessage());
      }
      String got = signatures.of(c, tables, all);
      if (!got.equals(want)) {
        LOG.error("after DDL the definitions on {} differ from the primary's", n.name());
        return false;
      }
      return true;
    }
  }

  private void runOn(Connection c, DatabaseNode n, String session, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      if (n.dialect().vendor().mysqlFamily()) {
        s.execute(lockWait(timeoutMillis));
      }
      for (String part : session.isEmpty() ? new String[0] : session.split(";")) {
        s.execute(part);
      }
      s.execute(sql);
    }
  }

  /**
   * Writes one journal row on every member, as a group of its own; a member that fails is evicted.
   */
  private long journal(JournalRow.Kind kind, String id, String writeSet, Set<TableName> tables)
      throws SQLException {
    return cluster
        .gate()
        .exclusive(
            () -> {
              cluster.checkWritable();
              long number = cluster.nextGroup();
              leftOpen = true;
              long epoch = cluster.view().epoch();
              StringBuilder names = new StringBuilder();
              for (TableName t : tables) {
                names
                    .append(names.length() == 0 ? "" : ",")
                    .append(t.schema())
                    .append('.')
                    .append(t.name());
              }
              List<DatabaseNode> failed = new ArrayList<>();
              for (DatabaseNode n : cluster.members()) {
                NodeControl control = cluster.control(n);
                String tail =
                    JournalSql.tail(
                        n.dialect(),
                        id,
                        kind,
                        System.currentTimeMillis(),
                        names.toString(),
                        writeSet);
                String row =
                    JournalSql.fenced(n.dialect(), cluster.token(), number, 0, epoch, tail);
                try {
                  int count =
                      control.with(
                          c -> {
                            try (Statement s = c.createStatement()) {
                              return s.executeUpdate(row);
                            }
                          });
                  if (count != 1) {
                    cluster.ownershipLost(n.name());
                    throw Errors.configuration("another process has taken the cluster over");
                  }
                } catch (SQLException e) {
                  if (cluster.state() == Cluster.State.LOST) {
                    throw e;
                  }
                  if (control.journalHasQuietly(number)) {
                    continue;
                  }
                  LOG.warn("cannot journal DDL on {}: {}", n.name(), e.getMessage());
                  failed.add(n);
                }
              }
              if (!failed.isEmpty() && !cluster.evict(failed, "DDL could not be journaled")) {
                cluster.checkWritable();
              }
              leftOpen = kind == JournalRow.Kind.DDL_INTENT;
              cluster.groupFinished(number);
              return number;
            });
  }
}
