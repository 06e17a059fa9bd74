package dev.lockstep.cli;

/** The exit codes of all commands, as {@code --help} lists them. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int NO_OWNER = 3;
  static final int TIMEOUT = 4;
  static final int UNREACHABLE = 5;

  private ExitCode() {}
}
