package dev.lockstep.node;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;

/**
 * What differs between database families in the statements that the engine itself issues.
 * Stateless.
 */
public interface Dialect {
  /** The dialect of a family. */
  static Dialect of(Vendor vendor) {
    return vendor.mysqlFamily() ? new MySqlDialect(vendor) : new H2Dialect();
  }

  /** The family. */
  Vendor vendor();

  /**
   * The statement that opens a transaction at the head of a packet, or null where autocommit must
   * be switched.
   */
  String begin();

  /**
   * Whether only the engine's guard can tell that a transaction has not been ended behind our back,
   * even where it ran nothing but analysed reads and writes.
   */
  boolean guardsAlways();

  /** Sets the engine's guard savepoint. */
  default String guard() {
    return "SAVEPOINT lockstep";
  }

  /**
   * Releases the guard; fails if the transaction was lost or committed behind our back (where the
   * server can tell).
   */
  String releaseGuard();

  /** Stops what the server's connection of that number executes. */
  String stopStatement(long serverId);

  /** Makes {@code schema} the current one. */
  String use(String schema);

  /** Quotes an identifier. */
  String quote(String identifier);

  /** A text literal that means exactly {@code value}. */
  String literal(String value);

  /** Whether the error is a deadlock or a lock wait: repeatable, no sign of different data. */
  boolean contention(SQLException e);

  /** Whether the error tells of a sick server (disk full, read-only, storage), not of the data. */
  boolean nodeFault(SQLException e);

  /** Whether a foreign key's parent row is missing. */
  boolean missingParent(SQLException e);

  /** Whether the account lacks a right. */
  boolean accessDenied(SQLException e);

  /** Whether the server has rolled the whole transaction back because of this error. */
  boolean rollsBackTransaction(SQLException e);

  /** Whether the error means that the connection or the server is gone. */
  boolean connectionError(SQLException e);
}
