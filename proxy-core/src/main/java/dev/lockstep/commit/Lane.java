package dev.lockstep.commit;

import dev.lockstep.journal.Entry;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.Outcome;
import dev.lockstep.node.Packet;
import dev.lockstep.node.ServerConnection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * A connection that applies the write sets of whole groups to a member. Used inside the gate only.
 * Work is described by {@link Script}s, sent in packets of bounded size: {@link #send} starts one,
 * {@link #await} sees it through.
 */
final class Lane implements AutoCloseable {
  private static final int PACKET_CHARS = 1 << 20;
  private static final int BYTES_PER_CHAR = 4;

  /** Statements with the counts that the primary answered and the transaction each belongs to. */
  static final class Script {
    private final List<String> statements = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private long[] expected = new long[16];
    private int[] owner = new int[16];
    private String context = "";
    private List<Packet> packets;
    private int packetChars;

    /** Adds a statement; {@code count} -1 means any. */
    void add(String sql, long count, int transaction, Entry entry) {
      int n = statements.size();
      if (n == expected.length) {
        expected = Arrays.copyOf(expected, 2 * n);
        owner = Arrays.copyOf(owner, 2 * n);
      }
      statements.add(sql);
      entries.add(entry);
      expected[n] = count;
      owner[n] = transaction;
    }

    /** Adds an entry with what must surround it. */
    void add(Entry e, int transaction, String reset) {
      if (!context.equals(e.context())) {
        if (!context.isEmpty()) {
          add(reset, -1, transaction, null);
        }
        if (!e.context().isEmpty()) {
          add(e.context(), -1, transaction, null);
        }
        context = e.context();
      }
      if (e.before() != null) {
        add(e.before(), -1, transaction, null);
      }
      add(e.sql(), e.expectedRows(), transaction, e);
      if (e.after() != null) {
        add(e.after(), -1, transaction, null);
      }
    }

    /** The script in packets of bounded size; made once for all lanes of that size. */
    List<Packet> packets(int most) {
      if (packets == null || packetChars != most) {
        packets = split(most);
        packetChars = most;
      }
      return packets;
    }

    private List<Packet> split(int most) {
      List<Packet> all = new ArrayList<>();
      List<String> part = new ArrayList<>();
      int chars = 0;
      for (String sql : statements) {
        if (chars > 0 && chars + sql.length() > most) {
          all.add(new Packet(part));
          part = new ArrayList<>();
          chars = 0;
        }
        part.add(sql);
        chars += sql.length();
      }
      all.add(new Packet(part));
      return all;
    }

    /** Returns the lane to its defaults where an entry changed them. */
    void end(String reset) {
      if (!context.isEmpty()) {
        add(reset, -1, -1, null);
        context = "";
      }
    }
  }

  /**
   * What became of a script.
   *
   * @param error null when it went as on the primary
   * @param different an error or a count that the primary did not have; else the connection or
   *     contention failed it
   * @param transaction the transaction at fault, or -1
   * @param entry the entry at fault, or null
   */
  record Result(
      SQLException error,
      boolean lost,
      boolean timedOut,
      boolean different,
      int transaction,
      Entry entry) {
    static final Result OK = new Result(null, false, false, false, -1, null);

    boolean ok() {
      return error == null;
    }
  }

  private final DatabaseNode node;
  private final Dialect dialect;
  private final ServerConnection connection;
  private final String reset;
  private final Queue<Script> behind = new ArrayDeque<>(2);
  private List<Packet> pending = List.of();
  private Script script;
  private boolean dirty;
  private int warnings;
  private long otherCount;

  Lane(DatabaseNode node, ServerConnection connection) throws SQLException {
    this.node = node;
    this.dialect = node.dialect();
    this.connection = connection;
    try {
      this.reset = prepareSession(connection.jdbc());
      // No BEGIN in packets: it costs a statement, and would commit what an earlier one left open.
      connection.manualCommit(true);
    } catch (SQLException | RuntimeException e) {
      connection.abort();
      connection.release(false);
      throw e;
    }
  }

  private String prepareSession(Connection c) throws SQLException {
    if (!dialect.vendor().mysqlFamily()) {
      try (Statement s = c.createStatement()) {
        s.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
        s.execute("SET LOCK_TIMEOUT " + Math.max(100, node.spec().nodeTimeoutMillis() / 2));
      }
      return "";
    }
    int wait = Math.max(1, node.spec().nodeTimeoutMillis() / 2000);
    c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    try (Statement s = c.createStatement()) {
      s.execute(
          "SET SESSION innodb_lock_wait_timeout="
              + wait
              + ", SESSION lock_wait_timeout="
              + wait
              + ", SESSION foreign_key_checks=1");
      return reset(s);
    }
  }

  /** What brings a connection's session variables back to what they are now. */
  static String reset(Statement s) throws SQLException {
    try (ResultSet r = s.executeQuery("SELECT @@sql_mode, @@time_zone")) {
      r.next();
      return "SET foreign_key_checks=1, unique_checks=1, sql_mode='"
          + r.getString(1)
          + "', time_zone='"
          + r.getString(2)
          + "'";
    }
  }

  DatabaseNode node() {
    return node;
  }

  String reset() {
    return reset;
  }

  /** Whether a script for the other lane does the same here. */
  boolean takesScriptsOf(Lane other) {
    return reset.equals(other.reset) && packetChars() == other.packetChars();
  }

  /** Most characters that are sent in one packet, unless one statement is longer. */
  int packetChars() {
    return (int) Math.min(PACKET_CHARS, node.maxPacket() / BYTES_PER_CHAR);
  }

  ServerConnection connection() {
    return connection;
  }

  /** Starts a transaction with this script; nothing is committed. */
  void send(Script s) {
    script = s;
    pending = s.packets(packetChars());
    if (dirty && !reset.isEmpty()) {
      List<String> first = new ArrayList<>();
      first.add(reset);
      first.addAll(pending.get(0).statements());
      pending = new ArrayList<>(pending);
      pending.set(0, new Packet(first));
    }
    connection.send(pending.get(0));
  }

  /** Whether {@link #sendBehind} is possible. */
  boolean takesBehind(Script s) {
    List<Packet> packets = s.packets(packetChars());
    return pending.size() == 1 && packets.size() == 1 && connection.takesBehind(packets.get(0));
  }

  /** Sends a script behind those that were sent; {@link #await} sees all of them through. */
  void sendBehind(Script s) {
    behind.add(s);
    connection.send(s.packets(packetChars()).get(0));
  }

  /** Whether {@link #await} would not have to wait, or hardly. */
  boolean answered() {
    return pending.size() == 1 && behind.isEmpty() && connection.answered();
  }

  /** Sees the script through and compares the counts. */
  Result await(long timeoutMillis) {
    return await(timeoutMillis, 0, null);
  }

  /**
   * Sees the script through and compares the counts.
   *
   * @param patienceMillis if a statement gives no answer for so long, {@code stalled} runs, once; 0
   *     for never
   */
  Result await(long timeoutMillis, long patienceMillis, Runnable stalled) {
    Result r = awaitFirst(timeoutMillis, patienceMillis, stalled);
    for (Script next = behind.poll(); next != null; next = behind.poll()) {
      if (r.lost()) {
        continue;
      }
      script = next;
      Result of = result(connection.await(timeoutMillis), 0);
      if (r.ok() || of.lost()) {
        r = of;
      }
    }
    dirty = !r.ok();
    return r;
  }

  private Result awaitFirst(long timeoutMillis, long patienceMillis, Runnable stalled) {
    int at = dirty && !reset.isEmpty() ? -1 : 0;
    dirty = true;
    otherCount = -1;
    warnings = 0;
    for (int p = 0; p < pending.size(); p++) {
      if (p > 0) {
        connection.send(pending.get(p));
      }
      // What is left of the common time is for the first packet, which all members got at once.
      long timeout = p == 0 ? timeoutMillis : node.spec().nodeTimeoutMillis();
      Outcome o =
          patienceMillis > 0
              ? connection.await(timeout, patienceMillis, stalled)
              : connection.await(timeout);
      Result r = result(o, at);
      if (!r.ok()) {
        return r;
      }
      at += o.counts().length;
    }
    return Result.OK;
  }

  /**
   * What an outcome means.
   *
   * @param at the place of its first statement in the script; -1 for one before the first
   */
  private Result result(Outcome o, int at) {
    Result wrong = null;
    int i = at;
    for (long count : o.counts()) {
      if (wrong == null && i >= 0 && script.expected[i] >= 0 && script.expected[i] != count) {
        otherCount = count;
        wrong = wrongCount(i, count);
      }
      i++;
    }
    warnings += o.warnings();
    if (wrong != null && !o.lost()) {
      return wrong;
    }
    if (o.ok()) {
      return Result.OK;
    }
    i = Math.min(Math.max(i, 0), script.statements.size() - 1);
    boolean different = !o.lost() && !dialect.contention(o.error());
    return new Result(
        o.error(), o.lost(), o.timedOut(), different, script.owner[i], script.entries.get(i));
  }

  private Result wrongCount(int i, long count) {
    SQLException e =
        new SQLException(
            "Lockstep: "
                + node.name()
                + " changed "
                + count
                + " rows, the primary "
                + script.expected[i]);
    return new Result(e, false, false, true, script.owner[i], script.entries.get(i));
  }

  /** How many rows the statement changed that {@link #await} found to differ, or -1. */
  long otherCount() {
    return otherCount;
  }

  /** How many warnings there were in {@link #await}. */
  int warnings() {
    return warnings;
  }

  /** A cancel that came too late must not hit what comes next. */
  void absorbCancel(long timeoutMillis) {
    if (dialect.vendor().mysqlFamily()) {
      connection.run(Packet.of("DO 0"), timeoutMillis);
    }
  }

  void sendCommit() {
    connection.send(Packet.of("COMMIT"));
  }

  void sendRollback() {
    connection.send(Packet.of("ROLLBACK"));
  }

  Outcome awaitEnd(long timeoutMillis) {
    return connection.await(timeoutMillis);
  }

  @Override
  public void close() {
    connection.release(false);
  }
}
