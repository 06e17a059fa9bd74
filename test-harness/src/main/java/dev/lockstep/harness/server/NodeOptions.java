package dev.lockstep.harness.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * How a node is started. Immutable.
 *
 * @param lockTimeout how long the server lets a statement wait for a row lock
 * @param serverArguments further options for the server process; they win over the harness's own.
 *     For MariaDB and MySQL options of the server, for H2 options of its JVM
 * @param progress told about slow steps such as fetching the server binaries
 */
public record NodeOptions(
    Duration lockTimeout, List<String> serverArguments, Consumer<String> progress) {

  public NodeOptions {
    serverArguments = List.copyOf(serverArguments);
  }

  /** Lock timeout 5 s, no further arguments, progress on standard error. */
  public static NodeOptions defaults() {
    return new NodeOptions(Duration.ofSeconds(5), List.of(), System.err::println);
  }

  public NodeOptions withLockTimeout(Duration timeout) {
    return new NodeOptions(timeout, serverArguments, progress);
  }

  public NodeOptions withServerArguments(String... more) {
    List<String> all = new ArrayList<>(serverArguments);
    all.addAll(List.of(more));
    return new NodeOptions(lockTimeout, all, progress);
  }

  public NodeOptions withProgress(Consumer<String> listener) {
    return new NodeOptions(lockTimeout, serverArguments, listener);
  }
}
