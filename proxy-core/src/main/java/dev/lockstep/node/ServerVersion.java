package dev.lockstep.node;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of a server of the MySQL family.
 *
 * @param number as such servers count: 80015 for 8.0.15, 110405 for 11.4.5
 */
public record ServerVersion(boolean mariadb, int number) {
  private static final Pattern PARTS = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)");

  /** From what the server says of itself; null where that has no number. */
  public static ServerVersion of(String text) {
    Matcher m = PARTS.matcher(text.startsWith("5.5.5-") ? text.substring(6) : text);
    if (!m.find()) {
      return null;
    }
    int number =
        Integer.parseInt(m.group(1)) * 10_000
            + Integer.parseInt(m.group(2)) * 100
            + Integer.parseInt(m.group(3));
    return new ServerVersion(text.toLowerCase(java.util.Locale.ROOT).contains("mariadb"), number);
  }
}
