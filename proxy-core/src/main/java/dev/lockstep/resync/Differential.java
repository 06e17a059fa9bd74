package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserObject;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Makes a node equal to a consistent snapshot of a member by comparing all tables, range by range
 * of their primary keys, and writing only the rows that differ. Everything is read, little is sent.
 * One run per object, on one thread; both connections belong to it while it runs.
 *
 * <p>Like a {@link FullCopy} it sets the target's incomplete mark before the first change and
 * leaves it set: the caller clears it after {@link JournalTables#reset} and the replay of what
 * followed.
 */
public final class Differential {
  /** How the incomplete mark begins while this is under way. */
  static final String MARK = "differential resync";

  /** So many rows are repaired in any case. */
  private static final long FEW = 10_000;

  /** Above {@link #FEW}, a table of which more than one row in so many differs is copied. */
  private static final long SHARE = 3;

  /** A table without a primary key is written anew; a larger one is better copied. */
  private static final long FEW_WITHOUT_KEY = 100_000;

  /**
   * Kinds of objects that are the same where their definitions are. (A trigger or an event would
   * act on the target. Where a sequence stands matters on the primary only, which asks what is
   * reserved.)
   */
  private static final Set<String> KINDS =
      Set.of(
          "schema",
          "table",
          "view",
          "procedure",
          "function",
          "alias",
          "domain",
          "constant",
          "synonym",
          "sequence");

  private final Vendor vendor;
  private final UserCatalogue catalogue;
  private final Connection source;
  private final Connection target;
  private final String sourceName;
  private final BooleanSupplier cancelled;
  private final Progress progress;

  /**
   * Hears what is done on the thread that does it: as soon as there is a snapshot, then before each
   * table.
   */
  @FunctionalInterface
  public interface Progress {
    /**
     * Something begins.
     *
     * @param phase "comparing" or "repairing", and the table
     * @param rows rows compared, or changed, so far
     */
    void at(String phase, long rows);
  }

  /**
   * What was done.
   *
   * @param position what the target's data now corresponds to in the source's journal
   * @param compared rows that the source has
   * @param changed rows deleted and inserted
   * @param tables the tables that differed
   */
  public record Result(
      SnapshotPosition position, long compared, long changed, Set<TableName> tables) {}

  /**
   * Prepares one.
   *
   * @param source an administrator's connection to a member, in no transaction
   * @param target an administrator's connection to the node, in no transaction
   * @param sourceName the source's label in messages
   * @param cancelled polled often
   */
  public Differential(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      Progress progress) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.source = source;
    this.target = target;
    this.sourceName = sourceName;
    this.cancelled = cancelled;
    this.progress = progress;
  }

  /** Marks a node that is out of the view: it comes back by this way only, or by a copy. */
  public static void request(Connection c, String why) throws SQLException {
    if (IncompleteMark.get(c) == null) {
      IncompleteMark.set(c, MARK + ": " + why);
    }
  }

  /**
   * Does it.
   *
   * @param why for the mark
   * @throws CopyNeededException where only a full copy helps: other definitions, objects that hold
   *     more than tables show, too many differences
   * @throws DefinitionChangedException where DDL on the source got in the way: start again
   * @throws CancelledException where {@code cancelled} said so
   */
  @SuppressWarnings("try") // the session is closed, not read
  public Result run(String why) throws SQLException {
    requireComparable(source);
    requireComparable(target);
    String before = catalogue.signature(source);
    if (!catalogue.signature(target).equals(before)) {
      throw new CopyNeededException("definitions differ");
    }
    // An interrupted one is not begun with its own reason again and again.
    IncompleteMark.set(
        target, why.startsWith(MARK) ? why : MARK + " from " + sourceName + ": " + why);
    try (ConsistentSnapshot snapshot = new ConsistentSnapshot(vendor, source);
        TargetSession session = new TargetSession(vendor, target)) {
      progress.at("comparing with " + sourceName, 0);
      if (vendor.mysqlFamily()) {
        // Definitions are not part of a snapshot. On H2, asking for them ends it, so only
        // afterwards.
        requireUnchanged(before);
        execute("SAVEPOINT lockstep_compare");
      }
      SequencePlaces.copy(source, target);
      target.commit();
      try (TableRepair repair = new TableRepair(vendor, source, target, cancelled)) {
        Result r = tables(repair, snapshot.position());
        snapshot.end();
        requireUnchanged(before);
        return r;
      }
    }
  }

  private Result tables(TableRepair repair, SnapshotPosition position) throws SQLException {
    Map<UserTable, TableRepair.Differing> differing = new LinkedHashMap<>();
    long compared = 0;
    for (UserTable t : catalogue.tables(source)) {
      progress.at("comparing " + t.name(), compared);
      TableRepair.Differing d = repair.differing(t);
      compared += d.rows();
      if (!d.ranges().isEmpty()) {
        requireFew(t, d);
        differing.put(t, d);
      }
      letGo();
    }
    for (Map.Entry<UserTable, TableRepair.Differing> d : differing.entrySet()) {
      UserTable t = d.getKey();
      progress.at("repairing " + t.name(), repair.changed());
      repair.limit(Math.max(FEW, d.getValue().rows() / SHARE));
      repair.repair(t, d.getValue().ranges());
      letGo();
    }
    return new Result(
        position,
        compared,
        repair.changed(),
        Set.copyOf(differing.keySet().stream().map(UserTable::name).toList()));
  }

  private static void requireFew(UserTable t, TableRepair.Differing d) throws SQLException {
    if (t.primaryKey().isEmpty()) {
      if (d.ranges().get(0).rows() > FEW_WITHOUT_KEY) {
        throw new CopyNeededException(
            "table " + t.name() + " has no primary key, and its " + d.rows() + " rows differ");
      }
      return;
    }
    // At least so many are missing or too many.
    long least = 0;
    for (var chunk : d.ranges()) {
      least += Math.abs(chunk.sums().get(0).rows() - chunk.sums().get(1).rows());
    }
    if (least > Math.max(FEW, d.rows() / SHARE)) {
      throw new CopyNeededException("too much of table " + t.name() + " differs");
    }
  }

  private void requireComparable(Connection c) throws SQLException {
    for (UserObject o : catalogue.objects(c)) {
      if (!KINDS.contains(o.kind()) || o.kind().equals("table") && !o.supported()) {
        throw new CopyNeededException("its data cannot be compared by tables: " + o);
      }
    }
  }

  private void requireUnchanged(String before) throws SQLException {
    if (!catalogue.signature(source).equals(before)) {
      throw new DefinitionChangedException("the definitions on " + sourceName + " changed", null);
    }
  }

  /** Of the lock on the table's definition, or DDL would wait until the end. */
  private void letGo() throws SQLException {
    target.commit();
    if (vendor.mysqlFamily()) {
      execute("ROLLBACK TO SAVEPOINT lockstep_compare");
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement s = source.createStatement()) {
      s.execute(sql);
    }
  }
}
