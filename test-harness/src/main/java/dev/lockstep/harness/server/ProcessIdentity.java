package dev.lockstep.harness.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process id together with the start time of its process, so that a recycled id is not mistaken
 * for the process that had it before. Immutable.
 *
 * @param pid process id
 * @param start start time in an arbitrary unit: clock ticks since boot on Linux, epoch milliseconds
 *     elsewhere
 */
record ProcessIdentity(long pid, long start) {

  static ProcessIdentity current() {
    return of(ProcessHandle.current().pid())
        .orElseThrow(() -> new ServerException("this process has no start time"));
  }

  /** The process that now has this id; empty if there is none (or only a zombie of one). */
  static Optional<ProcessIdentity> of(long pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The second field is the command in parentheses and may contain anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return fields[0].equals("Z")
          ? Optional.empty()
          : Optional.of(new ProcessIdentity(pid, Long.parseLong(fields[19])));
    } catch (IOException noProcFileSystem) {
      return ProcessHandle.of(pid)
          .flatMap(handle -> handle.info().startInstant())
          .map(instant -> new ProcessIdentity(pid, instant.toEpochMilli()));
    }
  }

  static Optional<ProcessIdentity> parse(String text) {
    String[] parts = text.strip().split("-");
    try {
      return parts.length == 2
          ? Optional.of(new ProcessIdentity(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
          : Optional.empty();
    } catch (NumberFormatException notOurs) {
      return Optional.empty();
    }
  }

  boolean alive() {
    return of(pid).filter(this::equals).isPresent();
  }

  /** Whether the process runs with the given text somewhere in its command line. */
  boolean commandContains(String text) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
          .contains(text);
    } catch (IOException noProcFileSystem) {
      return ProcessHandle.of(pid)
          .flatMap(handle -> handle.info().commandLine())
          .filter(line -> line.contains(text))
          .isPresent();
    }
  }

  @Override
  public String toString() {
    return pid + "-" + start;
  }
}
