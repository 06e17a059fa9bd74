package dev.lockstep.session;

import dev.lockstep.journal.Entry;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.BoundWrite;
import dev.lockstep.sql.Search;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Executes a write whose rows have to be looked for: finds and locks them on the primary, then
 * writes exactly these. In a transaction that somebody else ends. Used under the session's lock.
 */
final class SearchRunner {
  private static final String SAVEPOINT = "lockstep_search";
  private static final int STATEMENTS_TOGETHER = 200;
  private static final int CHARS_TOGETHER = 1 << 18;

  private final Work work;

  SearchRunner(Work work) {
    this.work = work;
  }

  /**
   * What was done.
   *
   * @param error the server's error, which has undone the statement but not its transaction; or
   *     null
   * @param guardSet whether the guard savepoint was set
   */
  record Done(List<Entry> entries, long rows, int warnings, SQLException error, boolean guardSet) {}

  /**
   * Rows that were found.
   *
   * @param bytes about what they take of a write set; where that is too much they are not complete
   * @param warnings of the server, or null
   */
  record Found(List<Search.Row> rows, long bytes, SQLWarning warnings) {}

  /**
   * Finds the rows.
   *
   * @throws SQLException the server's own error
   */
  Found find(ServerConnection c, Search search, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    return work.ask(c, handle, jdbc -> through(search, jdbc));
  }

  private Found through(Search search, Connection jdbc) throws SQLException {
    try (Statement s = jdbc.createStatement()) {
      try {
        SQLWarning warnings = null;
        for (String sql : search.fill()) {
          s.execute(sql);
          warnings = s.getWarnings();
        }
        return read(search, s, warnings);
      } finally {
        for (String sql : search.cleanUp()) {
          work.cleanUp(s, sql);
        }
      }
    }
  }

  private Found read(Search search, Statement s, SQLWarning warnings) throws SQLException {
    List<Search.Row> found = new ArrayList<>();
    long bytes = 0;
    try (ResultSet rows = s.executeQuery(search.sql())) {
      while (bytes <= work.mostInMemory() && rows.next()) {
        Search.Row row = search.row(rows);
        if (row != null) {
          bytes += row.size();
          found.add(row);
        }
      }
    }
    return new Found(found, bytes, warnings);
  }

  /**
   * Writes the rows that were found.
   *
   * @param guard whether the engine's guard savepoint must be set first
   */
  Done write(ServerConnection c, List<BoundWrite> writes, VendorStatement handle, boolean guard)
      throws SQLException, ConnectionLostException {
    List<Entry> entries = new ArrayList<>(writes.size());
    long rows = 0;
    int warnings = 0;
    boolean guarded = false;
    boolean undoable = writes.size() > 1;
    for (int next = 0; next < writes.size(); ) {
      List<String> statements = new ArrayList<>();
      if (next == 0 && guard) {
        statements.add(c.node().dialect().guard());
      }
      if (next == 0 && undoable) {
        statements.add("SAVEPOINT " + SAVEPOINT);
      }
      BoundWrite first = writes.get(next);
      if (first.before() != null) {
        statements.add(first.before());
      }
      int at = statements.size();
      int chars = 0;
      int from = next;
      while (next < writes.size()
          && next - from < STATEMENTS_TOGETHER
          && chars < CHARS_TOGETHER
          && Objects.equals(writes.get(next).before(), first.before())) {
        statements.add(writes.get(next).sql());
        chars += writes.get(next++).sql().length();
      }
      if (first.after() != null) {
        statements.add(first.after());
      }
      Outcome o = work.send(c, new Packet(statements), handle);
      if (o.lost()) {
        throw new ConnectionLostException(o.error());
      }
      guarded |= from == 0 && guard && o.counts().length > 0;
      if (!o.ok()) {
        undo(c, o, first, undoable && o.counts().length >= at, statements);
        return new Done(List.of(), 0, 0, o.error(), guarded);
      }
      warnings += o.warnings();
      for (int i = from; i < next; i++) {
        BoundWrite w = writes.get(i);
        long count = o.counts()[at + i - from];
        if (count == 0 && w.mayBeGone()) {
          // H2 counts all rows that it has found, the others those that they have deleted.
          rows += work.services.vendor().mysqlFamily() ? 0 : w.expectedRows();
          continue;
        }
        if (count != w.expectedRows()) {
          work.rollback();
          throw WriteRunner.lockedRowsGone(w, count);
        }
        entries.add(
            new Entry(
                work.state.context(), w.before(), w.entrySql(null), w.after(), count, w.table()));
        rows += count;
      }
    }
    return new Done(entries, rows, warnings, null, guarded);
  }

  /**
   * What was done, with entries that say what has become of the rows where the writes do not.
   *
   * @param found what was looked for before them
   */
  Done withImages(ServerConnection c, Search search, Found found, Done done, VendorStatement handle)
      throws SQLException, ConnectionLostException {
    List<Search> images = search.images(found.rows());
    if (images.isEmpty() || done.error() != null) {
      return done;
    }
    Map<String, Search.Row> now = new HashMap<>();
    try {
      for (Search image : images) {
        find(c, image, handle).rows().forEach(row -> now.put(row.key(), row));
      }
    } catch (SQLException e) {
      work.rollback();
      throw e;
    }
    if (search.leavesOut()) {
      Set<String> left = new HashSet<>();
      search.writes(List.copyOf(now.values())).forEach(w -> left.add(w.entrySql(null)));
      List<Entry> entries = done.entries().stream().filter(e -> !left.contains(e.sql())).toList();
      return new Done(entries, done.rows(), done.warnings(), null, done.guardSet());
    }
    List<Search.Row> rows = new ArrayList<>();
    for (Search.Row row : found.rows()) {
      rows.add(Objects.requireNonNull(now.get(row.key()), row.key()));
    }
    List<Entry> entries = new ArrayList<>();
    for (BoundWrite w : images.get(0).writes(rows)) {
      entries.add(
          new Entry(work.state.context(), null, w.sql(), null, w.expectedRows(), w.table()));
    }
    return new Done(entries, done.rows(), done.warnings(), null, done.guardSet());
  }

  /** The server has undone the statement that failed; those before it are undone here. */
  private void undo(
      ServerConnection c, Outcome o, BoundWrite first, boolean savepoint, List<String> statements)
      throws SQLException {
    if (c.node().dialect().rollsBackTransaction(o.error())) {
      savepoint = false;
    }
    boolean afterLeft = first.after() != null && o.counts().length < statements.size();
    if (afterLeft) {
      work.follow(c, first.after());
    }
    if (savepoint) {
      work.follow(c, "ROLLBACK TO SAVEPOINT " + SAVEPOINT);
    }
  }
}
