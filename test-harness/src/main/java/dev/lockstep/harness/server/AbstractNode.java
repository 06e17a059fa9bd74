package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * What the nodes of all engines share: the life cycle of process, port and directory. Thread-safe:
 * the monitor of the node guards every change of state; questions do not wait for it, as a start
 * takes a while.
 */
abstract class AbstractNode implements DatabaseNode {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final int PORT_ATTEMPTS = 5;

  private final String name;
  private final Path directory;
  private volatile LoopbackPort port;
  private volatile ServerProcess process;
  private volatile boolean frozen;
  private boolean everStarted;
  private boolean closed;

  AbstractNode(String name) {
    this.name = name;
    this.directory = Workspace.current().newDirectory(name);
    this.port = LoopbackPort.reserve();
  }

  /** Makes the data directory ready where it is missing. */
  abstract void prepareData() throws IOException;

  abstract List<String> command();

  /** Returns normally if this very server answers on the port, throws if it does not yet. */
  abstract void probe() throws Exception;

  /** What to tell a user whose server ended before it answered. */
  abstract String advice();

  @Override
  public String name() {
    return name;
  }

  @Override
  public int port() {
    return port.number();
  }

  @Override
  public String user() {
    return "app";
  }

  @Override
  public String password() {
    return "app";
  }

  @Override
  public Path dataDirectory() {
    return directory.resolve("data");
  }

  Path directory() {
    return directory;
  }

  private Path logFile() {
    return directory.resolve("server.log");
  }

  @Override
  public List<String> log(int lines) {
    return Workspace.tail(logFile(), lines);
  }

  @Override
  public synchronized void start() {
    if (alive()) {
      return;
    }
    if (closed) {
      throw new ServerException("node " + name + " is closed");
    }
    try {
      prepareData();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (int attempt = 1; ; attempt++) {
      try {
        launch();
        everStarted = true;
        return;
      } catch (ServerException e) {
        kill();
        if (attempt == PORT_ATTEMPTS || !portTaken()) {
          throw e;
        }
        if (!everStarted) {
          port.close();
          port = LoopbackPort.reserve();
        }
      }
    }
  }

  private boolean portTaken() {
    return log(20).stream()
        .anyMatch(
            line ->
                line.contains("Address already in use")
                    || line.contains("Bind on TCP/IP port")
                    || line.contains("port may be in use"));
  }

  private void launch() {
    frozen = false;
    process = ServerProcess.launch(command(), directory, logFile());
    Workspace.current().register(directory, process);
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      boolean running = process.alive();
      Exception last;
      try {
        probe();
        if (running) {
          return;
        }
        last = null;
      } catch (Exception notYet) {
        last = notYet;
      }
      if (!running) {
        throw new ServerException(
            "%s ended with code %d before it answered; %s%nits log:%n%s"
                .formatted(this, process.exitCode(), advice(), String.join("\n", log(30))));
      }
      if (System.nanoTime() > deadline) {
        throw new ServerException(
            "%s did not answer within %d s (%s)%nits log:%n%s"
                .formatted(this, START_TIMEOUT.toSeconds(), last, String.join("\n", log(30))));
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ServerException("interrupted while starting " + this, e);
      }
    }
  }

  @Override
  public synchronized void stop() {
    if (!alive()) {
      ended();
      return;
    }
    unfreeze();
    if (!process.terminate(STOP_TIMEOUT)) {
      process.kill();
      ended();
      throw new ServerException(
          this + " did not stop within " + STOP_TIMEOUT.toSeconds() + " s and was killed");
    }
    ended();
  }

  @Override
  public synchronized void kill() {
    if (process != null) {
      process.kill();
    }
    ended();
  }

  private void ended() {
    if (process != null) {
      Workspace.current().deregister(process);
    }
    process = null;
    frozen = false;
  }

  @Override
  public synchronized void freeze() {
    if (!alive()) {
      throw new ServerException(this + " is not running, cannot freeze it");
    }
    process.signal("STOP");
    frozen = true;
  }

  @Override
  public synchronized void unfreeze() {
    if (frozen && alive()) {
      process.signal("CONT");
    }
    frozen = false;
  }

  @Override
  public boolean frozen() {
    return frozen && alive();
  }

  @Override
  public boolean alive() {
    ServerProcess present = process;
    return present != null && present.alive();
  }

  @Override
  public synchronized void restart() {
    stop();
    start();
  }

  @Override
  public synchronized void wipe() {
    kill();
    Workspace.delete(dataDirectory());
  }

  @Override
  public long pid() {
    ServerProcess present = process;
    return present != null && present.alive() ? present.pid() : -1;
  }

  @Override
  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database), user(), password());
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      kill();
      closed = true;
      Workspace.discard(directory);
      port.close();
    }
  }

  @Override
  public String toString() {
    return engine() + " " + name + " (port " + port.number() + ", " + directory + ")";
  }
}
