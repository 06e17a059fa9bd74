package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableDifferences;
import dev.lockstep.consistency.TableDifferences.Chunk;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserObject;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an interrupted copy between MySQL or MariaDB servers has left on the target: tables that are
 * defined as they are now are kept, everything else goes; of what is kept, the ranges that do not
 * equal the snapshot are emptied, and are to be copied. The connections are those of the copy's
 * first stream. For one thread.
 */
final class CopyLeftovers {
  /** Ranges that differ in part are not narrowed down any further. */
  private static final long FEW = 5_000;

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final Connection source;
  private final Connection target;
  private final CopyTotals totals;

  CopyLeftovers(Vendor vendor, Connection source, Connection target, CopyTotals totals) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.source = source;
    this.target = target;
    this.totals = totals;
  }

  /**
   * Drops all but the tables that can be gone on with.
   *
   * @param signatures the definitions of the source's tables
   * @return the tables that were kept
   */
  Set<TableName> keep(List<UserTable> tables, Map<TableName, String> signatures)
      throws SQLException {
    Set<String> schemas = new TreeSet<>(catalogue.schemas(source));
    for (String schema : catalogue.schemas(target)) {
      if (!schemas.contains(schema)
          || !definition(source, schema).equals(definition(target, schema))) {
        drop("DATABASE " + catalogue.quote(schema));
      }
    }
    for (UserObject o : catalogue.objects(target)) {
      if (!Set.of("schema", "table").contains(o.kind())) {
        drop(
            o.kind().toUpperCase(Locale.ROOT)
                + " "
                + catalogue.quote(new TableName(o.schema(), o.name())));
      }
    }
    Set<TableName> usable = new HashSet<>();
    for (UserTable t : tables) {
      String here = t.primaryKey().isEmpty() ? null : catalogue.tableSignature(target, t.name());
      String there = signatures.get(t.name());
      // Triggers follow the definition; the target has none now.
      if (here != null && (there.equals(here) || there.startsWith(here + "\n\n"))) {
        usable.add(t.name());
      }
    }
    for (UserTable t : catalogue.tables(target)) {
      if (!usable.contains(t.name())) {
        drop("TABLE " + catalogue.quote(t.name()));
      }
    }
    target.commit();
    return usable;
  }

  /** Empties the ranges of a table that are not as in the snapshot, and returns them. */
  List<KeyRange> differing(UserTable table) throws SQLException {
    List<Chunk> chunks = new ArrayList<>();
    execute(source, "SAVEPOINT lockstep_compare");
    try (TableDifferences differences =
        new TableDifferences(vendor, List.of(source, target), () -> false)) {
      differences.walk(
          table,
          chunk -> {
            if (chunk.equal()) {
              totals.there(table.name(), chunk.rows());
            } else {
              totals.check();
              chunks.addAll(
                  chunk.sums().get(1).rows() == 0
                      ? List.of(chunk)
                      : differences.narrow(table, chunk, FEW));
            }
            return true;
          });
    }
    target.commit();
    // Lets go of the lock on the table's definition, or DDL would wait for the whole copy.
    execute(source, "ROLLBACK TO SAVEPOINT lockstep_compare");
    // All of them before any is filled again: a row may have given its unique value to another.
    List<String> key = table.primaryKey().stream().map(catalogue::quote).toList();
    for (Chunk c : chunks) {
      if (c.sums().get(1).rows() > 0) {
        totals.check();
        execute(
            target,
            "DELETE FROM " + catalogue.quote(table.name()) + " WHERE " + c.range().condition(key));
        target.commit();
      }
    }
    return chunks.stream().map(Chunk::range).toList();
  }

  private String definition(Connection c, String schema) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery("SHOW CREATE DATABASE " + catalogue.quote(schema))) {
      rs.next();
      return rs.getString(2);
    }
  }

  private void drop(String what) throws SQLException {
    execute(target, "DROP " + what);
  }

  private static void execute(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute(sql);
    }
  }
}
