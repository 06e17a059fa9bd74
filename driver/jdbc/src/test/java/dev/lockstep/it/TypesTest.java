package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.check.TableComparer;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each type of each engine, with its extreme values, through Lockstep on three nodes and beside it
 * on a plain server: as literals, read and sent back as parameters, updated, copied by INSERT …
 * SELECT and found by condition. All must hold the same bits in the end, also a node that was away
 * and replayed the journal.
 */
class TypesTest {
  /** One type, and what the session has set. */
  private record Type(
      String name, List<String> session, List<String> values, List<String> refused) {}

  private Installation on;
  private Connection lockstep;
  private Connection plain;

  @TestFactory
  Stream<DynamicTest> mariaDb() throws Exception {
    return tests(Engine.MARIADB);
  }

  @TestFactory
  Stream<DynamicTest> mySql() throws Exception {
    return tests(Engine.MYSQL);
  }

  @TestFactory
  Stream<DynamicTest> h2() throws Exception {
    return tests(Engine.H2);
  }

  private Stream<DynamicTest> tests(Engine engine) throws Exception {
    Settings.onlyInCampaignUnless(engine != Engine.MYSQL);
    TestCluster one = SharedClusters.get(engine, 1);
    one.createDatabase(Installation.DATABASE);
    DatabaseNode single = one.node(0);
    on = Installation.on(engine).start();
    lockstep = on.connect();
    plain =
        DriverManager.getConnection(
            single.jdbcUrl(Installation.DATABASE), single.user(), single.password());
    List<Type> types = read(engine);
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      Type type = types.get(i);
      String table = "t" + i;
      tests.add(
          DynamicTest.dynamicTest(
              type.name() + (type.session().isEmpty() ? "" : " " + type.session()),
              () -> everyWay(type, table, single)));
    }
    tests.add(DynamicTest.dynamicTest("replayed by a node that was away", () -> replayed(types)));
    return tests.stream();
  }

  @AfterEach
  void end() throws SQLException {
    if (on != null) {
      lockstep.close();
      plain.close();
      on.close();
    }
  }

  private void everyWay(Type type, String table, DatabaseNode single) throws SQLException {
    List<List<String>> answers = new ArrayList<>();
    try {
      for (Connection c : List.of(lockstep, plain)) {
        Installation.execute(c, type.session().toArray(String[]::new));
        answers.add(run(c, type, table));
      }
      compare(type, answers.get(0), answers.get(1));
      TableComparer.compareNodes(on.servers().nodes(), Installation.DATABASE).assertEqual();
      for (String t : type.refused().isEmpty() ? List.of(table, table + "c") : List.<String>of()) {
        assertThat(
                TableComparer.compareNodes(List.of(on.node(0), single), Installation.DATABASE)
                    .differences())
            .filteredOn(
                d ->
                    d.toLowerCase(Locale.ROOT).contains("." + t + " ")
                        && !d.startsWith("definition"))
            .isEmpty();
      }
    } finally {
      for (Connection c : List.of(lockstep, plain)) {
        Installation.execute(
            c, "DROP TABLE IF EXISTS " + table + "c", "DROP TABLE IF EXISTS " + table);
      }
    }
  }

  /** What is refused is refused, and only that. */
  private static void compare(Type type, List<String> lockstep, List<String> plain) {
    for (int i = 0; i < plain.size(); i++) {
      boolean refused =
          plain.get(i).startsWith("copied ") && type.refused().contains("copy")
              || plain.get(i).contains("?") && type.refused().contains("parameter");
      if (type.refused().contains("parameter") && !refused) {
        continue; // what was not written is not read
      }
      String expected = refused ? plain.get(i).replaceFirst("\\S+$", "0A001") : plain.get(i);
      assertThat(lockstep.get(i)).as("what the application is given").isEqualTo(expected);
    }
  }

  /** The counts and values that it was given. */
  private static List<String> run(Connection c, Type type, String table) throws SQLException {
    List<String> given = new ArrayList<>();
    try (Statement s = c.createStatement()) {
      s.execute("CREATE TABLE " + table + " (id INT NOT NULL PRIMARY KEY, v " + type.name() + ")");
      s.execute("CREATE TABLE " + table + "c (id INT NOT NULL PRIMARY KEY, v " + type.name() + ")");
      for (int i = 0; i < type.values().size(); i++) {
        s.executeUpdate(
            "INSERT INTO " + table + " VALUES (" + i + ", " + type.values().get(i) + ")");
      }
      for (int i = 0; i < type.values().size(); i++) {
        Object value;
        try (ResultSet r = s.executeQuery("SELECT v FROM " + table + " WHERE id = " + i)) {
          r.next();
          given.add(r.getString(1));
          value = r.getObject(1);
        } catch (SQLException e) {
          given.add(e.getSQLState()); // zero dates are no Java dates
          continue;
        }
        for (String sql :
            List.of(
                "INSERT INTO " + table + " (v, id) VALUES (?, " + (100 + i) + ")",
                "UPDATE " + table + " SET v = ? WHERE id = " + (i + 1) % type.values().size(),
                "UPDATE " + table + "  SET v = ? WHERE id > 100")) {
          try (PreparedStatement p = c.prepareStatement(sql)) {
            p.setObject(1, value);
            given.add(sql + ": " + p.executeUpdate());
          } catch (SQLException e) {
            given.add(sql + ": " + e.getSQLState());
          }
        }
      }
      try {
        given.add(
            "copied "
                + s.executeUpdate("INSERT INTO " + table + "c SELECT id + 1000, v FROM " + table));
      } catch (SQLException e) {
        given.add("copied " + e.getSQLState());
      }
      s.executeUpdate("UPDATE " + table + " SET v = NULL WHERE id = 100");
    }
    return given;
  }

  private void replayed(List<Type> types) throws Exception {
    on.settle();
    int replica = on.replica();
    on.node(replica).kill();
    try {
      for (int i = 0; i < types.size(); i++) {
        Type type = types.get(i);
        Installation.execute(lockstep, type.session().toArray(String[]::new));
        Installation.execute(
            lockstep,
            "CREATE TABLE t" + i + " (id INT NOT NULL PRIMARY KEY, v " + type.name() + ")");
        for (int j = 0; j < type.values().size(); j++) {
          Installation.execute(
              lockstep,
              "INSERT INTO t" + i + " VALUES (" + (500 + j) + ", " + type.values().get(j) + ")");
        }
      }
    } finally {
      on.node(replica).start();
    }
    on.awaitAll();
    on.endLockstep();
    on.assertAllEqual();
    on.assertJournalsAgree();
  }

  private static List<Type> read(Engine engine) throws IOException {
    String text;
    try (InputStream in = TypesTest.class.getResourceAsStream("/types.txt")) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    String own = engine.name().toLowerCase(Locale.ROOT);
    List<Type> types = new ArrayList<>();
    List<String> session = List.of();
    boolean mine = false;
    for (String line : text.split("\n")) {
      if (line.startsWith("[")) {
        mine = List.of(line.replaceAll("[\\[\\]]", "").split(" ")).contains(own);
      } else if (!mine || line.isBlank() || line.startsWith("#")) {
        continue;
      } else if (line.startsWith("~ ")) {
        session = List.of(line.substring(2));
      } else {
        String[] words = line.split(" \\| ");
        String[] type = words[0].split(" ! ");
        types.add(
            new Type(
                type[0],
                session,
                List.of(words).subList(1, words.length),
                type.length == 1 ? List.of() : List.of(type[1].split(" "))));
      }
    }
    return types;
  }
}
