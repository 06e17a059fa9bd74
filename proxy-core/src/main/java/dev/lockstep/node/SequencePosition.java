package dev.lockstep.node;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Where a sequence stands on one server: no value that it will give before {@code next} comes is
 * given twice. MariaDB and H2. Immutable.
 */
public final class SequencePosition {
  private final String sequence;
  private final Dialect dialect;
  private final Place next;
  private final BigInteger least;
  private final BigInteger most;
  private final BigInteger step;
  private final boolean cycles;

  /**
   * A place in the values of a sequence.
   *
   * @param value the next value, or the last one where {@code over}
   * @param round how often it has begun anew; MariaDB only
   * @param over whether there is no next value
   */
  public record Place(BigInteger value, BigInteger round, boolean over) {}

  private SequencePosition(
      String sequence,
      Dialect dialect,
      Place next,
      BigInteger least,
      BigInteger most,
      BigInteger step,
      boolean cycles) {
    this.sequence = sequence;
    this.dialect = dialect;
    this.next = next;
    this.least = least;
    this.most = most;
    this.step = step;
    this.cycles = cycles;
  }

  /** Where it stands, or null where there is no such sequence. */
  public static SequencePosition read(Connection c, Dialect dialect, TableName name)
      throws SQLException {
    String sequence = dialect.quote(name.schema()) + "." + dialect.quote(name.name());
    return dialect.vendor().mysqlFamily()
        ? mariadb(c, dialect, sequence)
        : h2(c, dialect, name, sequence);
  }

  /** What the server has kept back in memory counts as given. */
  private static SequencePosition mariadb(Connection c, Dialect dialect, String sequence)
      throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT next_not_cached_value, cycle_count, minimum_value, maximum_value,"
                    + " COALESCE(NULLIF(increment, 0), 1), cycle_option FROM "
                    + sequence)) {
      if (!r.next()) {
        return null;
      }
      BigInteger value = new BigInteger(r.getString(1));
      BigInteger least = new BigInteger(r.getString(3));
      BigInteger most = new BigInteger(r.getString(4));
      boolean cycles = r.getInt(6) != 0;
      boolean outside = value.compareTo(least) < 0 || value.compareTo(most) > 0;
      BigInteger edge = value.compareTo(least) < 0 ? least : most;
      Place next = new Place(outside ? edge : value, new BigInteger(r.getString(2)), outside);
      return new SequencePosition(
          sequence, dialect, next, least, most, new BigInteger(r.getString(5)), cycles);
    } catch (SQLException e) {
      if (e.getErrorCode() == 1146 || e.getErrorCode() == 1049 || e.getErrorCode() == 1054) {
        return null;
      }
      throw e;
    }
  }

  private static SequencePosition h2(Connection c, Dialect dialect, TableName name, String sequence)
      throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT BASE_VALUE, MINIMUM_VALUE, MAXIMUM_VALUE, \"INCREMENT\", CYCLE_OPTION FROM"
                    + " INFORMATION_SCHEMA.SEQUENCES WHERE SEQUENCE_SCHEMA = "
                    + dialect.literal(name.schema())
                    + " AND SEQUENCE_NAME = "
                    + dialect.literal(name.name()))) {
      if (!r.next()) {
        return null;
      }
      BigInteger least = new BigInteger(r.getString(2));
      BigInteger most = new BigInteger(r.getString(3));
      BigInteger step = new BigInteger(r.getString(4));
      String value = r.getString(1);
      Place next =
          new Place(
              value != null ? new BigInteger(value) : step.signum() > 0 ? most : least,
              BigInteger.ZERO,
              value == null);
      return new SequencePosition(
          sequence, dialect, next, least, most, step, "YES".equals(r.getString(5)));
    }
  }

  /** The place behind so many more values. */
  public Place ahead(long values) {
    BigInteger count = BigInteger.valueOf(values);
    boolean up = step.signum() > 0;
    BigInteger size = step.abs();
    BigInteger from = next.value;
    // Values from here to the end of the round.
    BigInteger left =
        next.over
            ? BigInteger.ZERO
            : (up ? most.subtract(from) : from.subtract(least)).divide(size).add(BigInteger.ONE);
    if (count.compareTo(left) < 0) {
      return new Place(from.add(step.multiply(count)), next.round, false);
    }
    if (!cycles) {
      return new Place(up ? most : least, next.round, true);
    }
    BigInteger ofRound = most.subtract(least).divide(size).add(BigInteger.ONE);
    BigInteger[] more = count.subtract(left).divideAndRemainder(ofRound);
    BigInteger first = up ? least : most;
    return new Place(
        first.add(step.multiply(more[1])), next.round.add(BigInteger.ONE).add(more[0]), false);
  }

  /** Brings the sequence to that place, unless it is behind it already. On H2 it commits. */
  public void advance(Connection c, Place to) throws SQLException {
    try (Statement s = c.createStatement()) {
      if (dialect.vendor().mysqlFamily()) {
        // Never goes back.
        s.execute(
            "SELECT SETVAL("
                + sequence
                + ", "
                + to.value
                + ", "
                + (to.over ? 1 : 0)
                + ", "
                + to.round
                + ")");
        return;
      }
      int direction = to.value.compareTo(next.value) * step.signum();
      if (!cycles && (next.over || direction < 0 || direction == 0 && !to.over)) {
        return;
      }
      boolean fits = to.value.compareTo(least) >= 0 && to.value.compareTo(most) <= 0;
      s.execute(
          "ALTER SEQUENCE "
              + sequence
              + (to.over || !fits ? " EXHAUSTED" : " RESTART WITH " + to.value));
    }
  }
}
