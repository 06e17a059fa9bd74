package dev.lockstep.consistency;

import dev.lockstep.config.Vendor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

/**
 * Finds where a table differs between nodes: range by range of its primary key, each range's
 * checksum computed by all servers at the same time, and then down to the rows. A table without a
 * primary key is one range. The definition of the table must be the same on all nodes; the
 * connections must not change what they show meanwhile (nodes at rest, or snapshots), and have the
 * settings of {@link TableChecksums#session}. For one thread.
 */
public final class TableDifferences implements AutoCloseable {
  private static final long NANOS_PER_RANGE = 200_000_000;
  private static final long FIRST_ROWS = 2_000;
  private static final long MAX_ROWS = 500_000;

  /** Into so many parts is a range divided that differs. */
  private static final int PARTS = 16;

  private static final Set<String> LARGE =
      Set.of(
          "text",
          "blob",
          "mediumtext",
          "mediumblob",
          "longtext",
          "longblob",
          "json",
          "geometry",
          "character large object",
          "binary large object");

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final TableChecksums checksums;
  private final List<Connection> nodes;
  private final BooleanSupplier cancelled;
  private final ExecutorService threads;

  /**
   * A range of a table on all nodes.
   *
   * @param range which rows
   * @param sums per node, in the order of the connections
   */
  public record Chunk(KeyRange range, List<TableChecksum> sums) {
    /** Whether all nodes hold the same in it. */
    public boolean equal() {
      return sums.stream().distinct().count() <= 1;
    }

    /** The number of rows on the node that has most. */
    public long rows() {
      return sums.stream().mapToLong(TableChecksum::rows).max().orElse(0);
    }
  }

  /**
   * A row that differs.
   *
   * @param key literals of its primary key, in key order
   * @param hashes per node what it holds, or null where it has no such row
   */
  public record Row(List<String> key, List<String> hashes) {}

  /** Is told of each range in turn. */
  @FunctionalInterface
  public interface Visitor {
    /** Returns whether to go on. */
    boolean chunk(Chunk chunk) throws SQLException;
  }

  /**
   * @param nodes connections to the nodes; the first one's keys bound the ranges
   * @param cancelled polled between ranges
   */
  public TableDifferences(Vendor vendor, List<Connection> nodes, BooleanSupplier cancelled) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.checksums = new TableChecksums(vendor);
    this.nodes = List.copyOf(nodes);
    this.cancelled = cancelled;
    this.threads =
        Executors.newFixedThreadPool(
            Math.max(1, nodes.size() - 1),
            r -> {
              Thread t = new Thread(r, "lockstep-compare");
              t.setDaemon(true);
              return t;
            });
  }

  /**
   * Visits a table's ranges in key order, each sized to take about a fifth of a second.
   *
   * @return whether the end was reached: neither the visitor nor {@code cancelled} said stop
   */
  public boolean walk(UserTable table, Visitor visitor) throws SQLException {
    if (table.primaryKey().isEmpty()) {
      return visitor.chunk(new Chunk(KeyRange.ALL, sums(table, KeyRange.ALL)));
    }
    KeyReader keys = new KeyReader(vendor, table);
    long smallest = smallest(table);
    long rows = Math.max(FIRST_ROWS, smallest);
    List<String> after = null;
    do {
      if (cancelled.getAsBoolean()) {
        return false;
      }
      long start = System.nanoTime();
      List<String> upTo = keys.nth(nodes.get(0), new KeyRange(after, null), rows);
      if (after != null && after.equals(upTo)) {
        throw new SQLException("Lockstep: no way past key " + after + " of " + table.name());
      }
      KeyRange range = new KeyRange(after, upTo);
      if (!visitor.chunk(new Chunk(range, sums(table, range)))) {
        return false;
      }
      double ratio = (double) NANOS_PER_RANGE / Math.max(1, System.nanoTime() - start);
      rows = (long) (rows * Math.max(0.25, Math.min(4, ratio)));
      rows = Math.max(smallest, Math.min(MAX_ROWS, rows));
      after = upTo;
    } while (after != null);
    return true;
  }

  private long smallest(UserTable table) {
    if (largeValues(table)) {
      return 100;
    }
    // H2 finds the start of a range by the first column of a key only.
    return vendor == Vendor.H2 && table.primaryKey().size() > 1 ? 20_000 : 1_000;
  }

  /** Whether single values may be so large that few rows should be looked at together. */
  public static boolean largeValues(UserTable table) {
    return table.columns().stream().anyMatch(c -> LARGE.contains(c.type()) || c.length() > 20_000);
  }

  /** All ranges of a table that differ. */
  public List<Chunk> differing(UserTable table) throws SQLException {
    List<Chunk> found = new ArrayList<>();
    walk(
        table,
        chunk -> {
          if (!chunk.equal()) {
            found.add(chunk);
          }
          return true;
        });
    return found;
  }

  /**
   * Divides a range that differs until each part has at most {@code rows} rows on any node; returns
   * the parts that differ, in key order. The table has a primary key.
   */
  public List<Chunk> narrow(UserTable table, Chunk chunk, long rows) throws SQLException {
    KeyReader keys = new KeyReader(vendor, table);
    List<Chunk> small = new ArrayList<>();
    Deque<Chunk> left = new ArrayDeque<>();
    left.push(chunk);
    while (!left.isEmpty()) {
      Chunk c = left.pop();
      if (c.equal()) {
        continue;
      }
      if (c.rows() <= Math.max(1, rows)) {
        small.add(c);
        continue;
      }
      List<Chunk> parts = divide(table, keys, c, Math.max(1, rows));
      for (int i = parts.size() - 1; i >= 0; i--) {
        left.push(parts.get(i));
      }
    }
    return small;
  }

  /** Into parts with about the same number of rows on the node that has most. */
  private List<Chunk> divide(UserTable table, KeyReader keys, Chunk c, long rows)
      throws SQLException {
    int most = 0;
    while (c.sums().get(most).rows() < c.rows()) {
      most++;
    }
    long count = Math.min(PARTS, (c.rows() + rows - 1) / rows);
    List<Chunk> parts = new ArrayList<>();
    List<String> after = c.range().after();
    for (int i = 1; i <= count; i++) {
      List<String> upTo =
          i == count
              ? c.range().upTo()
              : keys.nth(nodes.get(most), new KeyRange(after, c.range().upTo()), c.rows() / count);
      KeyRange range = new KeyRange(after, upTo);
      Chunk part = new Chunk(range, sums(table, range));
      if (i < count && upTo == null || part.sums().get(most).rows() >= c.rows()) {
        throw new SQLException("Lockstep: cannot divide " + table.name() + " after key " + after);
      }
      parts.add(part);
      after = upTo;
    }
    return parts;
  }

  /** The rows of a (small) range that differ. The table has a primary key. */
  public List<Row> rows(UserTable table, KeyRange range) throws SQLException {
    KeyReader keys = new KeyReader(vendor, table);
    String hash = checksums.rowHash(table);
    int width = keys.names().size();
    String sql =
        "SELECT "
            + keys.select()
            + ","
            + (vendor.mysqlFamily() ? hash : "RAWTOHEX(" + hash + ")")
            + " FROM "
            + catalogue.quote(table.name())
            + " WHERE "
            + range.condition(keys.names())
            + " ORDER BY "
            + String.join(",", keys.names());
    Map<List<String>, String[]> all = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      try (Statement s = KeyReader.statement(nodes.get(i));
          ResultSet rs = s.executeQuery(sql)) {
        while (rs.next()) {
          all.computeIfAbsent(keys.literals(rs), k -> new String[nodes.size()])[i] =
              rs.getString(width + 1);
        }
      }
    }
    List<Row> differ = new ArrayList<>();
    all.forEach(
        (key, hashes) -> {
          for (String h : hashes) {
            if (!Objects.equals(h, hashes[0])) {
              List<String> each = new ArrayList<>();
              for (String x : hashes) {
                each.add(x);
              }
              differ.add(new Row(key, each));
              return;
            }
          }
        });
    return differ;
  }

  /** The range's checksum on each node. */
  public List<TableChecksum> sums(UserTable table, KeyRange range) throws SQLException {
    return sums(table, range.condition(new KeyReader(vendor, table).names()));
  }

  /** The checksum of the rows that fulfil a condition, on each node. */
  public List<TableChecksum> sums(UserTable table, String where) throws SQLException {
    List<Future<TableChecksum>> others = new ArrayList<>();
    for (Connection c : nodes.subList(1, nodes.size())) {
      others.add(threads.submit(() -> checksums.inSession(c, table, where)));
    }
    List<TableChecksum> sums = new ArrayList<>();
    SQLException failed = null;
    try {
      sums.add(checksums.inSession(nodes.get(0), table, where));
    } catch (SQLException e) {
      failed = e;
    }
    // All of them, also after a failure or an interruption: nobody else may use a connection yet.
    boolean interrupted = false;
    for (Future<TableChecksum> f : others) {
      while (true) {
        try {
          sums.add(f.get());
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          failed = e.getCause() instanceof SQLException s ? s : new SQLException(e.getCause());
          break;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failed != null) {
      throw failed;
    }
    return sums;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
