package dev.lockstep.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Compares what Lockstep does with what one server does by itself. */
final class PlainServer {
  private PlainServer() {}

  /**
   * Executes the same statements with Lockstep and on a plain server, in autocommit and in one
   * transaction, and compares counts, errors, whether there are warnings, and all rows at the end.
   *
   * @param tables those whose rows are compared, parents first
   */
  static void compare(Engine engine, List<String> setup, List<String> tables, List<String> writes)
      throws SQLException {
    for (boolean autocommit : new boolean[] {true, false}) {
      try (Installation on = Installation.on(engine).start()) {
        List<String> answers;
        List<String> content;
        try (Connection c = on.connect()) {
          Installation.execute(c, setup.toArray(String[]::new));
          c.setAutoCommit(autocommit);
          answers = run(c, writes);
          if (!autocommit) {
            c.commit();
          }
          content = content(c, tables);
        }
        assertThat(on.departures()).isEmpty();
        on.endLockstep();
        on.assertAllEqual();
        on.assertJournalsAgree();
        try (Connection plain = on.node(0).connect(Installation.DATABASE)) {
          for (int i = tables.size() - 1; i >= 0; i--) {
            Installation.execute(plain, "DROP TABLE " + tables.get(i));
          }
          Installation.execute(plain, setup.toArray(String[]::new));
          plain.setAutoCommit(autocommit);
          List<String> right = run(plain, writes);
          assertThat(answers).as("autocommit %s", autocommit).isEqualTo(right);
          assertThat(content).as("autocommit %s", autocommit).isEqualTo(content(plain, tables));
        }
      }
    }
  }

  private static List<String> run(Connection c, List<String> writes) {
    List<String> answers = new ArrayList<>();
    for (String sql : writes) {
      try (Statement s = c.createStatement()) {
        int count = s.executeUpdate(sql);
        SQLWarning w = s.getWarnings();
        answers.add(sql + ": " + count + (w == null ? "" : " with warnings"));
      } catch (SQLException e) {
        answers.add(sql + ": " + e.getSQLState() + " " + e.getErrorCode());
      }
    }
    return answers;
  }

  private static List<String> content(Connection c, List<String> tables) throws SQLException {
    List<String> all = new ArrayList<>();
    for (String t : tables) {
      for (String row : Installation.rows(c, "SELECT * FROM " + t + " ORDER BY 1, 2")) {
        all.add(t + " " + row);
      }
    }
    return all;
  }
}
