package dev.lockstep.jdbc;

import dev.lockstep.config.LockstepUrl;
import dev.lockstep.engine.Engine;
import dev.lockstep.session.SessionFactory;
import java.sql.SQLException;

/** The engines of this class loader. */
final class EngineClusters implements Clusters {
  static final EngineClusters INSTANCE = new EngineClusters();

  private EngineClusters() {}

  @Override
  public SessionFactory of(LockstepUrl url) throws SQLException {
    return Engine.of(url);
  }
}
