package dev.lockstep.config;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * A parsed {@code jdbc:lockstep:} URL with the properties given beside it, validated. Immutable and
 * thread-safe. A property given beside the URL wins over the URL's own.
 */
public final class LockstepUrl {
  /** What every URL of this driver begins with. */
  public static final String PREFIX = "jdbc:lockstep:";

  private static final String NODE = "lockstep.node.";

  private final Vendor vendor;
  private final String database;
  private final String text;
  private final List<NodeAddress> nodes;
  private final Map<String, String> vendorProperties;
  private final Settings settings;
  private final boolean multiQueries;

  private LockstepUrl(
      Vendor vendor,
      String database,
      String text,
      List<NodeAddress> nodes,
      Map<String, String> vendorProperties,
      Settings settings,
      boolean multiQueries) {
    this.vendor = vendor;
    this.database = database;
    this.text = text;
    this.nodes = List.copyOf(nodes);
    this.vendorProperties = Collections.unmodifiableMap(vendorProperties);
    this.settings = settings;
    this.multiQueries = multiQueries;
  }

  /** Whether the URL is meant for this driver, right or wrong. */
  public static boolean accepts(String url) {
    return url != null && url.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
  }

  /**
   * Parses and validates.
   *
   * @param info properties given beside the URL, or null
   * @throws SQLException 08004, saying what is wrong and what would be right
   */
  public static LockstepUrl parse(String url, Properties info) throws SQLException {
    UrlText parts = UrlText.split(url);
    Map<String, String> all = new LinkedHashMap<>(parts.properties());
    if (info != null) {
      for (String name : info.stringPropertyNames()) {
        all.put(name, info.getProperty(name));
      }
    }
    Map<String, String> vendorOptions = new LinkedHashMap<>();
    Map<String, String> nodeOptions = new LinkedHashMap<>();
    EnumMap<LockstepProperty, String> own = new EnumMap<>(LockstepProperty.class);
    for (Map.Entry<String, String> e : all.entrySet()) {
      String name = e.getKey();
      if (!name.regionMatches(true, 0, "lockstep.", 0, 9)) {
        vendorOptions.put(name, e.getValue());
      } else if (name.startsWith(NODE)) {
        nodeOptions.put(name, e.getValue());
      } else {
        own.put(property(name), e.getValue());
      }
    }
    Settings settings = Settings.of(own);
    boolean multiQueries = VendorOptions.multiQueries(parts.vendor(), vendorOptions);
    vendorOptions = VendorOptions.checked(parts.vendor(), vendorOptions);
    String database = parts.database();
    if (parts.vendor() == Vendor.H2) {
      database = takeIgnoringCase(vendorOptions, "SCHEMA");
    }
    List<NodeAddress> nodes = nodes(parts, vendorOptions, nodeOptions);
    if (settings.minNodes().isPresent() && settings.minNodes().getAsInt() > nodes.size()) {
      throw Errors.configuration(
          LockstepProperty.MIN_NODES.key()
              + "="
              + settings.minNodes().getAsInt()
              + " is more than the URL's "
              + nodes.size()
              + " nodes");
    }
    return new LockstepUrl(
        parts.vendor(), database, parts.bare(), nodes, vendorOptions, settings, multiQueries);
  }

  private static LockstepProperty property(String name) throws SQLException {
    LockstepProperty p = LockstepProperty.find(name);
    if (p != null) {
      return p;
    }
    String nearest = null;
    int best = Integer.MAX_VALUE;
    for (LockstepProperty candidate : LockstepProperty.values()) {
      int d = distance(name.toLowerCase(Locale.ROOT), candidate.key().toLowerCase(Locale.ROOT));
      if (d < best) {
        best = d;
        nearest = candidate.key();
      }
    }
    throw Errors.configuration("there is no property " + name + "; did you mean " + nearest + "?");
  }

  /** Levenshtein's edit distance. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static String takeIgnoringCase(Map<String, String> map, String name) {
    for (String key : map.keySet()) {
      if (key.equalsIgnoreCase(name)) {
        return map.remove(key);
      }
    }
    return null;
  }

  private static List<NodeAddress> nodes(
      UrlText parts, Map<String, String> common, Map<String, String> nodeOptions)
      throws SQLException {
    List<Map<String, String>> own = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (UrlText.Place place : parts.places()) {
      if (!seen.add(place.label().toLowerCase(Locale.ROOT))) {
        throw Errors.configuration("the URL names the node " + place.label() + " twice");
      }
      own.add(new LinkedHashMap<>(common));
    }
    for (Map.Entry<String, String> e : nodeOptions.entrySet()) {
      apply(parts, own, e.getKey(), e.getValue());
    }
    List<NodeAddress> nodes = new ArrayList<>();
    for (int i = 0; i < own.size(); i++) {
      UrlText.Place place = parts.places().get(i);
      nodes.add(
          new NodeAddress(
              i + 1, place.label(), place.serverUrl(), place.databaseUrl(), own.get(i)));
    }
    return nodes;
  }

  private static void apply(UrlText parts, List<Map<String, String>> own, String name, String value)
      throws SQLException {
    String rest = name.substring(NODE.length());
    int index = -1;
    String option = null;
    for (int i = 0; i < own.size(); i++) {
      String label = parts.places().get(i).label();
      if (rest.length() > label.length() + 1
          && rest.regionMatches(true, 0, label, 0, label.length())
          && rest.charAt(label.length()) == '.') {
        index = i;
        option = rest.substring(label.length() + 1);
      }
    }
    int dot = rest.indexOf('.');
    if (index < 0 && dot > 0 && rest.substring(0, dot).matches("\\d{1,6}")) {
      index = Integer.parseInt(rest.substring(0, dot)) - 1;
      option = rest.substring(dot + 1);
    }
    if (index < 0 || index >= own.size() || option == null || option.isEmpty()) {
      throw Errors.configuration(
          "the property "
              + name
              + " names no node of the URL; write "
              + NODE
              + "<number from 1 to "
              + own.size()
              + ", or host:port>.<option of the vendor's driver>");
    }
    if (VendorOptions.check(parts.vendor(), option, value)) {
      own.get(index).put(option, value);
    }
  }

  /** The database family. */
  public Vendor vendor() {
    return vendor;
  }

  /** The initial database (MySQL, MariaDB, PostgreSQL) or schema (H2, from SCHEMA=), or null. */
  public String database() {
    return database;
  }

  /** The nodes in the URL's order; at least one. */
  public List<NodeAddress> nodes() {
    return nodes;
  }

  /**
   * Options for the vendor's driver that hold for all nodes, with user and password where given.
   */
  public Map<String, String> vendorProperties() {
    return vendorProperties;
  }

  /** The URL's or the properties' user, or the empty string. */
  public String user() {
    return vendorProperties.getOrDefault("user", "");
  }

  /** The password, or the empty string. */
  public String password() {
    return vendorProperties.getOrDefault("password", "");
  }

  /** Lockstep's own settings. */
  public Settings settings() {
    return settings;
  }

  /** Whether one text may hold several statements: allowMultiQueries, and always on H2. */
  public boolean multiQueries() {
    return multiQueries;
  }

  /** The URL without any properties, so without passwords: what {@code getURL} answers. */
  @Override
  public String toString() {
    return text;
  }
}
