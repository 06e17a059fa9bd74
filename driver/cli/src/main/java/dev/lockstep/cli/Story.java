package dev.lockstep.cli;

import java.io.PrintWriter;
import java.util.Locale;

/** Tells on the terminal what happens, each line with its time. Used by one thread. */
final class Story {
  private final PrintWriter out;
  private long start = System.nanoTime();

  Story(PrintWriter out) {
    this.out = out;
  }

  /** From now on times count from here. */
  void restartClock() {
    start = System.nanoTime();
  }

  double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** A line without a time. */
  void say(String line) {
    out.println(line);
    out.flush();
  }

  /** Something that happens now. */
  void event(String what) {
    say(String.format(Locale.ROOT, "%6.1f s  ", seconds()) + what);
  }

  /** How it stands. */
  void figures(long perSecond, long total, String members) {
    event(
        String.format(Locale.ROOT, "%6d commits/s  %8d in all   in the view: ", perSecond, total)
            + members);
  }
}
