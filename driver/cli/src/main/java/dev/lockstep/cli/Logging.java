package dev.lockstep.cli;

import java.nio.file.Path;

/**
 * Where the driver's log goes. Call one of the methods before anything logs; later calls have no
 * effect.
 */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  /** Errors only, unless the user has set a level with {@code LOCKSTEP_JAVA_OPTS}. */
  static void quiet() {
    setIfAbsent("defaultLogLevel", "error");
    setIfAbsent("showDateTime", "true");
    setIfAbsent("dateTimeFormat", "HH:mm:ss.SSS");
  }

  /** Everything from level info on, to a file. */
  static void toFile(Path file) {
    System.setProperty(PREFIX + "logFile", file.toString());
    System.setProperty(PREFIX + "defaultLogLevel", "info");
  }

  private static void setIfAbsent(String name, String value) {
    if (System.getProperty(PREFIX + name) == null) {
      System.setProperty(PREFIX + name, value);
    }
  }
}
