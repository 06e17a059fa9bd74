package dev.lockstep.harness.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy on the loopback interface that can misbehave like a network. It accepts before it
 * connects to the server, so that a client of a dead server sees a reset, not a refusal; {@link
 * #refuse()} makes it refuse. Thread-safe; its threads are daemons.
 */
public final class FaultProxy implements AutoCloseable {
  /** A way through the proxy. */
  public enum Direction {
    TO_SERVER,
    TO_CLIENT
  }

  private static final Logger log = LoggerFactory.getLogger(FaultProxy.class);
  private static final int CHUNK = 16 * 1024;
  private static final int MAX_CHUNKS_UNDER_WAY = 256;
  private static final int BACKLOG = 200;
  private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
  private static final int ACCEPT_END_MILLIS = 5_000;

  private final LoopbackPort port = LoopbackPort.reserve();
  private final InetSocketAddress server;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();

  // Guarded by the monitor for writing; read by the pumps without it.
  private volatile long delayNanos;
  private volatile Set<Direction> swallowed = Set.of();
  private volatile Set<Direction> held = Set.of();
  private ServerSocket listener;
  private Thread acceptor;
  private boolean closed;

  /** A proxy on a free loopback port before a server on another. */
  public FaultProxy(int serverPort) throws IOException {
    this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
    listen();
  }

  /** A proxy before a node, which need not run. */
  public static FaultProxy before(DatabaseNode node) throws IOException {
    return new FaultProxy(node.port());
  }

  /** The port that clients connect to. */
  public int port() {
    return port.number();
  }

  /** Connections that are open now. */
  public int connections() {
    return links.size();
  }

  /** Connections accepted so far. */
  public long accepted() {
    return accepted.get();
  }

  /** From now on each byte takes this long each way; bytes do not wait for each other. */
  public synchronized void delay(Duration eachWay) {
    delayNanos = eachWay.toNanos();
  }

  /** Ends all connections with a reset; new ones are not affected. */
  public synchronized void cut() {
    links.forEach(Link::reset);
  }

  /** Stops listening, so that new connections are refused; existing ones are not affected. */
  public synchronized void refuse() {
    closeQuietly(listener);
    listener = null;
    try {
      // The kernel keeps the port open as long as a thread is inside accept.
      if (acceptor != null) {
        acceptor.join(ACCEPT_END_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    acceptor = null;
  }

  /** Accepts, reads and forgets everything, both ways, on old connections and on new ones. */
  public synchronized void blackHole() {
    swallowed = EnumSet.allOf(Direction.class);
  }

  /** Forgets everything that goes in this direction; the other one works. */
  public synchronized void oneWay(Direction lost) {
    swallowed = EnumSet.of(lost);
  }

  /**
   * Delivers nothing and loses nothing until {@link #heal()}, as a network that is down for a while
   * and then retransmits.
   */
  public synchronized void hold() {
    held = EnumSet.allOf(Direction.class);
  }

  /** The client of each connection sees the end of the stream, but may go on sending. */
  public void halfClose() {
    halfClose(Direction.TO_CLIENT);
  }

  /** Ends the stream of each open connection in this direction; the other one works. */
  public synchronized void halfClose(Direction direction) {
    for (Link link : links) {
      link.pump(direction).endOutput();
    }
  }

  /**
   * Ends every fault. Connections that lost bytes to a black hole are reset, as their streams would
   * be wrong.
   */
  public synchronized void heal() {
    delayNanos = 0;
    swallowed = Set.of();
    held = Set.of();
    notifyAll();
    for (Link link : links) {
      if (link.lostBytes) {
        link.reset();
      }
    }
    if (listener == null && !closed) {
      try {
        listen();
      } catch (IOException e) {
        throw new ServerException("cannot listen again on port " + port(), e);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    held = Set.of();
    notifyAll();
    refuse();
    cut();
    port.close();
  }

  private synchronized void listen() throws IOException {
    ServerSocket socket =
        new ServerSocket(port.number(), BACKLOG, InetAddress.getLoopbackAddress());
    listener = socket;
    acceptor = daemon("accept", () -> accept(socket));
  }

  private Thread daemon(String task, Runnable body) {
    Thread thread = new Thread(body, "lockstep-proxy-" + port.number() + "-" + task);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void accept(ServerSocket socket) {
    while (!socket.isClosed()) {
      Socket client = null;
      try {
        client = socket.accept();
        accepted.incrementAndGet();
        Link link = new Link(client);
        links.add(link);
        daemon("connect", link::open);
      } catch (IOException e) {
        if (!socket.isClosed()) {
          log.debug("accept failed", e);
          closeQuietly(client);
        }
      }
    }
  }

  private synchronized void awaitRelease(Direction direction) throws InterruptedException {
    while (held.contains(direction)) {
      wait();
    }
  }

  private static void closeQuietly(Closeable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (IOException e) {
      log.trace("close failed", e);
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0); // makes close() send a reset
    } catch (IOException e) {
      log.trace("linger failed", e);
    }
    closeQuietly(socket);
  }

  /** One client's connection with its way to the server. */
  private final class Link {
    private final Socket client;
    private final Socket upstream = new Socket();
    private final Pump toServer = new Pump(this, Direction.TO_SERVER);
    private final Pump toClient = new Pump(this, Direction.TO_CLIENT);
    private final AtomicInteger ended = new AtomicInteger();
    volatile boolean lostBytes;

    Link(Socket client) {
      this.client = client;
    }

    Pump pump(Direction direction) {
      return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    Socket source(Direction direction) {
      return direction == Direction.TO_SERVER ? client : upstream;
    }

    Socket target(Direction direction) {
      return direction == Direction.TO_SERVER ? upstream : client;
    }

    void open() {
      try {
        client.setTcpNoDelay(true);
        upstream.setTcpNoDelay(true);
        if (swallowed.contains(Direction.TO_SERVER)) {
          // The server never hears of a connection whose first packet was lost.
          lostBytes = true;
          InputStream in = client.getInputStream();
          byte[] buffer = new byte[CHUNK];
          while (in.read(buffer) >= 0) {
            // Swallowed.
          }
          reset();
          return;
        }
        upstream.connect(server, CONNECT_TIMEOUT_MILLIS);
        daemon("to-client", toClient::run);
        toServer.run();
      } catch (IOException e) {
        log.trace("connection ended", e);
        reset();
      }
    }

    void directionEnded() {
      if (ended.incrementAndGet() == 2) {
        closeQuietly(client);
        closeQuietly(upstream);
        links.remove(this);
      }
    }

    void reset() {
      FaultProxy.reset(client);
      FaultProxy.reset(upstream);
      toServer.stopDelivery();
      toClient.stopDelivery();
      links.remove(this);
    }
  }

  /** Moves the bytes of one direction of a link. */
  private final class Pump {
    private final Link link;
    private final Direction direction;
    private final BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(MAX_CHUNKS_UNDER_WAY);
    private final AtomicInteger undelivered = new AtomicInteger();
    private volatile Thread delivery;
    private volatile boolean outputEnded;

    Pump(Link link, Direction direction) {
      this.link = link;
      this.direction = direction;
    }

    void run() {
      try {
        InputStream in = link.source(direction).getInputStream();
        byte[] buffer = new byte[CHUNK];
        int length;
        while ((length = in.read(buffer)) >= 0) {
          pass(buffer, length);
        }
        pass(buffer, -1);
      } catch (IOException e) {
        log.trace("pump ended", e);
        link.reset();
      } catch (InterruptedException e) {
        link.reset();
      }
    }

    private void pass(byte[] buffer, int length) throws IOException, InterruptedException {
      if (swallowed.contains(direction)) {
        link.lostBytes = true;
        if (length < 0) {
          link.directionEnded();
        }
        return;
      }
      awaitRelease(direction);
      long delay = delayNanos;
      if (delay == 0 && undelivered.get() == 0) {
        deliver(buffer, length);
        return;
      }
      undelivered.incrementAndGet();
      if (delivery == null) {
        delivery = daemon("delay", this::deliverLate);
      }
      byte[] copy = length < 0 ? null : Arrays.copyOf(buffer, length);
      Chunk chunk = new Chunk(System.nanoTime() + delay, copy);
      while (!underWay.offer(chunk, 1, TimeUnit.SECONDS)) {
        if (link.client.isClosed()) {
          return;
        }
      }
    }

    private void deliverLate() {
      try {
        while (!link.client.isClosed()) {
          Chunk chunk = underWay.take();
          long wait;
          while ((wait = chunk.due() - System.nanoTime()) > 0) {
            LockSupport.parkNanos(wait);
            if (Thread.interrupted()) {
              return;
            }
          }
          deliver(chunk.bytes(), chunk.bytes() == null ? -1 : chunk.bytes().length);
          undelivered.decrementAndGet();
        }
      } catch (IOException e) {
        log.trace("delivery ended", e);
        link.reset();
      } catch (InterruptedException e) {
        log.trace("delivery stopped", e);
      }
    }

    private void deliver(byte[] bytes, int length) throws IOException {
      if (length < 0) {
        endOutput();
        link.directionEnded();
      } else if (!outputEnded) {
        OutputStream out = link.target(direction).getOutputStream();
        out.write(bytes, 0, length);
      }
    }

    void endOutput() {
      outputEnded = true;
      try {
        link.target(direction).shutdownOutput();
      } catch (IOException alreadyClosed) {
        log.trace("half close failed", alreadyClosed);
      }
    }

    void stopDelivery() {
      Thread thread = delivery;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  private record Chunk(long due, byte[] bytes) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  @Override
  public String toString() {
    return "proxy " + port() + " -> " + List.of(server) + ", " + links.size() + " connections";
  }
}
