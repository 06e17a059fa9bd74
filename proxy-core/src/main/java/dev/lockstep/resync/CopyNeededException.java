package dev.lockstep.resync;

import dev.lockstep.config.SqlState;
import java.sql.SQLException;

/** A repair by rows is not possible: the node has to be copied. */
public final class CopyNeededException extends SQLException {
  private static final long serialVersionUID = 1L;

  CopyNeededException(String why) {
    super("Lockstep: the node cannot be repaired by rows: " + why, SqlState.NODES_DISAGREE.code());
  }
}
