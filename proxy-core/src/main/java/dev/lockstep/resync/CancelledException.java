package dev.lockstep.resync;

import dev.lockstep.config.SqlState;
import java.sql.SQLException;

/** The caller asked for an end; the target keeps its incomplete mark. */
public final class CancelledException extends SQLException {
  private static final long serialVersionUID = 1L;

  CancelledException(String what) {
    super("Lockstep: " + what + " was cancelled", SqlState.CANCELLED.code());
  }
}
