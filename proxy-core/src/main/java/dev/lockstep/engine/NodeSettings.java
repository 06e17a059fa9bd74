package dev.lockstep.engine;

import dev.lockstep.cluster.NodeControl;
import dev.lockstep.config.Errors;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server settings that decide whether the same statement means the same on every node, and
 * whether what a node has committed survives its crash.
 */
final class NodeSettings {
  private static final Logger LOG = LoggerFactory.getLogger(NodeSettings.class);
  private static final List<String> UNSAFE_MODES =
      List.of("ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT", "NO_AUTO_VALUE_ON_ZERO");

  private NodeSettings() {}

  /** Refuses a node on which statements would be read in another way; warns of a careless one. */
  static void check(NodeControl node) throws SQLException {
    if (!node.node().dialect().vendor().mysqlFamily()) {
      return;
    }
    Map<String, String> s = read(node);
    String modes = s.get("sql_mode").toUpperCase(Locale.ROOT);
    for (String m : UNSAFE_MODES) {
      if (List.of(modes.split(",")).contains(m)) {
        throw Errors.configuration(
            node.node().name()
                + " has sql_mode "
                + m
                + ", which Lockstep does not support: unset it");
      }
    }
    if (!"1".equals(s.get("innodb_flush_log_at_trx_commit"))) {
      LOG.warn(
          "{} has innodb_flush_log_at_trx_commit={}: what it has committed may be lost when its"
              + " host crashes; set it to 1",
          node.node().name(),
          s.get("innodb_flush_log_at_trx_commit"));
    }
  }

  /** Refuses nodes whose settings differ where that changes what statements do. */
  static void compare(NodeControl a, NodeControl b) throws SQLException {
    if (!a.node().dialect().vendor().mysqlFamily()) {
      return;
    }
    Map<String, String> x = read(a);
    Map<String, String> y = read(b);
    for (String name :
        List.of(
            "sql_mode",
            "time_zone",
            "lower_case_table_names",
            "character_set_server",
            "collation_server")) {
      if (!x.get(name).equals(y.get(name))) {
        throw Errors.configuration(
            "server variable "
                + name
                + " is '"
                + x.get(name)
                + "' on "
                + a.node().name()
                + " but '"
                + y.get(name)
                + "' on "
                + b.node().name()
                + ": statements would give different results; set both alike");
      }
    }
  }

  private static Map<String, String> read(NodeControl node) throws SQLException {
    return node.with(
        c -> {
          Map<String, String> m = new LinkedHashMap<>();
          try (Statement s = c.createStatement();
              ResultSet r =
                  s.executeQuery(
                      "SELECT @@global.sql_mode,"
                          + " IF(@@global.time_zone='SYSTEM', @@system_time_zone,"
                          + " @@global.time_zone), @@lower_case_table_names,"
                          + " @@global.character_set_server, @@global.collation_server,"
                          + " @@global.innodb_flush_log_at_trx_commit")) {
            r.next();
            m.put("sql_mode", r.getString(1));
            m.put("time_zone", r.getString(2));
            m.put("lower_case_table_names", r.getString(3));
            m.put("character_set_server", r.getString(4));
            m.put("collation_server", r.getString(5));
            m.put("innodb_flush_log_at_trx_commit", r.getString(6));
          }
          return m;
        });
  }
}
