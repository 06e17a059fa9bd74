package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserColumn;
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
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Makes one table of a target equal to the source's: ranges of the primary key whose checksums
 * differ are read on both sides, and only the rows that differ are written. Memory is bounded by
 * the size of a range. The source's connection reads a consistent snapshot, the target's has the
 * settings of {@link TargetSession}; the target carries the incomplete mark. For one thread.
 */
final class TableRepair {
  private static final int CHUNK = 2_000;
  private static final int CHUNK_LARGE_VALUES = 100;
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
  private final Connection source;
  private final Connection target;
  private final BooleanSupplier cancelled;
  private long changed;

  TableRepair(Vendor vendor, Connection source, Connection target, BooleanSupplier cancelled) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.checksums = new TableChecksums(vendor);
    this.source = source;
    this.target = target;
    this.cancelled = cancelled;
  }

  /** Rows deleted and inserted so far, over all tables. */
  long changed() {
    return changed;
  }

  /** The table's description, after it was proved to be the same on both sides. */
  UserTable require(TableName name) throws SQLException {
    String a = catalogue.tableSignature(source, name);
    String b = catalogue.tableSignature(target, name);
    if (a == null || !a.equals(b)) {
      throw new CopyNeededException("table " + name + " is not defined in the same way");
    }
    if (catalogue.hasTriggers(source, name)) {
      // They would fire for the rows that are written here, and may have written elsewhere.
      throw new CopyNeededException("table " + name + " has triggers");
    }
    if (catalogue.triggersWrite(source)) {
      // What is replayed later may write to this table although its entries name others.
      throw new CopyNeededException("triggers may write to table " + name);
    }
    return catalogue.table(source, name);
  }

  /** Makes the whole table equal, and commits. */
  void whole(TableName name) throws SQLException {
    UserTable table = require(name);
    if (table.primaryKey().isEmpty()) {
      withoutKey(table);
    } else if (table.otherUnique()) {
      // A row may take a value that another row, in a later range, still has.
      ranges(table, true, false);
      ranges(table, false, true);
    } else {
      ranges(table, true, true);
    }
    target.commit();
  }

  /** Makes the rows with these keys equal, and commits. */
  void rows(TableName name, List<List<String>> keys) throws SQLException {
    UserTable table = require(name);
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
    if (checksums
        .table(source, table, KeyRange.ALL)
        .equals(checksums.table(target, table, KeyRange.ALL))) {
      return;
    }
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
          if (some.size() == chunk(table)) {
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

  private static int chunk(UserTable table) {
    for (UserColumn c : table.columns()) {
      if (LARGE.contains(c.type()) || c.length() > 20_000) {
        return CHUNK_LARGE_VALUES;
      }
    }
    return CHUNK;
  }

  private void ranges(UserTable table, boolean delete, boolean insert) throws SQLException {
    Rows rows = new Rows(vendor, table);
    int n = chunk(table);
    List<String> after = null;
    do {
      if (cancelled.getAsBoolean()) {
        throw new CancelledException("the repair of table " + table.name());
      }
      List<String> upTo = rows.keyAfter(source, after, n);
      if (rows.moreThan(target, new KeyRange(after, upTo), 4 * n)) {
        upTo = rows.keyAfter(target, after, n);
      }
      KeyRange range = new KeyRange(after, upTo);
      if (!checksums.table(source, table, range).equals(checksums.table(target, table, range))) {
        range(table, rows, range, delete, insert);
      }
      after = upTo;
    } while (after != null);
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
}
