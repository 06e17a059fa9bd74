package dev.lockstep.harness.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A child process that does not outlive this JVM where the system can see to that. Thread-safe.
 *
 * <p>With {@code setpriv} (util-linux) the kernel kills the child when the thread that started it
 * ends; so one thread, which lives as long as the JVM, starts them all. Without it the shutdown
 * hook and the reaper of {@link Workspace} remain.
 */
final class ServerProcess {
  private static final ExecutorService LAUNCHER =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "lockstep-launcher");
            thread.setDaemon(true);
            return thread;
          });
  private static final List<String> DEATH_SIGNAL = deathSignal();

  private final Process process;

  private ServerProcess(Process process) {
    this.process = process;
  }

  private static List<String> deathSignal() {
    return Stream.of("/usr/bin/setpriv", "/bin/setpriv")
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst()
        .map(path -> List.of(path, "--pdeathsig", "KILL", "--"))
        .orElse(List.of());
  }

  /** Starts a command with its output appended to a log file; its standard input stays open. */
  static ServerProcess launch(List<String> command, Path directory, Path log) {
    List<String> words = new ArrayList<>(DEATH_SIGNAL);
    words.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      return new ServerProcess(LAUNCHER.submit(builder::start).get());
    } catch (ExecutionException e) {
      throw new ServerException("cannot start " + command.get(0) + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerException("interrupted while starting " + command.get(0), e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Exit code; only after the end of the process. */
  int exitCode() {
    return process.exitValue();
  }

  /** Asks the process to end; true if it did so in time. */
  boolean terminate(Duration timeout) {
    process.destroy();
    return await(timeout);
  }

  void kill() {
    process.destroyForcibly();
    if (!await(Duration.ofSeconds(30))) {
      throw new ServerException("process " + pid() + " is still there 30 s after SIGKILL");
    }
  }

  /** Sends a signal, such as {@code STOP}, to the process if it is there. */
  void signal(String name) {
    if (!alive()) {
      throw new ServerException("process " + pid() + " is gone, cannot send SIG" + name);
    }
    try {
      // The shell's own kill: minimal images have no kill program.
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid()).inheritIO().start();
      if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new ServerException("kill -" + name + " " + pid() + " failed");
      }
    } catch (IOException e) {
      throw new ServerException("cannot run sh: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerException("interrupted while sending SIG" + name, e);
    }
  }

  /** Waits for the end of a short-lived program and returns its exit code; ends it if it hangs. */
  static int await(Process process, Duration timeout) {
    try {
      if (process.waitFor(timeout.toSeconds(), TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      throw new ServerException("no end within " + timeout.toSeconds() + " s: " + process.info());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServerException("interrupted while waiting for " + process.info(), e);
    } finally {
      process.destroyForcibly();
    }
  }

  private boolean await(Duration timeout) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      while (true) {
        try {
          return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true; // the process must not be left behind: wait on
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
