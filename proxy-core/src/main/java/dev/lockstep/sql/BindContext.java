package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;

/** What binding a write needs from outside. Used by one thread at a time. */
public interface BindContext {
  /**
   * Microseconds since 1970 by the clock that orders the session's writes; asked at most once per
   * statement.
   */
  long nowMicros();

  /**
   * The session's time zone, in which date and time values without a zone of their own are written.
   */
  ZoneId zone();

  /** A fresh UUID. */
  UUID randomUuid();

  /** A fresh random number, at least 0 and below 1. */
  double random();

  /**
   * Draws the next values of a sequence on the primary, for good.
   *
   * @return so many numbers as text, in the order in which they were drawn
   * @throws SQLException the server's error, such as that it has run out
   */
  default List<String> draw(TableName sequence, int count) throws SQLException {
    throw Errors.unsupported("the sequence " + sequence + " cannot be used here");
  }

  /**
   * The value that a user variable has on the primary.
   *
   * @param name as written, with its {@code @}
   * @throws SQLException 0A001 for a value that has no exact literal
   */
  default Parameter userVariable(String name) throws SQLException {
    throw Errors.unsupported(
        "the variable " + name + " in a write is not supported; send its value as a parameter");
  }
}
