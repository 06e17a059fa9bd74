package dev.lockstep.jdbc;

import dev.lockstep.config.LockstepUrl;
import dev.lockstep.session.SessionFactory;
import java.sql.SQLException;

/** From a URL to the cluster that it names: the one place where the driver meets the engine. */
@FunctionalInterface
interface Clusters {
  /** The cluster of this URL, started. */
  SessionFactory of(LockstepUrl url) throws SQLException;
}
