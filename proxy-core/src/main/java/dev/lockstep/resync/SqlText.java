package dev.lockstep.resync;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Small operations on SQL text. Stateless. */
final class SqlText {
  private SqlText() {}

  /** The statements of a text that separates them by semicolons; quoted ones do not separate. */
  static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    if (text == null || text.isEmpty()) {
      return parts;
    }
    int start = 0;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == '\\' && quote != '`') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"' || c == '`') {
        quote = c;
      } else if (c == ';') {
        add(parts, text.substring(start, i));
        start = i + 1;
      }
    }
    add(parts, text.substring(start));
    return parts;
  }

  private static void add(List<String> parts, String part) {
    if (!part.isBlank()) {
      parts.add(part.strip());
    }
  }

  static String hex(byte[] bytes) {
    return "x'" + HexFormat.of().formatHex(bytes) + "'";
  }

  /** A text literal for MySQL that does not depend on the session's settings. */
  static String mysql(String value) {
    return "_utf8mb4 " + hex(value.getBytes(StandardCharsets.UTF_8));
  }
}
