package dev.lockstep.harness.workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a client knows about its transactions: which it began and how each ended. Optionally also in
 * a file that survives a kill -9 of this process (not a power failure), one line per event: {@code
 * BEGIN id}, {@code ACK id}, {@code FAIL id state}, {@code UNKNOWN id}. Thread-safe.
 */
public final class TransactionLog implements AutoCloseable {
  /** How a transaction ended as far as its client knows. */
  public enum Outcome {
    /** Begun; nothing heard since. */
    BEGUN,
    /** Commit returned. */
    ACK,
    /** Reported as rolled back, or rolled back by the client. */
    FAIL,
    /** Reported as of unknown outcome. */
    UNKNOWN
  }

  private final Map<String, Outcome> outcomes = new ConcurrentHashMap<>();
  private final FileChannel file;

  /** In memory only. */
  public TransactionLog() {
    this.file = null;
  }

  /** In memory and appended to a file. */
  public TransactionLog(Path file) throws IOException {
    this.file =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** What a process that may have been killed has left in its file. */
  public static TransactionLog read(Path file) throws IOException {
    TransactionLog log = new TransactionLog();
    String text = Files.readString(file);
    // A last line without its end was being written when the process died.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
      String[] words = line.split(" ");
      if (words.length >= 2) {
        Outcome outcome = words[0].equals("BEGIN") ? Outcome.BEGUN : Outcome.valueOf(words[0]);
        log.outcomes.put(words[1], outcome);
      }
    }
    return log;
  }

  void begin(String id) {
    write("BEGIN " + id);
    outcomes.put(id, Outcome.BEGUN);
  }

  void acknowledged(String id) {
    write("ACK " + id);
    outcomes.put(id, Outcome.ACK);
  }

  void failed(String id, String state) {
    write("FAIL " + id + " " + state);
    outcomes.put(id, Outcome.FAIL);
  }

  void unknown(String id) {
    write("UNKNOWN " + id);
    outcomes.put(id, Outcome.UNKNOWN);
  }

  private void write(String line) {
    if (file == null) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      synchronized (file) {
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the transaction log", e);
    }
  }

  /** The ids that ended in this way so far, sorted. */
  public Set<String> ids(Outcome outcome) {
    Set<String> ids = new TreeSet<>();
    outcomes.forEach(
        (id, how) -> {
          if (how == outcome) {
            ids.add(id);
          }
        });
    return ids;
  }

  /** The outcome of one transaction; null if it was never begun. */
  public Outcome outcome(String id) {
    return outcomes.get(id);
  }

  /** How many transactions were begun. */
  public int size() {
    return outcomes.size();
  }

  /** Closes the file; what is in memory stays. */
  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
