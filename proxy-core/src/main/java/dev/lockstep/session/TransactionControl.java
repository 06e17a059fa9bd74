package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Assignment;
import dev.lockstep.sql.StatementPlan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** BEGIN, savepoints, DDL and batches. Used under the session's lock. */
final class TransactionControl {
  private final Work work;
  private final WriteRunner writer;

  TransactionControl(Work work, WriteRunner writer) {
    this.work = work;
    this.writer = writer;
  }

  void begin(StatementPlan plan) throws SQLException {
    work.commit();
    boolean readOnly = work.state.nextReadOnly();
    work.state.nextReadOnly(false);
    for (Assignment a : plan.assignments()) {
      if (a.name().equals("transaction read only")) {
        readOnly = a.valueSql().equals("1");
      }
    }
    work.transaction.beginExplicit(readOnly);
    if (plan.sql().toUpperCase(Locale.ROOT).contains("CONSISTENT")) {
      ServerConnection c = work.inside();
      Outcome o = work.run(c, Packet.of(plan.sql()));
      if (o.lost()) {
        throw work.transactionLost(c, o.error());
      }
      work.transaction.touch();
      if (!o.ok()) {
        work.rollback();
        throw o.error();
      }
      work.awaitBarrier(Set.of(), true);
    }
  }

  void setSavepoint(String name) throws SQLException {
    if (name.regionMatches(true, 0, "lockstep", 0, 8)) {
      throw Errors.unsupported(
          "savepoint names that begin with \"lockstep\" are the engine's own; rename " + name);
    }
    if (!work.inTransaction()) {
      return; // As the servers do: in autocommit the savepoint would be gone at once.
    }
    work.setSavepoint(name);
  }

  void rollbackTo(String name) throws SQLException {
    ServerConnection c = insideSavepoint(name);
    work.backToSavepoint(c, work.transaction.savepointNamed(name));
  }

  void release(String name) throws SQLException {
    ServerConnection c = insideSavepoint(name);
    String set = work.transaction.savepointNamed(name);
    work.control(c, Packet.of("RELEASE SAVEPOINT " + c.node().dialect().quote(set)));
    work.transaction.released(name);
  }

  private ServerConnection insideSavepoint(String name) throws SQLException {
    if (work.transaction.touched() && !work.link.sound()) {
      throw work.transactionLost(work.link.held(), null);
    }
    if (work.transaction.savepointNamed(name) == null) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "there is no savepoint " + name);
    }
    return work.inside();
  }

  /**
   * @return the count that the primary gave
   */
  long ddl(StatementPlan plan) throws SQLException {
    work.state.nextReadOnly(false); // DDL ends the transaction that this was about
    work.checkWritable(plan.sql());
    work.commit();
    ServerConnection c = work.link.ready();
    try {
      work.mode(c, false);
    } catch (ConnectionLostException e) {
      work.link.lost(c, e.why());
      c = work.link.ready();
      c.manualCommit(false);
    }
    work.sequences.beforeDdl(work, c, plan);
    boolean interrupted = Thread.interrupted();
    String lockWait = lockWait(c);
    try {
      Stored stored = stored(plan, c);
      long count =
          work.services
              .ddl()
              .run(
                  c,
                  stored.context(),
                  work.state.schema(),
                  stored.sql(),
                  plan.tables(),
                  plan.allTables());
      work.sequences.afterDdl(work, plan);
      return count;
    } finally {
      resetLockWait(c, lockWait);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private record Stored(String context, String sql) {}

  /**
   * What the server keeps with an object from the session that makes it, so that it is the same on
   * all nodes: its account and some of its settings.
   */
  private Stored stored(StatementPlan plan, ServerConnection c) throws SQLException {
    String context = work.state.context();
    if (!plan.keepsSession()) {
      return new Stored(context, plan.sql());
    }
    try (Statement s = c.jdbc().createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT CURRENT_USER(), @@session.sql_mode, @@session.character_set_client,"
                    + " @@session.collation_connection")) {
      r.next();
      Dialect d = c.node().dialect();
      String settings =
          (context.isEmpty() ? "SET " : context + ",")
              + "sql_mode="
              + d.literal(r.getString(2))
              + ",character_set_client="
              + d.literal(r.getString(3))
              + ",collation_connection="
              + d.literal(r.getString(4));
      String user = r.getString(1);
      int at = user.lastIndexOf('@');
      String account = d.quote(user.substring(0, at)) + "@" + d.quote(user.substring(at + 1));
      return new Stored(settings, plan.definedByCaller() ? plan.definedBy(account) : plan.sql());
    } catch (SQLException e) {
      if (!work.connectionLost(c, e)) {
        throw e;
      }
      work.link.lost(c, e);
      throw Errors.rolledBack("the primary was lost before the DDL began; repeat it", e);
    }
  }

  /** The session's time-outs for locks, or null where there is none or it is not known. */
  private String lockWait(ServerConnection c) {
    if (!work.services.vendor().mysqlFamily()) {
      return null;
    }
    try (Statement s = c.jdbc().createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT @@session.lock_wait_timeout, @@session.innodb_lock_wait_timeout")) {
      return r.next()
          ? "lock_wait_timeout=" + r.getString(1) + ",innodb_lock_wait_timeout=" + r.getString(2)
          : null;
    } catch (SQLException e) {
      return null; // where the connection is lost, the DDL finds out
    }
  }

  /** DDL runs with a time-out of its own, which neither this session nor the next one may keep. */
  private void resetLockWait(ServerConnection c, String before) {
    if (!work.services.vendor().mysqlFamily() || c.broken()) {
      return;
    }
    if (before == null || !work.run(c, Packet.of("SET SESSION " + before)).ok()) {
      work.link.soil();
    }
  }

  /** Several writes as one transaction; null where they have to be executed one by one. */
  List<StatementResult> together(
      List<StatementPlan> plans, List<Arguments> arguments, VendorStatement handle)
      throws SQLException {
    if (work.inTransaction()
        || plans.size() < 2
        || work.state.nextIsolation() != null
        || work.state.nextReadOnly()) {
      return null;
    }
    for (StatementPlan plan : plans) {
      if (plan.kind() != StatementPlan.Kind.WRITE) {
        return null;
      }
    }
    work.transaction.beginExplicit(false);
    List<StatementResult> results = new ArrayList<>(plans.size());
    try {
      for (int i = 0; i < plans.size(); i++) {
        results.add(writer.run(plans.get(i), arguments.get(i), handle));
      }
      work.commit();
      return results;
    } catch (SQLException e) {
      work.rollback();
      if (e.getSQLState() != null && e.getSQLState().startsWith("08")) {
        throw e;
      }
      return null;
    } catch (RuntimeException | Error e) {
      Work.cut(work.link.held());
      throw e;
    } finally {
      work.endTransaction();
    }
  }
}
