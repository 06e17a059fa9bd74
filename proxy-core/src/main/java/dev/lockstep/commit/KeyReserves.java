package dev.lockstep.commit;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Vendor;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.SystemTables;
import dev.lockstep.node.ColumnCounter;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Node;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Values of numbered columns (AUTO_INCREMENT, identity) are chosen by the primary and seen by the
 * application before their transaction ends, and rows go again; so other nodes do not know them by
 * their rows. This process remembers the highest value of each table, and before a value is given
 * out, a place at or behind it is committed on all members ({@code lockstep.key_reserve}), some
 * values ahead, so that most inserts cost nothing. Before another primary serves, its counters are
 * set above what was given, in a new process above these places (section 8). Thread-safe.
 */
public final class KeyReserves implements NumberedColumns, Cluster.ViewListener {
  private static final Logger LOG = LoggerFactory.getLogger(KeyReserves.class);

  private static final long FEWEST = 10;
  private static final long MOST = 1000;

  /** Where a block is used up in less time, the next one is twice as large. */
  private static final long SOON_NANOS = 5_000_000_000L;

  private static final int TOGETHER = 200;

  /** SQLState: there is no such table. */
  private static final String GONE = "42S02";

  private static final long NONE = Long.MIN_VALUE;
  private static final Behind NOTHING_BEHIND = new Behind(null, Set.of(), false);

  private final Cluster cluster;
  private final Vendor vendor;
  private final ReserveRows rows;

  /** One at a time: what does not find its row locks the gap, which would be a deadlock. */
  private final ReentrantLock recording = new ReentrantLock();

  private final Map<TableName, Reserve> reserves = new ConcurrentHashMap<>();
  private final AtomicReference<Behind> behind = new AtomicReference<>(NOTHING_BEHIND);

  /** The primary whose counters were set. Inside the gate. */
  private DatabaseNode set;

  /** What is known of a table. */
  private static final class Reserve {
    /** What was given, at most, by this process or before. */
    final AtomicLong highest = new AtomicLong(NONE);

    /** What has been committed. Changed while recording. */
    volatile long place = NONE;

    long block = FEWEST / 2;
    long renewed = System.nanoTime() - SOON_NANOS;

    void seen(long value) {
      if (value > highest.get()) {
        highest.accumulateAndGet(value, Math::max);
      }
    }
  }

  /**
   * Counters that could not be set: to be tried again before values are drawn from them.
   *
   * @param all nobody knows which
   */
  private record Behind(DatabaseNode primary, Set<TableName> tables, boolean all) {
    boolean none(Set<TableName> of) {
      return !all && Collections.disjoint(tables, of);
    }
  }

  /**
   * A row of {@code lockstep.key_reserve}.
   *
   * @param node the primary that gave the values
   * @param epoch of a view with that primary
   */
  private record Recorded(String node, long epoch, long place) {}

  /**
   * @param timeoutMillis lockstep.nodeTimeout
   */
  public KeyReserves(Cluster cluster, Committer committer, Vendor vendor, long timeoutMillis) {
    this.cluster = cluster;
    this.vendor = vendor;
    this.rows = new ReserveRows(cluster, committer, timeoutMillis);
  }

  private Reserve reserve(TableName table) {
    Reserve r = reserves.get(table);
    return r != null ? r : reserves.computeIfAbsent(table, t -> new Reserve());
  }

  @Override
  public void given(Node node, TableName table, long value)
      throws SQLException, PrimaryLostException {
    Reserve r = reserve(table);
    r.seen(value);
    // The view is published before the next primary's counters are set: who still sees this node in
    // it has been counted. Else the place does not tell what that one has begun with.
    if (value <= r.place && ((DatabaseNode) node).id().equals(cluster.view().primary())) {
      return;
    }
    recording.lock();
    try {
      r.seen(value); // may have been set to what was read before
      rows.on(
          node,
          c -> {
            if (value > r.place) {
              renew(c, table, r, value);
            }
          });
    } finally {
      recording.unlock();
    }
  }

  private void renew(ServerConnection c, TableName table, Reserve r, long value)
      throws SQLException, PrimaryLostException {
    Recorded last = recorded(c.jdbc(), c.node().dialect(), table).get(table);
    if (last != null && last.place >= value) {
      r.place = last.place;
      return;
    }
    long time = System.nanoTime();
    r.block =
        time - r.renewed < SOON_NANOS ? Math.min(MOST, 2 * r.block) : Math.max(FEWEST, r.block / 2);
    r.renewed = time;
    long highest = Math.max(value, r.highest.get());
    long to = highest > Long.MAX_VALUE - r.block ? Long.MAX_VALUE : highest + r.block;
    rows.commit(c, List.of(entry(c.node(), table, to)));
    r.place = to;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The places are forgotten before the counters are read, so a value that is given meanwhile is
   * either below what is read, or waits to be recorded behind this, and remembered then. The
   * highest values are kept until better ones are known, for a primary that may be lost meanwhile.
   */
  @Override
  public void placed(Node node, Set<TableName> tables, boolean all)
      throws SQLException, PrimaryLostException {
    recording.lock();
    try {
      rows.on(
          node,
          c -> {
            Map<TableName, Recorded> recorded = recorded(c.jdbc(), c.node().dialect(), null);
            Set<TableName> which = new HashSet<>(tables);
            if (all) {
              which.addAll(recorded.keySet());
              which.addAll(reserves.keySet());
            }
            for (TableName t : which) {
              Reserve r = reserves.get(t);
              if (r != null) {
                r.place = NONE;
              }
            }
            Map<TableName, ColumnCounter> counters = counters((DatabaseNode) node, which);
            Map<TableName, Long> places = new HashMap<>();
            for (TableName t : which) {
              ColumnCounter counter = counters.get(t);
              Recorded last = recorded.get(t);
              if (counter == null) {
                reserves.remove(t);
                if (last != null) {
                  places.put(t, null);
                }
                continue;
              }
              long given = counter.next() - 1;
              Reserve r = reserve(t);
              r.highest.set(given);
              boolean fits = last != null && last.place >= given && last.place <= given + r.block;
              if (fits) {
                r.place = last.place;
              } else if (last != null || given > 0) {
                places.put(t, given);
              }
            }
            record(c, places);
          });
    } finally {
      recording.unlock();
    }
  }

  /** Commits places; without one for tables that are gone. While recording. */
  private void record(ServerConnection c, Map<TableName, Long> places)
      throws SQLException, PrimaryLostException {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<TableName, Long> p : places.entrySet()) {
      entries.add(entry(c.node(), p.getKey(), p.getValue()));
    }
    for (int i = 0; i < entries.size(); i += TOGETHER) {
      rows.commit(c, entries.subList(i, Math.min(i + TOGETHER, entries.size())));
    }
    places.forEach(
        (table, place) -> {
          if (place != null) {
            reserve(table).place = place;
          }
        });
  }

  private Entry entry(Node node, TableName table, Long place) {
    Dialect d = node.dialect();
    String schema = d.literal(table.schema());
    String name = d.literal(table.name());
    String delete =
        "DELETE FROM lockstep.key_reserve WHERE schema_name = "
            + schema
            + " AND table_name = "
            + name;
    TableName own = SystemTables.keyReserve(vendor);
    if (place == null) {
      return new Entry("", null, delete, null, 1, own);
    }
    String insert =
        "INSERT INTO lockstep.key_reserve (schema_name, table_name, node_id, epoch, place) VALUES ("
            + schema
            + ", "
            + name
            + ", "
            + d.literal(((DatabaseNode) node).id())
            + ", "
            + cluster.view().epoch()
            + ", "
            + place
            + ")";
    // What is deleted does not count: there need not be a row.
    return new Entry("", delete, insert, null, 1, own);
  }

  /** All that are recorded, or one. */
  private static Map<TableName, Recorded> recorded(Connection c, Dialect d, TableName one)
      throws SQLException {
    Map<TableName, Recorded> all = new HashMap<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT schema_name, table_name, node_id, epoch, place FROM lockstep.key_reserve"
                    + (one == null
                        ? ""
                        : " WHERE schema_name = "
                            + d.literal(one.schema())
                            + " AND table_name = "
                            + d.literal(one.name())))) {
      while (r.next()) {
        all.put(
            new TableName(r.getString(1), r.getString(2)),
            new Recorded(r.getString(3), r.getLong(4), r.getLong(5)));
      }
    }
    return all;
  }

  private Map<TableName, ColumnCounter> counters(DatabaseNode node, Set<TableName> tables)
      throws SQLException {
    return cluster.control(node).with(c -> ColumnCounter.read(c, node.dialect(), tables));
  }

  // ---- Before a primary serves ----

  /**
   * A view with the same members as before follows a loss of the quorum: its primary may have been
   * down when it became one, so that nothing could be set on it.
   */
  @Override
  public void viewChanged(View before, View after) {
    DatabaseNode primary = cluster.byId(after.primary());
    if (primary != set
        || behind.get() != NOTHING_BEHIND
        || before.members().equals(after.members())) {
      Map<TableName, Long> least = new HashMap<>();
      reserves.forEach((t, r) -> least.put(t, r.highest.get()));
      set = primary;
      behind.set(advance(primary, least));
    }
  }

  @Override
  public boolean ready(Set<TableName> tables) {
    Behind b = behind.get();
    if (b == NOTHING_BEHIND || b.none(tables)) {
      return true;
    }
    Map<TableName, Long> least = new HashMap<>();
    reserves.forEach(
        (t, r) -> {
          if (b.all || b.tables.contains(t)) {
            least.put(t, r.highest.get());
          }
        });
    Behind now = advance(b.primary, least);
    return behind.compareAndSet(b, now) && now.none(tables);
  }

  /**
   * At start, where nothing is known of an earlier process but what it has recorded. Where the
   * primary has been the same since, its own counter stands where it has to; on H2, which may lose
   * the last moments, it is set in any case. Inside the gate.
   */
  public void atStart() throws SQLException {
    DatabaseNode primary = cluster.primary();
    List<View> views = cluster.control(primary).views();
    Map<TableName, Recorded> recorded =
        cluster.control(primary).with(c -> recorded(c, primary.dialect(), null));
    Map<TableName, Long> least = new HashMap<>();
    recorded.forEach(
        (t, last) -> {
          Reserve r = reserve(t);
          r.seen(last.place);
          r.place = last.place;
          if (vendor == Vendor.H2 || !same(primary, last, views)) {
            least.put(t, last.place);
          }
        });
    set = primary;
    behind.set(advance(primary, least));
  }

  private static boolean same(DatabaseNode primary, Recorded last, List<View> views) {
    boolean known = false;
    for (View v : views) {
      known |= v.epoch() == last.epoch;
      if (v.epoch() >= last.epoch && !v.primary().equals(primary.id())) {
        return false;
      }
    }
    return known && last.node.equals(primary.id());
  }

  /**
   * What was given before Lockstep was there: only the primary knows that. After the start, when
   * groups can commit.
   */
  public void adopt() {
    DatabaseNode primary = cluster.primary();
    recording.lock();
    try {
      Map<TableName, ColumnCounter> counters = counters(primary, null);
      Map<TableName, Long> places = new HashMap<>();
      counters.forEach(
          (t, counter) -> {
            Reserve r = reserves.get(t);
            if ((r == null || r.place == NONE) && counter.next() > 1) {
              reserve(t).seen(counter.next() - 1);
              places.put(t, counter.next() - 1);
            }
          });
      if (!places.isEmpty()) {
        rows.on(primary, c -> record(c, places));
      }
    } catch (SQLException | PrimaryLostException e) {
      LOG.warn(
          "cannot record where numbered columns stand now; after a loss of {} together with this"
              + " process, values that it gave before this start may be given again: {}",
          primary.name(),
          e.toString());
    } finally {
      recording.unlock();
    }
  }

  /**
   * Sets counters above these values where they are not; on H2, where replicas' explicit values do
   * not move them, all of them above the highest row too. Counters never go back.
   */
  private Behind advance(DatabaseNode primary, Map<TableName, Long> least) {
    if (least.isEmpty() && vendor != Vendor.H2) {
      return NOTHING_BEHIND;
    }
    Set<TableName> failed = new HashSet<>();
    try (Connection c = primary.openAdmin();
        Statement s = c.createStatement()) {
      if (vendor.mysqlFamily()) {
        // Nobody may wait behind this for somebody who reads the table for hours.
        s.execute("SET SESSION lock_wait_timeout=1");
      }
      Dialect d = primary.dialect();
      Map<TableName, ColumnCounter> counters =
          ColumnCounter.read(c, d, vendor == Vendor.H2 ? null : least.keySet());
      for (Map.Entry<TableName, ColumnCounter> e : counters.entrySet()) {
        TableName table = e.getKey();
        ColumnCounter counter = e.getValue();
        try {
          long value = least.getOrDefault(table, NONE);
          if (vendor == Vendor.H2) {
            value = Math.max(value, counter.highestRow(s, d, table));
          }
          if (counter.next() <= value && value < Long.MAX_VALUE) {
            counter.restart(s, d, table, value + 1);
          }
        } catch (SQLException x) {
          if (!GONE.equals(x.getSQLState())) {
            failed.add(table);
          }
          LOG.warn(
              "cannot advance the counter of {} on {}: {}", table, primary.name(), x.getMessage());
        }
      }
    } catch (SQLException e) {
      LOG.warn(
          "cannot advance numbered columns on {} now, it is tried again with the next insert: {}",
          primary.name(),
          e.toString());
      return new Behind(primary, Set.of(), true);
    }
    return failed.isEmpty() ? NOTHING_BEHIND : new Behind(primary, failed, false);
  }
}
