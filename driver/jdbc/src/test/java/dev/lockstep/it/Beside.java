package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A connection of Lockstep's and one to a plain server, on which the same is done. */
final class Beside implements AutoCloseable {
  final Connection here;
  final Connection plain;
  private final boolean family;

  /**
   * @param options of the vendor's driver that Lockstep has got too, as {@code &a=b}; may be empty
   */
  Beside(Engine engine, Installation on, String options) throws SQLException {
    TestCluster servers = SharedClusters.get(engine, 1); // ends all connections to it
    servers.createDatabase(Installation.DATABASE);
    DatabaseNode node = servers.node(0);
    family = engine != Engine.H2;
    plain =
        DriverManager.getConnection(
            with(node.jdbcUrl(Installation.DATABASE), options), node.user(), node.password());
    here = on.connect();
  }

  static String with(String url, String options) {
    return options.isEmpty()
        ? url
        : url + (url.contains("?") ? options : "?" + options.substring(1));
  }

  /** Executes statements on both, without a look. */
  void both(String... statements) throws SQLException {
    Installation.execute(here, statements);
    Installation.execute(plain, statements);
  }

  void autoCommit(boolean on) throws SQLException {
    here.setAutoCommit(on);
    plain.setAutoCommit(on);
  }

  /** Executes it on both; count, rows, warnings and errors must be the same. */
  void same(String sql) throws SQLException {
    List<String> expected = answer(plain, sql);
    List<String> given = answer(here, sql);
    expected.removeIf(a -> a.startsWith("key"));
    given.removeIf(a -> a.startsWith("key"));
    assertThat(given).as(sql).isEqualTo(expected);
  }

  /** The same; generated keys too. */
  void sameKeys(String sql) throws SQLException {
    List<String> expected = answer(plain, sql);
    assertThat(answer(here, sql)).as(sql).isEqualTo(expected);
  }

  private List<String> answer(Connection c, String sql) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Statement s = c.createStatement()) {
      boolean rows;
      try {
        rows = s.execute(sql, Statement.RETURN_GENERATED_KEYS);
      } catch (SQLException e) {
        all.add("error " + e.getSQLState() + " " + e.getErrorCode());
        return all;
      }
      List<String> warnings = new ArrayList<>();
      for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) {
        warnings.add("warning " + w.getErrorCode() + " " + w.getMessage());
      }
      warnings.stream().sorted().forEach(all::add);
      if (rows) {
        try (ResultSet r = s.getResultSet()) {
          all.addAll(rows(r));
        }
      } else {
        all.add("count " + s.getUpdateCount());
        if (family) {
          try (ResultSet r = s.getGeneratedKeys()) {
            while (r.next()) {
              all.add("key " + r.getLong(1));
            }
          }
        }
      }
      all.add("more " + s.getMoreResults() + " " + s.getUpdateCount());
    }
    return all;
  }

  /** Names and types of the columns, then the rows. */
  static List<String> rows(ResultSet r) throws SQLException {
    List<String> all = new ArrayList<>();
    ResultSetMetaData m = r.getMetaData();
    StringBuilder columns = new StringBuilder("columns");
    for (int i = 1; i <= m.getColumnCount(); i++) {
      columns.append(' ').append(m.getColumnLabel(i)).append(':').append(m.getColumnTypeName(i));
    }
    all.add(columns.toString());
    while (r.next()) {
      StringBuilder row = new StringBuilder("row");
      for (int i = 1; i <= m.getColumnCount(); i++) {
        row.append('|').append(r.getString(i));
      }
      all.add(row.toString());
    }
    return all;
  }

  @Override
  public void close() throws SQLException {
    try {
      here.close();
    } finally {
      plain.close();
    }
  }
}
