package dev.lockstep.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The parts of a URL, cut but not yet judged: vendor, places of the nodes, database, properties.
 *
 * @param bare the URL up to its properties
 */
record UrlText(
    Vendor vendor,
    List<Place> places,
    String database,
    Map<String, String> properties,
    String bare) {

  /** One node's label and vendor URLs. */
  record Place(String label, String serverUrl, String databaseUrl) {}

  private static final String SHAPE =
      "; write jdbc:lockstep:<mysql|mariadb|h2>://host1:port1,host2:port2,host3:port3/database?name=value";

  static UrlText split(String url) throws SQLException {
    if (!LockstepUrl.accepts(url)) {
      throw Errors.configuration("not a URL of this driver" + SHAPE);
    }
    String rest = url.substring(LockstepUrl.PREFIX.length());
    int colon = rest.indexOf(':');
    String word = colon < 0 ? rest : rest.substring(0, colon);
    Vendor vendor = null;
    for (Vendor v : Vendor.values()) {
      if (v.word().equalsIgnoreCase(word)) {
        vendor = v;
      }
    }
    if (vendor == null || colon < 0) {
      throw Errors.configuration("the URL names no known vendor: \"" + word + "\"" + SHAPE);
    }
    if (vendor == Vendor.POSTGRESQL) {
      throw Errors.configuration("PostgreSQL is not supported yet; use mysql, mariadb or h2");
    }
    String where = rest.substring(colon + 1);
    return vendor == Vendor.H2 ? splitH2(where) : splitHosts(vendor, where);
  }

  private static UrlText splitHosts(Vendor vendor, String where) throws SQLException {
    if (!where.startsWith("//")) {
      int slashes = where.indexOf("//");
      throw Errors.configuration(
          slashes > 0
              ? "the vendor's mode \""
                  + where.substring(0, slashes)
                  + "\" is refused: Lockstep replaces load balancing, replication and failover of the vendor's driver"
              : "the URL lacks // after the vendor" + SHAPE);
    }
    String body = where.substring(2);
    int question = body.indexOf('?');
    String path = question < 0 ? body : body.substring(0, question);
    Map<String, String> properties =
        question < 0 ? new LinkedHashMap<>() : query(body.substring(question + 1));
    int slash = path.indexOf('/');
    String hosts = slash < 0 ? path : path.substring(0, slash);
    String database = slash < 0 ? "" : decode(path.substring(slash + 1));
    if (hosts.isBlank()) {
      throw Errors.configuration("the URL names no nodes" + SHAPE);
    }
    if (hosts.contains("(") || hosts.contains("@")) {
      throw Errors.configuration(
          "only host:port is allowed in the list of nodes; give users and other options as"
              + " properties, for one node as lockstep.node.<number>.<name>=<value>");
    }
    if (database.contains("/")) {
      throw Errors.configuration("the database name \"" + database + "\" contains a slash");
    }
    List<Place> places = new ArrayList<>();
    for (String item : hosts.split(",", -1)) {
      String label = hostAndPort(item.trim());
      String server = "jdbc:" + vendor.word() + "://" + label + "/";
      places.add(new Place(label, server, server + database));
    }
    String bare = LockstepUrl.PREFIX + vendor.word() + "://" + path;
    return new UrlText(vendor, places, database.isEmpty() ? null : database, properties, bare);
  }

  private static String hostAndPort(String item) throws SQLException {
    if (item.isEmpty()) {
      throw Errors.configuration("the URL has an empty host in its list of nodes" + SHAPE);
    }
    String host;
    String port;
    if (item.startsWith("[")) {
      int end = item.indexOf(']');
      if (end < 2) {
        throw Errors.configuration("the IPv6 address in \"" + item + "\" lacks its end ]");
      }
      host = item.substring(0, end + 1);
      String after = item.substring(end + 1);
      if (!after.isEmpty() && !after.startsWith(":")) {
        throw Errors.configuration("\"" + item + "\" is not [address]:port");
      }
      port = after.isEmpty() ? "3306" : after.substring(1);
    } else {
      int colon = item.indexOf(':');
      if (colon != item.lastIndexOf(':')) {
        throw Errors.configuration(
            "\"" + item + "\" is not host:port; write an IPv6 address in brackets: [::1]:3306");
      }
      host = colon < 0 ? item : item.substring(0, colon);
      port = colon < 0 ? "3306" : item.substring(colon + 1);
      if (host.isEmpty()) {
        throw Errors.configuration("\"" + item + "\" lacks its host");
      }
    }
    if (!host.matches("\\[[0-9A-Fa-f:.%\\w]+]|[\\w.-]+")) {
      throw Errors.configuration("\"" + host + "\" is not a host name or address");
    }
    int number = port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
    if (number < 1 || number > 65535) {
      throw Errors.configuration(
          "\"" + port + "\" in \"" + item + "\" is not a port; allowed is 1 to 65535");
    }
    return host + ":" + number;
  }

  private static Map<String, String> query(String text) throws SQLException {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String pair : text.split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw Errors.configuration("\"" + pair + "\" in the URL is not name=value");
      }
      put(properties, decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
    }
    return properties;
  }

  private static void put(Map<String, String> properties, String name, String value)
      throws SQLException {
    if (properties.put(name.trim(), value) != null) {
      throw Errors.configuration("the URL gives the property " + name + " twice");
    }
  }

  private static String decode(String text) throws SQLException {
    try {
      return text.indexOf('%') < 0
          ? text
          : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Errors.configuration("\"" + text + "\" in the URL is wrongly percent-encoded");
    }
  }

  private static UrlText splitH2(String where) throws SQLException {
    List<String> parts = semicolons(where);
    String place = parts.get(0);
    if (place.isBlank()) {
      throw Errors.configuration(
          "the URL names no database; write jdbc:lockstep:h2:file:./data/{n1,n2,n3}/shop");
    }
    Map<String, String> properties = new LinkedHashMap<>();
    for (String pair : parts.subList(1, parts.size())) {
      if (pair.isBlank()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw Errors.configuration("\"" + pair + "\" in the URL is not NAME=value");
      }
      String name = pair.substring(0, equals).trim();
      boolean account = name.equalsIgnoreCase("user") || name.equalsIgnoreCase("password");
      put(properties, account ? name.toLowerCase(Locale.ROOT) : name, pair.substring(equals + 1));
    }
    String bare = LockstepUrl.PREFIX + "h2:" + place;
    return new UrlText(Vendor.H2, alternatives(place), null, properties, bare);
  }

  private static List<Place> alternatives(String place) throws SQLException {
    int open = place.indexOf('{');
    int close = place.indexOf('}');
    if (open < 0 && close < 0) {
      String url = "jdbc:h2:" + place;
      return List.of(new Place(place, url, url));
    }
    if (open < 0
        || close < open
        || place.indexOf('{', open + 1) >= 0
        || place.indexOf('}', close + 1) >= 0) {
      throw Errors.configuration(
          "the URL needs exactly one pair of braces with the nodes' alternatives, as in"
              + " jdbc:lockstep:h2:file:./data/{n1,n2,n3}/shop");
    }
    List<Place> places = new ArrayList<>();
    for (String item : place.substring(open + 1, close).split(",", -1)) {
      String label = item.trim();
      if (label.isEmpty()) {
        throw Errors.configuration("the URL has an empty alternative between its braces");
      }
      String url = "jdbc:h2:" + place.substring(0, open) + label + place.substring(close + 1);
      places.add(new Place(label, url, url));
    }
    return places;
  }

  /** Splits at semicolons; a backslash before one makes it part of the text, as H2 does. */
  private static List<String> semicolons(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length() && text.charAt(i + 1) == ';') {
        part.append(';');
        i++;
      } else if (c == ';') {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }
}
