package dev.lockstep.sql;

/**
 * One part of a SET statement (or of START TRANSACTION's characteristics). Immutable.
 *
 * @param name lower case without quotes: {@code autocommit}, {@code time_zone}, {@code names},
 *     {@code character set}, {@code transaction isolation level}, {@code transaction read only}, or
 *     a user variable with its {@code @}
 * @param valueSql the value as written; for {@code transaction isolation level} upper-case words
 *     such as {@code READ COMMITTED}, for {@code transaction read only} {@code 1} or {@code 0}; for
 *     {@code names} the words after NAMES
 * @param scope where the setting holds
 */
public record Assignment(String name, String valueSql, Scope scope) {
  /** Where a setting holds. */
  public enum Scope {
    /** The session, from now on. */
    SESSION,
    /** The whole server: GLOBAL or PERSIST, or a database-wide setting of H2. */
    GLOBAL,
    /** The next transaction, or the one that the statement starts. */
    TRANSACTION,
    /** A user variable. */
    USER_VARIABLE
  }
}
