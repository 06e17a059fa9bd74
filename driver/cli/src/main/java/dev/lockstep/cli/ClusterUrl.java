package dev.lockstep.cli;

import dev.lockstep.config.LockstepUrl;
import dev.lockstep.config.NodeAddress;
import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A cluster's URL and how to look at its nodes without the driver, over plain connections.
 * Immutable.
 */
final class ClusterUrl {
  private final LockstepUrl url;

  private ClusterUrl(LockstepUrl url) {
    this.url = url;
  }

  /**
   * Parses.
   *
   * @param account user and password from elsewhere; they win
   * @throws IllegalArgumentException that says what is wrong
   */
  static ClusterUrl parse(String url, Properties account) {
    try {
      return new ClusterUrl(LockstepUrl.parse(url, account));
    } catch (SQLException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** What it is to the driver. */
  LockstepUrl url() {
    return url;
  }

  Vendor vendor() {
    return url.vendor();
  }

  /** The nodes' names in the URL's order. */
  List<String> nodes() {
    return url.nodes().stream().map(NodeAddress::label).toList();
  }

  /** Whether any password is part of it. */
  boolean hasPassword() {
    return url.settings().adminPassword() != null
        || url.nodes().stream().anyMatch(node -> node.properties().containsKey("password"));
  }

  /** The vendor's URL for a plain look at a node. */
  String plainUrl(String node) {
    String server = address(node).serverUrl();
    return switch (url.vendor()) {
      // H2 would make a database that is not there.
      case H2 -> server + ";IFEXISTS=TRUE";
      // Connector/J reads MariaDB too, and is always here.
      case MARIADB -> server.replace("jdbc:mariadb:", "jdbc:mysql:");
      default -> server;
    };
  }

  /** Properties for a plain connection to a node: TLS and account as in the URL, short limits. */
  Properties plainProperties(String node, int timeoutMillis) {
    Properties properties = new Properties();
    address(node)
        .properties()
        .forEach(
            (name, value) -> {
              // The others are settings of the database or of the session.
              if (url.vendor() != Vendor.H2 || name.matches("(?i)user|password|cipher")) {
                properties.setProperty(name, value);
              }
            });
    if (url.vendor().mysqlFamily()) {
      properties.setProperty("connectTimeout", Integer.toString(timeoutMillis));
      properties.setProperty("socketTimeout", Integer.toString(timeoutMillis));
    }
    // The account that may read the cluster's own tables.
    if (url.settings().adminUser() != null) {
      properties.setProperty("user", url.settings().adminUser());
    }
    if (url.settings().adminPassword() != null) {
      properties.setProperty("password", url.settings().adminPassword());
    }
    return properties;
  }

  private NodeAddress address(String label) {
    return url.nodes().stream()
        .filter(node -> node.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no node " + label));
  }

  /** The node that the user means: by its name, its host alone, or nK for the K-th of the URL. */
  String node(String name) {
    List<String> found = new ArrayList<>();
    for (String node : nodes()) {
      if (node.equals(name)) {
        return node;
      }
      if (node.startsWith(name + ":")) {
        found.add(node);
      }
    }
    if (found.isEmpty() && name.matches("n[1-9]\\d{0,3}")) {
      int number = Integer.parseInt(name.substring(1));
      if (number <= nodes().size()) {
        found.add(nodes().get(number - 1));
      }
    }
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          (found.isEmpty() ? "no node " + name : "more than one node " + name)
              + " in the URL; it names "
              + String.join(", ", nodes()));
    }
    return found.get(0);
  }
}
