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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** {@link FullCopy} between MySQL or MariaDB servers. */
@SuppressWarnings("try") // session variables are closed, not read
final class MysqlFullCopy extends FullCopy {
  private static final long COMMIT_BYTES = 4L << 20;

  private long rows;
  private long bytes;

  MysqlFullCopy(
      Vendor vendor,
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress) {
    super(vendor, source, target, sourceName, cancelled, progress);
  }

  @Override
  CopyResult copy() throws SQLException {
    String targetDb = target.getCatalog();
    try (TargetSession session = new TargetSession(vendor, target)) {
      return inSession();
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

  private CopyResult inSession() throws SQLException {
    catalogue.dropAll(target);
    String before = catalogue.signature(source);
    long maxPacket =
        Math.min(JournalTables.number(target, "SELECT @@session.max_allowed_packet"), 512L << 20);
    try (ConsistentSnapshot snapshot = new ConsistentSnapshot(vendor, source)) {
      // Definitions are not part of a snapshot: equal before and after its start means that they
      // are those of the snapshot.
      if (!catalogue.signature(source).equals(before)) {
        throw new DefinitionChangedException("the definitions on " + sourceName + " changed", null);
      }
      List<UserTable> tables = catalogue.tables(source);
      Map<TableName, String> signatures = new LinkedHashMap<>();
      createSchemas();
      // Before the tables, whose defaults may draw from them.
      SequencePlaces.create(catalogue, vendor, source, target);
      for (UserTable t : tables) {
        checkCancelled();
        signatures.put(t.name(), createTable(t.name()));
      }
      Map<TableName, Long> estimates = estimates();
      SequencePlaces.copy(source, target);
      target.commit();
      execute(source, "SAVEPOINT lockstep_copy");
      for (UserTable t : tables) {
        copyRows(t, maxPacket, estimates.getOrDefault(t.name(), 0L));
        if (!signatures.get(t.name()).equals(catalogue.tableSignature(source, t.name()))) {
          throw new DefinitionChangedException("table " + t.name() + " changed", null);
        }
        // Lets go of the lock on the table's definition, or DDL would wait for the whole copy.
        execute(source, "ROLLBACK TO SAVEPOINT lockstep_copy");
      }
      create(MysqlStoredObjects.routines(source));
      create(views());
      // Last, so that they have not fired for the rows.
      create(MysqlStoredObjects.triggers(source));
      requireEqualCatalogues(before);
      return new CopyResult(snapshot.position(), tables.size(), rows, bytes, 0);
    }
  }

  private void createSchemas() throws SQLException {
    for (String schema : catalogue.schemas(source)) {
      execute(target, showCreate("DATABASE " + catalogue.quote(schema)));
    }
  }

  /** Makes the table on the target and returns its definition. */
  private String createTable(TableName t) throws SQLException {
    String signature = catalogue.tableSignature(source, t);
    if (signature == null) {
      throw new DefinitionChangedException("table " + t + " is gone", null);
    }
    target.setCatalog(t.schema());
    execute(target, showCreate("TABLE " + catalogue.quote(t)));
    return signature;
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
        checkCancelled();
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

  private Map<TableName, Long> estimates() throws SQLException {
    Map<TableName, Long> all = new LinkedHashMap<>();
    try (Statement s = source.createStatement();
        ResultSet rs =
            s.executeQuery(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE"
                    + " TABLE_TYPE='BASE TABLE'")) {
      while (rs.next()) {
        all.put(new TableName(rs.getString(1), rs.getString(2)), rs.getLong(3));
      }
    }
    return all;
  }

  private void copyRows(UserTable t, long maxPacket, long estimate) throws SQLException {
    try (MysqlRowWriter writer = new MysqlRowWriter(target, t, maxPacket);
        Statement s =
            source.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      s.setFetchSize(Integer.MIN_VALUE); // Connector/J: row by row from the socket
      int n = t.writable().size();
      byte[][] values = new byte[n][];
      long reported = 0;
      try (ResultSet rs =
          s.executeQuery(
              "SELECT "
                  + MysqlRowWriter.selectList(catalogue, t)
                  + " FROM "
                  + catalogue.quote(t.name()))) {
        try {
          while (rs.next()) {
            for (int i = 0; i < n; i++) {
              values[i] = rs.getBytes(i + 1);
            }
            writer.add(values);
            if (writer.bytes() != reported) {
              checkCancelled();
              reported = writer.bytes();
              writer.commitIfLarge(COMMIT_BYTES);
              progress.copied(t.name(), writer.rows(), estimate, bytes + reported);
            }
          }
        } catch (SQLException | RuntimeException e) {
          s.cancel(); // or closing the result would read all of the table first
          throw e;
        }
      } catch (SQLException e) {
        throw changed(t.name().toString(), e);
      }
      writer.flush();
      target.commit();
      rows += writer.rows();
      bytes += writer.bytes();
      progress.copied(t.name(), writer.rows(), estimate, bytes);
    }
  }

  /** Tells errors that mean DDL on the source from others. */
  private static SQLException changed(String what, SQLException e) {
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
