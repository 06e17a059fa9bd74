package dev.lockstep.resync;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalParts;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Applies journal rows to a target in order, each with its own journal row in the same transaction,
 * whole groups at a time, and several groups per commit. For one thread; the connection belongs to
 * it while a method runs. The counts are compared with the primary's, so the connection must count
 * rows found, not rows changed (the default of Connector/J).
 */
public final class JournalReplay {
  private static final int BATCH_ROWS = 500;
  private static final long BATCH_BYTES = 4L << 20;
  private static final int PACKET_CHARS = 256 << 10;
  private static final int ATTEMPTS = 6;

  private final Vendor vendor;
  private final Connection target;
  private final DdlResolver ddl;
  private final String fence;
  private final boolean packets;
  private Set<TableName> without = Set.of();
  private SnapshotPosition withoutUpTo;

  private JournalReader from;
  private long applied;
  private long skipped;

  /**
   * A replay.
   *
   * @param target an administrator's connection in no transaction
   * @param fence the owner's token: rows are written only while the target's fence carries it; null
   *     where the caller knows that nobody else can own the node
   */
  public JournalReplay(Vendor vendor, Connection target, DdlResolver ddl, String fence)
      throws SQLException {
    this.vendor = vendor;
    this.target = target;
    this.ddl = ddl;
    this.fence = fence;
    this.packets = vendor.mysqlFamily() && takesSeveralStatements(target);
  }

  private static boolean takesSeveralStatements(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("DO 0;DO 0");
      while (s.getMoreResults() || s.getUpdateCount() >= 0) {
        continue;
      }
      return true;
    } catch (SQLException e) {
      if (e.getErrorCode() != 1064) { // syntax
        throw e;
      }
      return false;
    }
  }

  /** The connection to the node that is brought on. */
  Connection target() {
    return target;
  }

  /**
   * Leaves out the entries on tables that have already been made equal to a snapshot of the source,
   * for the rows whose effects that snapshot holds (see {@link Repair}); their journal rows are
   * still written.
   */
  public JournalReplay without(Set<TableName> tables, SnapshotPosition upTo) {
    this.without = Set.copyOf(tables);
    this.withoutUpTo = upTo;
    return this;
  }

  /**
   * Applies what {@code reader} reads.
   *
   * @param cancelled polled between transactions
   * @throws ReplayException where a row gives another result than on the primary
   * @throws CancelledException where {@code cancelled} said so; what was applied stays
   */
  public ReplayResult replay(JournalReader reader, BooleanSupplier cancelled) throws SQLException {
    from = reader;
    applied = 0;
    skipped = 0;
    boolean auto = target.getAutoCommit();
    target.setAutoCommit(true);
    long position = JournalTables.position(target);
    try (ReplaySession session = new ReplaySession(vendor, target)) {
      List<List<JournalRow>> batch = new ArrayList<>();
      int rows = 0;
      long bytes = 0;
      while (true) {
        if (cancelled.getAsBoolean()) {
          throw new CancelledException("the replay of the journal");
        }
        List<JournalRow> group = from.nextGroup();
        boolean special = group.stream().anyMatch(r -> r.kind() == JournalRow.Kind.DDL_DONE);
        if (!group.isEmpty() && !special) {
          batch.add(group);
          rows += group.size();
          for (JournalRow r : group) {
            bytes += r.parts() > 0 ? BATCH_BYTES : r.payload().length;
          }
        }
        if (group.isEmpty() || special || rows >= BATCH_ROWS || bytes >= BATCH_BYTES) {
          if (!batch.isEmpty()) {
            apply(session, batch);
            position = Math.max(position, batch.get(batch.size() - 1).get(0).group());
            batch.clear();
            rows = 0;
            bytes = 0;
          }
        }
        if (special) {
          definition(session, group);
          position = Math.max(position, group.get(0).group());
        }
        if (group.isEmpty()) {
          return new ReplayResult(applied, skipped, position, openDdl());
        }
      }
    } finally {
      if (!target.isClosed()) {
        target.setAutoCommit(auto);
      }
    }
  }

  // ---- transactions

  private void apply(ReplaySession session, List<List<JournalRow>> groups) throws SQLException {
    try {
      transaction(session, groups, packets);
    } catch (SQLException e) {
      if (connectionGone(e)) {
        throw e;
      }
      // Once more, group by group and statement by statement: tells which one it is, and commits
      // what comes before it.
      for (List<JournalRow> group : groups) {
        repeated(session, group);
      }
    }
  }

  private void repeated(ReplaySession session, List<JournalRow> group) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        transaction(session, List.of(group), false);
        return;
      } catch (SQLException e) {
        Throwable cause = e instanceof ReplayException ? e.getCause() : e;
        if (attempt == ATTEMPTS || !(cause instanceof SQLException s) || !contention(s)) {
          throw e;
        }
        try {
          Thread.sleep(20L << attempt);
        } catch (InterruptedException i) {
          Thread.currentThread().interrupt();
          throw new CancelledException("the replay of the journal");
        }
      }
    }
  }

  private boolean contention(SQLException e) {
    return vendor.mysqlFamily()
        ? e.getErrorCode() == 1213 || e.getErrorCode() == 1205
        : e.getErrorCode() == 40001 || e.getErrorCode() == 50200 || e.getErrorCode() == 90131;
  }

  private boolean connectionGone(SQLException e) throws SQLException {
    return target.isClosed() || e.getSQLState() != null && e.getSQLState().startsWith("08");
  }

  private void transaction(ReplaySession session, List<List<JournalRow>> groups, boolean together)
      throws SQLException {
    target.setAutoCommit(false);
    long done = 0;
    long had = 0;
    boolean ok = false;
    try {
      checkFence();
      Map<String, String> present =
          present(groups.get(0).get(0).group(), groups.get(groups.size() - 1).get(0).group());
      try (Run run = new Run(session, together)) {
        for (List<JournalRow> group : groups) {
          for (JournalRow row : group) {
            String tx = present.get(row.group() + "/" + row.index());
            if (tx == null) {
              run.row(row);
              done++;
            } else if (tx.equals(row.tx())) {
              had++;
            } else {
              throw ReplayException.other(row, "is another transaction (" + tx + ") on the target");
            }
          }
        }
        run.flush();
      }
      target.commit();
      ok = true;
      applied += done;
      skipped += had;
    } finally {
      if (!target.isClosed()) {
        if (!ok) {
          target.rollback();
        }
        target.setAutoCommit(true);
      }
    }
  }

  private void checkFence() throws SQLException {
    if (fence == null) {
      return;
    }
    String lock = vendor.mysqlFamily() ? " LOCK IN SHARE MODE" : "";
    long n =
        JournalTables.number(
            target,
            "SELECT COUNT(*) FROM (SELECT id FROM lockstep.fence WHERE id=1 AND token='"
                + fence.replace("'", "''")
                + "'"
                + lock
                + ") f");
    if (n != 1) {
      throw Errors.of(
          SqlState.OWNED_ELSEWHERE, "another process has taken over the node; the replay ends");
    }
  }

  /** Transaction ids by "group/index" that the target already has. */
  private Map<String, String> present(long from, long to) throws SQLException {
    Map<String, String> present = new HashMap<>();
    try (Statement s = target.createStatement();
        ResultSet rs =
            s.executeQuery(
                "SELECT grp, idx, tx FROM lockstep.journal WHERE grp BETWEEN "
                    + from
                    + " AND "
                    + to)) {
      while (rs.next()) {
        present.put(rs.getLong(1) + "/" + rs.getInt(2), rs.getString(3));
      }
    }
    return present;
  }

  private record Step(JournalRow row, Entry entry, String sql, long expected) {}

  /** The statements of one transaction on their way to the server. */
  private final class Run implements AutoCloseable {
    private final ReplaySession session;
    private final boolean together;
    private final Statement statement;
    private final List<Step> steps = new ArrayList<>();
    private int chars;

    Run(ReplaySession session, boolean together) throws SQLException {
      this.session = session;
      this.together = together;
      this.statement = target.createStatement();
      statement.setEscapeProcessing(false);
    }

    void row(JournalRow row) throws SQLException {
      boolean holds = withoutUpTo != null && withoutUpTo.includes(row);
      // DDL is run where it ended, see below.
      if (row.kind() == JournalRow.Kind.TRANSACTION && row.parts() == 0) {
        entries(row, row.entries(), holds);
      }
      for (int n = 0; n < row.parts(); n++) {
        JournalParts.Part part = from.part(row, n);
        entries(row, part.entries(), holds);
        add(new Step(row, null, part.insert(Dialect.of(vendor)), 1));
      }
      if (vendor.mysqlFamily()) {
        add(new Step(row, null, insert(row), 1));
      } else {
        flush();
        JournalTables.insert(target, row);
      }
    }

    private void entries(JournalRow row, List<Entry> entries, boolean holds) throws SQLException {
      for (Entry e : entries) {
        if (holds && without.contains(e.table())) {
          continue;
        }
        String context = e.context() == null ? "" : e.context();
        if (!session.has(context)) {
          flush();
          session.use(context);
        }
        for (String s : SqlText.split(e.before())) {
          add(new Step(row, e, s, -1));
        }
        add(new Step(row, e, e.sql(), e.expectedRows()));
        for (String s : SqlText.split(e.after())) {
          add(new Step(row, e, s, -1));
        }
      }
    }

    private void add(Step step) throws SQLException {
      steps.add(step);
      chars += step.sql().length();
      if (!together || chars >= PACKET_CHARS) {
        flush();
      }
    }

    void flush() throws SQLException {
      if (steps.isEmpty()) {
        return;
      }
      if (steps.size() == 1) {
        single(steps.get(0));
      } else {
        packet();
      }
      steps.clear();
      chars = 0;
    }

    private void single(Step step) throws SQLException {
      try {
        if (!statement.execute(step.sql())) {
          check(step, statement.getLargeUpdateCount());
        }
      } catch (ReplayException e) {
        throw e;
      } catch (SQLException e) {
        if (connectionGone(e)) {
          throw e;
        }
        throw ReplayException.error(step.row(), step.entry(), e);
      }
    }

    private void packet() throws SQLException {
      StringBuilder sql = new StringBuilder(chars + 2 * steps.size());
      for (Step s : steps) {
        sql.append(s.sql()).append("\n;");
      }
      boolean result = statement.execute(sql.toString());
      for (Step s : steps) {
        long count = result ? -1 : statement.getLargeUpdateCount();
        if (!result && count < 0) {
          throw ReplayException.other(s.row(), "was not answered");
        }
        if (!result) {
          check(s, count);
        }
        result = statement.getMoreResults();
      }
      if (result || statement.getLargeUpdateCount() >= 0) {
        throw ReplayException.other(steps.get(0).row(), "was answered too often");
      }
    }

    private void check(Step step, long count) throws ReplayException {
      if (step.expected() >= 0 && count != step.expected()) {
        throw ReplayException.count(step.row(), step.entry(), step.expected(), count);
      }
    }

    @Override
    public void close() throws SQLException {
      statement.close();
    }
  }

  private static String insert(JournalRow r) {
    return "INSERT INTO lockstep.journal ("
        + JournalTables.COLUMNS
        + ") VALUES ("
        + r.group()
        + ","
        + r.index()
        + ","
        + r.epoch()
        + ","
        + SqlText.mysql(r.tx())
        + ","
        + r.kind().ordinal()
        + ","
        + r.at()
        + ","
        + SqlText.mysql(r.tables())
        + ","
        + r.format()
        + ","
        + SqlText.hex(r.payload())
        + ")";
  }

  // ---- DDL
  //
  // The intent's row is only written. The statement runs where its end stands in the journal:
  // transactions that had touched the table before it commit between the two, and nothing that came
  // after it on the table does.

  /** The DDL that has begun on the target and, as far as the source knows, not ended; or null. */
  private JournalRow openDdl() throws SQLException {
    for (JournalRow intent : JournalTables.openDdl(target)) {
      if (from.doneOf(intent) == null) {
        return intent;
      }
    }
    return null;
  }

  /** A group that is the end of DDL. */
  private void definition(ReplaySession session, List<JournalRow> group) throws SQLException {
    JournalRow done = group.get(0);
    if (group.size() > 1) {
      throw ReplayException.other(done, "is DDL in a group with other rows");
    }
    String tx = present(done.group(), done.group()).get(done.group() + "/" + done.index());
    if (tx == null) {
      JournalRow intent = intent(done);
      switch (ddl.state(target, intent, done)) {
        case OLD -> run(session, intent, done);
        case NEW -> {}
        case UNKNOWN ->
            throw ReplayException.other(
                intent, "is DDL that the target has neither begun nor finished: copy the node");
      }
    }
    repeated(session, group);
  }

  private JournalRow intent(JournalRow done) throws SQLException {
    for (JournalRow r : JournalTables.openDdl(target)) {
      if (r.tx().equals(done.tx())) {
        return r;
      }
    }
    JournalRow r = from.intentOf(done);
    if (r == null) {
      throw ReplayException.other(done, "ends DDL whose beginning has been trimmed: copy the node");
    }
    return r;
  }

  private void run(ReplaySession session, JournalRow intent, JournalRow done) throws SQLException {
    fenced();
    Entry last = null;
    SQLException error = null;
    for (Entry e : intent.entries()) {
      last = e;
      session.use(e.context() == null ? "" : e.context());
      try (Statement s = target.createStatement()) {
        s.setEscapeProcessing(false);
        s.execute(e.sql());
      } catch (SQLException x) {
        if (connectionGone(x)) {
          throw x;
        }
        error = x;
        break;
      }
    }
    session.reset();
    if (!ddl.accept(target, intent, done, error)) {
      throw error == null
          ? ReplayException.other(intent, "led to another definition than on the cluster")
          : ReplayException.error(intent, last, error);
    }
  }

  /** Checks the fence outside of a transaction: DDL could not keep its lock anyway. */
  private void fenced() throws SQLException {
    target.setAutoCommit(false);
    try {
      checkFence();
    } finally {
      if (!target.isClosed()) {
        target.rollback();
        target.setAutoCommit(true);
      }
    }
  }
}
