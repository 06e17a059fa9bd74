package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.journal.Entry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is special to MariaDB and MySQL: packets over the driver's socket, SET, KILL QUERY, lock
 * waits.
 */
class SessionMariaDbTest {
  private static final String ALL = "SELECT ID, V FROM app.T ORDER BY ID";

  /** The server's product. */
  Vendor vendor() {
    return Vendor.MARIADB;
  }

  private FakeCluster cluster;
  private Connection c;

  @BeforeEach
  void open() throws SQLException {
    DatabaseNode node = SharedClusters.get(Engine.of(vendor().name()), 1).node(0);
    cluster = FakeCluster.mysql(vendor(), "127.0.0.1", node.port(), node.user(), node.password());
    c = cluster.connect();
    run("CREATE TABLE T(ID INT AUTO_INCREMENT PRIMARY KEY, V VARCHAR(100), AT_TIME DATETIME(6))");
  }

  @AfterEach
  void close() throws SQLException {
    c.close();
    assertThat(cluster.gateBalance).hasValue(0);
    cluster.close();
  }

  private void run(String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private int update(String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      return s.executeUpdate(sql);
    }
  }

  private static void fails(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLException.class)
        .satisfies(
            e -> assertThat(((SQLException) e).getSQLState()).as(e.toString()).isEqualTo(state));
  }

  @Test
  void keysAndCounts() throws SQLException {
    try (PreparedStatement p =
        c.prepareStatement(
            "INSERT INTO T(V, AT_TIME) VALUES (?, NOW(6))", Statement.RETURN_GENERATED_KEYS)) {
      for (int i = 1; i <= 3; i++) {
        p.setString(1, "v" + i);
        assertThat(p.executeUpdate()).isEqualTo(1);
        try (ResultSet r = p.getGeneratedKeys()) {
          assertThat(r.next()).isTrue();
          assertThat(r.getInt("GENERATED_KEY")).isEqualTo(i);
        }
      }
    }
    Entry insert = cluster.committer.last().get(0);
    assertThat(insert.sql()).contains("'v3'").contains("3)");
    assertThat(insert.before()).startsWith("SET TIMESTAMP=");
    // Found, not changed.
    assertThat(update("UPDATE T SET V='v1' WHERE ID=1")).isEqualTo(1);
    assertThat(update("UPDATE T SET V='v1' WHERE ID=99")).isZero();
    assertThat(FakeCluster.rows(c, "SELECT LAST_INSERT_ID()").get(0).get(0).toString())
        .isEqualTo("3");
    cluster.losePrimary();
    assertThat(FakeCluster.rows(c, "SELECT LAST_INSERT_ID()").get(0).get(0).toString())
        .isEqualTo("3");
  }

  private interface Behind {
    void commit(Connection c) throws SQLException;
  }

  private static void vendorCommit(Connection vendor) throws SQLException {
    try (Statement s = vendor.createStatement()) {
      s.execute("COMMIT");
    }
  }

  private void endedBehindOurBack(Behind before, Behind between) throws SQLException {
    cluster.close();
    open();
    c.setAutoCommit(false);
    if (before != null) {
      before.commit(c);
    }
    update("INSERT INTO T(ID, V) VALUES (1,'a')");
    between.commit(c);
    update("INSERT INTO T(ID, V) VALUES (2,'b')");
    fails("40001", c::commit);
  }

  /** Whoever has the vendor's objects can end the transaction; commit then says so. */
  @Test
  void endedByTheVendorsObjects() throws SQLException {
    endedBehindOurBack(null, c -> vendorCommit(c.unwrap(com.mysql.cj.jdbc.JdbcConnection.class)));
    Connection[] vendor = new Connection[1];
    endedBehindOurBack(
        c -> vendor[0] = c.unwrap(com.mysql.cj.jdbc.JdbcConnection.class),
        c -> vendorCommit(vendor[0]));
    endedBehindOurBack(
        null,
        c -> {
          try (Statement s = c.createStatement();
              ResultSet r = s.executeQuery("SELECT 1")) {
            vendorCommit(
                r.unwrap(com.mysql.cj.jdbc.result.ResultSetInternalMethods.class)
                    .getStatement()
                    .getConnection());
          }
        });
    endedBehindOurBack(
        null,
        c -> {
          try (Statement s = c.createStatement()) {
            s.setFetchSize(Integer.MIN_VALUE);
            Connection under;
            try (ResultSet r = s.executeQuery("SELECT * FROM T")) {
              assertThat(r.next()).isTrue();
              under =
                  r.unwrap(com.mysql.cj.jdbc.result.ResultSetInternalMethods.class)
                      .getStatement()
                      .getConnection();
              assertThat(r.getString("V")).isEqualTo("a");
            }
            vendorCommit(under);
          }
        });
    endedBehindOurBack(
        null,
        c ->
            vendorCommit(
                c.getMetaData().unwrap(com.mysql.cj.jdbc.DatabaseMetaData.class).getConnection()));
  }

  /** A batch whose transaction was rolled back says so, also where another error came before. */
  @Test
  void aBatchThatLosesItsTransaction() throws Exception {
    update("INSERT INTO T(ID, V) VALUES (1,'a'),(2,'b')");
    try (Connection other = cluster.connect();
        Statement blocking = other.createStatement();
        Statement batch = c.createStatement()) {
      run("SET innodb_lock_wait_timeout = 1");
      other.setAutoCommit(false);
      blocking.executeUpdate("UPDATE T SET V='x' WHERE ID=2");
      c.setAutoCommit(false);
      update("UPDATE T SET V='y' WHERE ID=1");
      batch.addBatch("INSERT INTO T(ID, V) VALUES (1,'dup')");
      batch.addBatch("UPDATE T SET V='z' WHERE ID=2");
      batch.addBatch("INSERT INTO T(ID, V) VALUES (3,'c')");
      assertThatThrownBy(batch::executeBatch)
          .isInstanceOfSatisfying(
              java.sql.BatchUpdateException.class,
              e -> {
                assertThat(e.getSQLState()).isEqualTo("40001");
                assertThat(e.getUpdateCounts()).containsOnly(Statement.EXECUTE_FAILED);
                assertThat(e.getNextException().getNextException().getSQLState())
                    .isEqualTo("23000");
              });
      other.rollback();
      c.rollback();
    }
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(1, "a"), List.of(2, "b")));
  }

  /** A plain transaction needs no guard; one with savepoints or settings has one. */
  @Test
  void guardOnlyWhereSomethingCouldEndTheTransaction() throws SQLException {
    c.setAutoCommit(false);
    update("INSERT INTO T(ID, V) VALUES (1,'a')");
    FakeCluster.rows(c, "SELECT * FROM T FOR UPDATE");
    c.commit();
    assertThat(cluster.committer.lastGuarded()).isFalse();
    update("INSERT INTO T(ID, V) VALUES (2,'a')");
    run("SET @a = 1");
    c.commit();
    assertThat(cluster.committer.lastGuarded()).isTrue();
    run("SAVEPOINT s");
    update("INSERT INTO T(ID, V) VALUES (3,'a')");
    run("ROLLBACK TO SAVEPOINT s");
    update("INSERT INTO T(ID, V) VALUES (3,'a')");
    c.commit();
    assertThat(cluster.committer.lastGuarded()).isTrue();
    FakeCluster.rows(c, "SHOW TABLES");
    update("INSERT INTO T(ID, V) VALUES (4,'a')");
    c.commit();
    assertThat(cluster.committer.lastGuarded()).isTrue();
    update("INSERT INTO T(ID, V) VALUES (5,'a')");
    c.commit();
    assertThat(cluster.committer.lastGuarded()).isFalse();
  }

  @Test
  void transactionsAndSavepoints() throws SQLException {
    c.setAutoCommit(false);
    update("INSERT INTO T(ID, V) VALUES (1,'a'),(2,'b')");
    run("SAVEPOINT s");
    assertThat(update("UPDATE T SET V='x' WHERE ID IN (1, 2, 3)")).isEqualTo(2);
    fails("23000", () -> update("INSERT INTO T(ID, V) VALUES (1,'dup')"));
    run("ROLLBACK TO SAVEPOINT s");
    update("DELETE FROM T WHERE ID=2");
    run("RELEASE SAVEPOINT s");
    c.commit();
    List<Entry> last = cluster.committer.last();
    assertThat(last).hasSize(2);
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(1, "a")));
  }

  @Test
  void lockWaitRollsTheWholeTransactionBack() throws SQLException {
    update("INSERT INTO T(ID, V) VALUES (1,'a'),(2,'b')");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement()) {
      other.setAutoCommit(false);
      o.executeUpdate("UPDATE T SET V='o' WHERE ID=1");
      run("SET innodb_lock_wait_timeout=1");
      c.setAutoCommit(false);
      update("UPDATE T SET V='m' WHERE ID=2");
      fails("40001", () -> update("UPDATE T SET V='m' WHERE ID=1"));
      assertThat(o.executeUpdate("UPDATE T SET V='o' WHERE ID=2")).isEqualTo(1);
      c.commit();
      other.commit();
    }
  }

  /** Whoever gets a pooled connection next must not commit what an internal error left on it. */
  @Test
  void anInternalErrorLeavesNoTransactionOpen() throws SQLException {
    for (boolean auto : new boolean[] {true, false}) {
      cluster.committer.before =
          () -> {
            throw new OutOfMemoryError("for the test");
          };
      try (Connection broken = cluster.connect();
          Statement s = broken.createStatement()) {
        broken.setAutoCommit(auto);
        assertThatThrownBy(
                () -> {
                  s.executeUpdate("INSERT INTO T(ID, V) VALUES (1, 'lost')");
                  broken.commit();
                })
            .isInstanceOf(OutOfMemoryError.class);
      }
      cluster.committer.before = () -> {};
      try (Connection next = cluster.connect();
          Statement s = next.createStatement()) {
        s.executeUpdate("INSERT INTO T(ID, V) VALUES (2, 'kept')");
        s.executeUpdate("DELETE FROM T WHERE ID=2");
      }
      assertThat(cluster.primaryRows(ALL)).isEmpty();
    }
  }

  @Test
  void cancelAndTimeout() throws Exception {
    update("INSERT INTO T(ID, V) VALUES (1,'a')");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement();
        Statement s = c.createStatement()) {
      other.setAutoCommit(false);
      o.executeUpdate("UPDATE T SET V='o' WHERE ID=1");
      s.setQueryTimeout(1);
      long start = System.nanoTime();
      assertThatThrownBy(() -> s.executeUpdate("UPDATE T SET V='m' WHERE ID=1"))
          .isInstanceOf(SQLTimeoutException.class);
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(900L, 8000L);
      assertThatThrownBy(() -> s.executeQuery("SELECT SLEEP(10)"))
          .isInstanceOf(SQLTimeoutException.class);
      s.setQueryTimeout(0);
      CompletableFuture<Void> canceller =
          CompletableFuture.runAsync(
              () -> {
                try {
                  TimeUnit.MILLISECONDS.sleep(300);
                  s.cancel();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      fails("57014", () -> s.executeUpdate("UPDATE T SET V='m' WHERE ID=1"));
      canceller.get();
      other.rollback();
      assertThat(s.executeUpdate("UPDATE T SET V='m' WHERE ID=1")).isEqualTo(1);
    }
  }

  /**
   * A cancelled first statement has begun the transaction: rollback ends its snapshot and locks.
   */
  @Test
  void aCancelledFirstReadIsRolledBack() throws SQLException {
    update("INSERT INTO T(ID, V) VALUES (1,'a')");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement();
        Statement s = c.createStatement()) {
      o.execute("SET innodb_lock_wait_timeout=1");
      c.setAutoCommit(false);
      s.setQueryTimeout(1);
      assertThatThrownBy(() -> s.executeQuery("SELECT V, SLEEP(10) FROM T"))
          .isInstanceOf(SQLTimeoutException.class);
      c.rollback();
      o.executeUpdate("UPDATE T SET V='b' WHERE ID=1");
      assertThat(FakeCluster.rows(c, "SELECT V FROM T")).isEqualTo(List.of(List.of("b")));
      c.rollback();
      assertThatThrownBy(() -> s.executeQuery("SELECT V, SLEEP(10) FROM T FOR UPDATE"))
          .isInstanceOf(SQLTimeoutException.class);
      c.rollback();
      assertThat(o.executeUpdate("UPDATE T SET V='c' WHERE ID=1")).isEqualTo(1);
    }
  }

  private void secondReadSees(String expected, String written) throws SQLException {
    FakeCluster.rows(c, "SELECT V FROM T WHERE ID=1");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement()) {
      o.executeUpdate("UPDATE T SET V='" + written + "' WHERE ID=1");
    }
    assertThat(FakeCluster.rows(c, "SELECT V FROM T WHERE ID=1"))
        .isEqualTo(List.of(List.of(expected)));
    c.commit();
  }

  @Test
  void theIsolationOfTheNextTransactionOnly() throws SQLException {
    update("INSERT INTO T(ID, V) VALUES (1,'a')");
    c.setAutoCommit(false);
    run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    cluster.losePrimary();
    secondReadSees("b", "b");
    secondReadSees("b", "c");
    c.setAutoCommit(true);
    run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    assertThat(update("INSERT INTO T(V) VALUES ('x'),('y')")).isEqualTo(2);
    run("BEGIN");
    secondReadSees("c", "d");
    run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    FakeCluster.rows(c, "SELECT V FROM T");
    run("BEGIN");
    secondReadSees("d", "e");
    run("BEGIN");
    run("SELECT V FROM T");
    fails("25001", () -> run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"));
    run("COMMIT");
    // Set and never used: the next one on a pooled connection must not get it.
    run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    c.close();
    c = cluster.connect();
    c.setAutoCommit(false);
    secondReadSees("e", "f");
  }

  /** SET TRANSACTION READ ONLY is for the same transactions as without Lockstep. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET TRANSACTION READ ONLY; W; W; BEGIN; W; COMMIT; W",
        "SET TRANSACTION READ ONLY; BEGIN; W; R; W; COMMIT; W; BEGIN; W; COMMIT",
        "SET TRANSACTION READ ONLY; BEGIN; R; W; ROLLBACK; W",
        "SET TRANSACTION READ ONLY; START TRANSACTION; W; ROLLBACK; START TRANSACTION; W; COMMIT",
        "SET TRANSACTION READ ONLY; START TRANSACTION READ WRITE; W; COMMIT; W",
        "SET TRANSACTION READ ONLY; SET TRANSACTION READ WRITE; W; BEGIN; W; COMMIT",
        "SET TRANSACTION READ ONLY; R; W; BEGIN; W; COMMIT",
        "SET TRANSACTION READ ONLY; SELECT 1; BEGIN; W; COMMIT; W",
        "SET TRANSACTION READ ONLY; COMMIT; W; W",
        "SET autocommit=0; SET TRANSACTION READ ONLY; W; R; W; COMMIT; W; COMMIT",
        "SET autocommit=0; SET TRANSACTION READ ONLY; W; ROLLBACK; W; COMMIT",
        "SET autocommit=0; SET TRANSACTION READ ONLY; COMMIT; W; COMMIT; W; COMMIT",
        "SET autocommit=0; SET TRANSACTION READ ONLY; ROLLBACK; W; COMMIT; W; COMMIT",
        "SET autocommit=0; SET TRANSACTION READ ONLY; BEGIN; W; ROLLBACK; W; COMMIT",
        "SET TRANSACTION READ ONLY; SET autocommit=0; R; W; ROLLBACK; W; COMMIT",
        "BEGIN; R; SET TRANSACTION READ ONLY; W; COMMIT; W",
        "START TRANSACTION READ ONLY; R; SET TRANSACTION READ WRITE; W; COMMIT; W",
        "SET TRANSACTION READ ONLY; CREATE TABLE app.N(ID INT PRIMARY KEY); W; DROP TABLE app.N",
        "SET TRANSACTION READ ONLY, ISOLATION LEVEL READ COMMITTED; BEGIN; R; W; COMMIT; W",
      })
  void theNextTransactionOnlyIsReadOnly(String statements) throws SQLException {
    List<String> through = results(c, statements);
    try (Connection plain = cluster.node.openAdmin()) {
      assertThat(through).isEqualTo(results(plain, statements));
    }
  }

  private static List<String> results(Connection on, String statements) throws SQLException {
    List<String> results = new ArrayList<>();
    try (Statement s = on.createStatement()) {
      for (String sql : statements.split("; ")) {
        try {
          s.execute(
              switch (sql) {
                case "W" -> "INSERT INTO app.T(V) VALUES ('w')";
                case "R" -> "SELECT * FROM app.T";
                default -> sql;
              });
          results.add(sql);
        } catch (SQLException e) {
          results.add(e.getSQLState());
        }
      }
    }
    return results;
  }

  @Test
  void aBatchInTheNextTransactionIsReadOnlyToo() throws SQLException {
    run("SET TRANSACTION READ ONLY");
    try (PreparedStatement p = c.prepareStatement("INSERT INTO T(V) VALUES (?)")) {
      for (String v : List.of("a", "b")) {
        p.setString(1, v);
        p.addBatch();
      }
      fails("25006", p::executeBatch);
    }
    assertThat(FakeCluster.rows(c, ALL)).isEmpty();
  }

  @Test
  void ddlLeavesTheSessionsLockWaitAlone() throws SQLException {
    String mine = "SELECT @@lock_wait_timeout";
    run("SET lock_wait_timeout=1234");
    run("CREATE TABLE L(ID INT PRIMARY KEY)");
    assertThat(FakeCluster.rows(c, mine).get(0).get(0).toString()).isEqualTo("1234");
    try (Connection other = cluster.connect();
        Statement s = other.createStatement()) {
      Object before = FakeCluster.rows(other, mine);
      s.execute("DROP TABLE L");
      assertThat(FakeCluster.rows(other, mine)).isEqualTo(before);
    }
  }

  @Test
  void settings() throws SQLException {
    run("SET time_zone='+01:00', foreign_key_checks=0");
    update("INSERT INTO T(V, AT_TIME) VALUES ('a', NOW())");
    assertThat(cluster.committer.last().get(0).context())
        .isEqualTo("SET foreign_key_checks=0,time_zone='+01:00'");
    cluster.losePrimary();
    assertThat(FakeCluster.rows(c, "SELECT @@time_zone, @@foreign_key_checks"))
        .isEqualTo(FakeCluster.rows(c, "SELECT '+01:00', @@foreign_key_checks"));
    run("SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'");
    update("INSERT INTO T(V) VALUES ('b')");
    assertThat(cluster.committer.last().get(0).context()).contains("NO_AUTO_VALUE_ON_ZERO");
    run("SET SQL_MODE=@OLD_SQL_MODE, FOREIGN_KEY_CHECKS=1");
    update("INSERT INTO T(V) VALUES ('c')");
    assertThat(cluster.committer.last().get(0).context()).contains("STRICT_TRANS_TABLES");
    run("SET NAMES utf8mb4");
    fails("0A001", () -> run("SET NAMES latin1"));
    fails("0A001", () -> run("SET sql_mode='ANSI_QUOTES'"));
    fails("0A001", () -> run("SET sql_mode=4"));
    fails("0A001", () -> run("SET sql_mode=CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')"));
    fails("0A001", () -> run("SET GLOBAL max_connections=5"));
    fails("0A001", () -> run("SET sql_log_bin=0"));
    List<List<Object>> mode = FakeCluster.rows(c, "SELECT @OLD_SQL_MODE");
    cluster.losePrimary();
    update("INSERT INTO T(V) VALUES ('d')");
    assertThat(FakeCluster.rows(c, "SELECT @OLD_SQL_MODE")).isEqualTo(mode);
    FakeCluster.rows(c, "SELECT GET_LOCK('settings', 0)");
    cluster.losePrimary();
    fails("08006", () -> update("INSERT INTO T(V) VALUES ('e')"));
  }

  @Test
  void warningsAndStreams() throws SQLException {
    run("SET sql_mode=''");
    run("CREATE TABLE W(ID INT PRIMARY KEY, V VARCHAR(3))");
    try (Statement s = c.createStatement()) {
      s.executeUpdate("INSERT INTO W VALUES (1, 'abcdef')");
      assertThat(s.getWarnings().getMessage()).contains("truncated");
      assertThat(s.getWarnings().getErrorCode()).isEqualTo(1265);
    }
    for (int i = 2; i < 40; i++) {
      update("INSERT INTO W VALUES (" + i + ", 'x')");
    }
    try (Statement s = c.createStatement()) {
      s.setFetchSize(Integer.MIN_VALUE);
      ResultSet r = s.executeQuery("SELECT * FROM W");
      assertThat(r.next()).isTrue();
      // The connection is needed for something else: the stream ends, the packet is not harmed.
      update("INSERT INTO W VALUES (100, 'y')");
      assertThatThrownBy(r::next).isInstanceOf(SQLException.class);
      assertThat(FakeCluster.rows(c, "SELECT * FROM W")).hasSize(40);
    }
  }

  @Test
  void schemas() throws SQLException {
    run("CREATE DATABASE IF NOT EXISTS app2");
    run("USE app2");
    assertThat(c.getCatalog()).isEqualTo("app2");
    run("CREATE TABLE X(ID INT PRIMARY KEY)");
    update("INSERT INTO X VALUES (1)");
    assertThat(cluster.committer.last().get(0).table().schema()).isEqualTo("app2");
    cluster.losePrimary();
    assertThat(FakeCluster.rows(c, "SELECT DATABASE()").get(0).get(0)).isEqualTo("app2");
    c.setCatalog("app");
    assertThat(FakeCluster.rows(c, "SELECT DATABASE()").get(0).get(0)).isEqualTo("app");
    assertThatThrownBy(() -> c.setCatalog("nowhere")).isInstanceOf(SQLException.class);
    assertThat(c.getCatalog()).isEqualTo("app");
    run("DROP DATABASE app2");
  }

  @Test
  void aKilledConnectionIsHealed() throws SQLException {
    Object id = FakeCluster.rows(c, "SELECT CONNECTION_ID()").get(0).get(0);
    try (Statement s = cluster.primaryAdmin.createStatement()) {
      s.execute("KILL " + id);
    }
    update("INSERT INTO T(V) VALUES ('a')");
    id = FakeCluster.rows(c, "SELECT CONNECTION_ID()").get(0).get(0);
    try (Statement s = cluster.primaryAdmin.createStatement()) {
      s.execute("KILL " + id);
    }
    assertThat(FakeCluster.rows(c, "SELECT V FROM T")).isEqualTo(List.of(List.of("a")));
  }
}
