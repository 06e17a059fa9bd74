package dev.lockstep.config;

import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The validated values of all {@link LockstepProperty settings}; sealed once made. Immutable and
 * thread-safe.
 */
public final class Settings {
  private final Map<LockstepProperty, String> values;

  private Settings(Map<LockstepProperty, String> values) {
    this.values = values;
  }

  /** All defaults. */
  public static Settings defaults() {
    try {
      return of(Map.of());
    } catch (SQLException e) {
      throw new IllegalStateException("a default is invalid", e);
    }
  }

  /**
   * Validates the given values; what is absent takes its default.
   *
   * @throws SQLException 08004 with the name, the value and what would be right
   */
  public static Settings of(Map<LockstepProperty, String> given) throws SQLException {
    EnumMap<LockstepProperty, String> values = new EnumMap<>(LockstepProperty.class);
    for (LockstepProperty p : LockstepProperty.values()) {
      String value = given.get(p);
      value = value == null ? p.defaultValue() : value.trim();
      if (value != null) {
        values.put(p, checked(p, value));
      }
    }
    return new Settings(values);
  }

  private static String checked(LockstepProperty p, String value) throws SQLException {
    if (!p.choices().isEmpty()) {
      for (String choice : p.choices()) {
        if (choice.equalsIgnoreCase(value)) {
          return choice;
        }
      }
      throw Errors.configuration(
          p.key() + "=" + value + " is not allowed; use one of " + String.join(", ", p.choices()));
    }
    switch (p) {
      case MIN_NODES, POOL_SIZE, MAX_GROUP, STATEMENT_CACHE -> number(p, value, 1, 1_000_000);
      case COPY_STREAMS -> number(p, value, 1, 64);
      case COPY_RATE -> number(p, value, 0, 1_000_000);
      case CONTENTION_RETRIES -> number(p, value, 0, 1000);
      case NODE_TIMEOUT, CONNECT_TIMEOUT, HEALTH_INTERVAL, DDL_TIMEOUT ->
          number(p, value, 10, 3_600_000);
      case OWNERSHIP_TTL -> number(p, value, 1, 3600);
      case MAX_WRITE_SET, SPILL_ABOVE -> number(p, value, 1024, 1L << 50);
      case JOURNAL_RETENTION -> number(p, value, 0, 10L * 366 * 86400);
      case JOURNAL_MAX_BYTES -> number(p, value, 1 << 20, 1L << 50);
      default -> {
        if (value.isEmpty() && p != LockstepProperty.ADMIN_PASSWORD) {
          throw Errors.configuration(p.key() + " is empty; leave it out to get its default");
        }
      }
    }
    return value;
  }

  private static void number(LockstepProperty p, String value, long min, long max)
      throws SQLException {
    long n;
    try {
      n = Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw Errors.configuration(p.key() + "=" + value + " is not a whole number");
    }
    if (n < min || n > max) {
      throw Errors.configuration(
          p.key() + "=" + value + " is out of range; allowed is " + min + " to " + max);
    }
  }

  /** The value as text, or null where none is set and there is no default. */
  public String text(LockstepProperty p) {
    return values.get(p);
  }

  private long number(LockstepProperty p) {
    return Long.parseLong(values.get(p));
  }

  /** lockstep.adminUser, or null. */
  public String adminUser() {
    return text(LockstepProperty.ADMIN_USER);
  }

  /** lockstep.adminPassword, or null. */
  public String adminPassword() {
    return text(LockstepProperty.ADMIN_PASSWORD);
  }

  /** lockstep.minNodes where set. */
  public OptionalInt minNodes() {
    String value = text(LockstepProperty.MIN_NODES);
    return value == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
  }

  /** lockstep.nodeTimeout. */
  public Duration nodeTimeout() {
    return Duration.ofMillis(number(LockstepProperty.NODE_TIMEOUT));
  }

  /** lockstep.connectTimeout. */
  public Duration connectTimeout() {
    return Duration.ofMillis(number(LockstepProperty.CONNECT_TIMEOUT));
  }

  /** lockstep.healthInterval. */
  public Duration healthInterval() {
    return Duration.ofMillis(number(LockstepProperty.HEALTH_INTERVAL));
  }

  /** lockstep.ownership=wait: stand by while another process owns the cluster. */
  public boolean waitForOwnership() {
    return "wait".equals(text(LockstepProperty.OWNERSHIP));
  }

  /** lockstep.ownershipTtl. */
  public Duration ownershipTtl() {
    return Duration.ofSeconds(number(LockstepProperty.OWNERSHIP_TTL));
  }

  /**
   * lockstep.onTie=stop: two members that differ stop the cluster instead of losing the replica.
   */
  public boolean stopOnTie() {
    return "stop".equals(text(LockstepProperty.ON_TIE));
  }

  /** lockstep.poolSize. */
  public int poolSize() {
    return (int) number(LockstepProperty.POOL_SIZE);
  }

  /** lockstep.spillAbove, in bytes. */
  public long spillAbove() {
    return number(LockstepProperty.SPILL_ABOVE);
  }

  /** lockstep.maxWriteSet, in bytes. */
  public long maxWriteSet() {
    return number(LockstepProperty.MAX_WRITE_SET);
  }

  /** lockstep.maxGroup. */
  public int maxGroup() {
    return (int) number(LockstepProperty.MAX_GROUP);
  }

  /** lockstep.contentionRetries. */
  public int contentionRetries() {
    return (int) number(LockstepProperty.CONTENTION_RETRIES);
  }

  /** lockstep.journalRetention. */
  public Duration journalRetention() {
    return Duration.ofSeconds(number(LockstepProperty.JOURNAL_RETENTION));
  }

  /** lockstep.journalMaxBytes. */
  public long journalMaxBytes() {
    return number(LockstepProperty.JOURNAL_MAX_BYTES);
  }

  /** lockstep.ddlTimeout. */
  public Duration ddlTimeout() {
    return Duration.ofMillis(number(LockstepProperty.DDL_TIMEOUT));
  }

  /** lockstep.copyStreams. */
  public int copyStreams() {
    return (int) number(LockstepProperty.COPY_STREAMS);
  }

  /** lockstep.copyRate, in bytes; 0: no limit. */
  public long copyBytesPerSecond() {
    return number(LockstepProperty.COPY_RATE) << 20;
  }

  /** lockstep.statementCache. */
  public int statementCache() {
    return (int) number(LockstepProperty.STATEMENT_CACHE);
  }

  /** lockstep.clusterName, or null. */
  public String clusterName() {
    return text(LockstepProperty.CLUSTER_NAME);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Settings other && values.equals(other.values);
  }

  @Override
  public int hashCode() {
    return Objects.hash(values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Settings{");
    values.forEach(
        (p, v) -> {
          String shown = p == LockstepProperty.ADMIN_PASSWORD ? "***" : v;
          text.append(text.length() > 9 ? ", " : "").append(p.key()).append('=').append(shown);
        });
    return text.append('}').toString();
  }
}
