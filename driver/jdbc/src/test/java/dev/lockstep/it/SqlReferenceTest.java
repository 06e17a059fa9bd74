package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.WriteSetCodec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What Lockstep does with each kind of statement: executes those of {@code sql-reference.txt} on
 * three nodes, looks into the journal, compares the nodes with each other and with one plain
 * server, and checks that docs/sql.md says the same. {@code -Dlockstep.docs.write=true} writes it.
 */
@Timeout(600)
class SqlReferenceTest {
  private static final Path PAGE = Path.of("../../docs/sql.md");
  private static final String INTRO =
      """
      # SQL reference

      What Lockstep does with each kind of statement. This page is made by a test (`SqlReferenceTest`) that executes each
      statement through Lockstep on three real servers and on a plain one beside them, looks into the journal, and compares:
      what the application was given, what the tables hold, and all nodes with each other.

      | word | meaning |
      | --- | --- |
      | statement | the replicas execute the statement itself, with the primary's values in place of whatever each server would choose for itself |
      | rows | the replicas execute statements that name the rows, or give the values, that the primary found |
      | nothing | no row was concerned, so there is nothing to replicate |
      | all nodes | runs on all nodes, one after the other, in an order with the transactions on its tables |
      | primary | runs on the primary only: it changes nothing, or only the session, which is rebuilt on another primary |
      | refused | SQLState `0A001`, nothing is done; the reason is below the table |
      | – | the engine has no such statement |

      Tested with MariaDB %s, MySQL %s and H2 %s.
      """;

  private static final String[] SCHEMA = {
    "CREATE TABLE item (id INT NOT NULL PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, grp INT, n"
        + " INT DEFAULT 0, note VARCHAR(50))",
    "CREATE TABLE other (id INT NOT NULL PRIMARY KEY, item_id INT, n INT)",
    "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(50))",
    "CREATE TABLE tag (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, n INT)",
    "CREATE TABLE counter (name VARCHAR(20) NOT NULL PRIMARY KEY, n INT)",
    "CREATE TABLE timed (id INT NOT NULL PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, u"
        + " VARCHAR(50))",
    "CREATE TABLE nokey (x INT, y VARCHAR(20))",
    "CREATE TABLE parent (id INT NOT NULL PRIMARY KEY)",
    "CREATE TABLE child (id INT NOT NULL PRIMARY KEY, parent_id INT, FOREIGN KEY (parent_id)"
        + " REFERENCES parent (id) ON DELETE CASCADE)",
    "INSERT INTO parent VALUES (1), (2)",
    "CREATE VIEW item_view AS SELECT id, code, n FROM item",
    "CREATE VIEW joined_view AS SELECT i.id, i.n FROM item i JOIN other o ON o.item_id = i.id"
  };

  private static final String[] ROWS = {
    "DELETE FROM child",
    "DELETE FROM item",
    "DELETE FROM other",
    "DELETE FROM tag",
    "DELETE FROM counter",
    "DELETE FROM timed",
    "INSERT INTO item VALUES (1,'c1',1,1,NULL), (2,'c2',1,2,NULL), (3,'c3',2,3,NULL)",
    "INSERT INTO other (id, item_id, n) VALUES (1,1,4), (2,2,5), (3,3,6), (4,1,7)",
    "INSERT INTO tag (name, n) VALUES ('red', 1)",
    "INSERT INTO counter VALUES ('a', 1), ('b', 2)",
    "INSERT INTO timed VALUES (1, '2020-01-01 00:00:00', 'u')",
    "INSERT INTO child VALUES (1,1), (2,1), (3,2)"
  };

  private static final String[] COMPARED = {
    "SELECT * FROM item ORDER BY id",
    "SELECT id, item_id, n FROM other ORDER BY id",
    "SELECT text FROM log ORDER BY id",
    "SELECT name, n FROM tag ORDER BY name",
    "SELECT * FROM counter ORDER BY name",
    "SELECT x, y FROM nokey ORDER BY x, y",
    "SELECT * FROM child ORDER BY id"
  };

  /** What became of one statement, and why where it was refused. */
  private record Outcome(String word, String reason) {}

  /** What was not as on the plain server. */
  private final List<String> different = new ArrayList<>();

  @Test
  void thePageTellsTheTruth() throws Exception {
    List<SqlCases.Case> cases = SqlCases.read();
    Map<Engine, List<Outcome>> outcomes = new EnumMap<>(Engine.class);
    Map<Engine, String> versions = new EnumMap<>(Engine.class);
    for (Engine engine : Engine.values()) {
      DatabaseNode plain = SharedClusters.get(engine, 1).node(0);
      SharedClusters.get(engine, 1).createDatabase(Installation.DATABASE);
      try (Installation on = Installation.on(engine).start();
          Connection c = on.connect();
          Connection p = plain(plain)) {
        versions.put(
            engine, p.getMetaData().getDatabaseProductVersion().replaceAll("[^0-9.].*", ""));
        Installation.execute(c, SCHEMA);
        Installation.execute(p, SCHEMA);
        List<Outcome> all = new ArrayList<>();
        for (SqlCases.Case one : cases) {
          all.add(one.statement(engine) == null ? null : run(on, c, p, plain, engine, one));
        }
        outcomes.put(engine, all);
        on.endLockstep();
        on.assertAllEqual();
        on.assertJournalsAgree();
      }
    }
    assertThat(different).as("not as on a plain server").isEmpty();
    String page = page(cases, outcomes, versions);
    if (Boolean.getBoolean("lockstep.docs.write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
        .as("docs/sql.md; run with -Dlockstep.docs.write=true to write it")
        .isEqualTo(page);
  }

  private static Connection plain(DatabaseNode node) throws SQLException {
    return DriverManager.getConnection(
        node.jdbcUrl(Installation.DATABASE), node.user(), node.password());
  }

  private Outcome run(
      Installation on,
      Connection c,
      Connection p,
      DatabaseNode plain,
      Engine engine,
      SqlCases.Case one)
      throws SQLException {
    String sql = one.statement(engine);
    Installation.execute(c, ROWS);
    Installation.execute(p, ROWS);
    try (Connection own = on.connect();
        Connection beside = plain(plain)) {
      String[] before = one.before(engine).toArray(String[]::new);
      List<String> given;
      long newest;
      try {
        Installation.execute(own, before);
        newest =
            Long.parseLong(Installation.rows(c, "SELECT MAX(grp) FROM lockstep.journal").get(0));
        given = Installation.answer(own, sql);
      } catch (SQLException e) {
        if (!"0A001".equals(e.getSQLState())) {
          different.add(engine + ": " + sql + "\n  " + e);
        }
        Installation.execute(own, one.after(engine).toArray(String[]::new));
        return new Outcome("refused", e.getMessage());
      }
      Outcome outcome = new Outcome(word(on, sql, newest), null);
      Installation.execute(beside, before);
      List<String> expected = Installation.answer(beside, sql);
      if (!one.free) {
        same(engine + ": what it gives: " + sql, given, expected);
        for (String query : COMPARED) {
          same(
              engine + ": " + query + " after " + sql,
              Installation.rows(c, query),
              Installation.rows(p, query));
        }
      }
      Installation.execute(own, one.after(engine).toArray(String[]::new));
      Installation.execute(beside, one.after(engine).toArray(String[]::new));
      return outcome;
    }
  }

  private void same(String what, List<String> here, List<String> plain) {
    if (!here.equals(plain)) {
      different.add(what + "\n  through Lockstep " + here + "\n  plain            " + plain);
    }
  }

  /** By what the journal has got since. */
  private static String word(Installation on, String sql, long newest) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    boolean ddl = false;
    try (Connection c = on.node(0).connect(Installation.DATABASE);
        PreparedStatement s =
            c.prepareStatement(
                "SELECT kind, format, payload FROM lockstep.journal WHERE grp > ? ORDER BY grp, idx")) {
      s.setLong(1, newest);
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          if (r.getInt(1) == JournalRow.Kind.TRANSACTION.ordinal()) {
            entries.addAll(WriteSetCodec.decode(r.getInt(2), r.getBytes(3)));
          } else {
            ddl = true;
          }
        }
      }
    }
    // Reserved places of numbered columns are no part of what a statement does.
    entries.removeIf(e -> e.table().name().equalsIgnoreCase("key_reserve"));
    if (ddl) {
      return "all nodes";
    }
    String verb = sql.replaceAll("\\W.*", "");
    boolean write = List.of("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE").contains(verb);
    if (entries.isEmpty()) {
      return write ? "nothing" : "primary";
    }
    String entry = entries.get(0).sql();
    boolean same =
        write
            && entries.size() == 1
            && entry.startsWith(verb)
            && condition(entry).equals(condition(sql))
            && !sql.matches("(INSERT|REPLACE).*\\bSELECT\\b.*");
    return same ? "statement" : "rows";
  }

  /** What follows WHERE, without the ways to write the same. */
  private static String condition(String sql) {
    int at = sql.indexOf(" WHERE ");
    return at < 0 ? "" : sql.substring(at).replaceAll("[`\"\\s]", "").toLowerCase(Locale.ROOT);
  }

  private static String page(
      List<SqlCases.Case> cases,
      Map<Engine, List<Outcome>> outcomes,
      Map<Engine, String> versions) {
    Engine[] order = {Engine.MARIADB, Engine.MYSQL, Engine.H2};
    StringBuilder b =
        new StringBuilder(
            INTRO.formatted(
                versions.get(order[0]), versions.get(order[1]), versions.get(order[2])));
    List<String> reasons = new ArrayList<>();
    String section = null;
    for (int i = 0; i < cases.size(); i++) {
      SqlCases.Case c = cases.get(i);
      if (!c.section.equals(section)) {
        end(b, reasons);
        section = c.section;
        b.append("\n## ").append(section).append("\n\n");
        b.append("| kind | example | MariaDB | MySQL | H2 |\n| --- | --- | --- | --- | --- |\n");
      }
      b.append("| ").append(c.title).append(" | ");
      String example = null;
      for (Engine e : order) {
        example = example == null ? c.statement(e) : example;
      }
      b.append('`').append(example.replace("|", "\\|")).append('`');
      String reason = null;
      for (Engine e : order) {
        Outcome o = outcomes.get(e).get(i);
        b.append(" | ").append(o == null ? "–" : o.word());
        if (reason == null && o != null) {
          reason = o.reason();
        }
      }
      b.append(" |\n");
      if (reason != null) {
        reasons.add("- " + c.title + ": " + reason.replaceFirst("^Lockstep: ", ""));
      }
    }
    end(b, reasons);
    return b.toString();
  }

  private static void end(StringBuilder b, List<String> reasons) {
    if (!reasons.isEmpty()) {
      b.append("\nRefused, and why:\n\n");
      reasons.forEach(r -> b.append(r).append('\n'));
      reasons.clear();
    }
  }
}
