package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;

/**
 * Copies everything that users have created from one node to another: the target's own user objects
 * are dropped first. The source is read in one consistent snapshot, which includes the position in
 * its journal; the cluster goes on meanwhile. One copy per object, begun on one thread; all
 * connections belong to it while it runs, and afterwards are as they were before, or broken.
 *
 * <p>Where a copy was interrupted, the next one goes on (MySQL and MariaDB): tables that are still
 * defined in the same way stay, and only their ranges that differ are copied.
 *
 * <p>The target's incomplete mark is set before the first change and left set: the caller clears it
 * after {@link JournalTables#reset} and the replay of what followed.
 */
public abstract class FullCopy {
  /** How the incomplete mark begins while this is under way. */
  static final String MARK = "full copy";

  final Vendor vendor;
  final UserCatalogue catalogue;
  final Connection source;
  final Connection target;
  final String sourceName;
  final CopyOptions options;
  final CopyTotals totals;

  FullCopy(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress,
      CopyOptions options) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.source = source;
    this.target = target;
    this.sourceName = sourceName;
    this.options = options;
    this.totals =
        new CopyTotals(
            "the full copy from " + sourceName, cancelled, progress, options.bytesPerSecond());
  }

  /** Prepares a copy of one stream without a limit. */
  public static FullCopy of(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress) {
    return of(vendor, source, target, sourceName, cancelled, progress, CopyOptions.plain());
  }

  /**
   * Prepares a copy.
   *
   * @param source an administrator's connection to the node to read, in no transaction
   * @param target an administrator's connection to the node to overwrite, in no transaction; the
   *     cluster's own tables exist there
   * @param sourceName the source's label in messages
   * @param cancelled polled often, on the copying threads
   */
  static FullCopy of(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress,
      CopyOptions options) {
    return switch (vendor) {
      case MYSQL, MARIADB ->
          new MysqlFullCopy(vendor, source, target, sourceName, cancelled, progress, options);
      case H2 -> new H2FullCopy(source, target, sourceName, cancelled, progress, options);
      case POSTGRESQL -> throw new IllegalArgumentException("PostgreSQL is not supported yet");
    };
  }

  /**
   * Does it.
   *
   * @throws DefinitionChangedException where DDL on the source got in the way: start again
   * @throws CancelledException where {@code cancelled} said so
   * @throws SQLException 0A001 where the source has objects that cannot be copied (nothing was
   *     changed then); any other error of either node
   */
  public final CopyResult run() throws SQLException {
    long start = System.nanoTime();
    catalogue.requireSupported(source, sourceName);
    String mark = IncompleteMark.get(target);
    boolean interrupted = mark != null && mark.startsWith(MARK);
    IncompleteMark.set(target, MARK + " from " + sourceName);
    try {
      CopyResult r = copy(interrupted);
      return new CopyResult(
          r.position(), r.tables(), r.rows(), r.bytes(), (System.nanoTime() - start) / 1_000_000);
    } catch (SQLException e) {
      if (interrupted && !target.isClosed() && !mayPass(e)) {
        // What is there may be the reason: the next one begins with nothing.
        IncompleteMark.set(target, "a copy could not be gone on with: " + e.getMessage());
      }
      throw e;
    }
  }

  private static boolean mayPass(SQLException e) {
    return e instanceof CancelledException
        || e instanceof DefinitionChangedException
        || String.valueOf(e.getSQLState()).startsWith("08");
  }

  /**
   * @param interrupted whether the target holds what an interrupted copy has left
   */
  abstract CopyResult copy(boolean interrupted) throws SQLException;

  final void requireEqualCatalogues(String expected) throws SQLException {
    String actual = catalogue.signature(target);
    if (!actual.equals(expected)) {
      if (!catalogue.signature(source).equals(expected)) {
        throw new DefinitionChangedException("the definitions on " + sourceName + " changed", null);
      }
      throw new SQLException(
          "Lockstep: after the full copy the definitions differ from those of "
              + sourceName
              + ": "
              + firstDifference(expected, actual));
    }
  }

  private static String firstDifference(String expected, String actual) {
    String[] a = expected.split("\n\n");
    String[] b = actual.split("\n\n");
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      String x = i < a.length ? a[i] : "(nothing)";
      String y = i < b.length ? b[i] : "(nothing)";
      if (!x.equals(y)) {
        return "expected " + x + ", found " + y;
      }
    }
    return "(none)";
  }
}
