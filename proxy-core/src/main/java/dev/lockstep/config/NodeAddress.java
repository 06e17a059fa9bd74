package dev.lockstep.config;

import java.util.Map;

/**
 * One node as the URL names it. Immutable.
 *
 * @param index its place in the URL, from 1
 * @param label its name in logs, messages and {@code lockstep.node.<label>.*}: {@code host:port},
 *     or the alternative between braces
 * @param serverUrl the vendor's URL without a database (on H2 the same as {@code databaseUrl})
 * @param databaseUrl the vendor's URL with the database; no properties in either
 * @param properties the vendor's properties for this node: the URL's own, overlaid with {@code
 *     lockstep.node.<n>.*}; holds {@code user} and {@code password} where given
 */
public record NodeAddress(
    int index, String label, String serverUrl, String databaseUrl, Map<String, String> properties) {
  /** Copies the properties. */
  public NodeAddress {
    properties = Map.copyOf(properties);
  }

  /** The node's own user where one is configured for it, else null. */
  public String user() {
    return properties.get("user");
  }

  @Override
  public String toString() {
    return label;
  }
}
