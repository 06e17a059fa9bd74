package dev.lockstep.cluster;

import dev.lockstep.config.SqlState;
import java.sql.SQLNonTransientConnectionException;

/** Another process has taken the node over, and so the cluster: nothing may be written any more. */
public final class FencedException extends SQLNonTransientConnectionException {
  private static final long serialVersionUID = 1L;

  FencedException() {
    super("Lockstep: another process has taken the cluster over", SqlState.OWNED_ELSEWHERE.code());
  }
}
