package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepProperty;
import dev.lockstep.config.Settings;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a session does, over one H2 node and a replica that replays its write sets. */
class SessionH2Test {
  private static final String ALL = "SELECT * FROM PUBLIC.T ORDER BY ID";

  private FakeCluster cluster;
  private Connection c;

  @BeforeEach
  void open() throws SQLException {
    cluster = FakeCluster.h2();
    c = cluster.connect();
    run("CREATE TABLE T(ID INT PRIMARY KEY, V VARCHAR(100))");
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

  private void same() throws SQLException {
    assertThat(FakeCluster.rows(cluster.replica, ALL)).isEqualTo(cluster.primaryRows(ALL));
  }

  private static void fails(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(SQLException.class)
        .satisfies(
            e -> assertThat(((SQLException) e).getSQLState()).as(e.toString()).isEqualTo(state));
  }

  @Test
  void autocommitWritesAreShippedOneByOne() throws SQLException {
    assertThat(update("INSERT INTO T VALUES (1,'a'),(2,'b')")).isEqualTo(2);
    assertThat(update("UPDATE T SET V='x' WHERE ID=1")).isEqualTo(1);
    assertThat(update("DELETE FROM T WHERE ID=2")).isEqualTo(1);
    assertThat(cluster.committer.commits()).isEqualTo(3);
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(1, "x")));
    same();
  }

  @Test
  void aWriteThatMatchesNothingIsNotShipped() throws SQLException {
    assertThat(update("UPDATE T SET V='x' WHERE ID=99")).isZero();
    c.setAutoCommit(false);
    assertThat(update("DELETE FROM T WHERE ID=99")).isZero();
    c.commit();
    assertThat(cluster.committer.commits()).isZero();
  }

  @Test
  void readsAwaitTheBarrierAndGiveTheLogicalStatement() throws SQLException {
    update("INSERT INTO T VALUES (1,'a')");
    cluster.barrierCalled = false;
    try (PreparedStatement p = c.prepareStatement("SELECT V FROM T WHERE ID = ?")) {
      p.setInt(1, 1);
      try (ResultSet r = p.executeQuery()) {
        assertThat(r.next()).isTrue();
        assertThat(r.getString(1)).isEqualTo("a");
        assertThat(r.getStatement()).isSameAs(p);
        assertThat(r.getStatement().getConnection()).isSameAs(c);
      }
    }
    assertThat(cluster.barrierCalled).isTrue();
  }

  @Test
  void oneTransactionIsOneWriteSet() throws SQLException {
    c.setAutoCommit(false);
    try (PreparedStatement p = c.prepareStatement("INSERT INTO T VALUES (?, ?)")) {
      for (int i = 0; i < 5; i++) {
        p.setInt(1, i);
        p.setString(2, "it's " + i);
        assertThat(p.executeUpdate()).isEqualTo(1);
      }
    }
    update("UPDATE T SET V='z' WHERE ID IN (1, 2)");
    assertThat(cluster.primaryRows(ALL)).isEmpty();
    c.commit();
    assertThat(cluster.committer.last()).hasSize(6);
    same();
    assertThat(cluster.primaryRows(ALL)).hasSize(5);
    update("DELETE FROM T WHERE ID=1");
    c.rollback();
    assertThat(cluster.primaryRows(ALL)).hasSize(5);
    assertThat(cluster.committer.commits()).isEqualTo(1);
  }

  @Test
  void aStatementErrorLeavesTheTransactionOpen() throws SQLException {
    c.setAutoCommit(false);
    update("INSERT INTO T VALUES (1,'a')");
    fails("23505", () -> update("INSERT INTO T VALUES (1,'b')"));
    update("INSERT INTO T VALUES (2,'c')");
    c.commit();
    assertThat(cluster.primaryRows(ALL)).hasSize(2);
    same();
  }

  @Test
  void anErrorInAutocommitLeavesNothing() throws SQLException {
    fails("23505", () -> update("INSERT INTO T VALUES (1,'a'),(1,'b')"));
    assertThat(cluster.primaryRows(ALL)).isEmpty();
    assertThat(cluster.committer.commits()).isZero();
    update("INSERT INTO T VALUES (1,'a')");
    same();
  }

  @Test
  void someOfTheNamedKeysMissing() throws SQLException {
    update("INSERT INTO T VALUES (1,'a')");
    assertThat(update("UPDATE T SET V='x' WHERE ID IN (1, 2)")).isEqualTo(1);
    c.setAutoCommit(false);
    update("INSERT INTO T VALUES (3,'c')");
    assertThat(update("UPDATE T SET V='y' WHERE ID IN (1, 2)")).isEqualTo(1);
    c.commit();
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(1, "y"), List.of(3, "c")));
    same();
  }

  @Test
  void savepointsCutTheWriteSet() throws SQLException {
    c.setAutoCommit(false);
    Savepoint early = c.setSavepoint();
    update("INSERT INTO T VALUES (1,'a')");
    Savepoint s = c.setSavepoint("s");
    update("INSERT INTO T VALUES (2,'b')");
    run("SAVEPOINT inner_one");
    update("INSERT INTO T VALUES (3,'c')");
    c.rollback(s);
    update("INSERT INTO T VALUES (4,'d')");
    c.commit();
    assertThat(cluster.committer.last()).hasSize(2);
    same();
    fails("HY024", () -> c.rollback(early));
    Savepoint again = c.setSavepoint();
    update("INSERT INTO T VALUES (5,'e')");
    c.rollback(again);
    update("INSERT INTO T VALUES (6,'f')");
    c.releaseSavepoint(again);
    c.commit();
    assertThat(cluster.committer.last()).hasSize(1);
    same();
    fails("0A001", () -> c.setSavepoint("Lockstep_x"));
    fails("0A001", () -> run("SAVEPOINT lockstep"));
    assertThat(s.getSavepointName()).isEqualTo("s");
  }

  @Test
  void theTransactionByText() throws SQLException {
    run("BEGIN");
    update("INSERT INTO T VALUES (1,'a')");
    run("ROLLBACK");
    assertThat(cluster.primaryRows(ALL)).isEmpty();
    run("BEGIN");
    update("INSERT INTO T VALUES (1,'a')");
    assertThat(c.getAutoCommit()).isTrue();
    run("COMMIT");
    assertThat(cluster.committer.commits()).isEqualTo(1);
    update("INSERT INTO T VALUES (2,'b')");
    assertThat(cluster.committer.commits()).isEqualTo(2);
    run("SET AUTOCOMMIT FALSE");
    assertThat(c.getAutoCommit()).isFalse();
    update("INSERT INTO T VALUES (3,'c')");
    run("SET AUTOCOMMIT TRUE");
    assertThat(cluster.committer.commits()).isEqualTo(3);
    same();
  }

  @Test
  void generatedKeys() throws SQLException {
    run("CREATE TABLE G(NR BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, V VARCHAR(10))");
    try (PreparedStatement p =
        c.prepareStatement("INSERT INTO G(V) VALUES (?), (?)", Statement.RETURN_GENERATED_KEYS)) {
      p.setString(1, "a");
      p.setString(2, "b");
      p.executeUpdate();
      try (ResultSet r = p.getGeneratedKeys()) {
        assertThat(r.getMetaData().getColumnLabel(1)).isEqualTo("NR");
        assertThat(r.next()).isTrue();
        assertThat(r.getLong("nr")).isEqualTo(1);
        assertThat(r.next()).isTrue();
        assertThat(r.getObject(1)).isEqualTo(2L);
        assertThat(r.next()).isFalse();
      }
    }
    String all = "SELECT * FROM PUBLIC.G ORDER BY NR";
    assertThat(FakeCluster.rows(cluster.replica, all)).isEqualTo(cluster.primaryRows(all));
    fails(
        "0A001", () -> c.prepareStatement("INSERT INTO G(V) VALUES (?)", new String[] {"NR", "V"}));
  }

  @Test
  void aLostPrimaryIsNotSeenInAutocommit() throws SQLException {
    update("INSERT INTO T VALUES (1,'a')");
    PreparedStatement p = c.prepareStatement("SELECT COUNT(*) FROM T");
    p.executeQuery().close();
    cluster.losePrimary();
    try (ResultSet r = p.executeQuery()) {
      r.next();
      assertThat(r.getInt(1)).isEqualTo(1);
    }
    cluster.losePrimary();
    update("INSERT INTO T VALUES (2,'b')");
    cluster.committer.failNext = new PrimaryLostException("test", null);
    update("INSERT INTO T VALUES (3,'c')");
    assertThat(cluster.committer.commits()).isEqualTo(3);
    same();
    assertThat(cluster.acquired.get()).isGreaterThanOrEqualTo(4);
  }

  @Test
  void aLostPrimaryEndsAnOpenTransactionOnce() throws SQLException {
    c.setAutoCommit(false);
    update("INSERT INTO T VALUES (1,'a')");
    cluster.losePrimary();
    fails("40001", () -> update("INSERT INTO T VALUES (2,'b')"));
    update("INSERT INTO T VALUES (3,'c')");
    c.commit();
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(3, "c")));
    update("INSERT INTO T VALUES (4,'d')");
    cluster.losePrimary();
    fails("40001", c::commit);
    c.commit();
    assertThat(cluster.primaryRows(ALL)).hasSize(1);
    same();
    cluster.losePrimary();
    update("INSERT INTO T VALUES (5,'e')");
    c.commit();
    FakeCluster.rows(c, ALL);
    cluster.losePrimary();
    c.commit();
    update("INSERT INTO T VALUES (6,'f')");
    c.rollback();
    assertThat(cluster.primaryRows(ALL)).hasSize(2);
  }

  @Test
  void whatCannotBeRebuiltIsReported() throws SQLException {
    run("SET @X = 5");
    cluster.losePrimary();
    assertThat(FakeCluster.rows(c, "SELECT @X")).isEqualTo(List.of(List.of(5)));
    run("SET @X = DATE '2026-01-01'");
    cluster.losePrimary();
    fails("08006", () -> FakeCluster.rows(c, "SELECT @X"));
    assertThat(FakeCluster.rows(c, "SELECT 1")).hasSize(1);
  }

  @Test
  void commitErrorsPass() throws SQLException {
    c.setAutoCommit(false);
    update("INSERT INTO T VALUES (1,'a')");
    cluster.committer.failNext = Errors.outcomeUnknown("test", null);
    fails("08007", c::commit);
    update("INSERT INTO T VALUES (2,'a')");
    c.commit();
    c.setAutoCommit(true);
    cluster.committer.failNext = Errors.rolledBack("test", null);
    fails("40001", () -> update("INSERT INTO T VALUES (3,'a')"));
    same();
  }

  @Test
  void readOnly() throws SQLException {
    c.setReadOnly(true);
    fails("25006", () -> update("INSERT INTO T VALUES (1,'a')"));
    fails("25006", () -> run("CREATE TABLE U(ID INT PRIMARY KEY)"));
    FakeCluster.rows(c, ALL);
    c.setReadOnly(false);
    cluster.writable = false;
    fails("25006", () -> update("INSERT INTO T VALUES (1,'a')"));
    FakeCluster.rows(c, ALL);
    cluster.writable = true;
    update("INSERT INTO T VALUES (1,'a')");
  }

  /** H2 itself has no such statement. */
  @Test
  void theNextTransactionOnlyIsReadOnly() throws SQLException {
    run("SET TRANSACTION READ ONLY");
    c.setAutoCommit(false);
    fails("25006", () -> update("INSERT INTO T VALUES (1,'a')"));
    FakeCluster.rows(c, ALL);
    fails("25006", () -> update("INSERT INTO T VALUES (1,'a')"));
    c.rollback();
    update("INSERT INTO T VALUES (1,'a')");
    c.commit();
    run("SET TRANSACTION READ ONLY");
    run("SET TRANSACTION READ WRITE");
    update("INSERT INTO T VALUES (2,'a')");
    c.commit();
    c.setAutoCommit(true);
    run("SET TRANSACTION READ ONLY");
    FakeCluster.rows(c, ALL);
    update("INSERT INTO T VALUES (3,'a')");
    same();
  }

  @Test
  void ddlCommitsAndMakesPlansStale() throws SQLException {
    PreparedStatement insert = c.prepareStatement("INSERT INTO T VALUES (?, ?)");
    c.setAutoCommit(false);
    insert.setInt(1, 1);
    insert.setString(2, "a");
    insert.executeUpdate();
    run("ALTER TABLE T ADD COLUMN W INT DEFAULT 7");
    assertThat(cluster.committer.commits()).isEqualTo(1);
    insert.setInt(1, 2);
    assertThatThrownBy(insert::executeUpdate).isInstanceOf(SQLException.class);
    c.rollback();
    same();
  }

  @Test
  void lockWaitAndDeadlockAre40001() throws SQLException {
    update("INSERT INTO T VALUES (1,'a'),(2,'b')");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement()) {
      other.setAutoCommit(false);
      o.executeUpdate("UPDATE T SET V='o' WHERE ID=1");
      c.setAutoCommit(false);
      run("SET LOCK_TIMEOUT 100");
      update("UPDATE T SET V='m' WHERE ID=2");
      fails("40001", () -> update("UPDATE T SET V='m' WHERE ID=1"));
      assertThat(o.executeUpdate("UPDATE T SET V='o' WHERE ID=2")).isEqualTo(1);
      c.commit();
      other.commit();
    }
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(1, "o"), List.of(2, "o")));
    same();
  }

  @Test
  void batches() throws SQLException {
    try (PreparedStatement p = c.prepareStatement("INSERT INTO T VALUES (?, ?)")) {
      for (int i = 0; i < 10; i++) {
        p.setInt(1, i);
        p.setString(2, "v" + i);
        p.addBatch();
      }
      assertThat(p.executeBatch()).hasSize(10).containsOnly(1);
      assertThat(cluster.committer.commits()).isEqualTo(1);
      for (int i = 9; i < 12; i++) {
        p.setInt(1, i);
        p.setString(2, "w" + i);
        p.addBatch();
      }
      assertThatThrownBy(p::executeBatch)
          .isInstanceOf(BatchUpdateException.class)
          .satisfies(
              e ->
                  assertThat(((BatchUpdateException) e).getUpdateCounts())
                      .containsExactly(Statement.EXECUTE_FAILED, 1, 1));
    }
    assertThat(cluster.primaryRows(ALL)).hasSize(12);
    same();
    try (Statement s = c.createStatement()) {
      s.addBatch("DELETE FROM T WHERE ID=0");
      s.addBatch("DELETE FROM T WHERE ID=77");
      assertThat(s.executeBatch()).containsExactly(1, 0);
      assertThat(s.executeBatch()).isEmpty();
    }
    same();
  }

  @Test
  void streamsAndObjects() throws SQLException {
    run("CREATE TABLE L(ID INT PRIMARY KEY, C CLOB, B BLOB, D DECIMAL(10,2), S TIMESTAMP)");
    try (PreparedStatement p = c.prepareStatement("INSERT INTO L VALUES (?, ?, ?, ?, ?)")) {
      p.setObject(1, 1, java.sql.JDBCType.INTEGER);
      p.setCharacterStream(2, new StringReader("böse'text"));
      p.setBinaryStream(3, new ByteArrayInputStream(new byte[] {0, 1, -1}), 3);
      p.setObject(4, "12.345", java.sql.Types.DECIMAL, 2);
      p.setTimestamp(5, java.sql.Timestamp.valueOf("2024-03-01 12:13:14.5"));
      assertThat(p.executeUpdate()).isEqualTo(1);
      fails("HY024", () -> p.setBinaryStream(3, new ByteArrayInputStream(new byte[1]), 3));
      fails("HY024", () -> p.setInt(6, 1));
      p.clearParameters();
      assertThatThrownBy(p::executeUpdate).isInstanceOf(SQLException.class);
    }
    try (PreparedStatement p = c.prepareStatement("SELECT C, B, D, S FROM L WHERE ID = ?")) {
      p.setObject(1, 1);
      ResultSet r = p.executeQuery();
      r.next();
      assertThat(r.getString(1)).isEqualTo("böse'text");
      assertThat(r.getBytes(2)).containsExactly(0, 1, -1);
      assertThat(r.getBigDecimal(3)).isEqualByComparingTo("12.35");
      assertThat(r.getTimestamp(4)).isEqualTo(java.sql.Timestamp.valueOf("2024-03-01 12:13:14.5"));
    }
  }

  @Test
  void tooLargeATransaction() throws SQLException {
    try (FakeCluster small =
            FakeCluster.h2(Settings.of(Map.of(LockstepProperty.MAX_WRITE_SET, "2000")));
        Connection s = small.connect();
        Statement st = s.createStatement()) {
      st.execute("CREATE TABLE T(ID INT PRIMARY KEY, V VARCHAR(2000))");
      s.setAutoCommit(false);
      st.executeUpdate("INSERT INTO T VALUES (1, '" + "x".repeat(1000) + "')");
      assertThatThrownBy(
              () -> st.executeUpdate("INSERT INTO T VALUES (2, '" + "x".repeat(1000) + "')"))
          .hasMessageContaining("lockstep.maxWriteSet");
      s.commit();
      assertThat(small.primaryRows(ALL)).isEmpty();
    }
  }

  @Test
  void cancelAndTimeout() throws Exception {
    String slow = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 100000) A, SYSTEM_RANGE(1, 100000) B";
    try (Statement s = c.createStatement()) {
      s.setQueryTimeout(1);
      long start = System.nanoTime();
      assertThatThrownBy(() -> s.executeQuery(slow)).isInstanceOf(SQLTimeoutException.class);
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(900L, 8000L);
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
      fails("57014", () -> s.executeQuery(slow));
      canceller.get();
      assertThat(s.executeUpdate("INSERT INTO T VALUES (1,'a')")).isEqualTo(1);
    }
    same();
  }

  @Test
  void interruptsWait() throws SQLException {
    Thread.currentThread().interrupt();
    update("INSERT INTO T VALUES (1,'a')");
    assertThat(Thread.interrupted()).isTrue();
    same();
  }

  @Test
  void closedObjects() throws SQLException {
    Statement s = c.createStatement();
    PreparedStatement p = c.prepareStatement("SELECT 1");
    p.close();
    assertThatThrownBy(p::executeQuery).hasMessageContaining("closed");
    assertThat(c.isValid(1)).isTrue();
    c.close();
    c.close();
    assertThat(s.isClosed()).isTrue();
    assertThat(c.isValid(1)).isFalse();
    assertThatThrownBy(() -> s.execute("SELECT 1")).hasMessageContaining("closed");
    fails("08003", c::createStatement);
    fails("08003", c::commit);
    fails("08003", c::getMetaData);
    fails("08003", () -> c.prepareStatement("SELECT 1"));
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
  void anAbortWhileAConnectionIsTakenCommitsNothing() throws SQLException {
    Connection other = cluster.connect();
    other.setAutoCommit(false);
    cluster.acquiring =
        () ->
            CompletableFuture.runAsync(
                    () -> {
                      try {
                        other.abort(Runnable::run);
                      } catch (SQLException e) {
                        throw new IllegalStateException(e);
                      }
                    })
                .join();
    try (Statement s = other.createStatement()) {
      s.executeUpdate("INSERT INTO T VALUES (1, 'lost')");
    } catch (SQLException e) {
      // It may also have seen the abort in time.
    }
    cluster.acquiring = () -> {};
    assertThat(other.isClosed()).isTrue();
    update("INSERT INTO T VALUES (2, 'kept')");
    assertThat(cluster.primaryRows(ALL)).isEqualTo(List.of(List.of(2, "kept")));
  }

  @Test
  void abortFromAnotherThread() throws Exception {
    update("INSERT INTO T VALUES (1,'a')");
    try (Connection other = cluster.connect();
        Statement o = other.createStatement()) {
      other.setAutoCommit(false);
      o.executeUpdate("UPDATE T SET V='o' WHERE ID=1");
      run("SET LOCK_TIMEOUT 3000");
      CompletableFuture<Void> aborter =
          CompletableFuture.runAsync(
              () -> {
                try {
                  TimeUnit.MILLISECONDS.sleep(300);
                  c.abort(Runnable::run);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      fails("08003", () -> update("UPDATE T SET V='m' WHERE ID=1"));
      aborter.get();
      assertThat(c.isClosed()).isTrue();
    }
  }

  @Test
  void metadata() throws SQLException {
    assertThat(c.getMetaData().getURL()).isEqualTo("jdbc:lockstep:test");
    assertThat(c.getMetaData().getDriverName()).startsWith("Lockstep over H2");
    assertThat(c.getMetaData().getConnection()).isSameAs(c);
    try (ResultSet r = c.getMetaData().getTables(null, "PUBLIC", "T", null)) {
      assertThat(r.next()).isTrue();
    }
    assertThat(c.unwrap(org.h2.jdbc.JdbcConnection.class)).isNotNull();
    assertThat(c.isWrapperFor(LockstepConnection.class)).isTrue();
    assertThat(c.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
    c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    cluster.losePrimary();
    FakeCluster.rows(c, ALL);
    assertThat(c.unwrap(Connection.class)).isSameAs(c);
    assertThat(c.unwrap(org.h2.jdbc.JdbcConnection.class).getTransactionIsolation())
        .isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
    try (PreparedStatement p = c.prepareStatement("SELECT ID, V FROM T WHERE ID = ?")) {
      assertThat(p.getMetaData().getColumnCount()).isEqualTo(2);
      assertThat(p.getParameterMetaData().getParameterCount()).isEqualTo(1);
    }
  }

  @Test
  void refusals() throws SQLException {
    fails("0A001", () -> c.prepareCall("{call X(?)}"));
    fails("0A001", () -> new LockstepXADataSource().getXAConnection());
    fails("0A001", () -> run("SET MODE MySQL"));
    assertThatThrownBy(() -> c.createStatement().executeQuery("DELETE FROM T WHERE ID=1"))
        .hasMessageContaining("executeUpdate");
    assertThatThrownBy(() -> c.createStatement().executeUpdate("SELECT 1"))
        .hasMessageContaining("executeQuery");
    fails("HY024", () -> c.commit());
  }
}
