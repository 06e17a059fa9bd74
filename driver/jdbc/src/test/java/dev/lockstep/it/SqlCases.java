package dev.lockstep.it;

import dev.lockstep.harness.server.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code sql-reference.txt}, whose own head says what it looks like. */
final class SqlCases {
  /** One kind of statement, and how each engine writes it. */
  static final class Case {
    final String section;
    final String title;
    boolean free;
    private final Map<String, String> statements = new HashMap<>();
    private final Map<String, List<String>> before = new HashMap<>();
    private final Map<String, List<String>> after = new HashMap<>();

    Case(String section, String title) {
      this.section = section;
      this.title = title;
    }

    /** The statement, or null where the engine has none of the kind. */
    String statement(Engine engine) {
      for (String key : keys(engine)) {
        if (statements.containsKey(key)) {
          return statements.get(key);
        }
      }
      return null;
    }

    List<String> before(Engine engine) {
      return lines(before, engine);
    }

    List<String> after(Engine engine) {
      return lines(after, engine);
    }

    private static List<String> lines(Map<String, List<String>> of, Engine engine) {
      List<String> all = new ArrayList<>();
      for (String key : keys(engine)) {
        all.addAll(of.getOrDefault(key, List.of()));
      }
      return all;
    }

    private static List<String> keys(Engine engine) {
      String own = engine.name().toLowerCase(java.util.Locale.ROOT);
      return engine.mysqlFamily() ? List.of(own, "family", "all") : List.of(own, "all");
    }
  }

  private SqlCases() {}

  static List<Case> read() throws IOException {
    String text;
    try (InputStream in = SqlCases.class.getResourceAsStream("/sql-reference.txt")) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Case> cases = new ArrayList<>();
    String section = null;
    for (String line : text.split("\n")) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("== ")) {
        section = line.substring(3);
      } else if (line.startsWith("* ")) {
        cases.add(new Case(section, line.substring(2)));
      } else if (line.equals("free")) {
        cases.get(cases.size() - 1).free = true;
      } else {
        add(cases.get(cases.size() - 1), line);
      }
    }
    return cases;
  }

  private static void add(Case c, String line) {
    int colon = line.indexOf(": ");
    String key = line.substring(0, colon);
    String sql = line.substring(colon + 2);
    String[] words = key.split("-", 2);
    switch (words[0]) {
      case "before", "after" ->
          (words[0].equals("before") ? c.before : c.after)
              .computeIfAbsent(words.length == 1 ? "all" : words[1], k -> new ArrayList<>())
              .add(sql);
      case "all", "family", "mariadb", "mysql", "h2" -> c.statements.put(key, sql);
      default -> throw new IllegalArgumentException("sql-reference.txt: " + line);
    }
  }
}
