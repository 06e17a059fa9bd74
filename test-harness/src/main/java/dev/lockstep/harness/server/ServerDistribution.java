package dev.lockstep.harness.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The binaries of a MariaDB or MySQL server, and how its data directory is made. Immutable. */
abstract class ServerDistribution {
  private static final Duration BOOTSTRAP_TIMEOUT = Duration.ofMinutes(2);

  private final String product;
  private final Path server;
  private final Path base;
  private final Path share;

  ServerDistribution(String product, Path server) {
    this.product = product;
    this.server = server.toAbsolutePath();
    this.base = Objects.requireNonNull(this.server.getParent().getParent(), "no base directory");
    this.share =
        Stream.of("share", "share/" + product.toLowerCase(), "share/mysql")
            .map(base::resolve)
            .filter(folder -> Files.exists(folder.resolve("english/errmsg.sys")))
            .findFirst()
            .orElseThrow(
                () -> new ServerException("no messages (english/errmsg.sys) below " + base));
  }

  /** Options for making a data directory. */
  abstract List<String> bootstrapOptions(Path script);

  /** The statements that make accounts, and system tables where the server does not. */
  abstract List<String> bootstrapScript() throws IOException;

  /** The size of the redo log as options; the same for making a data directory and using it. */
  abstract List<String> redoLog();

  /** Debian packages that the server needs. */
  abstract String debianPackages();

  /** Where messages and scripts are. */
  Path share() {
    return share;
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
    words.addAll(redoLog());
    words.addAll(List.of("--skip-log-bin", "--innodb-buffer-pool-size=64M"));
    return words;
  }

  /** A data directory with system tables and accounts, made once per machine; only to be copied. */
  Path templateData(Consumer<String> progress) throws IOException {
    String key =
        Integer.toHexString(
            Objects.hash(
                command(),
                Files.size(server),
                Files.getLastModifiedTime(server).toMillis(),
                bootstrapOptions(server),
                bootstrapScript()));
    Path template = Workspace.userDirectory("lockstep-dist").resolve("template-" + key);
    if (!Files.isDirectory(template)) {
      PackagedServer.once(template, () -> bootstrap(template, progress));
    }
    return template;
  }

  private void bootstrap(Path template, Consumer<String> progress) throws IOException {
    progress.accept("making a template of a " + product + " data directory in " + template);
    Path temporary = template.resolveSibling(template.getFileName() + ".new");
    Path log = template.resolveSibling(template.getFileName() + ".log");
    Path script = template.resolveSibling(template.getFileName() + ".sql");
    Workspace.delete(temporary);
    Files.createDirectories(temporary);
    Files.write(script, bootstrapScript());
    List<String> words = new ArrayList<>(command());
    words.add("--datadir=" + temporary);
    words.addAll(bootstrapOptions(script));
    int code =
        ServerProcess.await(
            new ProcessBuilder(words)
                .redirectInput(script.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start(),
            BOOTSTRAP_TIMEOUT);
    if (code != 0) {
      throw new ServerException(
          "%s could not make a data directory (code %d); %s%nlog:%n%s"
              .formatted(server, code, advice(), String.join("\n", Workspace.tail(log, 30))));
    }
    Files.delete(script);
    // The number of a MySQL server: each copy makes its own.
    Files.deleteIfExists(temporary.resolve("auto.cnf"));
    Files.move(temporary, template);
  }

  /** What to tell a user whose server does not run. */
  String advice() {
    return "if a shared library is missing: apt-get install " + debianPackages();
  }

  @Override
  public String toString() {
    return server.toString();
  }
}
