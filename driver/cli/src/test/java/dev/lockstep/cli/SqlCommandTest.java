package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.io.FilterReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scripts through the real driver on real servers. */
@Tag("servers")
class SqlCommandTest {
  private static final Path CHINOOK = Path.of("../../../shared/data/chinook/Chinook_MySql.sql");

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private TestCluster cluster;
  private String url;

  private void start(Engine engine, String database) throws Exception {
    cluster = SharedClusters.get(engine, 3);
    if (!database.isEmpty()) {
      cluster.createDatabase(database);
    }
    url = cluster.lockstepUrl(database, Map.of());
  }

  @AfterEach
  void endTheEngine() {
    EngineBridge.real().closeAll();
  }

  /** Everything of the command but its way to a connection, which wants the environment. */
  private ScriptRunner.Outcome run(String script, boolean json, boolean goOn) throws Exception {
    return run(new StringReader(script), json, goOn);
  }

  private ScriptRunner.Outcome run(Reader script, boolean json, boolean goOn) throws Exception {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    PrintWriter o = new PrintWriter(out, true);
    PrintWriter e = new PrintWriter(err, true);
    try (Connection connection = DriverManager.getConnection(url, "app", "app")) {
      return new ScriptRunner(
              connection, "test.sql", new ResultPrinter(o, json, false), e, goOn, false)
          .run(
              new ScriptSplitter(
                  script, ClusterUrl.parse(url, new java.util.Properties()).vendor()));
    }
  }

  @Test
  void scriptsOnH2() throws Exception {
    start(Engine.H2, "shop");
    ScriptRunner.Outcome outcome =
        run(
            "-- tables\nCREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20));\n"
                + "INSERT INTO t VALUES (1, 'a;b'),\n(2, NULL);\nSELECT * FROM t ORDER BY id;",
            true,
            false);
    assertThat(outcome).isEqualTo(new ScriptRunner.Outcome(3, 2, 0));
    List<String> lines = out.toString().lines().toList();
    assertThat(lines).hasSize(3);
    JsonNode rows = new ObjectMapper().readTree(lines.get(2));
    assertThat(rows.get("rows").toString()).isEqualTo("[[1,\"a;b\"],[2,null]]");
    assertThat(rows.get("line").asInt()).isEqualTo(5);

    outcome =
        run(
            "SELECT 1;\nINSERT INTO t\nVALUES (1, 'x');\nINSERT INTO t VALUES (3, 'c');",
            false,
            false);
    assertThat(outcome).isEqualTo(new ScriptRunner.Outcome(2, 0, 1));
    assertThat(err.toString())
        .contains("test.sql:2: ", "23505", "in: INSERT INTO t VALUES (1, 'x')");

    outcome = run("INSERT INTO t VALUES (1, 'x');\nINSERT INTO t VALUES (3, 'c');", false, true);
    assertThat(outcome).isEqualTo(new ScriptRunner.Outcome(2, 1, 1));

    outcome = run("MERGE INTO t USING t s ON t.id = s.id WHEN MATCHED THEN DELETE", false, false);
    assertThat(outcome.errors()).isEqualTo(1);
    assertThat(err.toString()).contains("0A001");
    EngineBridge.real().closeAll();
    TableComparer.Result tables = TableComparer.compareNodes(cluster.nodes(), "shop");
    tables.assertEqual();
    assertThat(tables.rowCounts()).containsValue(List.of(3L, 3L, 3L));
  }

  /** Variables, temporary tables and comments by version, as dumps and scripts have them. */
  @Test
  void sessionStateOnMariaDb() throws Exception {
    start(Engine.MARIADB, "shop");
    ScriptRunner.Outcome outcome =
        run(
            "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
                + "CREATE TABLE s (id INT PRIMARY KEY, v VARCHAR(9) /*M!100100 , extra INT */);\n"
                + "SET @n = 4;\n"
                + "DROP TEMPORARY TABLE IF EXISTS tmp;\n"
                + "CREATE TEMPORARY TABLE tmp (id INT);\n"
                + "INSERT INTO tmp VALUES (@n), (5);\n"
                + "INSERT INTO s SELECT id, 'x', NULL FROM tmp;\n"
                + "SELECT COUNT(*) INTO @c FROM s;\n"
                + "INSERT INTO s (id, v) VALUES (@c + 100, 'c');\n"
                + "DROP TABLE tmp;\n"
                + "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n"
                + "SELECT id FROM s ORDER BY id;\n",
            true,
            false);
    assertThat(err.toString()).isEmpty();
    assertThat(outcome.errors()).isZero();
    assertThat(out.toString()).contains("[[4],[5],[102]]");
    EngineBridge.real().closeAll();
    TableComparer.Result tables = TableComparer.compareNodes(cluster.nodes(), "shop");
    tables.assertEqual();
    assertThat(tables.rowCounts()).containsValue(List.of(3L, 3L, 3L));
  }

  /**
   * Real data with its own CREATE DATABASE and foreign keys, while a replica dies and comes back.
   */
  @ParameterizedTest
  @EnumSource(value = Engine.class, mode = EnumSource.Mode.EXCLUDE, names = "H2")
  void chinook(Engine engine) throws Exception {
    assumeTrue(Files.exists(CHINOOK), "no Chinook script beside this repository");
    start(engine, "");
    String script = Files.readString(CHINOOK);
    DatabaseNode replica = cluster.node(2);
    try {
      Reader killing =
          new FilterReader(new StringReader(script)) {
            private long read;

            @Override
            public int read(char[] buffer, int from, int length) throws IOException {
              int n = super.read(buffer, from, Math.min(length, 8192));
              read += Math.max(0, n);
              if (read > script.length() / 2 && replica.alive()) {
                replica.kill();
              }
              return n;
            }
          };
      ScriptRunner.Outcome outcome = run(killing, false, false);
      assertThat(err.toString()).isEmpty();
      assertThat(outcome.errors()).isZero();
      assertThat(replica.alive()).as("the replica was killed in the middle").isFalse();
      assertThat(members()).isEqualTo(2);
    } finally {
      replica.start();
    }
    Awaitility.await("the replica rejoins")
        .atMost(Duration.ofSeconds(60))
        .until(() -> members() == 3);
    EngineBridge.real().closeAll();
    TableComparer.Result tables = TableComparer.compareNodes(cluster.nodes(), "");
    tables.assertEqual();
    assertThat(tables.rowCounts())
        .hasSize(11)
        .containsEntry("Chinook.Track", List.of(3503L, 3503L, 3503L));
  }

  private int members() throws SQLException {
    try (Connection c = cluster.node(0).connect("");
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery("SELECT members FROM lockstep.view_log ORDER BY epoch DESC LIMIT 1")) {
      r.next();
      return r.getString(1).split(",").length;
    }
  }
}
