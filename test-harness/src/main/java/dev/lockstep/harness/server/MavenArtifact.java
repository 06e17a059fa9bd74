package dev.lockstep.harness.server;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.jar.JarFile;

/**
 * A jar of server binaries: on the class path, in the local Maven repository, or fetched with
 * {@code mvn}. Immutable.
 *
 * @param content what it contains, for messages
 * @param size about how much is fetched, for messages
 */
record MavenArtifact(String group, String name, String version, String content, String size) {
  private static final Duration FETCH_TIMEOUT = Duration.ofMinutes(15);

  /**
   * Opens the jar.
   *
   * @param entry an entry by which it is found on the class path
   * @param instead what a user can do who cannot fetch it
   * @param progress told before it is fetched
   */
  JarFile open(String entry, String instead, Consumer<String> progress) throws IOException {
    URL resource = MavenArtifact.class.getClassLoader().getResource(entry);
    if (resource != null && resource.openConnection() instanceof JarURLConnection connection) {
      connection.setUseCaches(false);
      return connection.getJarFile();
    }
    Path file =
        localRepository()
            .resolve(group.replace('.', '/'))
            .resolve(name)
            .resolve(version)
            .resolve(name + "-" + version + ".jar");
    if (!Files.exists(file)) {
      fetch("; fetch it elsewhere into " + localRepository() + ", or " + instead, progress);
    }
    return new JarFile(file.toFile());
  }

  private static Path localRepository() {
    String configured = System.getProperty("maven.repo.local");
    return configured != null
        ? Path.of(configured)
        : Path.of(System.getProperty("user.home"), ".m2", "repository");
  }

  private void fetch(String instead, Consumer<String> progress) throws IOException {
    progress.accept("fetching the " + content + " (" + this + ", about " + size + ")");
    List<String> command =
        List.of(
            "mvn",
            "-q",
            "-B",
            "-Dmaven.repo.local=" + localRepository(),
            "org.apache.maven.plugins:maven-dependency-plugin:3.10.0:get",
            "-Dtransitive=false",
            "-Dartifact=" + this);
    Path log = Workspace.userDirectory("lockstep-dist").resolve("fetch.log");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new ServerException("cannot run mvn to fetch " + this + instead, e);
    }
    if (ServerProcess.await(process, FETCH_TIMEOUT) != 0) {
      throw new ServerException(
          "mvn could not fetch %s%s%nlog:%n%s"
              .formatted(this, instead, String.join("\n", Workspace.tail(log, 10))));
    }
  }

  @Override
  public String toString() {
    return group + ":" + name + ":" + version;
  }
}
