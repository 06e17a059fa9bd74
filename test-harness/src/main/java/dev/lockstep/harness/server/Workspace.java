package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory below {@code java.io.tmpdir} in which this JVM keeps the data of its servers. Its
 * name is the identity of this process, so that a later JVM can see that its owner is dead, end the
 * servers that outlived it and remove the files. Thread-safe.
 *
 * <p>The system property {@code lockstep.keepData=true} keeps the directories of this JVM.
 */
final class Workspace {
  private static final Logger log = LoggerFactory.getLogger(Workspace.class);
  private static final String SERVER_FILE = "server";
  private static final boolean KEEP = Boolean.getBoolean("lockstep.keepData");

  private final Path directory;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Set<ServerProcess> processes = ConcurrentHashMap.newKeySet();

  @SuppressWarnings("unused") // held for the life of the JVM
  private final FileLock ownerLock;

  private Workspace() throws IOException {
    Path nodes = userDirectory("lockstep-nodes");
    directory = nodes.resolve(ProcessIdentity.current().toString());
    Files.createDirectories(directory);
    ownerLock = lockFile(directory).tryLock();
    reap(nodes, directory);
    Runtime.getRuntime().addShutdownHook(new Thread(this::shutDown, "lockstep-harness-shutdown"));
  }

  private static final class Holder {
    static final Workspace CURRENT = create();

    private static Workspace create() {
      try {
        return new Workspace();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static Workspace current() {
    return Holder.CURRENT;
  }

  /** A new directory for one node. */
  Path newDirectory(String name) {
    try {
      return Files.createDirectory(directory.resolve(name + "-" + numbers.incrementAndGet()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Notes which process serves the data below this node directory. */
  void register(Path nodeDirectory, ServerProcess process) {
    processes.add(process);
    ProcessIdentity.of(process.pid())
        .ifPresent(
            identity -> {
              try {
                Files.writeString(nodeDirectory.resolve(SERVER_FILE), identity.toString());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  void deregister(ServerProcess process) {
    processes.remove(process);
  }

  private void shutDown() {
    processes.forEach(ServerProcess::kill);
    if (!KEEP) {
      delete(directory);
    }
  }

  /** Ends servers, and removes files, of JVMs that are gone. Never touches a stranger's process. */
  static void reap(Path nodes, Path own) throws IOException {
    try (Stream<Path> owners = Files.list(nodes)) {
      for (Path owner : owners.toList()) {
        Optional<ProcessIdentity> identity = ProcessIdentity.parse(owner.getFileName().toString());
        if (owner.equals(own) || identity.isEmpty() || identity.get().alive()) {
          continue;
        }
        // The lock tells apart an owner in another container that shares this directory.
        try (FileChannel channel = lockFile(owner);
            FileLock lock = channel.tryLock()) {
          if (lock != null) {
            reapServers(owner);
            delete(owner);
          }
        } catch (IOException e) {
          log.debug("leaving {} alone: {}", owner, e.toString());
        }
      }
    }
  }

  private static void reapServers(Path owner) throws IOException {
    try (Stream<Path> nodeDirectories = Files.list(owner)) {
      for (Path node : nodeDirectories.filter(Files::isDirectory).toList()) {
        Path file = node.resolve(SERVER_FILE);
        if (!Files.exists(file)) {
          continue;
        }
        Optional<ProcessIdentity> server = ProcessIdentity.parse(Files.readString(file));
        if (server.isPresent()
            && server.get().alive()
            && server.get().commandContains(node.toString())) {
          log.info("ending process {}, left over in {}", server.get().pid(), node);
          ProcessHandle.of(server.get().pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
      }
    }
  }

  private static FileChannel lockFile(Path owner) throws IOException {
    return FileChannel.open(
        owner.resolve("owner.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** A directory of this user only, below {@code java.io.tmpdir}; refuses one of another user. */
  static Path userDirectory(String prefix) throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    Path probe = Files.createTempFile(temporary, "lockstep", null);
    try {
      Object user =
          Files.getFileStore(temporary).supportsFileAttributeView("posix")
              ? Files.getAttribute(probe, "unix:uid")
              : System.getProperty("user.name");
      Path directory = temporary.resolve(prefix + "-" + user);
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      if (!Files.getOwner(directory).equals(Files.getOwner(probe))) {
        throw new ServerException(
            directory + " belongs to another user; remove it or set -Djava.io.tmpdir");
      }
      return directory;
    } finally {
      Files.delete(probe);
    }
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path source : (Iterable<Path>) all::iterator) {
        Path target = to.resolve(from.relativize(source).toString());
        if (Files.isDirectory(source)) {
          Files.createDirectories(target);
        } else {
          Files.copy(source, target);
        }
      }
    }
  }

  /** Removes a directory tree as far as that is possible. */
  static void delete(Path tree) {
    try {
      Files.walkFileTree(
          tree,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException failure)
                throws IOException {
              Files.deleteIfExists(dir);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException gone) {
      // Another process was quicker.
    } catch (IOException e) {
      log.debug("could not remove {}: {}", tree, e.toString());
    }
  }

  /** Removes a node's directory, unless data is to be kept. */
  static void discard(Path nodeDirectory) {
    if (!KEEP) {
      delete(nodeDirectory);
    }
  }

  /** The last lines of a text file; empty when it can't be read. */
  static List<String> tail(Path file, int lines) {
    try {
      List<String> all =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException unreadable) {
      return List.of();
    }
  }
}
