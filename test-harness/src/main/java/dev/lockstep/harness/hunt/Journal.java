package dev.lockstep.harness.hunt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What all sessions of a round did, in memory. Thread-safe. */
final class Journal {
  private record Entry(String session, long begin, long end, String text, String outcome) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-8s %10.3f %8.3f ms  %s  => %s",
          session,
          begin / 1e6,
          (end - begin) / 1e6,
          text.replace("\n", "\\n"),
          outcome);
    }
  }

  private final long start = System.nanoTime();
  private final List<Entry> entries = new ArrayList<>();

  long now() {
    return System.nanoTime() - start;
  }

  /**
   * Adds something that has ended now.
   *
   * @param begin by {@link #now()}
   */
  synchronized void add(String session, long begin, String text, String outcome) {
    entries.add(new Entry(session, begin, now(), text, outcome));
  }

  /** Each session's lines in its order, the sessions interleaved by the time of their begin. */
  synchronized List<String> lines() {
    return entries.stream()
        .sorted(Comparator.comparingLong(Entry::begin))
        .map(Entry::toString)
        .toList();
  }
}
