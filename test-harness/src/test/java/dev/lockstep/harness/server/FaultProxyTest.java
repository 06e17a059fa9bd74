package dev.lockstep.harness.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that sends back what it gets. */
@Timeout(60)
class FaultProxyTest {
  private static final int QUIET_MILLIS = 150;

  private final List<Socket> served = new CopyOnWriteArrayList<>();
  private ServerSocket echo;
  private FaultProxy proxy;

  @BeforeEach
  void open() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(
        () -> {
          while (true) {
            Socket socket = echo.accept();
            served.add(socket);
            daemon(
                () -> {
                  socket.getInputStream().transferTo(socket.getOutputStream());
                  socket.shutdownOutput();
                });
          }
        });
    proxy = new FaultProxy(echo.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    echo.close();
    for (Socket socket : served) {
      socket.close();
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  private static void daemon(Body body) {
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (Exception ended) {
                // The sockets were closed.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static void send(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
  }

  private static int receive(Socket socket) throws IOException {
    return socket.getInputStream().read();
  }

  private static void assertQuiet(Socket socket) throws IOException {
    socket.setSoTimeout(QUIET_MILLIS);
    assertThatThrownBy(() -> receive(socket)).isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(10_000);
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(
            () -> {
              long end = System.nanoTime() + 10_000_000_000L;
              while (System.nanoTime() < end) {
                send(socket, 1);
                if (receive(socket) < 0) {
                  throw new AssertionError("an orderly end instead of a reset");
                }
              }
            })
        .isInstanceOf(SocketException.class);
  }

  private void assertWorks(Socket socket) throws IOException {
    for (int i = 0; i < 3; i++) {
      send(socket, i);
      assertThat(receive(socket)).isEqualTo(i);
    }
  }

  private void assertNewConnectionsWork() throws IOException {
    try (Socket socket = connect()) {
      assertWorks(socket);
    }
  }

  private void transfer(int size) throws Exception {
    byte[] data = new byte[size];
    new Random(5).nextBytes(data);
    try (Socket socket = connect()) {
      daemon(
          () -> {
            OutputStream out = socket.getOutputStream();
            for (int i = 0; i < size; i += 40_000) {
              out.write(data, i, Math.min(40_000, size - i));
            }
            socket.shutdownOutput();
          });
      InputStream in = socket.getInputStream();
      assertThat(Arrays.equals(in.readAllBytes(), data)).isTrue();
    }
  }

  private void awaitConnections(int count) throws InterruptedException {
    for (int i = 0; i < 200 && proxy.connections() != count; i++) {
      Thread.sleep(10);
    }
    assertThat(proxy.connections()).isEqualTo(count);
  }

  @Test
  void passesBytesAndTheEndOfStreams() throws Exception {
    assertNewConnectionsWork();
    transfer(3_000_000);
    awaitConnections(0);
    assertThat(proxy.accepted()).isEqualTo(2);
  }

  @Test
  void delaysEachWayWithoutMakingBytesWaitForEachOther() throws Exception {
    try (Socket socket = connect()) {
      assertWorks(socket);
      proxy.delay(Duration.ofMillis(50));
      long start = System.nanoTime();
      for (int i = 0; i < 50; i++) {
        send(socket, i);
        Thread.sleep(1);
      }
      for (int i = 0; i < 50; i++) {
        assertThat(receive(socket)).isEqualTo(i);
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertThat(millis).isBetween(100L, 2_000L);
      proxy.delay(Duration.ZERO);
      assertWorks(socket);
    }
    proxy.delay(Duration.ofMillis(10));
    transfer(10_000_000);
  }

  @Test
  void cutsWithResets() throws Exception {
    try (Socket socket = connect()) {
      assertWorks(socket);
      proxy.cut();
      assertReset(socket);
      assertNewConnectionsWork();
    }
  }

  @Test
  void refusesNewConnectionsOnly() throws Exception {
    try (Socket socket = connect()) {
      assertWorks(socket);
      proxy.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      assertWorks(socket);
      proxy.heal();
      assertNewConnectionsWork();
      assertWorks(socket);
    }
  }

  @Test
  void aBlackHoleSwallowsOldAndNewConnections() throws Exception {
    try (Socket old = connect();
        Socket idle = connect()) {
      assertWorks(old);
      assertWorks(idle);
      proxy.blackHole();
      send(old, 1);
      assertQuiet(old);
      try (Socket young = connect()) {
        send(young, 1);
        assertQuiet(young);
        proxy.heal();
        assertReset(old);
        assertReset(young);
      }
      assertWorks(idle);
      assertNewConnectionsWork();
    }
  }

  @Test
  void losesOneDirection() throws Exception {
    for (FaultProxy.Direction direction : FaultProxy.Direction.values()) {
      try (Socket socket = connect()) {
        assertWorks(socket);
        proxy.oneWay(direction);
        Socket server = served.get(served.size() - 1);
        if (direction == FaultProxy.Direction.TO_SERVER) {
          send(socket, 1);
          assertQuiet(socket);
          server.getOutputStream().write(9);
          assertThat(receive(socket)).isEqualTo(9);
        } else {
          send(socket, 1);
          assertQuiet(socket);
        }
        proxy.heal();
        assertReset(socket);
      }
    }
  }

  @Test
  void holdsAndThenDeliversEverything() throws Exception {
    try (Socket socket = connect()) {
      assertWorks(socket);
      proxy.hold();
      send(socket, 1);
      send(socket, 2);
      assertQuiet(socket);
      proxy.heal();
      assertThat(receive(socket)).isEqualTo(1);
      assertThat(receive(socket)).isEqualTo(2);
    }
  }

  @Test
  void halfCloseEndsTheStreamToTheClient() throws Exception {
    try (Socket socket = connect()) {
      assertWorks(socket);
      proxy.halfClose();
      assertThat(receive(socket)).isEqualTo(-1);
      send(socket, 1); // still possible
      assertNewConnectionsWork();
    }
  }

  @Test
  void aDeadServerIsSeenAsAReset() throws Exception {
    int port = echo.getLocalPort();
    echo.close();
    // A listener that another thread accepts on is closed a moment after close() returns.
    await()
        .until(
            () -> {
              try (Socket direct = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return false;
              } catch (IOException refused) {
                return true;
              }
            });
    try (Socket socket = connect()) {
      assertReset(socket);
    }
  }
}
