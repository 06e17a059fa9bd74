package dev.lockstep.it;

import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Random;
import java.util.function.IntFunction;

/** Clients that write at the same time, in autocommit and in transactions. */
final class RandomWriters {
  private static final int CLIENTS = 6;
  private static final int WRITES = 2;

  private RandomWriters() {}

  /** What a client does. */
  interface Round {
    /** The statements of one round by their numbers, 0 and 1. */
    IntFunction<String> statements(Random random, int client, int round);
  }

  /**
   * Runs them. Rows that may not be there, keys that collide and 40001 are expected, and on H2 a
   * cascade that is not the first statement of its transaction.
   */
  static void run(Installation on, Engine engine, long seed, int rounds, Round what)
      throws Exception {
    SilentFailuresTest.clients(
        on,
        CLIENTS,
        (number, own) -> {
          Random random = new Random(seed + number);
          for (int i = 0; i < rounds; i++) {
            own.setAutoCommit(random.nextInt(3) == 0);
            own.setTransactionIsolation(
                random.nextBoolean()
                    ? Connection.TRANSACTION_READ_COMMITTED
                    : Connection.TRANSACTION_REPEATABLE_READ);
            try {
              IntFunction<String> statements = what.statements(random, number, i);
              for (int w = 0; w < WRITES; w++) {
                write(own, statements.apply(w));
              }
              if (!own.getAutoCommit()) {
                own.commit();
              }
            } catch (SQLException e) {
              boolean snapshot = engine == Engine.H2 && "0A001".equals(e.getSQLState());
              if (snapshot) {
                own.rollback(); // a cascade that is not the first statement
              } else if (!"40001".equals(e.getSQLState())) {
                throw new AssertionError("seed " + seed, e);
              }
            }
          }
        });
  }

  private static void write(Connection c, String sql) throws SQLException {
    try {
      Installation.execute(c, sql);
    } catch (SQLException e) {
      if (!e.getSQLState().startsWith("23")) {
        throw e;
      }
    }
  }
}
