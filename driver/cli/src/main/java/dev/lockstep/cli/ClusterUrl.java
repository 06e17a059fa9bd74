package dev.lockstep.cli;

import dev.lockstep.config.Vendor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * A cluster's URL taken apart into one plain URL per node, for looking at the nodes without the
 * driver. The driver's own parser decides what is right; this one only has to find the nodes.
 * Immutable.
 *
 * @param vendor the database family
 * @param nodes the nodes in the URL's order
 * @param settings everything behind {@code ?} or {@code ;}, in order
 */
record ClusterUrl(Vendor vendor, List<NodeAddress> nodes, Map<String, String> settings) {
  private static final String PREFIX = "jdbc:lockstep:";

  /**
   * One node.
   *
   * @param name as the cluster calls it: {@code host:port}, or the alternative between the braces
   * @param url plain URL of the vendor's driver
   */
  record NodeAddress(String name, String url) {}

  /** Throws IllegalArgumentException that says what is wrong. */
  static ClusterUrl parse(String url) {
    if (!url.startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          "not a URL of Lockstep: " + url + " (it would begin with " + PREFIX + ")");
    }
    String rest = url.substring(PREFIX.length());
    int colon = rest.indexOf(':');
    String word = colon < 0 ? rest : rest.substring(0, colon);
    for (Vendor vendor : Vendor.values()) {
      if (vendor.word().equals(word)) {
        return vendor == Vendor.H2
            ? h2(rest.substring(colon + 1))
            : server(vendor, rest.substring(colon + 1));
      }
    }
    throw new IllegalArgumentException(
        "unknown kind of database '" + word + "'; there are mysql, mariadb and h2");
  }

  private static ClusterUrl server(Vendor vendor, String rest) {
    if (!rest.startsWith("//")) {
      throw new IllegalArgumentException("the URL lacks // before its hosts");
    }
    int question = rest.indexOf('?');
    Map<String, String> settings =
        question < 0 ? new LinkedHashMap<>() : settings(rest.substring(question + 1), "&");
    String place = question < 0 ? rest.substring(2) : rest.substring(2, question);
    int slash = place.indexOf('/');
    String hosts = slash < 0 ? place : place.substring(0, slash);
    int port = vendor == Vendor.POSTGRESQL ? 5432 : 3306;
    String scheme = vendor == Vendor.POSTGRESQL ? "jdbc:postgresql" : "jdbc:mysql";
    List<NodeAddress> nodes = new ArrayList<>();
    for (String host : hosts.split(",")) {
      String name = host.strip();
      if (name.isEmpty()) {
        throw new IllegalArgumentException("an empty host in the URL");
      }
      boolean hasPort = name.matches(".*[^:\\[]:\\d+|\\[.*]:\\d+");
      String full = hasPort ? name : name + ":" + port;
      // No database: the cluster's own tables are named in full, and the user's may not exist yet.
      nodes.add(new NodeAddress(full, scheme + "://" + full + "/"));
    }
    return new ClusterUrl(vendor, List.copyOf(nodes), settings);
  }

  private static ClusterUrl h2(String rest) {
    int semicolon = rest.indexOf(';');
    Map<String, String> settings =
        semicolon < 0 ? new LinkedHashMap<>() : settings(rest.substring(semicolon + 1), ";");
    String place = semicolon < 0 ? rest : rest.substring(0, semicolon);
    List<NodeAddress> nodes = new ArrayList<>();
    int open = place.indexOf('{');
    int close = place.indexOf('}', open + 1);
    if (open >= 0 && close < 0) {
      throw new IllegalArgumentException("the URL has { without }");
    }
    if (open < 0) {
      nodes.add(new NodeAddress(place, "jdbc:h2:" + place + ";IFEXISTS=TRUE"));
    } else {
      for (String alternative : place.substring(open + 1, close).split(",", -1)) {
        String name = alternative.strip();
        if (name.isEmpty()) {
          throw new IllegalArgumentException("an empty alternative between the braces of the URL");
        }
        String one = place.substring(0, open) + name + place.substring(close + 1);
        nodes.add(new NodeAddress(name, "jdbc:h2:" + one + ";IFEXISTS=TRUE"));
      }
    }
    return new ClusterUrl(Vendor.H2, List.copyOf(nodes), settings);
  }

  private static Map<String, String> settings(String text, String separator) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String pair : text.split(separator)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        settings.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return settings;
  }

  private String setting(String name) {
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      if (setting.getKey().toLowerCase(Locale.ROOT).equals(name)) {
        return setting.getValue();
      }
    }
    return null;
  }

  /** The password in the URL, or null. */
  String password() {
    String password = setting("password");
    return password != null ? password : setting("lockstep.adminpassword");
  }

  /**
   * Properties for a plain connection to a node: TLS and account as in the URL, short time limits.
   *
   * @param given user and password from elsewhere; they win
   */
  Properties nodeProperties(Properties given, int timeoutMillis) {
    Properties properties = new Properties();
    if (vendor == Vendor.H2) {
      copy(properties, "user", "user");
      copy(properties, "password", "password");
      copy(properties, "cipher", "CIPHER");
    } else {
      settings.forEach(
          (key, value) -> {
            if (!key.startsWith("lockstep.")) {
              properties.setProperty(key, value);
            }
          });
      properties.setProperty("connectTimeout", Integer.toString(timeoutMillis));
      properties.setProperty("socketTimeout", Integer.toString(timeoutMillis));
    }
    // The operator's account first: it is the one that may read the cluster's own tables.
    account(properties, setting("lockstep.adminuser"), setting("lockstep.adminpassword"));
    account(properties, given.getProperty("user"), given.getProperty("password"));
    return properties;
  }

  private static void account(Properties properties, String user, String password) {
    if (user != null) {
      properties.setProperty("user", user);
    }
    if (password != null) {
      properties.setProperty("password", password);
    }
  }

  private void copy(Properties properties, String from, String to) {
    String value = setting(from);
    if (value != null) {
      properties.setProperty(to, value);
    }
  }

  /** The node that the user means: by its name, its host alone, or nK for the K-th of the URL. */
  NodeAddress node(String name) {
    List<NodeAddress> found = new ArrayList<>();
    for (NodeAddress node : nodes) {
      if (node.name().equals(name)) {
        return node;
      }
      if (node.name().startsWith(name + ":")) {
        found.add(node);
      }
    }
    if (found.isEmpty() && name.matches("n\\d{1,4}")) {
      int number = Integer.parseInt(name.substring(1));
      if (number >= 1 && number <= nodes.size()) {
        found.add(nodes.get(number - 1));
      }
    }
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          (found.isEmpty() ? "no node " + name : "more than one node " + name)
              + " in the URL; it names "
              + String.join(", ", nodes.stream().map(NodeAddress::name).toList()));
    }
    return found.get(0);
  }
}
