package dev.lockstep.harness.hunt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a round found, with all that is needed to look into it. Immutable. */
final class Report {
  private static final int LISTED = 20;

  private Report() {}

  /** The first lines, for a terminal. */
  static List<String> head(RoundResult round) {
    List<String> lines = new ArrayList<>();
    lines.add(round.plan().toString());
    some(lines, "difference: ", round.differences());
    some(lines, "finding: ", round.findings());
    return lines;
  }

  private static void some(List<String> lines, String word, List<String> items) {
    items.stream().limit(LISTED).forEach(item -> lines.add("  " + word + item));
    if (items.size() > LISTED) {
      lines.add("  … and " + (items.size() - LISTED) + " more");
    }
  }

  /** Everything, into a new file of the temporary directory. */
  static Path write(RoundResult round) {
    List<String> lines = new ArrayList<>();
    lines.add(round.plan().toString());
    round.differences().forEach(d -> lines.add("difference: " + d));
    round.findings().forEach(f -> lines.add("finding: " + f));
    lines.add("");
    lines.add("Tables:");
    round.schema().forEach(sql -> lines.add("  " + sql + ";"));
    lines.add("");
    lines.add("session    begin ms  duration    statement => outcome");
    lines.addAll(round.journal());
    try {
      Path file = Files.createTempFile("lockstep-hunt-", ".txt");
      return Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
