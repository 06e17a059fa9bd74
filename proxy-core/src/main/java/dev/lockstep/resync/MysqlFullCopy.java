package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.MysqlStoredObjects;
import dev.lockstep.consistency.SessionVariables;
import dev.lockstep.consistency.StoredObject;
import dev.lockstep.consistency.UserObject;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** {@link FullCopy} between MySQL or MariaDB servers. */
@SuppressWarnings("try") // session variables are closed, not read
final class MysqlFullCopy extends FullCopy {
  private static final long LEAST_PIECE_ROWS = 100;

  MysqlFullCopy(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress,
      CopyOptions options) {
    super(vendor, source, target, sourceName, cancelled, progress, options);
  }

  @Override
  CopyResult copy(boolean interrupted) throws SQLException {
    String targetDb = target.getCatalog();
    try (TargetSession session = new TargetSession(vendor, target)) {
      return inSession(interrupted);
    } finally {
      if (targetDb != null && !targetDb.isEmpty() && !target.isClosed()) {
        try {
          target.setCatalog(targetDb);
        } catch (SQLException e) {
          if (e.getErrorCode() != 1049) { // it is gone with the copy
            throw e;
          }
        }
      }
    }
  }

  private CopyResult inSession(boolean interrupted) throws SQLException {
    if (!interrupted) {
      catalogue.dropAll(target);
    }
    String before = catalogue.signature(source);
    List<Connection> sources = new ArrayList<>(List.of(source));
    options.more().forEach(s -> sources.add(s.source()));
    try (ConsistentSnapshot.Several snapshots =
        ConsistentSnapshot.together(vendor, sources, options.gate(), options.momentMillis())) {
      // Definitions are not part of a snapshot: equal before and after its start means that they
      // are those of the snapshot.
      if (!catalogue.signature(source).equals(before)) {
        throw new DefinitionChangedException("the definitions on " + sourceName + " changed", null);
      }
      List<UserTable> tables = catalogue.tables(source);
      Map<TableName, String> signatures = signatures(tables);
      CopyLeftovers leftovers = new CopyLeftovers(vendor, source, target, totals);
      Set<TableName> kept = interrupted ? leftovers.keep(tables, signatures) : Set.of();
      createSchemas();
      // Before the tables, whose defaults may draw from them.
      SequencePlaces.create(catalogue, vendor, source, target);
      for (UserTable t : tables) {
        totals.check();
        if (!kept.contains(t.name())) {
          createTable(t.name());
        }
      }
      SequencePlaces.copy(source, target);
      target.commit();
      CopyPieces pieces = pieces(tables, kept, leftovers, snapshots.list().size() > 1);
      copyRows(pieces, signatures, snapshots);
      create(MysqlStoredObjects.routines(source));
      create(views());
      // Last, so that they have not fired for the rows.
      create(MysqlStoredObjects.triggers(source));
      requireEqualCatalogues(before);
      return new CopyResult(snapshots.position(), tables.size(), totals.rows(), totals.bytes(), 0);
    }
  }

  private Map<TableName, String> signatures(List<UserTable> tables) throws SQLException {
    Map<TableName, String> signatures = new LinkedHashMap<>();
    for (UserTable t : tables) {
      String signature = catalogue.tableSignature(source, t.name());
      if (signature == null) {
        throw new DefinitionChangedException("table " + t.name() + " is gone", null);
      }
      signatures.put(t.name(), signature);
    }
    return signatures;
  }

  private CopyPieces pieces(
      List<UserTable> tables, Set<TableName> kept, CopyLeftovers leftovers, boolean several)
      throws SQLException {
    Map<TableName, Size> sizes = sizes();
    totals.estimate(sizes.values().stream().mapToLong(Size::rows).sum());
    List<UserTable> order = new ArrayList<>(tables);
    if (several) {
      // The largest first, or one stream would be left alone with it.
      order.sort(Comparator.comparing(t -> -sizes.getOrDefault(t.name(), Size.UNKNOWN).bytes()));
    }
    CopyPieces pieces = new CopyPieces(vendor);
    for (UserTable t : order) {
      if (kept.contains(t.name())) {
        pieces.add(t, leftovers.differing(t));
      } else {
        pieces.add(
            t,
            several
                ? sizes.getOrDefault(t.name(), Size.UNKNOWN).pieceRows(options.pieceBytes())
                : 0);
      }
    }
    return pieces;
  }

  private void copyRows(
      CopyPieces pieces, Map<TableName, String> signatures, ConsistentSnapshot.Several snapshots)
      throws SQLException {
    long maxPacket =
        Math.min(JournalTables.number(target, "SELECT @@session.max_allowed_packet"), 512L << 20);
    List<Thread> threads = new ArrayList<>();
    for (CopyOptions.Stream s : options.more()) {
      if (!snapshots.over(s.source())) {
        continue; // it shows another state
      }
      Thread t =
          new Thread(
              () -> {
                try (TargetSession session = new TargetSession(vendor, s.target())) {
                  new MysqlCopyStream(catalogue, s.source(), s.target(), maxPacket, totals)
                      .run(pieces, signatures);
                } catch (SQLException | RuntimeException | Error e) {
                  totals.failed(e);
                }
              },
              "lockstep-copy-" + (threads.size() + 2));
      t.setDaemon(true);
      threads.add(t);
    }
    threads.forEach(Thread::start);
    try {
      new MysqlCopyStream(catalogue, source, target, maxPacket, totals).run(pieces, signatures);
    } catch (SQLException | RuntimeException | Error e) {
      totals.failed(e);
    } finally {
      await(threads);
    }
    Throwable failure = totals.failure();
    if (failure instanceof SQLException e) {
      throw e;
    } else if (failure != null) {
      throw new SQLException("Lockstep: internal error while copying", failure);
    }
  }

  /** Nobody else may use the connections before. */
  private static void await(List<Thread> threads) {
    boolean interrupted = false;
    for (Thread t : threads) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void createSchemas() throws SQLException {
    List<String> there = catalogue.schemas(target);
    for (String schema : catalogue.schemas(source)) {
      if (there.contains(schema)) {
        continue;
      }
      execute(target, showCreate("DATABASE " + catalogue.quote(schema)));
    }
  }

  private void createTable(TableName t) throws SQLException {
    target.setCatalog(t.schema());
    execute(target, showCreate("TABLE " + catalogue.quote(t)));
  }

  private String showCreate(String what) throws SQLException {
    try (Statement s = source.createStatement();
        ResultSet rs = s.executeQuery("SHOW CREATE " + what)) {
      rs.next();
      return rs.getString(2);
    } catch (SQLException e) {
      throw changed(what, e);
    }
  }

  private List<StoredObject> views() throws SQLException {
    List<StoredObject> views = new ArrayList<>();
    for (UserObject o : catalogue.objects(source)) {
      if (o.kind().equals("view")) {
        views.add(MysqlStoredObjects.view(source, new TableName(o.schema(), o.name())));
      }
    }
    return views;
  }

  /** One may need another one: rounds until one does not get further. */
  private void create(List<StoredObject> objects) throws SQLException {
    List<StoredObject> left = objects;
    while (!left.isEmpty()) {
      List<StoredObject> again = new ArrayList<>();
      SQLException last = null;
      for (StoredObject o : left) {
        totals.check();
        try {
          create(o);
        } catch (SQLException e) {
          again.add(o);
          last = e;
        }
      }
      if (again.size() == left.size()) {
        StoredObject o = again.get(0);
        throw new SQLException(
            "Lockstep: "
                + o.kind()
                + " "
                + o.name()
                + " cannot be created on the target: "
                + last.getMessage(),
            last);
      }
      left = again;
    }
  }

  /** Under the settings that the server keeps with it. Its text is ASCII or UTF-8. */
  private void create(StoredObject o) throws SQLException {
    if (o.problem() != null) {
      throw new DefinitionChangedException(o.kind() + " " + o.name() + ": " + o.problem(), null);
    }
    target.setCatalog(o.name().schema());
    List<String> settings = new ArrayList<>();
    if (o.sqlMode() != null) {
      settings.addAll(List.of("sql_mode", "'" + o.sqlMode() + "'"));
    }
    settings.addAll(
        List.of(
            "character_set_client",
            "'" + o.client() + "'",
            "collation_connection",
            "'" + o.collation() + "'"));
    try (SessionVariables as = SessionVariables.set(target, settings.toArray(new String[0]))) {
      execute(target, o.create());
    }
  }

  /** The source's own estimate of a table. */
  private record Size(long rows, long bytes) {
    static final Size UNKNOWN = new Size(0, 0);

    /** Rows of a piece of work; 0: all. */
    long pieceRows(long pieceBytes) {
      return bytes <= pieceBytes || rows == 0
          ? 0
          : Math.max(LEAST_PIECE_ROWS, (long) ((double) rows * pieceBytes / bytes));
    }
  }

  private Map<TableName, Size> sizes() throws SQLException {
    Map<TableName, Size> all = new LinkedHashMap<>();
    try (Statement s = source.createStatement();
        ResultSet rs =
            s.executeQuery(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH FROM"
                    + " information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND ENGINE='InnoDB'"
                    + " AND TABLE_SCHEMA NOT IN ('mysql','lockstep','sys')")) {
      while (rs.next()) {
        all.put(
            new TableName(rs.getString(1), rs.getString(2)),
            new Size(rs.getLong(3), rs.getLong(4)));
      }
    }
    return all;
  }

  /** Tells errors that mean DDL on the source from others. */
  static SQLException changed(String what, SQLException e) {
    return switch (e.getErrorCode()) {
      // table definition has changed; no such table, column, database, view
      case 1412, 1146, 1054, 1049, 1356 ->
          new DefinitionChangedException(what + " changed during the copy: " + e.getMessage(), e);
      default -> e;
    };
  }

  private static void execute(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute(sql);
    }
  }
}
