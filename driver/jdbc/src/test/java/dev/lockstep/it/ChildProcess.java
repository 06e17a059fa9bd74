package dev.lockstep.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An {@link Application} in a JVM of its own. */
final class ChildProcess implements AutoCloseable {
  private final Process process;
  private final Path errors;
  private final List<String> lines = new ArrayList<>();

  private ChildProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    Thread reader = new Thread(this::read, "child-output");
    reader.setDaemon(true);
    reader.start();
  }

  static ChildProcess start(
      Installation on, String url, Path directory, Path log, String run, long seed)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    words.add("-Dorg.slf4j.simpleLogger.showDateTime=true");
    words.add("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS");
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.add(Application.class.getName());
    words.addAll(List.of(url, on.user(), on.password(), log.toString(), run));
    words.add(Long.toString(seed));
    words.add(Integer.toString(on.servers().nodes().size()));
    Path errors = directory.resolve(run + ".err");
    return new ChildProcess(
        new ProcessBuilder(words).redirectError(errors.toFile()).start(), errors);
  }

  private void read() {
    try (BufferedReader r =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = r.readLine()) != null) {
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // It is gone.
    }
    synchronized (lines) {
      lines.add("(end)");
      lines.notifyAll();
    }
  }

  /** Waits for a line that begins with the word; fails where the process ends before. */
  String await(String word, Duration atMost) throws InterruptedException {
    String line = find(List.of(word, "(end)"), atMost);
    if (!line.startsWith(word)) {
      throw new AssertionError("no " + word + ", the process ended: " + this);
    }
    return line;
  }

  /** Waits for the first line that begins with one of the words. */
  String awaitAny(List<String> words, Duration atMost) throws InterruptedException {
    return find(words, atMost);
  }

  private String find(List<String> words, Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    synchronized (lines) {
      while (true) {
        for (String word : words) {
          for (String line : lines) {
            if (line.startsWith(word)) {
              return line;
            }
          }
        }
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new AssertionError("none of " + words + " within " + atMost + ": " + this);
        }
        lines.wait(left);
      }
    }
  }

  boolean said(String word) {
    synchronized (lines) {
      return lines.stream().anyMatch(line -> line.startsWith(word));
    }
  }

  void tell(String line) throws IOException {
    OutputStream out = process.getOutputStream();
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** Tells it to stop and waits for its end; returns its ENDED line. */
  String stop() throws Exception {
    tell("STOP");
    String ended = await("ENDED", Duration.ofSeconds(90));
    awaitEnd();
    return ended;
  }

  void awaitEnd() throws InterruptedException {
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end: " + this);
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
        .inheritIO()
        .start()
        .waitFor();
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    String tail = "";
    try {
      List<String> all = Files.readAllLines(errors);
      tail = String.join("\n    ", all.subList(Math.max(0, all.size() - 60), all.size()));
    } catch (IOException e) {
      tail = e.toString();
    }
    synchronized (lines) {
      return "process " + process.pid() + " said " + lines + " and logged\n    " + tail;
    }
  }
}
