package dev.lockstep.node;

import dev.lockstep.config.Errors;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets of an H2 connection. H2's {@code abort} and {@code setNetworkTimeout} do nothing, so
 * that a thread that waits for a silent server could never be freed; and a connection that has
 * timed out is forgotten with its socket open, so that the server keeps the session with its locks.
 * Reflection, used once per connection. Thread-safe.
 */
final class H2Socket {
  private static final Logger LOG = LoggerFactory.getLogger(H2Socket.class);

  private static final Pattern REMOTE =
      Pattern.compile("jdbc:h2:(?:tcp|ssl)://(\\[[^]]*]|[^/:;,]*)(?::(\\d+))?/");
  private static final int DEFAULT_PORT = 9092;

  private final List<Socket> sockets;

  private H2Socket(List<Socket> sockets) {
    this.sockets = sockets;
  }

  /** The sockets behind this connection; none for an embedded database or an unknown H2. */
  static H2Socket of(Connection c) {
    List<Socket> found = new ArrayList<>(1);
    try {
      Object session = c.getClass().getMethod("getSession").invoke(c);
      Field field = session.getClass().getDeclaredField("transferList");
      field.setAccessible(true);
      for (Object transfer : (Iterable<?>) field.get(session)) {
        found.add((Socket) transfer.getClass().getMethod("getSocket").invoke(transfer));
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.debug("no socket of {} can be had", c.getClass(), e);
    }
    return new H2Socket(found);
  }

  /**
   * Fails at once where nobody listens. H2's driver tries a refused connection again for more than
   * a second and has a time-out of its own for one that is not answered (source: H2's {@code
   * NetUtils}; both are settings of the whole JVM), so that a dead node would hold everybody up.
   *
   * @throws SQLException 08001
   */
  static void probe(String url, int timeoutMillis) throws SQLException {
    Matcher m = REMOTE.matcher(url);
    if (!m.lookingAt()) {
      return;
    }
    String host = m.group(1);
    int port = m.group(2) == null ? DEFAULT_PORT : Integer.parseInt(m.group(2));
    try (Socket s = new Socket()) {
      s.connect(new InetSocketAddress(host, port), timeoutMillis);
    } catch (IOException e) {
      throw Errors.cannotConnect("cannot connect to " + host + ":" + port, e);
    }
  }

  /** From now on a statement may take as long as it likes. */
  void unlimited() {
    for (Socket s : sockets) {
      try {
        s.setSoTimeout(0);
      } catch (SocketException e) {
        LOG.debug("a connection is closed already", e);
      }
    }
  }

  void close() {
    for (Socket s : sockets) {
      try {
        s.close();
      } catch (IOException e) {
        LOG.debug("closing a socket", e);
      }
    }
  }
}
