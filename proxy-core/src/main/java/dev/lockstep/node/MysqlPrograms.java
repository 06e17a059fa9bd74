package dev.lockstep.node;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lockstep.config.Vendor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The texts of stored functions, procedures and views of MySQL and MariaDB, kept until {@link
 * #invalidate()}. Thread-safe; what does not exist is asked for each time.
 */
final class MysqlPrograms {
  private static final int MAX = 10_000;
  private static final Dialect DIALECT = Dialect.of(Vendor.MYSQL);

  /**
   * @param generation so that an answer read before an invalidation is not found after it
   */
  private record Key(long generation, TableName name) {}

  private final ConnectionSource source;
  private final AtomicLong generation = new AtomicLong();
  private final Cache<Key, RoutineInfo> functions = Caffeine.newBuilder().maximumSize(MAX).build();
  private final Cache<Key, ProcedureText> procedures =
      Caffeine.newBuilder().maximumSize(MAX).build();
  private final Cache<Key, String> views = Caffeine.newBuilder().maximumSize(MAX).build();

  MysqlPrograms(ConnectionSource source) {
    this.source = source;
  }

  /** Asks the server; null where it does not exist. */
  private interface Lookup<T> {
    T text(TableName name) throws SQLException;
  }

  private <T> T kept(Cache<Key, T> cache, TableName name, Lookup<T> lookup) throws SQLException {
    Key key = new Key(generation.get(), name);
    T text = cache.getIfPresent(key);
    if (text == null) {
      text = lookup.text(name);
      if (text != null) {
        cache.put(key, text);
      }
    }
    return text;
  }

  RoutineInfo function(String schema, String name) throws SQLException {
    return kept(functions, new TableName(schema, name), this::functionInfo);
  }

  private RoutineInfo functionInfo(TableName name) throws SQLException {
    String[] row =
        row(
            "SELECT ROUTINE_DEFINITION, SQL_MODE FROM information_schema.ROUTINES WHERE"
                + " ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA = ? AND ROUTINE_NAME = ?",
            name);
    return row == null ? null : new RoutineInfo(name, row[0], row[1]);
  }

  ProcedureText procedure(TableName name) throws SQLException {
    return kept(procedures, name, this::showCreateProcedure);
  }

  private ProcedureText showCreateProcedure(TableName name) throws SQLException {
    try (Connection c = source.get();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SHOW CREATE PROCEDURE " + full(name))) {
      return r.next()
          ? new ProcedureText(
              name, r.getString(3), r.getString(2), r.getString(4), r.getString(5), r.getString(6))
          : null;
    } catch (SQLException e) {
      if (e.getErrorCode() == 1305 || e.getErrorCode() == 1049) {
        return null; // no such procedure; no such database
      }
      throw e;
    }
  }

  private static String full(TableName name) {
    return DIALECT.quote(name.schema()) + "." + DIALECT.quote(name.name());
  }

  String viewText(TableName view) throws SQLException {
    return kept(views, view, this::showCreate);
  }

  /** information_schema.VIEWS shows it to fewer accounts. */
  private String showCreate(TableName view) throws SQLException {
    try (Connection c = source.get();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SHOW CREATE VIEW " + full(view))) {
      return r.next() ? r.getString(2) : null;
    } catch (SQLException e) {
      return switch (e.getErrorCode()) {
        // no such table; no view; its tables are gone; no right to see it
        case 1146, 1347, 1356, 1142, 1044, 1370 -> null;
        default -> throw e;
      };
    }
  }

  private String[] row(String sql, TableName name) throws SQLException {
    try (Connection c = source.get();
        PreparedStatement s = c.prepareStatement(sql)) {
      s.setString(1, name.schema());
      s.setString(2, name.name());
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? new String[] {r.getString(1), r.getString(2)} : null;
      }
    }
  }

  void invalidate() {
    generation.incrementAndGet();
    functions.invalidateAll();
    procedures.invalidateAll();
    views.invalidateAll();
  }
}
