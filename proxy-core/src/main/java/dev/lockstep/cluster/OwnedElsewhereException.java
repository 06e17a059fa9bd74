package dev.lockstep.cluster;

import dev.lockstep.config.SqlState;
import java.sql.SQLNonTransientConnectionException;

/** Another process owns the node, and so the cluster. SQLState 08004. */
public final class OwnedElsewhereException extends SQLNonTransientConnectionException {
  private static final long serialVersionUID = 1L;

  OwnedElsewhereException(String node, String owner) {
    super(
        "Lockstep: another process owns this cluster (found on "
            + node
            + "): "
            + owner
            + ". Stop it, or set lockstep.ownership=wait to stand by and take over when it ends.",
        SqlState.OWNED_ELSEWHERE.code());
  }
}
