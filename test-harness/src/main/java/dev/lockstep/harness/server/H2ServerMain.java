package dev.lockstep.harness.server;

import java.io.IOException;
import org.h2.tools.Server;

/**
 * The main class of an {@link H2Node}'s process: an H2 TCP server that ends as soon as its standard
 * input does, which happens at the latest when its parent dies.
 */
final class H2ServerMain {
  /** What it says, before its process id, when it accepts connections. */
  static final String READY = "ready, pid ";

  private H2ServerMain() {}

  /** Arguments: port, base directory. */
  public static void main(String[] arguments) throws Exception {
    Server server =
        Server.createTcpServer(
            "-tcpPort", arguments[0], "-baseDir", arguments[1], "-ifNotExists", "-tcpDaemon");
    server.start();
    System.out.println(READY + ProcessHandle.current().pid());
    awaitEndOfInput();
    Runtime.getRuntime().halt(0);
  }

  private static void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever sent.
      }
    } catch (IOException e) {
      // As good as the end of the input.
    }
  }
}
