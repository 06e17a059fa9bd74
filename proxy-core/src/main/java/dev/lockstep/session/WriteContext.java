package dev.lockstep.session;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.BindContext;
import dev.lockstep.sql.Parameter;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Time, zone and random values for one write on one server connection. */
final class WriteContext implements BindContext {
  /** Carries the SQLException of a question to the server through an interface without one. */
  static final class ZoneFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ZoneFailure(SQLException cause) {
      super(cause);
    }

    SQLException sql() {
      return (SQLException) getCause();
    }
  }

  private final Work work;
  private final SessionState state;
  private final ServerConnection connection;

  WriteContext(Work work, ServerConnection connection) {
    this.work = work;
    this.state = work.state;
    this.connection = connection;
  }

  @Override
  public long nowMicros() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000L
        + now.getNano() / 1000
        + connection.node().clockOffsetMicros();
  }

  @Override
  public ZoneId zone() {
    try {
      return state.zone(connection);
    } catch (SQLException e) {
      throw new ZoneFailure(e);
    }
  }

  @Override
  public UUID randomUuid() {
    return UUID.randomUUID();
  }

  @Override
  public double random() {
    return ThreadLocalRandom.current().nextDouble();
  }

  @Override
  public List<String> draw(TableName sequence, int count) throws SQLException {
    try {
      return work.sequences.next(connection, sequence, count);
    } catch (ConnectionLostException e) {
      throw new ZoneFailure(e.why());
    } catch (SQLException e) {
      if (work.inTransaction()) {
        work.transaction.touch(); // it has begun it, and may hold locks
      }
      throw new ZoneFailure(e);
    }
  }

  /** Asked for each time: only the server knows it, and it must be the one that it has now. */
  @Override
  public Parameter userVariable(String name) throws SQLException {
    UserVariables.Value value;
    try {
      value = UserVariables.ask(connection, name);
    } catch (SQLException e) {
      throw new ZoneFailure(e);
    }
    // The text of a DOUBLE would be a DECIMAL.
    boolean inexact = value.parameter() == null || value.parameter().value() instanceof Double;
    if (inexact || value.collation() != null) {
      throw Errors.unsupported(
          "the value of "
              + name
              + (value.collation() == null
                  ? " has no exact literal"
                  : " has the collation " + value.collation() + ", not that of the connection")
              + ", so it is not used in writes; send it as a parameter");
    }
    return value.parameter();
  }
}
