package dev.lockstep.session;

import java.sql.SQLException;

/** A function that may throw an SQLException. */
@FunctionalInterface
public interface SqlFunction<A, R> {
  /** Applies it. */
  R apply(A argument) throws SQLException;
}
