package dev.lockstep.session;

import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.SequenceReserves;
import dev.lockstep.commit.SequenceReserves.Reserved;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.SequenceUse;
import dev.lockstep.sql.StatementPlan;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that a session draws from sequences, on its own connection to the primary, after they have
 * been reserved. Used under the session's lock.
 */
final class SequenceDraws {
  private static final int TOGETHER = 100;

  private final SequenceReserves reserves;

  /** Where this session has drawn last from each sequence. */
  private final Map<TableName, ServerConnection> drawnOn = new HashMap<>();

  SequenceDraws(SequenceReserves reserves) {
    this.reserves = reserves;
  }

  /** The next values, in order. */
  List<String> next(ServerConnection c, TableName sequence, int count)
      throws SQLException, ConnectionLostException {
    List<String> values = new ArrayList<>(count);
    try (Reserved reserved = reserves.reserve(c.node(), sequence, count);
        Statement s = c.jdbc().createStatement()) {
      while (values.size() < count) {
        int some = Math.min(TOGETHER, count - values.size());
        try (ResultSet r = s.executeQuery(query(c.node().dialect(), sequence, some))) {
          while (r.next()) {
            for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
              values.add(r.getString(i));
            }
          }
        }
      }
      if (reserved.unsure()) {
        reserves.cover(c.node(), sequence);
      }
    } catch (PrimaryLostException e) {
      throw lost(c, e);
    }
    drawnOn.put(sequence, c);
    return values;
  }

  /** MariaDB draws anew for each column, H2 for each row. */
  private static String query(Dialect d, TableName sequence, int count) {
    String next = "NEXT VALUE FOR " + d.quote(sequence.schema()) + "." + d.quote(sequence.name());
    return d.vendor().mysqlFamily()
        ? "SELECT " + (next + ", ").repeat(count - 1) + next
        : "SELECT " + next + " FROM SYSTEM_RANGE(1, " + count + ")";
  }

  /** Before a query: what it will draw, to be closed when it has. */
  List<Reserved> before(ServerConnection c, StatementPlan plan)
      throws SQLException, ConnectionLostException {
    if (plan.sequences().isEmpty()) {
      return List.of();
    }
    List<Reserved> reserved = new ArrayList<>();
    boolean done = false;
    try {
      for (SequenceUse use : plan.sequences()) {
        if (use.last() && drawnOn.get(use.sequence()) != c) {
          throw Errors.of(
              SqlState.INVALID_ARGUMENT,
              "no value of "
                  + use.sequence()
                  + " has been drawn by this session on its present connection to the primary");
        }
        if (use.draws() != 0) {
          reserved.add(reserves.reserve(c.node(), use.sequence(), Math.max(0, use.draws())));
        }
      }
      done = true;
      return reserved;
    } catch (PrimaryLostException e) {
      throw lost(c, e);
    } finally {
      if (!done) {
        reserved.forEach(Reserved::close);
      }
    }
  }

  /**
   * After the query, before anybody sees its rows.
   *
   * @param reserved what {@link #before} gave, closed
   */
  void after(ServerConnection c, StatementPlan plan, List<Reserved> reserved)
      throws SQLException, ConnectionLostException {
    int i = 0;
    for (SequenceUse use : plan.sequences()) {
      if (use.draws() == 0) {
        continue;
      }
      drawnOn.put(use.sequence(), c);
      if (reserved.get(i++).unsure()) {
        try {
          reserves.cover(c.node(), use.sequence());
        } catch (PrimaryLostException e) {
          throw lost(c, e);
        }
      }
    }
  }

  /** Before DDL that may set the position of a sequence: it stands where it has to until then. */
  void beforeDdl(Work work, ServerConnection c, StatementPlan plan) throws SQLException {
    if (plan.renamesSchema() && hasSequences(c, plan.name())) {
      throw Errors.unsupported(
          "a schema with sequences cannot be renamed: what is reserved of them goes by their names");
    }
    if (!plan.placesSequence()) {
      return;
    }
    try {
      reserves.reserve(c.node(), plan.tables().iterator().next(), 0).close();
    } catch (PrimaryLostException e) {
      work.link.lost(c, Errors.cannotConnect(e.getMessage(), e));
      throw Errors.rolledBack("the primary was lost before the DDL began; repeat it", e);
    }
  }

  private static boolean hasSequences(ServerConnection c, String schema) throws SQLException {
    try (PreparedStatement s =
        c.jdbc()
            .prepareStatement(
                "SELECT 1 FROM INFORMATION_SCHEMA.SEQUENCES WHERE UPPER(SEQUENCE_SCHEMA) ="
                    + " UPPER(?)")) {
      s.setString(1, schema);
      try (ResultSet r = s.executeQuery()) {
        return r.next();
      }
    }
  }

  /** After it: counters go on from where they stand, whatever was reserved before. */
  void afterDdl(Work work, StatementPlan plan) throws SQLException {
    if (plan.tables().isEmpty() && !plan.allTables()) {
      return;
    }
    try {
      place(work, plan);
    } catch (SQLException e) {
      throw Errors.outcomeUnknown(
          "the DDL was executed, but where sequences and numbered columns stand after it could not"
              + " be recorded: "
              + e.getMessage(),
          e);
    }
  }

  private void place(Work work, StatementPlan plan) throws SQLException {
    long deadline = work.link.deadline();
    while (true) {
      ServerConnection c = work.link.ready();
      try {
        if (plan.placesSequence()) {
          reserves.placed(c.node(), plan.tables().iterator().next());
        }
        work.services.numbered().placed(c.node(), plan.tables(), plan.allTables());
        return;
      } catch (PrimaryLostException e) {
        SQLException why = Errors.cannotConnect(e.getMessage(), e);
        work.link.lost(c, why);
        Link.checkDeadline(deadline, why);
      }
    }
  }

  /** Whether a query draws values, which only a connection that may write does. */
  static boolean draws(StatementPlan plan) {
    for (SequenceUse use : plan.sequences()) {
      if (use.draws() != 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether how many values a query draws is known from its rows only. */
  static boolean drawsAny(StatementPlan plan) {
    for (SequenceUse use : plan.sequences()) {
      if (use.draws() == SequenceUse.ANY) {
        return true;
      }
    }
    return false;
  }

  private static ConnectionLostException lost(ServerConnection c, PrimaryLostException e) {
    c.markBroken();
    return new ConnectionLostException(Errors.cannotConnect(e.getMessage(), e));
  }
}
