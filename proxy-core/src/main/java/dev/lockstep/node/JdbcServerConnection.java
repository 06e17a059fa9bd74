package dev.lockstep.node;

import dev.lockstep.config.Errors;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A connection by plain JDBC: H2, or a vendor whose socket cannot be had. Packets run statement by
 * statement.
 */
final class JdbcServerConnection extends BasicServerConnection {
  private static final ExecutorService WORKERS =
      Executors.newCachedThreadPool(
          r -> {
            Thread t = new Thread(r, "lockstep-packet");
            t.setDaemon(true);
            return t;
          });

  private Future<Outcome> running;

  JdbcServerConnection(DatabaseNode node, DatabaseNode.Physical physical, Home home) {
    super(node, physical, home);
  }

  @Override
  public Outcome run(Packet packet, long timeoutMillis) {
    if (timeoutMillis <= 0) {
      return seen(execute(packet));
    }
    send(packet);
    return await(timeoutMillis);
  }

  @Override
  public void send(Packet packet) {
    running = WORKERS.submit(() -> execute(packet));
  }

  @Override
  public Outcome await(long timeoutMillis) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + timeoutMillis * 1_000_000;
    try {
      while (true) {
        try {
          return seen(
              timeoutMillis <= 0
                  ? running.get()
                  : running.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          abort();
          return lost("no answer from " + node().name() + " within " + timeoutMillis + " ms", e);
        } catch (ExecutionException e) {
          return lost("connection to " + node().name() + " failed", e.getCause());
        }
      }
    } finally {
      running = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Outcome lost(String message, Throwable cause) {
    return seen(
        new Outcome(
            new long[0], new long[0], null, 0, Errors.connectionFailure(message, cause), true));
  }

  private Outcome execute(Packet packet) {
    List<String> all = packet.statements();
    long[] counts = new long[all.size()];
    long[] ids = new long[all.size()];
    long[] keys = null;
    int done = 0;
    if (broken()) {
      return lost("connection to " + node().name() + " was cut", null);
    }
    try (Statement s = jdbc().createStatement()) {
      for (String sql : all) {
        if (broken()) {
          return lost("connection to " + node().name() + " was cut", null);
        }
        if (packet.keysOf() == done) {
          try (PreparedStatement p =
              jdbc().prepareStatement(sql, new String[] {packet.keyColumn()})) {
            counts[done] = p.executeUpdate();
            keys = keys(p, (int) counts[done]);
          }
        } else {
          s.execute(sql);
          counts[done] = Math.max(0, s.getUpdateCount());
        }
        done++;
      }
      return new Outcome(counts, ids, keys, 0, null, false);
    } catch (SQLException e) {
      boolean lost = broken() || node().dialect().connectionError(e);
      return new Outcome(Arrays.copyOf(counts, done), ids, keys, 0, e, lost);
    }
  }

  private static long[] keys(PreparedStatement p, int rows) throws SQLException {
    long[] keys = new long[rows];
    int n = 0;
    try (ResultSet r = p.getGeneratedKeys()) {
      while (r.next() && n < rows) {
        keys[n++] = r.getLong(1);
      }
    }
    return n == rows ? keys : null;
  }
}
