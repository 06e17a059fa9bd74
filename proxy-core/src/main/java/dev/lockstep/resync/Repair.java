package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserCatalogue.ForeignKey;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.SystemTables;
import dev.lockstep.node.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Undoes transactions that only one node has: they are saved, then the rows or tables that they
 * changed are made equal to a consistent snapshot of the source, then they leave the node's
 * journal. One repair per object, on one thread; both connections belong to it while it runs.
 *
 * <p>The node's incomplete mark is set before the first change and left set. What the caller does
 * next: replay the journal with {@link JournalReplay#without}, given the result's tables and
 * position, at least up to that position; then clear the mark.
 */
public final class Repair {
  /** How the incomplete mark begins while this is under way. */
  static final String MARK = "repair of ";

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final Connection source;
  private final Connection target;
  private final String targetId;
  private final Path directory;
  private final KeyExtractor keys;
  private final BooleanSupplier cancelled;

  /**
   * What was done.
   *
   * @param position what the repaired tables correspond to in the source's journal
   * @param tables tables that are whole as of that position: their entries up to it must not be
   *     applied again. Tables repaired by single keys are not among them
   * @param rowsChanged rows deleted and inserted
   * @param file where the lost transactions were saved besides the table of lost transactions on
   *     both nodes, or null where no file could be written
   */
  public record Result(
      SnapshotPosition position, Set<TableName> tables, long rowsChanged, Path file) {}

  /**
   * Prepares a repair.
   *
   * @param source an administrator's connection to a member, in no transaction
   * @param target an administrator's connection to the node, in no transaction
   * @param targetId the node's id, for the table of lost transactions
   * @param directory where the file of lost transactions goes; created if need be
   */
  public Repair(
      Vendor vendor,
      Connection source,
      Connection target,
      String targetId,
      Path directory,
      KeyExtractor keys,
      BooleanSupplier cancelled) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.source = source;
    this.target = target;
    this.targetId = targetId;
    this.directory = directory;
    this.keys = keys;
    this.cancelled = cancelled;
  }

  /**
   * Does it.
   *
   * @throws CopyNeededException where only a full copy helps (DDL among the extra transactions,
   *     tables defined differently); the transactions have been saved then
   * @throws DefinitionChangedException where DDL on the source got in the way: start again
   */
  @SuppressWarnings("try") // the session is closed, not read
  public Result run(JournalRelation.Extra extra) throws SQLException {
    catalogue.requireSupported(source, "to repair from");
    Path file = save(source, target, targetId, directory, extra.rows());
    for (JournalRow r : extra.rows()) {
      if (r.kind() != JournalRow.Kind.TRANSACTION) {
        throw new CopyNeededException("only it has run DDL (group " + r.group() + ")");
      }
      if (r.parts() > 0) {
        throw new CopyNeededException("only it has a large transaction (group " + r.group() + ")");
      }
    }
    IncompleteMark.set(
        target, MARK + extra.rows().size() + " transactions that only this node had");
    Set<TableName> all = new HashSet<>();
    for (JournalRow r : extra.rows()) {
      r.entries().forEach(e -> all.add(e.table()));
    }
    all.removeAll(SystemTables.reserves(vendor)); // copied in any case
    connected(all);
    // Not while the snapshot is read: on H2, asking for a definition ends it.
    Map<TableName, String> definitions = definitions(all);
    try (ConsistentSnapshot snapshot = new ConsistentSnapshot(vendor, source);
        TargetSession session = new TargetSession(vendor, target)) {
      Map<TableName, List<List<String>>> byKey = byKey(extra, snapshot.position());
      Set<TableName> whole = new HashSet<>(all);
      whole.removeAll(byKey.keySet());
      requireNoDdl(extra.position(), all);
      long changed;
      SequencePlaces.copy(source, target);
      try (TableRepair repair = new TableRepair(vendor, source, target, cancelled)) {
        for (Map.Entry<TableName, List<List<String>>> t : byKey.entrySet()) {
          repair.rows(t.getKey(), t.getValue());
        }
        for (TableName t : whole) {
          repair.whole(t);
        }
        changed = repair.changed();
      }
      snapshot.end();
      for (Map.Entry<TableName, String> d : definitions.entrySet()) {
        if (!d.getValue().equals(catalogue.tableSignature(source, d.getKey()))) {
          throw new DefinitionChangedException("table " + d.getKey() + " changed", null);
        }
      }
      LostTransactions.forget(target, extra.rows());
      target.commit();
      return new Result(snapshot.position(), Set.copyOf(whole), changed, file);
    }
  }

  /** The definitions of tables, after they were proved to be the same on both sides. */
  private Map<TableName, String> definitions(Set<TableName> tables) throws SQLException {
    Map<TableName, String> all = new HashMap<>();
    for (TableName name : tables) {
      String there = catalogue.tableSignature(source, name);
      if (there == null || !there.equals(catalogue.tableSignature(target, name))) {
        throw new CopyNeededException("table " + name + " is not defined in the same way");
      }
      all.put(name, there);
    }
    return all;
  }

  /** Saves transactions that are to be undone; returns the file, or null. */
  static Path save(
      Connection source, Connection target, String targetId, Path directory, List<JournalRow> rows)
      throws SQLException {
    LostTransactions.table(source, targetId, rows, target);
    LostTransactions.table(target, targetId, rows, target);
    return LostTransactions.file(directory, targetId, rows, target);
  }

  /** DDL that is yet to be replayed, such as TRUNCATE, would hit what has been repaired. */
  private void requireNoDdl(long after, Set<TableName> tables) throws SQLException {
    for (JournalRow r :
        JournalTables.rows(
            source, "grp>" + after + " AND kind=" + JournalRow.Kind.DDL_INTENT.ordinal())) {
      Set<String> named = new HashSet<>(List.of(r.tables().split(",")));
      if (r.tables().isEmpty() || tables.stream().anyMatch(t -> named.contains(t.toString()))) {
        throw new CopyNeededException("DDL on its tables (group " + r.group() + ") came after");
      }
    }
  }

  /**
   * The tables for which it is enough to look at single keys: all keys are known, no foreign key
   * can have carried the changes further, and nothing that is yet to be replayed touches them.
   */
  private Map<TableName, List<List<String>>> byKey(
      JournalRelation.Extra extra, SnapshotPosition position) throws SQLException {
    Map<TableName, List<List<String>>> known = new HashMap<>();
    Set<TableName> unknown = new HashSet<>();
    for (JournalRow r : extra.rows()) {
      for (Entry e : r.entries()) {
        if (SystemTables.reserves(vendor).contains(e.table())) {
          continue;
        }
        List<List<String>> found = keys.keys(e);
        if (found == null) {
          unknown.add(e.table());
        } else {
          known.computeIfAbsent(e.table(), t -> new ArrayList<>()).addAll(found);
        }
      }
    }
    for (ForeignKey k : catalogue.foreignKeys(source)) {
      unknown.add(k.from());
      unknown.add(k.to());
    }
    known.keySet().removeAll(unknown);
    if (known.isEmpty()) {
      return known;
    }
    JournalReader reader = new JournalReader(source, extra.position(), position.group()).whole();
    for (JournalRow r = reader.next(); r != null && !known.isEmpty(); r = reader.next()) {
      if (r.parts() > 0) {
        known.clear();
        break;
      }
      for (Entry e : r.entries()) {
        known.remove(e.table());
      }
    }
    return known;
  }

  /** Adds all tables that foreign keys connect with those in the set, in either direction. */
  private void connected(Set<TableName> tables) throws SQLException {
    List<ForeignKey> all = catalogue.foreignKeys(source);
    boolean more = true;
    while (more) {
      more = false;
      for (ForeignKey k : all) {
        if (tables.contains(k.from())) {
          more |= tables.add(k.to());
        } else if (tables.contains(k.to())) {
          more |= tables.add(k.from());
        }
      }
    }
  }
}
