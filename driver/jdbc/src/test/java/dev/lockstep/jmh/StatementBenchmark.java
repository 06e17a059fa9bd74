package dev.lockstep.jmh;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.node.JdbcCatalogue;
import dev.lockstep.sql.StatementAnalyzer;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a statement costs: its analysis where the text was seen before, and a single update on one
 * plain server and through Lockstep on three, by key (a statement entry) and by another condition
 * (the keys are found and locked first). How to run it: docs/benchmarks.md.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StatementBenchmark {
  private static final String DATABASE = "shop";
  private static final String BY_KEY = "UPDATE item SET n = n + 1 WHERE id = ?";
  private static final String BY_CODE = "UPDATE item SET n = n + 1 WHERE code = ?";
  private static final String READ = "SELECT n FROM item WHERE id = ?";
  private static final int ROWS = 1000;

  /** The kind of servers. */
  @Param({"MARIADB"})
  public Engine engine;

  private TestCluster nodes;
  private TestCluster plain;
  private StatementAnalyzer analyzer;
  private String schema;
  private Connection lockstep;
  private Connection direct;
  private Connection transaction;
  private PreparedStatement byKey;
  private PreparedStatement byCode;
  private PreparedStatement plainByKey;
  private PreparedStatement plainByCode;
  private PreparedStatement txByKey;
  private PreparedStatement txByCode;
  private int next;

  /** Starts three servers under Lockstep and a plain one, with the same rows. */
  @Setup(Level.Trial)
  public void start() throws SQLException {
    nodes = TestCluster.start(engine, 3);
    plain = TestCluster.start(engine, 1);
    nodes.createDatabase(DATABASE);
    plain.createDatabase(DATABASE);
    DatabaseNode one = plain.node(0);
    direct = DriverManager.getConnection(one.jdbcUrl(DATABASE), one.user(), one.password());
    String url = nodes.lockstepUrl(DATABASE, Map.of());
    lockstep = DriverManager.getConnection(url, one.user(), one.password());
    for (Connection c : new Connection[] {direct, lockstep}) {
      fill(c);
    }
    transaction = DriverManager.getConnection(url, one.user(), one.password());
    transaction.setAutoCommit(false);
    byKey = lockstep.prepareStatement(BY_KEY);
    byCode = lockstep.prepareStatement(BY_CODE);
    plainByKey = direct.prepareStatement(BY_KEY);
    plainByCode = direct.prepareStatement(BY_CODE);
    txByKey = transaction.prepareStatement(BY_KEY);
    txByCode = transaction.prepareStatement(BY_CODE);
    schema = engine.mysqlFamily() ? DATABASE : "PUBLIC";
    analyzer =
        new StatementAnalyzer(
            Vendor.valueOf(engine.name()),
            new JdbcCatalogue(
                Vendor.valueOf(engine.name()),
                () ->
                    DriverManager.getConnection(one.jdbcUrl(DATABASE), one.user(), one.password())),
            1000);
  }

  private static void fill(Connection c) throws SQLException {
    try (var s = c.createStatement()) {
      s.execute(
          "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, n INT"
              + " NOT NULL)");
    }
    try (PreparedStatement p = c.prepareStatement("INSERT INTO item VALUES (?, ?, 0)")) {
      for (int i = 0; i < ROWS; i++) {
        p.setInt(1, i);
        p.setString(2, "code-" + i);
        p.addBatch();
      }
      p.executeBatch();
    }
  }

  /** Ends Lockstep and the servers. */
  @TearDown(Level.Trial)
  public void stop() throws SQLException {
    lockstep.close();
    transaction.close();
    direct.close();
    dev.lockstep.engine.Engine.closeAll();
    nodes.close();
    plain.close();
  }

  private int row() {
    next = (next + 1) % ROWS;
    return next;
  }

  private static int one(int count) {
    if (count != 1) {
      throw new IllegalStateException(count + " rows were updated");
    }
    return count;
  }

  private int update(PreparedStatement p, int row) throws SQLException {
    p.setInt(1, row);
    return one(p.executeUpdate());
  }

  private int updateByCode(PreparedStatement p, int row) throws SQLException {
    p.setString(1, "code-" + row);
    return one(p.executeUpdate());
  }

  /** Analysis of a write that was analysed before. */
  @Benchmark
  public StatementPlan analysisOfAWrite() throws SQLException {
    return analyzer.analyze(BY_KEY, schema);
  }

  /** Analysis of a read that was analysed before. */
  @Benchmark
  public StatementPlan analysisOfARead() throws SQLException {
    return analyzer.analyze(READ, schema);
  }

  /** An update by key on one plain server, committed. */
  @Benchmark
  public int plainUpdateByKey() throws SQLException {
    return update(plainByKey, row());
  }

  /** An update by another condition on one plain server, committed. */
  @Benchmark
  public int plainUpdateByCondition() throws SQLException {
    return updateByCode(plainByCode, row());
  }

  /** An autocommit update by key through Lockstep: all members at once. */
  @Benchmark
  public int updateByKey() throws SQLException {
    return update(byKey, row());
  }

  /** An autocommit update by another condition through Lockstep. */
  @Benchmark
  public int updateByCondition() throws SQLException {
    return updateByCode(byCode, row());
  }

  /** A transaction of ten updates by key. */
  @Benchmark
  public void transactionByKey() throws SQLException {
    for (int i = 0; i < 10; i++) {
      update(txByKey, row());
    }
    transaction.commit();
  }

  /** A transaction of ten updates by another condition. */
  @Benchmark
  public void transactionByCondition() throws SQLException {
    for (int i = 0; i < 10; i++) {
      updateByCode(txByCode, row());
    }
    transaction.commit();
  }
}
