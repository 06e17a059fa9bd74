package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.SystemTables;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.TableName;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Two empty real servers with the cluster's own tables. */
public final class Nodes implements AutoCloseable {
  public final Vendor vendor;
  public final Connection source;
  public final Connection target;
  private final TestCluster cluster;

  public Nodes(Vendor vendor) throws SQLException {
    this.vendor = vendor;
    cluster = SharedClusters.get(Engine.of(vendor.name()), 2);
    source = open(0);
    target = open(1);
    for (int i = 0; i < 2; i++) {
      Connection c = i == 0 ? source : target;
      for (String ddl : SystemTables.ddl(vendor)) {
        run(c, ddl);
      }
      run(
          c,
          "INSERT INTO lockstep.node_info VALUES (1,'c','n" + i + "','n" + i + "',NULL,2)",
          "INSERT INTO lockstep.journal_floor VALUES (1,0)",
          "INSERT INTO lockstep.fence (id,token,owner,beat) VALUES (1,'token','me',0)");
      if (vendor.mysqlFamily()) {
        run(c, "CREATE DATABASE IF NOT EXISTS shop");
      } else {
        run(c, "CREATE SCHEMA IF NOT EXISTS \"shop\"");
      }
    }
  }

  /** One more connection to node 0 or 1. */
  public Connection open(int i) throws SQLException {
    return open(i, "&allowMultiQueries=true&rewriteBatchedStatements=true");
  }

  /** One more connection to node 0 or 1, with options of Connector/J. */
  public Connection open(int i, String options) throws SQLException {
    DatabaseNode n = cluster.node(i);
    return DriverManager.getConnection(
        n.jdbcUrl(vendor == Vendor.H2 ? "db" : "") + (vendor == Vendor.H2 ? "" : options),
        n.user(),
        n.password());
  }

  /** The server's process. */
  long pid(int i) {
    return cluster.node(i).pid();
  }

  public static void run(Connection c, String... statements) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      for (String sql : statements) {
        s.execute(sql);
      }
    }
  }

  public static String text(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery(sql)) {
      StringBuilder all = new StringBuilder();
      int n = rs.getMetaData().getColumnCount();
      while (rs.next()) {
        all.append(all.length() == 0 ? "" : ";");
        for (int i = 1; i <= n; i++) {
          all.append(i == 1 ? "" : ",").append(rs.getString(i));
        }
      }
      return all.toString();
    }
  }

  /** Independent proof that the user tables are equal. */
  public void assertEqual() throws SQLException {
    TableComparer.compare(List.of(source, target)).assertEqual();
  }

  public static Entry entry(String table, long rows, String sql) {
    return entry(table, rows, sql, "");
  }

  public static Entry entry(String table, long rows, String sql, String context) {
    return new Entry(context, null, sql, null, rows, new TableName("shop", table));
  }

  public static JournalRow row(long group, int index, String tx, Entry... entries) {
    return row(JournalRow.Kind.TRANSACTION, group, index, tx, entries);
  }

  public static JournalRow row(
      JournalRow.Kind kind, long group, int index, String tx, Entry... entries) {
    StringBuilder b = new StringBuilder();
    List.of(entries).forEach(e -> WriteSetCodec.append(b, e));
    return new JournalRow(
        group,
        index,
        1,
        tx,
        kind,
        1234,
        entries.length == 0 ? "" : entries[0].table().toString(),
        WriteSetCodec.PLAIN,
        b.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Runs the entries on a node and writes its journal row, as a commit would. */
  public static void commit(Connection c, JournalRow row) throws SQLException {
    c.setAutoCommit(false);
    for (Entry e : row.entries()) {
      run(c, e.sql());
    }
    JournalTables.insert(c, row);
    c.commit();
    c.setAutoCommit(true);
  }

  @Override
  public void close() throws SQLException {
    source.close();
    target.close();
  }
}
