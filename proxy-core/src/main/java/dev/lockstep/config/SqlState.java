package dev.lockstep.config;

/**
 * The SQLStates that Lockstep itself reports. Class 0A is used without {@code 0A000}, at which
 * HikariCP throws the pooled connection away.
 */
public enum SqlState {
  /** No node could be reached; nothing was done. */
  CANNOT_CONNECT("08001"),
  /** The connection is closed or its server session is gone for good; nothing was done. */
  CONNECTION_DOES_NOT_EXIST("08003"),
  /** The connection was lost and cannot be rebuilt; the transaction was rolled back. */
  CONNECTION_FAILURE("08006"),
  /** The outcome of the transaction is unknown. */
  OUTCOME_UNKNOWN("08007"),
  /** A statement that Lockstep cannot make safe on several nodes. */
  NOT_SUPPORTED("0A001"),
  /**
   * The cluster takes no writes now: fewer nodes than lockstep.minNodes, or the connection is
   * read-only.
   */
  READ_ONLY("25006"),
  /** Rolled back everywhere; the transaction can be repeated. */
  ROLLED_BACK("40001"),
  /** Syntax or use that the driver itself rejects. */
  SYNTAX("42000"),
  /** Wrong configuration: URL or property. */
  CONFIGURATION("08004"),
  /** Another process owns the cluster. */
  OWNED_ELSEWHERE("08004"),
  /** The nodes disagree in a way that needs an operator. */
  NODES_DISAGREE("08004"),
  /** The statement was cancelled or timed out. */
  CANCELLED("57014"),
  /** Wrong argument to a JDBC method. */
  INVALID_ARGUMENT("HY024"),
  /** The server answered in a way that breaks the protocol: an internal error. */
  INTERNAL("XX000");

  private final String code;

  SqlState(String code) {
    this.code = code;
  }

  /** The five characters. */
  public String code() {
    return code;
  }
}
