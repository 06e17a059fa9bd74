package dev.lockstep.harness.server;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The kinds of database servers that the harness can start. */
public enum Engine {
  MARIADB {
    @Override
    public DatabaseNode newNode(String name, NodeOptions options) {
      return new MariaDbNode(name, options);
    }

    @Override
    String lockstepUrl(
        List<Integer> ports, String database, Map<String, String> options, NodeOptions nodes) {
      return mySqlUrl(ports, database, options);
    }
  },
  MYSQL {
    @Override
    public DatabaseNode newNode(String name, NodeOptions options) {
      return new MySqlNode(name, options);
    }

    @Override
    String lockstepUrl(
        List<Integer> ports, String database, Map<String, String> options, NodeOptions nodes) {
      return mySqlUrl(ports, database, options);
    }
  },
  H2 {
    @Override
    public DatabaseNode newNode(String name, NodeOptions options) {
      return new H2Node(name, options);
    }

    @Override
    String lockstepUrl(
        List<Integer> ports, String database, Map<String, String> options, NodeOptions nodes) {
      String hosts =
          ports.stream()
              .map(port -> "127.0.0.1:" + port)
              .collect(Collectors.joining(",", "{", "}"));
      StringBuilder url =
          new StringBuilder("jdbc:lockstep:h2:tcp://" + hosts + "/./" + database)
              .append(H2Node.urlOptions(nodes));
      options.forEach((key, value) -> url.append(';').append(key).append('=').append(value));
      return url.toString();
    }
  };

  private static String mySqlUrl(
      List<Integer> ports, String database, Map<String, String> options) {
    String hosts = ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    StringBuilder url =
        new StringBuilder("jdbc:lockstep:mysql://" + hosts + "/" + database + "?")
            .append(MySqlFamilyNode.URL_OPTIONS);
    options.forEach((key, value) -> url.append('&').append(key).append('=').append(value));
    return url.toString();
  }

  /** Whether it is MariaDB or MySQL, which share dialect and driver. */
  public boolean mysqlFamily() {
    return this != H2;
  }

  /** A stopped node of this engine with an empty data directory. */
  public abstract DatabaseNode newNode(String name, NodeOptions options);

  abstract String lockstepUrl(
      List<Integer> ports, String database, Map<String, String> options, NodeOptions nodes);

  /** The engine of that name, in any case. */
  public static Engine of(String name) {
    for (Engine engine : values()) {
      if (engine.name().equalsIgnoreCase(name)) {
        return engine;
      }
    }
    throw new IllegalArgumentException(
        "no engine named '" + name.toLowerCase(Locale.ROOT) + "'; there are h2, mariadb and mysql");
  }
}
