package dev.lockstep.node;

import dev.lockstep.config.SqlState;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.util.Arrays;

/**
 * The little of the MySQL client protocol that packets of statements without result sets need:
 * COM_QUERY out, OK and ERR in (source: MySQL Internals, "Client/Server Protocol", "Text
 * Protocol"). It works on the socket of a connection that Connector/J opened and authenticated,
 * between that driver's own commands, so it starts with sequence number 0 each time and leaves no
 * byte unread. Used by one thread at a time.
 */
final class MySqlWire {
  private static final int MAX_CHUNK = 0xFFFFFF;
  private static final int SMALL = 32 * 1024;
  private static final int SHORTEST_ANSWER = 11;
  private static final int MORE_RESULTS = 0x0008;

  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private final int autoIncrementStep;
  private byte[] buffer = new byte[4096];
  private int from;
  private int to;
  private Thread writer;
  private int unanswered;
  private volatile IOException writeError;
  private long timeoutMillis;
  private long deadline;
  private int patienceMillis;
  private Runnable stalled;

  MySqlWire(Socket socket, int autoIncrementStep) throws IOException {
    this.socket = socket;
    this.autoIncrementStep = Math.max(1, autoIncrementStep);
    this.out = socket.getOutputStream();
    this.in = socket.getInputStream();
  }

  /**
   * Writes the packet; a large one is written by a helper thread, as a frozen server would block
   * the caller.
   */
  void send(Packet packet) throws IOException {
    byte[] frames = framesOf(packet);
    unanswered += frames.length;
    if (frames.length <= SMALL) {
      out.write(frames);
      return;
    }
    writeError = null;
    byte[] bytes = frames;
    writer =
        new Thread(
            () -> {
              try {
                out.write(bytes);
              } catch (IOException e) {
                writeError = e;
              }
            },
            "lockstep-writer");
    writer.setDaemon(true);
    writer.start();
  }

  /** Whether it can be sent now, and all that the server may not have read is small together. */
  boolean takesBehind(Packet packet) {
    return unanswered + framesOf(packet).length <= SMALL;
  }

  private static byte[] framesOf(Packet packet) {
    if (packet.frames() == null) {
      packet.frames(frames(packet));
    }
    return packet.frames();
  }

  private static byte[] frames(Packet packet) {
    byte[] text;
    if (packet.statements().size() == 1) {
      text = packet.statements().get(0).getBytes(StandardCharsets.UTF_8);
    } else {
      int n = 0;
      for (String s : packet.statements()) {
        n += s.length() + 1;
      }
      StringBuilder b = new StringBuilder(n);
      for (String s : packet.statements()) {
        if (b.length() > 0) {
          b.append(';');
        }
        b.append(s);
      }
      text = b.toString().getBytes(StandardCharsets.UTF_8);
    }
    int payload = text.length + 1;
    int chunks = payload / MAX_CHUNK + 1;
    byte[] frames = new byte[payload + 4 * chunks];
    int w = 0;
    int r = -1; // -1 stands for the command byte
    for (int c = 0; c < chunks; c++) {
      int n = Math.min(MAX_CHUNK, payload - c * MAX_CHUNK);
      frames[w++] = (byte) n;
      frames[w++] = (byte) (n >> 8);
      frames[w++] = (byte) (n >> 16);
      frames[w++] = (byte) c;
      if (r < 0) {
        frames[w++] = 3; // COM_QUERY
        r = 0;
        n--;
      }
      System.arraycopy(text, r, frames, w, n);
      w += n;
      r += n;
    }
    return frames;
  }

  /**
   * Reads the answers of all statements of a packet.
   *
   * @param packet the first one that is not answered yet
   * @param last whether there are no others
   * @param timeoutMillis for all of them, 0 for no limit
   * @param patienceMillis if there is no byte for so long, {@code stalled} runs, once, and the
   *     time-out begins anew; 0 for never
   */
  Outcome await(
      Packet packet, boolean last, long timeoutMillis, long patienceMillis, Runnable stalled) {
    int n = packet.statements().size();
    long[] counts = new long[n];
    long[] ids = new long[n];
    int done = 0;
    int warnings = 0;
    this.timeoutMillis = timeoutMillis;
    this.patienceMillis = (int) patienceMillis;
    this.stalled = stalled;
    begin();
    try {
      while (true) {
        int length = header();
        int first = read() & 0xFF;
        if (first == 0) {
          int end = length - 1;
          long[] v = new long[1];
          end -= lengthEncoded(v);
          counts[done] = v[0];
          end -= lengthEncoded(v);
          ids[done] = v[0];
          int status = read() & 0xFF | (read() & 0xFF) << 8;
          warnings += read() & 0xFF | (read() & 0xFF) << 8;
          skip(end - 4);
          done++;
          if ((status & MORE_RESULTS) == 0) {
            break;
          }
          if (done == n) {
            throw new IOException("more results than statements");
          }
        } else if (first == 0xFF) {
          SQLException e = error(length - 1);
          boolean lost = MySqlDialect.connectionCode(e.getErrorCode());
          if (!lost && last) {
            checkDrained();
          }
          return outcome(packet, counts, ids, done, warnings, e, lost);
        } else {
          throw new IOException("a result set where none was expected");
        }
      }
      if (last) {
        checkDrained();
      }
      if (done < n) {
        throw new IOException(
            "fewer results than statements: one of them is more than a statement");
      }
      return outcome(packet, counts, ids, done, warnings, null, false);
    } catch (IOException e) {
      boolean timeout = e instanceof SocketTimeoutException;
      String what =
          timeout
              ? "no answer within " + timeoutMillis + " ms"
              : "connection lost: " + e.getMessage();
      if (writeError != null) {
        e.addSuppressed(writeError);
      }
      return outcome(
          packet,
          counts,
          ids,
          done,
          warnings,
          new SQLNonTransientConnectionException(
              "Lockstep: " + what, SqlState.CONNECTION_FAILURE.code(), e),
          true);
    } finally {
      writer = null;
      unanswered -= packet.frames().length;
    }
  }

  /** Whether as many bytes have come as the shortest answers to all statements would take. */
  boolean answered(Packet packet) {
    try {
      return writer == null
          && to - from + in.available() >= SHORTEST_ANSWER * packet.statements().size();
    } catch (IOException e) {
      return true; // await tells
    }
  }

  private void checkDrained() throws IOException {
    if (from != to) {
      throw new IOException("unexpected bytes after the answer");
    }
  }

  private Outcome outcome(
      Packet packet,
      long[] counts,
      long[] ids,
      int done,
      int warnings,
      SQLException error,
      boolean lost) {
    long[] c = done == counts.length ? counts : Arrays.copyOf(counts, done);
    long[] keys = null;
    int k = packet.keysOf();
    if (k >= 0 && k < done && ids[k] != 0) {
      keys = new long[(int) counts[k]];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = ids[k] + (long) i * autoIncrementStep;
      }
    }
    return new Outcome(c, ids, keys, warnings, error, lost);
  }

  private int header() throws IOException {
    int n = read() & 0xFF | (read() & 0xFF) << 8 | (read() & 0xFF) << 16;
    read();
    return n;
  }

  private SQLException error(int length) throws IOException {
    byte[] b = new byte[length];
    for (int i = 0; i < length; i++) {
      b[i] = read();
    }
    int code = b[0] & 0xFF | (b[1] & 0xFF) << 8;
    String state = "HY000";
    int at = 2;
    if (length > 8 && b[2] == '#') {
      state = new String(b, 3, 5, StandardCharsets.US_ASCII);
      at = 8;
    }
    String message = new String(b, at, length - at, StandardCharsets.UTF_8);
    return exception(message, state, code);
  }

  /** The subclass that Connector/J would throw for this SQLState. */
  static SQLException exception(String message, String state, int code) {
    return switch (state.substring(0, 2)) {
      case "08" -> new SQLNonTransientConnectionException(message, state, code);
      case "22" -> new SQLDataException(message, state, code);
      case "23" -> new SQLIntegrityConstraintViolationException(message, state, code);
      case "28" -> new SQLInvalidAuthorizationSpecException(message, state, code);
      case "40" -> new SQLTransactionRollbackException(message, state, code);
      case "42" -> new SQLSyntaxErrorException(message, state, code);
      default ->
          code == 3024 || code == 1969
              ? new SQLTimeoutException(message, state, code)
              : new SQLException(message, state, code);
    };
  }

  private int lengthEncoded(long[] value) throws IOException {
    int first = read() & 0xFF;
    if (first < 0xFB) {
      value[0] = first;
      return 1;
    }
    int n = first == 0xFC ? 2 : first == 0xFD ? 3 : 8;
    long v = 0;
    for (int i = 0; i < n; i++) {
      v |= (read() & 0xFFL) << (8 * i);
    }
    value[0] = v;
    return n + 1;
  }

  private void skip(int n) throws IOException {
    for (int i = 0; i < n; i++) {
      read();
    }
  }

  private void begin() {
    deadline = timeoutMillis <= 0 ? 0 : System.nanoTime() + timeoutMillis * 1_000_000;
  }

  private byte read() throws IOException {
    if (from == to) {
      fill();
    }
    return buffer[from++];
  }

  private void fill() throws IOException {
    int left = 0;
    if (deadline != 0) {
      left = (int) Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
    }
    from = 0;
    to = 0;
    int n;
    try {
      n = read(patienceMillis > 0 ? patienceMillis : left);
    } catch (SocketTimeoutException e) {
      if (patienceMillis == 0) {
        throw e;
      }
      patienceMillis = 0;
      stalled.run();
      begin();
      fill();
      return;
    }
    if (n <= 0) {
      throw new EOFException("the server closed the connection");
    }
    to = n;
  }

  private int read(int timeout) throws IOException {
    socket.setSoTimeout(timeout);
    int n = in.read(buffer, 0, buffer.length);
    if (timeout != 0) {
      socket.setSoTimeout(0);
    }
    return n;
  }

  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // closing is all that was wanted
    }
  }
}
