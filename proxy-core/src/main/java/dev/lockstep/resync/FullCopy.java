package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;

/**
 * Copies everything that users have created from one node to another: the target's own user objects
 * are dropped first. The source is read in one consistent snapshot, which includes the position in
 * its journal; the cluster goes on meanwhile. One copy per object, on one thread; both connections
 * belong to it while it runs, and afterwards are as they were before, or broken.
 *
 * <p>The target's incomplete mark is set before the first change and left set: the caller clears it
 * after {@link JournalTables#reset} and the replay of what followed.
 */
public abstract class FullCopy {
  final Vendor vendor;
  final UserCatalogue catalogue;
  final Connection source;
  final Connection target;
  final String sourceName;
  final BooleanSupplier cancelled;
  final CopyProgress progress;

  FullCopy(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress) {
    this.vendor = vendor;
    this.catalogue = UserCatalogue.of(vendor);
    this.source = source;
    this.target = target;
    this.sourceName = sourceName;
    this.cancelled = cancelled;
    this.progress = progress;
  }

  /**
   * Prepares a copy.
   *
   * @param source an administrator's connection to the node to read, in no transaction
   * @param target an administrator's connection to the node to overwrite, in no transaction; the
   *     cluster's own tables exist there
   * @param sourceName the source's label in messages
   * @param cancelled polled often, on the copying thread
   */
  public static FullCopy of(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress) {
    return switch (vendor) {
      case MYSQL, MARIADB ->
          new MysqlFullCopy(vendor, source, target, sourceName, cancelled, progress);
      case H2 -> new H2FullCopy(source, target, sourceName, cancelled, progress);
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
    IncompleteMark.set(target, "full copy from " + sourceName);
    CopyResult r = copy();
    return new CopyResult(
        r.position(), r.tables(), r.rows(), r.bytes(), (System.nanoTime() - start) / 1_000_000);
  }

  abstract CopyResult copy() throws SQLException;

  final void checkCancelled() throws SQLException {
    if (cancelled.getAsBoolean()) {
      throw new CancelledException("the full copy from " + sourceName);
    }
  }

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
