package dev.lockstep.config;

import java.util.List;

/**
 * The catalogue of all settings of Lockstep. It feeds URL parsing, {@code getPropertyInfo}, the
 * configuration page of the documentation and the command line. Everything else in a URL goes to
 * the vendor's driver.
 */
public enum LockstepProperty {
  ADMIN_USER(
      "lockstep.adminUser",
      null,
      "Account for lanes, journal, ownership and copies; default: the URL's user."),
  ADMIN_PASSWORD(
      "lockstep.adminPassword",
      null,
      "Password of lockstep.adminUser; default: the URL's password."),
  MIN_NODES(
      "lockstep.minNodes",
      null,
      "Fewest members that a view may have; below it writes are refused with 25006. Default: half of the nodes that"
          + " have ever joined, rounded up."),
  NODE_TIMEOUT(
      "lockstep.nodeTimeout",
      "5000",
      "Milliseconds that a member may take to answer a prepare or a commit before it is evicted."),
  CONNECT_TIMEOUT(
      "lockstep.connectTimeout", "3000", "Milliseconds to establish one server connection."),
  HEALTH_INTERVAL(
      "lockstep.healthInterval", "1000", "Milliseconds between health checks and rejoin attempts."),
  OWNERSHIP(
      "lockstep.ownership",
      "fail",
      "What a process does when another one owns the cluster: fail, or wait (stand by and take over).",
      "fail",
      "wait"),
  OWNERSHIP_TTL(
      "lockstep.ownershipTtl",
      "10",
      "Seconds after which a server drops the ownership of a process that has gone silent."),
  ON_TIE(
      "lockstep.onTie",
      "evict-replica",
      "When two members hold different data and no majority tells which is right.",
      "evict-replica",
      "stop"),
  READ_CONSISTENCY(
      "lockstep.readConsistency",
      "strict",
      "strict: a read never shows a commit that can still vanish. (session and eventual come later.)",
      "strict"),
  POOL_SIZE("lockstep.poolSize", "400", "Most server connections per node, user and database."),
  MAX_WRITE_SET(
      "lockstep.maxWriteSet",
      "17179869184",
      "Bytes that one transaction may write; above it an error."),
  SPILL_ABOVE(
      "lockstep.spillAbove",
      "8388608",
      "Bytes of a write set that are kept in memory; what is above waits in the primary's"
          + " lockstep.journal_part."),
  MAX_GROUP("lockstep.maxGroup", "64", "Most transactions that commit together."),
  CONTENTION_RETRIES(
      "lockstep.contentionRetries",
      "5",
      "Times a lane is rerun after a deadlock or lock wait before 40001."),
  JOURNAL_RETENTION(
      "lockstep.journalRetention",
      "3600",
      "Seconds that journal rows are kept; longer while a node is away, up to lockstep.journalMaxBytes."),
  JOURNAL_MAX_BYTES(
      "lockstep.journalMaxBytes",
      "1073741824",
      "Bytes of journal per node above which the oldest rows go."),
  DDL_TIMEOUT(
      "lockstep.ddlTimeout",
      "30000",
      "Milliseconds that DDL waits for open transactions on its tables."),
  COPY_STREAMS(
      "lockstep.copyStreams",
      "3",
      "Connections that copy a node in full at the same time, on MySQL and MariaDB; H2 uses one."),
  COPY_RATE(
      "lockstep.copyRate",
      "0",
      "MiB per second that a full copy may send to the node, over all streams; 0: no limit."),
  STATEMENT_CACHE("lockstep.statementCache", "2000", "Analysed statements kept."),
  CLUSTER_NAME(
      "lockstep.clusterName", null, "Name in logs, metrics and JMX; default: the cluster's id.");

  private final String key;
  private final String defaultValue;
  private final String description;
  private final List<String> choices;

  LockstepProperty(String key, String defaultValue, String description, String... choices) {
    this.key = key;
    this.defaultValue = defaultValue;
    this.description = description;
    this.choices = List.of(choices);
  }

  /** The name in a URL or in {@code Properties}, such as {@code lockstep.nodeTimeout}. */
  public String key() {
    return key;
  }

  /** The default as text, or null where there is none or it is computed. */
  public String defaultValue() {
    return defaultValue;
  }

  /** One or two sentences, with the unit. */
  public String description() {
    return description;
  }

  /** The allowed words, or an empty list where the value is free. */
  public List<String> choices() {
    return choices;
  }

  /** The property of this name, or null. */
  public static LockstepProperty find(String key) {
    for (LockstepProperty p : values()) {
      if (p.key.equals(key)) {
        return p;
      }
    }
    return null;
  }
}
