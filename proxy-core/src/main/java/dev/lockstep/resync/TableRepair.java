package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableDifferences;
import dev.lockstep.consistency.TableDifferences.Chunk;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Makes tables of a target equal to the source's: ranges of the primary key whose checksums differ
 * are narrowed down and read on both sides, and only the rows that differ are written. Memory is
 * bounded by the size of such a range. The source's connection reads a consistent snapshot, the
 * target's has the settings of {@link TargetSession}; the tables are defined in the same way on
 * both; the target carries the incomplete mark. For one thread.
 */
final class TableRepair implements AutoCloseable {
  /** Rows of a range that are held in memory. */
  private static final int ROWS = 500;

  private static final int ROWS_WITH_LARGE_VALUES = 50;

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final TableDifferences differences;
  private final Connection source;
  private final Connection target;
  private final BooleanSupplier cancelled;
  private long changed;
  private long limit = Long.MAX_VALUE;

  TableRepair(Vendor vendor, Connection source, Connection target, BooleanSupplier cancelled) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.differences = new TableDifferences(vendor, List.of(source, target), cancelled);
    this.source = source;
    this.target = target;
    this.cancelled = cancelled;
  }

  /** Rows deleted and inserted so far, over all tables. */
  long changed() {
    return changed;
  }

  /**
   * Bounds how many more rows may be deleted and inserted before {@link CopyNeededException} says
   * that a copy would be better.
   */
  void limit(long rows) {
    limit = changed + rows;
  }

  /** The table's description. */
  private UserTable table(TableName name) throws SQLException {
    UserTable t = catalogue.table(source, name);
    if (t == null) {
      throw new CopyNeededException("there is no table " + name);
    }
    if (catalogue.hasTriggers(source, name)) {
      // They would fire for the rows that are written here, and may have written elsewhere.
      throw new CopyNeededException("table " + name + " has triggers");
    }
    if (catalogue.triggersWrite(source)) {
      // What is replayed later may write to this table although its entries name others.
      throw new CopyNeededException("triggers may write to table " + name);
    }
    return t;
  }

  /** Makes the whole table equal, and commits. */
  void whole(TableName name) throws SQLException {
    UserTable table = table(name);
    repair(table, differing(table).ranges());
  }

  /**
   * What is different in a table.
   *
   * @param rows how many rows the source has
   * @param ranges the ranges that differ
   */
  record Differing(long rows, List<Chunk> ranges) {}

  /** Compares the whole table. */
  Differing differing(UserTable table) throws SQLException {
    List<Chunk> ranges = new ArrayList<>();
    long[] rows = new long[1];
    boolean end =
        differences.walk(
            table,
            chunk -> {
              rows[0] += chunk.sums().get(0).rows();
              if (!chunk.equal()) {
                ranges.add(chunk);
              }
              return true;
            });
    if (!end) {
      throw new CancelledException("the comparison of table " + table.name());
    }
    return new Differing(rows[0], ranges);
  }

  /** Makes these ranges of a table equal, proves that they are, and commits. */
  void repair(UserTable table, List<Chunk> ranges) throws SQLException {
    if (ranges.isEmpty()) {
      return;
    }
    if (table.primaryKey().isEmpty()) {
      withoutKey(table);
    } else if (table.otherUnique()) {
      // A row may take a value that another row, in a later range, still has.
      List<KeyRange> small = narrow(table, ranges);
      ranges(table, small, true, false);
      ranges(table, small, false, true);
    } else {
      for (Chunk r : ranges) {
        ranges(table, narrow(table, List.of(r)), true, true);
      }
    }
    target.commit();
    for (Chunk r : ranges) {
      if (!new Chunk(r.range(), differences.sums(table, r.range())).equal()) {
        throw new CopyNeededException("table " + table.name() + " still differs after its repair");
      }
    }
  }

  /** Makes the rows with these keys equal, and commits. */
  void rows(TableName name, List<List<String>> keys) throws SQLException {
    UserTable table = table(name);
    Rows rows = new Rows(vendor, table);
    List<Object[]> right = new ArrayList<>();
    for (List<String> key : keys) {
      List<Object[]> there = rows.read(source, key);
      List<Object[]> here = rows.read(target, key);
      if (there.size() == here.size()
          && (there.isEmpty() || Arrays.deepEquals(there.get(0), here.get(0)))) {
        continue;
      }
      rows.delete(target, here);
      right.addAll(there);
      changed += here.size();
    }
    rows.insert(target, right);
    changed += right.size();
    target.commit();
  }

  private void withoutKey(UserTable table) throws SQLException {
    try (Statement s = target.createStatement()) {
      changed += s.executeLargeUpdate("DELETE FROM " + catalogue.quote(table.name()));
    }
    Rows rows = new Rows(vendor, table);
    String list =
        vendor.mysqlFamily()
            ? MysqlRowWriter.selectList(catalogue, table)
            : H2RowWriter.selectList(catalogue, table);
    List<Object[]> some = new ArrayList<>();
    try (Statement s =
        source.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      s.setFetchSize(vendor.mysqlFamily() ? Integer.MIN_VALUE : 1_000);
      try (ResultSet rs =
          s.executeQuery("SELECT " + list + " FROM " + catalogue.quote(table.name()))) {
        while (rs.next()) {
          some.add(rows.row(rs));
          if (some.size() == most(table)) {
            rows.insert(target, some);
            changed += some.size();
            some.clear();
          }
        }
      }
    }
    rows.insert(target, some);
    changed += some.size();
  }

  private static int most(UserTable table) {
    return TableDifferences.largeValues(table) ? ROWS_WITH_LARGE_VALUES : ROWS;
  }

  /** Nothing has changed since the ranges were compared. */
  private List<KeyRange> narrow(UserTable table, List<Chunk> ranges) throws SQLException {
    List<KeyRange> small = new ArrayList<>();
    for (Chunk r : ranges) {
      checkCancelled(table);
      differences.narrow(table, r, most(table)).forEach(c -> small.add(c.range()));
    }
    return small;
  }

  private void checkCancelled(UserTable table) throws SQLException {
    if (cancelled.getAsBoolean()) {
      throw new CancelledException("the repair of table " + table.name());
    }
  }

  private void ranges(UserTable table, List<KeyRange> small, boolean delete, boolean insert)
      throws SQLException {
    Rows rows = new Rows(vendor, table);
    for (KeyRange r : small) {
      checkCancelled(table);
      range(table, rows, r, delete, insert);
      if (changed > limit) {
        throw new CopyNeededException("too much of table " + table.name() + " differs");
      }
    }
  }

  private void range(UserTable table, Rows rows, KeyRange range, boolean delete, boolean insert)
      throws SQLException {
    // Keys are compared by their exact bytes: a key that differs in case only is another one.
    Map<List<String>, Object[]> right = new HashMap<>();
    for (Object[] r : rows.read(source, range, 0)) {
      right.put(rows.literals(r), r);
    }
    List<Object[]> wrong = new ArrayList<>();
    for (Object[] r : rows.read(target, range, 0)) {
      List<String> key = rows.literals(r);
      Object[] there = right.get(key);
      if (there != null && Arrays.deepEquals(there, r)) {
        right.remove(key);
      } else {
        wrong.add(r);
      }
    }
    if (delete) {
      rows.delete(target, wrong);
      changed += wrong.size();
    }
    if (insert) {
      List<Object[]> missing = new ArrayList<>(right.values());
      rows.insert(target, missing);
      changed += missing.size();
    }
    target.commit();
  }

  @Override
  public void close() {
    differences.close();
  }
}
