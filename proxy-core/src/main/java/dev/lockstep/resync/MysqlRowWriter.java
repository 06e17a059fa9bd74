package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserColumn;
import dev.lockstep.consistency.UserTable;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Writes rows of one table to a MySQL or MariaDB server as INSERTs of many rows, bit for bit. Text
 * that is plain ASCII goes quoted, everything else in hexadecimal with its own character set, so
 * that no character set conversion can change it. The session must use {@link #TARGET_SESSION}. For
 * one thread.
 */
final class MysqlRowWriter implements AutoCloseable {
  /** What the target's session needs. */
  static final String[] TARGET_SESSION = {
    "time_zone", "'+00:00'",
    // Not strict: an ENUM may hold the error value ''. Every warning is looked at instead.
    "sql_mode", "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
    "foreign_key_checks", "0",
    // With both off, MariaDB's bulk insert takes over, at twice the processor time (measured).
    "unique_checks", "1",
    "check_constraint_checks", "0",
    "innodb_strict_mode", "0",
    "sql_require_primary_key", "0",
    "max_statement_time", "0",
    "lock_wait_timeout", "60",
  };

  /** What the source's session needs. */
  static final String[] SOURCE_SESSION = {
    "time_zone", "'+00:00'",
    "sql_mode", "''",
    "sql_quote_show_create", "1",
    "max_statement_time", "0",
    "max_execution_time", "0",
    "net_write_timeout", "600",
    // MySQL 8 would show the sizes of tables as they were up to a day ago.
    "information_schema_stats_expiry", "0",
  };

  private static final int PACKET = 1 << 20;
  private static final int STAGED = 1 << 16;
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  /** Character sets in which the bytes of ASCII mean ASCII. */
  private static final Set<String> ASCII_SETS =
      Set.of("utf8mb4", "utf8mb3", "utf8", "latin1", "ascii");

  private enum Form {
    NUMBER,
    QUOTED,
    TEXT,
    BINARY,
    JSON
  }

  private final Connection target;
  private final UserTable table;
  private final Statement statement;
  private final long maxPacket;
  private final byte[] head;
  private final Form[] forms;
  private final boolean[] ascii;
  private final byte[][] introducers;
  private final boolean hasEnum;

  private byte[] buffer = new byte[PACKET + (PACKET >> 2)];
  private int used;
  private int pending;
  private long rows;
  private long bytes;
  private long uncommitted;

  MysqlRowWriter(Connection target, UserTable table, long maxPacket) throws SQLException {
    this.target = target;
    this.table = table;
    this.maxPacket = maxPacket;
    this.statement = target.createStatement();
    statement.setEscapeProcessing(false);
    UserCatalogue q = UserCatalogue.of(Vendor.MARIADB);
    List<UserColumn> columns = table.writable();
    StringBuilder h = new StringBuilder("INSERT INTO ").append(q.quote(table.name())).append(" (");
    forms = new Form[columns.size()];
    ascii = new boolean[columns.size()];
    introducers = new byte[columns.size()][];
    boolean anyEnum = false;
    for (int i = 0; i < forms.length; i++) {
      UserColumn c = columns.get(i);
      h.append(i == 0 ? "" : ",").append(q.quote(c.name()));
      forms[i] = form(c);
      ascii[i] = c.charset() == null || ASCII_SETS.contains(c.charset());
      introducers[i] =
          switch (forms[i]) {
            case TEXT -> bytes("_" + c.charset() + " 0x");
            case JSON -> bytes("_utf8mb4 0x");
            default -> bytes("0x");
          };
      anyEnum |= c.type().equals("enum");
    }
    hasEnum = anyEnum;
    head = h.append(") VALUES ").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The expressions that a SELECT must have for {@link #add}, without the word SELECT. */
  static String selectList(UserCatalogue q, UserTable table) {
    StringBuilder s = new StringBuilder();
    for (UserColumn c : table.writable()) {
      String name = q.quote(c.name());
      s.append(s.length() == 0 ? "" : ",");
      s.append(
          switch (c.type()) {
            // The type's own text has 6 digits only.
            case "float", "double" -> name + "*1e0";
            // Numbers tell the error value '' of an ENUM from a member ''.
            case "bit", "enum", "set" -> "CAST(" + name + " AS UNSIGNED)";
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" ->
                "CAST(" + name + " AS BINARY)";
            default -> name;
          });
    }
    return s.toString();
  }

  private static Form form(UserColumn c) {
    return switch (c.type()) {
      case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "bit", "enum", "set" ->
          Form.NUMBER;
      case "float", "double", "date", "time", "datetime", "timestamp", "year" -> Form.QUOTED;
      case "uuid", "inet6", "inet4" -> Form.QUOTED;
      case "json" -> Form.JSON;
      default -> c.charset() == null ? Form.BINARY : Form.TEXT;
    };
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }

  /** Adds one row: the bytes of each writable column as {@link #selectList} reads them. */
  void add(byte[][] values) throws SQLException {
    long size = 0;
    for (byte[] v : values) {
      size += v == null ? 4 : 2L * v.length + 16;
    }
    if (size > maxPacket * 3 / 4) {
      addStaged(values);
      return;
    }
    if (pending > 0 && used + size > PACKET) {
      flush();
    }
    begin();
    for (int i = 0; i < values.length; i++) {
      if (i > 0) {
        put((byte) ',');
      }
      value(i, values[i]);
    }
    put((byte) ')');
    pending++;
  }

  private void begin() {
    if (pending == 0) {
      used = 0;
      put(head);
      put((byte) '(');
    } else {
      put((byte) ',');
      put((byte) '(');
    }
  }

  /** A row that does not fit into a packet: its large values go into user variables in pieces. */
  private void addStaged(byte[][] values) throws SQLException {
    flush();
    StringBuilder clear = new StringBuilder();
    boolean[] staged = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      byte[] v = values[i];
      if (v == null || v.length <= STAGED) {
        continue;
      }
      if (v.length > maxPacket) {
        throw new SQLException(
            "Lockstep: a value of "
                + v.length
                + " bytes in column "
                + table.writable().get(i).name()
                + " of "
                + table.name()
                + " is larger than the target's max_allowed_packet of "
                + maxPacket
                + " bytes; raise that setting on the target");
      }
      staged[i] = true;
      String variable = "@lockstep_" + i;
      statement.execute("SET " + variable + "=_binary''");
      int piece = (int) Math.min(PACKET, maxPacket / 4);
      for (int at = 0; at < v.length; at += piece) {
        used = 0;
        put(bytes("SET " + variable + "=CONCAT(" + variable + ",0x"));
        hex(Arrays.copyOfRange(v, at, Math.min(v.length, at + piece)));
        put((byte) ')');
        statement.execute(text());
      }
      clear.append(clear.length() == 0 ? "SET " : ",").append(variable).append("=NULL");
    }
    begin();
    for (int i = 0; i < values.length; i++) {
      if (i > 0) {
        put((byte) ',');
      }
      if (staged[i]) {
        UserColumn c = table.writable().get(i);
        String variable = "CAST(@lockstep_" + i + " AS BINARY)";
        put(
            bytes(
                switch (forms[i]) {
                  case TEXT -> "CONVERT(" + variable + " USING " + c.charset() + ")";
                  case JSON -> "CONVERT(" + variable + " USING utf8mb4)";
                  default -> variable;
                }));
        bytes += values[i].length;
      } else {
        value(i, values[i]);
      }
    }
    put((byte) ')');
    pending++;
    flush();
    if (clear.length() > 0) {
      statement.execute(clear.toString());
    }
  }

  private void value(int column, byte[] v) {
    if (v == null) {
      put(NULL);
      return;
    }
    switch (forms[column]) {
      case NUMBER -> put(v);
      case QUOTED -> {
        put((byte) '\'');
        put(v);
        put((byte) '\'');
      }
      default -> {
        if (v.length == 0 || ascii[column] && quotedAscii(v)) {
          if (v.length == 0) {
            put(EMPTY);
          }
          return;
        }
        put(introducers[column]);
        hex(v);
      }
    }
  }

  private static final byte[] NULL = bytes("NULL");
  private static final byte[] EMPTY = bytes("''");

  /** Writes the value in quotes; false, with nothing written, where it is not plain ASCII. */
  private boolean quotedAscii(byte[] v) {
    int start = used;
    ensure(2 * v.length + 2);
    byte[] b = buffer;
    int at = used;
    b[at++] = '\'';
    for (byte x : v) {
      if (x <= 0) {
        used = start;
        return false;
      }
      if (x == '\'' || x == '\\') {
        b[at++] = x;
      }
      b[at++] = x;
    }
    b[at++] = '\'';
    used = at;
    return true;
  }

  private void hex(byte[] v) {
    ensure(2 * v.length);
    byte[] b = buffer;
    int at = used;
    for (byte x : v) {
      b[at++] = HEX[(x >> 4) & 15];
      b[at++] = HEX[x & 15];
    }
    used = at;
  }

  private void put(byte x) {
    ensure(1);
    buffer[used++] = x;
  }

  private void put(byte[] v) {
    ensure(v.length);
    System.arraycopy(v, 0, buffer, used, v.length);
    used += v.length;
  }

  private void ensure(int more) {
    if (buffer.length - used < more) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, used + more));
    }
  }

  private String text() {
    return new String(buffer, 0, used, StandardCharsets.UTF_8);
  }

  /** Sends what is pending. */
  void flush() throws SQLException {
    if (pending == 0) {
      return;
    }
    long n = statement.executeLargeUpdate(text());
    if (n != pending) {
      throw new SQLException(
          "Lockstep: "
              + pending
              + " rows were sent to "
              + table.name()
              + ", but "
              + n
              + " arrived");
    }
    checkWarnings();
    rows += pending;
    bytes += used;
    uncommitted += used;
    pending = 0;
    used = 0;
  }

  private void checkWarnings() throws SQLException {
    for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
      // 1265: the error value of an ENUM gives this on its way in, although it arrives.
      if (!(hasEnum && w.getErrorCode() == 1265)) {
        throw new SQLException(
            "Lockstep: a row of "
                + table.name()
                + " could not be written exactly as it was read: "
                + w.getMessage(),
            w.getSQLState(),
            w.getErrorCode());
      }
    }
    statement.clearWarnings();
  }

  /** Rows sent so far. */
  long rows() {
    return rows;
  }

  /** Bytes sent so far. */
  long bytes() {
    return bytes;
  }

  /** Commits where {@code enough} bytes have been sent since the last time. */
  void commitIfLarge(long enough) throws SQLException {
    if (uncommitted >= enough) {
      target.commit();
      uncommitted = 0;
    }
  }

  @Override
  public void close() throws SQLException {
    statement.close();
  }
}
