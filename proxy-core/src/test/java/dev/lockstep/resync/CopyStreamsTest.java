package dev.lockstep.resync;

import static dev.lockstep.resync.Nodes.run;
import static dev.lockstep.resync.Nodes.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.cluster.Gate;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A full copy in several streams, at a limited rate, and gone on with after an interruption. */
@Tag("servers")
class CopyStreamsTest {
  private static final long SMALL_PIECES = 256 << 10;

  /** Further connections for a copy. */
  private static final class Streams implements AutoCloseable {
    final List<CopyOptions.Stream> list = new ArrayList<>();

    Streams(Nodes n, int more) throws SQLException {
      for (int i = 0; i < more; i++) {
        list.add(new CopyOptions.Stream(n.open(0), n.open(1)));
      }
    }

    CopyOptions options(Gate gate) {
      return new CopyOptions(list, new ClosedGate(gate), 5_000, SMALL_PIECES, 0);
    }

    @Override
    public void close() throws SQLException {
      for (CopyOptions.Stream s : list) {
        s.source().close();
        s.target().close();
      }
    }
  }

  private static CopyResult copy(
      Nodes n, BooleanSupplier cancelled, CopyProgress progress, CopyOptions options)
      throws SQLException {
    return FullCopy.of(n.vendor, n.source, n.target, "n1", cancelled, progress, options).run();
  }

  /**
   * Transactions that write the first and the last row of a table, and one of another: all streams
   * must show the same of them. With the gate all of them copy, without it those that happen to.
   */
  @ParameterizedTest
  @CsvSource({"MARIADB,true", "MARIADB,false", "MYSQL,true", "MYSQL,false"})
  void allStreamsReadOneSnapshot(Vendor vendor, boolean throughTheGate) throws Exception {
    try (Nodes n = new Nodes(vendor);
        Streams streams = new Streams(n, 2);
        Connection writer = n.open(0)) {
      FullCopyTest.fill(n.source, "shop.a", 20_000);
      FullCopyTest.fill(n.source, "shop.b", 3_000);
      run(n.source, "ANALYZE TABLE shop.a, shop.b");
      Gate gate = new Gate();
      AtomicBoolean stop = new AtomicBoolean();
      AtomicReference<Exception> failed = new AtomicReference<>();
      AtomicInteger group = new AtomicInteger();
      Gate.Action<Void> once =
          () -> {
            int g = group.incrementAndGet();
            Nodes.commit(
                writer,
                Nodes.row(
                    g,
                    0,
                    "t" + g,
                    Nodes.entry("a", 1, "UPDATE shop.a SET k=" + g + " WHERE id IN (1,20000)"),
                    Nodes.entry("b", 1, "UPDATE shop.b SET k=" + g + " WHERE id=1500")));
            return null;
          };
      once.run();
      Thread t =
          new Thread(
              () -> {
                try {
                  while (!stop.get()) {
                    if (throughTheGate) {
                      gate.exclusive(once);
                    } else {
                      once.run();
                    }
                  }
                } catch (SQLException | RuntimeException e) {
                  failed.set(e);
                }
              });
      t.start();
      try {
        for (int i = 0; i < 3; i++) {
          CopyResult r = copy(n, () -> false, CopyProgress.NONE, streams.options(gate));
          String k = Long.toString(r.position().group());
          assertThat(text(n.target, "SELECT k FROM shop.a WHERE id IN (1,20000)"))
              .isEqualTo(k + ";" + k);
          assertThat(text(n.target, "SELECT k FROM shop.b WHERE id=1500")).isEqualTo(k);
          assertThat(r.rows()).isEqualTo(23_000);
          IncompleteMark.clear(n.target);
        }
      } finally {
        stop.set(true);
        t.join();
      }
      assertThat(failed.get()).isNull();
      CopyResult r = copy(n, () -> false, CopyProgress.NONE, streams.options(gate));
      assertThat(r.position().group()).isEqualTo(group.get());
      n.assertEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void tablesOfAllKindsInSeveralStreams(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor);
        Streams streams = new Streams(n, 3)) {
      FullCopyTest.fill(n.source, "shop.a", 20_000);
      run(
          n.source,
          "CREATE TABLE shop.no_key (v VARCHAR(200))",
          "INSERT INTO shop.no_key SELECT c FROM shop.a",
          "CREATE TABLE shop.two (x VARCHAR(20) COLLATE utf8mb4_general_ci, y INT, z CHAR(200),"
              + " PRIMARY KEY (x, y), UNIQUE (y, x))",
          "INSERT INTO shop.two SELECT CONCAT('K', id MOD 7), id, c FROM shop.a WHERE id<=9000",
          "CREATE TABLE shop.empty (id INT PRIMARY KEY)",
          "CREATE TABLE shop.child (id INT PRIMARY KEY, a BIGINT, FOREIGN KEY (a) REFERENCES"
              + " shop.a (id))",
          "INSERT INTO shop.child VALUES (1, 20000), (2, NULL)",
          "ANALYZE TABLE shop.a, shop.two, shop.no_key");
      CopyResult r = copy(n, () -> false, CopyProgress.NONE, streams.options(new Gate()));
      assertThat(r.rows()).isEqualTo(49_002);
      assertThat(r.tables()).isEqualTo(5);
      n.assertEqual();
    }
  }

  /** What was copied is not copied again, whatever happened to the source meanwhile. */
  @ParameterizedTest
  @CsvSource({"MARIADB,0", "MARIADB,2", "MYSQL,0", "MYSQL,2"})
  void goesOnAfterAnInterruption(Vendor vendor, int more) throws SQLException {
    try (Nodes n = new Nodes(vendor);
        Streams streams = new Streams(n, more)) {
      FullCopyTest.fill(n.source, "shop.a", 40_000);
      FullCopyTest.fill(n.source, "shop.b", 2_000);
      FullCopyTest.fill(n.source, "shop.c", 2_000);
      run(
          n.source,
          "ALTER TABLE shop.a ADD COLUMN u BIGINT, ADD UNIQUE (u)",
          "UPDATE shop.a SET u=id",
          "CREATE VIEW shop.v AS SELECT id FROM shop.a",
          "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.b FOR EACH ROW SET NEW.k=7",
          "ANALYZE TABLE shop.a, shop.b, shop.c");
      CopyOptions options = streams.options(new Gate());
      long all = copy(n, () -> false, CopyProgress.NONE, options).bytes();
      IncompleteMark.clear(n.target);
      AtomicReference<Long> sent = new AtomicReference<>(0L);
      assertThatThrownBy(
              () ->
                  copy(
                      n,
                      () -> sent.get() > all * 2 / 3,
                      (table, rows, estimate, bytes) -> sent.set(bytes),
                      options))
          .isInstanceOf(CancelledException.class);
      assertThat(IncompleteMark.get(n.target)).startsWith(FullCopy.MARK);
      // Unique values change hands, rows come and go, definitions change, things are in the way.
      run(
          n.source,
          "DELETE FROM shop.a WHERE id IN (5, 39990)",
          "UPDATE shop.a SET u=5 WHERE id=39999",
          "UPDATE shop.a SET u=39999 WHERE id=3",
          "INSERT INTO shop.a (id, k) VALUES (-1, 1), (1000000, NULL)",
          "ALTER TABLE shop.c ADD COLUMN more INT");
      run(
          n.target,
          "CREATE DATABASE IF NOT EXISTS stranger",
          "CREATE TABLE stranger.t (i INT)",
          "CREATE DATABASE IF NOT EXISTS shop",
          "CREATE TABLE shop.stranger (i INT)",
          "CREATE VIEW shop.w AS SELECT 1");
      CopyResult r = copy(n, () -> false, CopyProgress.NONE, options);
      n.assertEqual();
      assertThat(r.bytes()).isPositive().isLessThan(all * 2 / 3);
      assertThat(
              text(
                  n.target,
                  "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_NAME='tr'"))
          .isEqualTo("1");
      // Once more over a finished one: nothing is left to send but what has no key.
      assertThat(copy(n, () -> false, CopyProgress.NONE, options).bytes()).isZero();
      n.assertEqual();
      // Without the mark of a copy nothing of what is there is trusted.
      IncompleteMark.set(n.target, "not copied yet");
      assertThat(copy(n, () -> false, CopyProgress.NONE, options).bytes()).isGreaterThan(all / 2);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL"})
  void aStreamThatFailsEndsTheCopy(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      FullCopyTest.fill(n.source, "shop.a", 40_000);
      run(n.source, "ANALYZE TABLE shop.a");
      try (Streams streams = new Streams(n, 2)) {
        String id = text(streams.list.get(1).target(), "SELECT CONNECTION_ID()");
        AtomicBoolean killed = new AtomicBoolean();
        try (Connection killer = n.open(1)) {
          assertThatThrownBy(
                  () ->
                      copy(
                          n,
                          () -> false,
                          (table, rows, estimate, bytes) -> {
                            try {
                              if (rows > 5_000 && killed.compareAndSet(false, true)) {
                                run(killer, "KILL " + id);
                              }
                            } catch (SQLException e) {
                              throw new IllegalStateException(e);
                            }
                          },
                          streams.options(new Gate())))
              .isInstanceOf(SQLException.class)
              .isNotInstanceOf(CancelledException.class);
        }
      }
      assertThat(n.source.getAutoCommit()).isTrue();
      assertThat(n.target.getAutoCommit()).isTrue();
      try (Streams streams = new Streams(n, 2)) {
        copy(n, () -> false, CopyProgress.NONE, streams.options(new Gate()));
      }
      n.assertEqual();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Vendor.class,
      names = {"MARIADB", "MYSQL", "H2"})
  void theRateIsKept(Vendor vendor) throws SQLException {
    try (Nodes n = new Nodes(vendor)) {
      FullCopyTest.fill(n.source, vendor == Vendor.H2 ? "\"shop\".a" : "shop.a", 10_000);
      long rate = 1 << 20;
      CopyOptions options =
          new CopyOptions(List.of(), new ClosedGate(new Gate()), 0, SMALL_PIECES, rate);
      CopyResult r = copy(n, () -> false, CopyProgress.NONE, options);
      assertThat(r.bytes()).isGreaterThan(1_500_000);
      assertThat(r.millis()).isGreaterThanOrEqualTo(r.bytes() * 1000 / rate);
      n.assertEqual();
    }
  }

  @Test
  void theReportSaysHowFarItIs() {
    TableName t = new TableName("shop", "a");
    assertThat(CopyReport.text(t, 100, 400, 10 << 20, 5))
        .isEqualTo("copying shop.a: 10 MiB, 2.0 MiB/s, about 25 % done and 15 s left,");
    assertThat(CopyReport.text(t, 100, -1, 10 << 20, 5))
        .isEqualTo("copying shop.a: 10 MiB, 2.0 MiB/s,");
  }
}
