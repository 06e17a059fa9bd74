package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.sql.SQLException;
import java.sql.Savepoint;

/** A savepoint by its name on the server. Immutable. */
final class LockstepSavepoint implements Savepoint {
  private final LockstepConnection connection;
  private final String name;
  private final boolean named;
  private final int id;

  LockstepSavepoint(LockstepConnection connection, String name, boolean named, int id) {
    this.connection = connection;
    this.name = name;
    this.named = named;
    this.id = id;
  }

  static String nameOf(Savepoint savepoint, LockstepConnection connection) throws SQLException {
    if (savepoint instanceof LockstepSavepoint s && s.connection == connection) {
      return s.name;
    }
    throw Errors.of(SqlState.INVALID_ARGUMENT, "the savepoint is of another connection");
  }

  @Override
  public int getSavepointId() throws SQLException {
    if (named) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the savepoint has a name, not a number");
    }
    return id;
  }

  @Override
  public String getSavepointName() throws SQLException {
    if (!named) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the savepoint has a number, not a name");
    }
    return name;
  }
}
