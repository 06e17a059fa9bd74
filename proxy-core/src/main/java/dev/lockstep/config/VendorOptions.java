package dev.lockstep.config;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which options of the vendors' drivers would break replication. Stateless. */
final class VendorOptions {
  /**
   * Names of Connector/J and MariaDB Connector/J (lower case) that move a session by themselves.
   */
  private static final Set<String> MOVING =
      Set.of(
          "autoreconnect",
          "autoreconnectforpools",
          "roundrobinloadbalance",
          "transactionreplay",
          "allowsourcedownconnections",
          "allowreplicadownconnections",
          "allowmasterdownconnections",
          "allowslavedownconnections",
          "readfromsourcewhennoreplicas");

  /** Options that are not passed on: without a meaning behind Lockstep, or for Lockstep itself. */
  private static final Set<String> IGNORED =
      Set.of("rewritebatchedstatements", "allowmultiqueries");

  /** Statements that the vendor's driver would run on each connection, past the replication. */
  private static final Set<String> INITIAL_SQL = Set.of("sessionvariables", "initsql", "init");

  private VendorOptions() {}

  /**
   * Checks one option.
   *
   * @return whether to pass it on
   * @throws SQLException 08004 where it cannot be combined with Lockstep
   */
  static boolean check(Vendor vendor, String name, String value) throws SQLException {
    String n = name.toLowerCase(Locale.ROOT);
    if (INITIAL_SQL.contains(n)) {
      throw Errors.configuration(
          "the option "
              + name
              + " runs statements past the replication; run them on the connection instead");
    }
    if (vendor == Vendor.H2) {
      return checkH2(n, name, value);
    }
    return !vendor.mysqlFamily() || checkMysql(n, name, value);
  }

  private static boolean checkMysql(String n, String name, String value) throws SQLException {
    if (IGNORED.contains(n)) {
      return false;
    }
    boolean on = isTrue(value);
    boolean moving =
        MOVING.contains(n)
            || n.startsWith("loadbalance")
            || n.startsWith("failover")
            || n.startsWith("ha.")
            || n.startsWith("replicationconnectiongroup")
            || n.startsWith("queriesbeforeretry")
            || n.startsWith("secondsbeforeretry");
    if (moving && !value.equalsIgnoreCase("false")) {
      throw Errors.configuration(
          "the option "
              + name
              + " lets the vendor's driver reconnect or fail over by itself; remove it, Lockstep does this");
    }
    switch (n) {
      case "useaffectedrows" -> {
        if (on) {
          throw refused(name, value, "counts must be rows found, not rows changed");
        }
        return false;
      }
      case "usecompression" -> {
        if (on) {
          throw refused(name, value, "it is not supported");
        }
      }
      case "createdatabaseifnotexist" -> {
        if (on) {
          throw refused(
              name,
              value,
              "it would create databases past the replication; run CREATE DATABASE instead");
        }
        return false;
      }
      case "characterencoding" -> {
        String v = value.toLowerCase(Locale.ROOT).replace("-", "");
        if (!v.equals("utf8") && !v.equals("utf8mb4")) {
          throw refused(name, value, "only UTF-8 is supported");
        }
      }
      case "connectioncollation" -> {
        if (!value.toLowerCase(Locale.ROOT).startsWith("utf8")) {
          throw refused(name, value, "only utf8 collations are supported");
        }
      }
      case "autocommit", "readonly" ->
          throw refused(name, value, "set it on the connection instead");
      default -> {
        return true;
      }
    }
    return true;
  }

  private static boolean checkH2(String n, String name, String value) throws SQLException {
    if (n.equals("autocommit") && !isTrue(value)) {
      throw refused(name, value, "call setAutoCommit on the connection instead");
    }
    if (n.equals("auto_reconnect") && isTrue(value)) {
      throw refused(name, value, "Lockstep reconnects by itself");
    }
    return true;
  }

  /** Whether the options allow several statements in one text. */
  static boolean multiQueries(Vendor vendor, Map<String, String> given) {
    boolean multi = vendor == Vendor.H2;
    for (Map.Entry<String, String> e : given.entrySet()) {
      multi |= e.getKey().equalsIgnoreCase("allowMultiQueries") && isTrue(e.getValue());
    }
    return multi;
  }

  private static boolean isTrue(String value) {
    return value.equalsIgnoreCase("true") || value.equalsIgnoreCase("yes") || value.equals("1");
  }

  private static SQLException refused(String name, String value, String why) {
    return Errors.configuration("the option " + name + "=" + value + " is refused: " + why);
  }

  /** Checks all and returns those to pass on. */
  static Map<String, String> checked(Vendor vendor, Map<String, String> given) throws SQLException {
    Map<String, String> kept = new LinkedHashMap<>();
    for (Map.Entry<String, String> e : given.entrySet()) {
      if (check(vendor, e.getKey(), e.getValue())) {
        kept.put(e.getKey(), e.getValue());
      }
    }
    return kept;
  }
}
