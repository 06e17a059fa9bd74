package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.CreateAs;
import dev.lockstep.sql.StatementPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * CREATE TABLE … AS SELECT. On MySQL and MariaDB the primary executes it as one of a temporary
 * table, which tells the definition and holds the rows; on H2 the nodes create it WITH NO DATA. The
 * table is made under another name on all nodes, filled as by INSERT … SELECT, and renamed at last,
 * so that nobody sees it half done. Used under the session's lock.
 */
final class CreateAsRunner {
  /** The temporary table, whatever the session's own are called. */
  private static final String FILLED = "lockstep_filled";

  private static final int EXISTS_MYSQL = 1050;
  private static final int EXISTS_H2 = 42101;

  private final Work work;
  private final CopyRunner copier;
  private final TransactionControl control;

  CreateAsRunner(Work work, CopyRunner copier, TransactionControl control) {
    this.work = work;
    this.copier = copier;
    this.control = control;
  }

  /**
   * What the primary has made.
   *
   * @param definition of the table, behind its name
   * @param columns that can be written, as SQL text
   */
  private record Filled(String definition, String columns, long count, SQLWarning warnings) {}

  StatementResult run(StatementPlan given, VendorStatement handle) throws SQLException {
    work.state.nextReadOnly(false); // it ends the transaction that this was about
    work.checkWritable(given.sql());
    work.commit();
    StatementPlan plan = current(given);
    if (plan.createAs().exists()) {
      return exists(plan.createAs());
    }
    return work.services.vendor().mysqlFamily() ? family(plan, handle) : h2(plan, handle);
  }

  /** By the definitions that hold now. */
  private StatementPlan current(StatementPlan plan) throws SQLException {
    try {
      return work.enter(plan);
    } finally {
      work.ticket.leave();
      work.ticket.transactionEnded();
    }
  }

  private StatementResult exists(CreateAs what) throws SQLException {
    boolean family = work.services.vendor().mysqlFamily();
    String text = "Table '" + what.table().name() + "' already exists";
    int code = family ? EXISTS_MYSQL : EXISTS_H2;
    if (!what.ifNotExists()) {
      throw new SQLSyntaxErrorException(text, "42S01", code);
    }
    return family
        ? new StatementResult(null, 0, null, null, new SQLWarning(text, "42S01", code))
        : StatementResult.NOTHING;
  }

  private StatementResult family(StatementPlan plan, VendorStatement handle) throws SQLException {
    Dialect d = Dialect.of(work.services.vendor());
    CreateAs what = plan.createAs();
    String filled = d.quote(what.table().schema()) + "." + d.quote(FILLED);
    ServerConnection c = null;
    try {
      Filled made;
      try {
        plan = work.enter(plan);
        c = work.link.ready();
        work.mode(c, false);
        work.applyNextIsolation(c);
        made = work.ask(c, handle, jdbc -> fill(what, filled, jdbc));
      } finally {
        work.state.nextIsolation(null);
        work.ticket.leave();
        work.ticket.transactionEnded();
      }
      work.awaitBarrier(plan.tables(), plan.allTables());
      String name = newName(d, what.table());
      create(
          d,
          what.table(),
          name,
          "CREATE TABLE " + name + made.definition(),
          "INSERT INTO "
              + name
              + " ("
              + made.columns()
              + ") SELECT "
              + made.columns()
              + " FROM "
              + filled,
          handle);
      return new StatementResult(null, made.count(), null, null, made.warnings());
    } catch (ConnectionLostException e) {
      work.link.lost(c, e.why());
      throw lost(e.why());
    } catch (SQLException e) {
      boolean gone = c != null && work.link.held() != c;
      throw gone && !"40001".equals(e.getSQLState()) ? lost(e) : e;
    } finally {
      drop(c, filled);
    }
  }

  private static SQLException lost(SQLException why) {
    return Errors.rolledBack(
        "the primary was lost before the table was made; the statement can be repeated", why);
  }

  private void drop(ServerConnection c, String filled) {
    if (c == null || c.broken() || work.link.held() != c) {
      return; // it went with the connection
    }
    try (Statement s = c.jdbc().createStatement()) {
      work.cleanUp(s, "DROP TEMPORARY TABLE IF EXISTS " + filled);
    } catch (SQLException e) {
      work.link.soil();
    }
  }

  private static Filled fill(CreateAs what, String filled, Connection jdbc) throws SQLException {
    try (Statement s = jdbc.createStatement()) {
      s.execute("DROP TEMPORARY TABLE IF EXISTS " + filled);
      s.execute("CREATE TEMPORARY TABLE " + filled + what.definition());
      long count = Math.max(0, s.getUpdateCount());
      SQLWarning warnings = s.getWarnings();
      List<String> columns = new ArrayList<>();
      try (ResultSet r = s.executeQuery("SHOW COLUMNS FROM " + filled)) {
        while (r.next()) {
          String extra = r.getString("Extra");
          if (!extra.contains("VIRTUAL GENERATED") && !extra.contains("STORED GENERATED")) {
            columns.add("`" + r.getString("Field").replace("`", "``") + "`");
          }
        }
      }
      try (ResultSet r = s.executeQuery("SHOW CREATE TABLE " + filled)) {
        r.next();
        String text = r.getString(2);
        int at = text.indexOf(" (\n");
        if (at < 0 || !text.contains("\n) ENGINE=InnoDB")) {
          throw Errors.unsupported(
              "CREATE TABLE … AS SELECT makes a table that is not replicated here: "
                  + Work.abbreviated(text));
        }
        return new Filled(text.substring(at), String.join(", ", columns), count, warnings);
      }
    }
  }

  private StatementResult h2(StatementPlan plan, VendorStatement handle) throws SQLException {
    Dialect d = Dialect.of(work.services.vendor());
    CreateAs what = plan.createAs();
    String made = newName(d, what.table());
    create(
        d,
        what.table(),
        made,
        what.head() + "TABLE " + made + what.definition() + " WITH NO DATA",
        "INSERT INTO " + made + " SELECT * FROM (" + what.query() + ") lockstep_query",
        handle);
    return StatementResult.NOTHING; // H2 counts no rows here
  }

  private static String newName(Dialect d, TableName table) {
    String random = UUID.randomUUID().toString().substring(24);
    return d.quote(table.schema()) + "." + d.quote("lockstep_new_" + random);
  }

  /** Creates, fills and renames; or drops again. */
  private void create(
      Dialect d, TableName table, String made, String create, String insert, VendorStatement handle)
      throws SQLException {
    control.ddl(work.analyze(create));
    boolean done = false;
    try {
      copier.run(work.analyze(insert), Arguments.NONE, handle);
      String name = d.quote(table.schema()) + "." + d.quote(table.name());
      String rename =
          d.vendor().mysqlFamily()
              ? "RENAME TABLE " + made + " TO " + name
              : "ALTER TABLE " + made + " RENAME TO " + d.quote(table.name());
      control.ddl(work.analyze(rename));
      done = true;
    } catch (SQLException e) {
      done = true;
      undo(made, e);
      throw e;
    } finally {
      if (!done) {
        undo(made, null);
      }
    }
  }

  private void undo(String made, SQLException why) throws SQLException {
    try {
      work.rollback();
      control.ddl(work.analyze("DROP TABLE " + made));
    } catch (SQLException e) {
      if (why != null) {
        why.addSuppressed(e);
      } else {
        throw e;
      }
    }
  }
}
