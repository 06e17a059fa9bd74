package dev.lockstep.harness.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A loopback TCP port that no other JVM with this class picks, until {@link #close()}. The ports
 * lie below the range from which Linux takes the ports of outgoing connections, so a port stays
 * free while its server is down. Thread-safe.
 */
final class LoopbackPort implements AutoCloseable {
  private static final int FIRST = 21_000;
  private static final int COUNT = 11_000;
  private static final int ATTEMPTS = 500;

  // Needed besides the file locks: closing a second channel to a file ends the JVM's lock on it.
  private static final Set<Integer> TAKEN_HERE = ConcurrentHashMap.newKeySet();

  private final int number;
  private final FileChannel channel;

  private LoopbackPort(int number, FileChannel channel) {
    this.number = number;
    this.channel = channel;
  }

  static LoopbackPort reserve() {
    try {
      Path directory = Workspace.userDirectory("lockstep-ports");
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int number = FIRST + ThreadLocalRandom.current().nextInt(COUNT);
        if (TAKEN_HERE.add(number)) {
          FileChannel channel = lock(directory.resolve(number + ".lock"));
          if (channel != null && free(number)) {
            return new LoopbackPort(number, channel);
          }
          if (channel != null) {
            channel.close();
          }
          TAKEN_HERE.remove(number);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new ServerException("no free port in " + FIRST + ".." + (FIRST + COUNT - 1));
  }

  private static FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      return null;
    }
    return channel;
  }

  private static boolean free(int number) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), number));
      return true;
    } catch (BindException taken) {
      return false;
    }
  }

  int number() {
    return number;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      TAKEN_HERE.remove(number);
    }
  }
}
