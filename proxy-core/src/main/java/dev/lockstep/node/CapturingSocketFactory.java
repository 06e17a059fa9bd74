package dev.lockstep.node;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.log.Log;
import com.mysql.cj.protocol.ServerSession;
import com.mysql.cj.protocol.SocketConnection;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/**
 * Connector/J's socket factory with one addition: the thread that opens a connection can take the
 * socket afterwards, so that {@link MySqlWire} can send packets to several servers before it waits
 * for any answer. Connector/J creates it by name ({@code socketFactory} property); one instance per
 * connection.
 */
public final class CapturingSocketFactory extends StandardSocketFactory {
  private static final ThreadLocal<Socket> CAPTURED = new ThreadLocal<>();

  /** For Connector/J. */
  public CapturingSocketFactory() {}

  /** Forgets what was captured on this thread. */
  static void clear() {
    CAPTURED.remove();
  }

  /** The socket of the connection that this thread opened last, or null. */
  static Socket take() {
    Socket s = CAPTURED.get();
    CAPTURED.remove();
    return s;
  }

  @Override
  public <T extends Closeable> T connect(
      String host, int port, PropertySet properties, int loginTimeout) throws IOException {
    T socket = super.connect(host, port, properties, loginTimeout);
    if (socket instanceof Socket s) {
      CAPTURED.set(s);
    }
    return socket;
  }

  @Override
  public <T extends Closeable> T performTlsHandshake(
      SocketConnection connection, ServerSession session, Log log) throws IOException {
    T socket = super.performTlsHandshake(connection, session, log);
    if (socket instanceof Socket s) {
      CAPTURED.set(s);
    }
    return socket;
  }

  @Override
  public <T extends Closeable> T performTlsHandshake(
      SocketConnection connection, ServerSession session) throws IOException {
    T socket = super.performTlsHandshake(connection, session);
    if (socket instanceof Socket s) {
      CAPTURED.set(s);
    }
    return socket;
  }
}
