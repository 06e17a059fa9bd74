package dev.lockstep.resync;

import java.sql.SQLException;

/** A table's definition changed on the source during a copy or a repair: start it again. */
public final class DefinitionChangedException extends SQLException {
  private static final long serialVersionUID = 1L;

  DefinitionChangedException(String message, Throwable cause) {
    super("Lockstep: " + message, "40001", cause);
  }
}
