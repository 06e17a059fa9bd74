package dev.lockstep.harness.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What a client of a benchmark does again and again on the tables of {@link BenchSchema}; modelled
 * on sysbench's oltp_read_write and its parts.
 */
public enum Workload {
  /** One transaction: two updates by key, a delete and an insert of the same row. */
  TX(false) {
    @Override
    void once(Client c) throws SQLException {
      writes(c);
      c.connection.commit();
    }
  },
  /** {@link #COUNT} or {@link #INSERT}. */
  GROW(true) {
    @Override
    void once(Client c) throws SQLException {
      (c.random.nextBoolean() ? COUNT : INSERT).once(c);
    }
  },
  /** One update of a row by key, in autocommit. */
  UPDATE(true) {
    @Override
    void once(Client c) throws SQLException {
      c.write("UPDATE bench_row SET c=? WHERE id=?", c.text(119), c.id());
    }
  },
  /** One insert with a generated key, in autocommit. */
  INSERT(true) {
    @Override
    void once(Client c) throws SQLException {
      c.write("INSERT INTO bench_log (v, c) VALUES (?, ?)", c.random.nextInt(), c.text(119));
    }
  },
  /** One row read by key, in autocommit. */
  READ(true) {
    @Override
    void once(Client c) throws SQLException {
      c.read("SELECT c FROM bench_row WHERE id=?", c.id());
    }
  },
  /** Ten reads by key, two of ranges, and the writes of {@link #TX}, in one transaction. */
  MIXED(false) {
    @Override
    void once(Client c) throws SQLException {
      for (int i = 0; i < 10; i++) {
        c.read("SELECT c FROM bench_row WHERE id=?", c.id());
      }
      long from = c.id();
      c.read("SELECT SUM(k) FROM bench_row WHERE id BETWEEN ? AND ?", from, from + 99);
      from = c.id();
      c.read("SELECT c FROM bench_row WHERE id BETWEEN ? AND ? ORDER BY c", from, from + 99);
      writes(c);
      c.connection.commit();
    }
  },
  /** One update of a row by key that adds one to it, in autocommit. */
  COUNT(true) {
    @Override
    void once(Client c) throws SQLException {
      c.write("UPDATE bench_row SET k=k+1 WHERE id=?", c.id());
    }
  },
  /** One update of one of ten rows that all clients share, in autocommit. */
  HOT(true) {
    @Override
    void once(Client c) throws SQLException {
      c.write("UPDATE bench_row SET k=k+1 WHERE id=?", 1L + c.random.nextInt(10));
    }
  };

  private final boolean autocommit;

  Workload(boolean autocommit) {
    this.autocommit = autocommit;
  }

  /** The workload of that name, in any case. */
  public static Workload of(String name) {
    for (Workload w : values()) {
      if (w.name().equalsIgnoreCase(name)) {
        return w;
      }
    }
    throw new IllegalArgumentException(
        "no workload named '"
            + name
            + "'; there are tx, update, insert, read, mixed, count, hot and grow");
  }

  /** The name on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean autocommit() {
    return autocommit;
  }

  /** Does it once; returns when it is acknowledged. */
  abstract void once(Client client) throws SQLException;

  private static void writes(Client c) throws SQLException {
    c.write("UPDATE bench_row SET k=k+1 WHERE id=?", c.id());
    c.write("UPDATE bench_row SET c=? WHERE id=?", c.text(119), c.id());
    long id = c.id();
    c.write("DELETE FROM bench_row WHERE id=?", id);
    c.write(
        "INSERT INTO bench_row (id, k, c, pad) VALUES (?, ?, ?, ?)",
        id,
        (long) c.random.nextInt(c.rows),
        c.text(119),
        c.text(59));
  }

  /** A client's connection and statements. */
  static final class Client {
    final Connection connection;
    final Random random;
    final int rows;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    Client(Connection connection, Random random, int rows) {
      this.connection = connection;
      this.random = random;
      this.rows = rows;
    }

    long id() {
      return 1L + random.nextInt(rows);
    }

    String text(int length) {
      return BenchSchema.text(random, length);
    }

    private PreparedStatement bound(String sql, Object... values) throws SQLException {
      PreparedStatement s = prepared.get(sql);
      if (s == null) {
        s = connection.prepareStatement(sql);
        prepared.put(sql, s);
      }
      for (int i = 0; i < values.length; i++) {
        s.setObject(i + 1, values[i]);
      }
      return s;
    }

    int write(String sql, Object... values) throws SQLException {
      return bound(sql, values).executeUpdate();
    }

    void read(String sql, Object... values) throws SQLException {
      try (ResultSet r = bound(sql, values).executeQuery()) {
        while (r.next()) {
          r.getString(1);
        }
      }
    }
  }
}
