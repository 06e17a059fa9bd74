package dev.lockstep.cli;

import java.io.PrintWriter;

/** What the launcher found out about the terminal, and colours where they make sense. Immutable. */
final class Terminal {
  private static final boolean OUT = Boolean.getBoolean("lockstep.tty.out");
  private static final boolean ERR = Boolean.getBoolean("lockstep.tty.err");
  private static final boolean COLOURS = OUT && System.getenv("NO_COLOR") == null;

  private Terminal() {}

  /** Whether a person sees standard output. */
  static boolean out() {
    return OUT;
  }

  /** Shows or replaces the one progress line on standard error; nothing without a terminal. */
  static void progress(PrintWriter err, String line) {
    if (ERR) {
      err.print("\r\033[K" + line);
      err.flush();
    }
  }

  static String green(String text) {
    return colour("32", text);
  }

  static String red(String text) {
    return colour("31", text);
  }

  static String yellow(String text) {
    return colour("33", text);
  }

  static String bold(String text) {
    return colour("1", text);
  }

  static String dim(String text) {
    return colour("2", text);
  }

  private static String colour(String code, String text) {
    return COLOURS ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}
