package dev.lockstep.session;

import dev.lockstep.node.ServerConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The vendor's statement behind one logical statement: made when first needed, made anew when the
 * session's server connection changes. Used under its session's lock.
 */
public final class VendorStatement {
  private final boolean prepared;
  private final int resultSetType;
  private final int holdability;
  private VendorStatement origin;
  private ServerConnection owner;
  private Statement statement;
  private String sql;
  private boolean optionsChanged = true;
  private int fetchSize;
  private int fetchDirection = ResultSet.FETCH_FORWARD;
  private int maxFieldSize;
  private long maxRows;
  private boolean escapes = true;
  private volatile int timeoutSeconds;

  /**
   * @param prepared whether to use the vendor's PreparedStatement
   * @param resultSetType as in {@link ResultSet}
   * @param holdability as in {@link ResultSet}, or 0 for the vendor's default
   */
  public VendorStatement(boolean prepared, int resultSetType, int holdability) {
    this.prepared = prepared;
    this.resultSetType = resultSetType;
    this.holdability = holdability;
  }

  /** Whether it is the vendor's PreparedStatement. */
  public boolean prepared() {
    return prepared;
  }

  /** Another one with the same options, for a result beside this one's. */
  public VendorStatement beside() {
    VendorStatement other = new VendorStatement(prepared, resultSetType, holdability);
    other.fetchSize = fetchSize;
    other.fetchDirection = fetchDirection;
    other.maxFieldSize = maxFieldSize;
    other.maxRows = maxRows;
    other.escapes = escapes;
    other.timeoutSeconds = timeoutSeconds;
    return other;
  }

  /**
   * One for a statement that this one's runs on the server: it is cancelled with this one.
   *
   * @param result whether its rows are the application's
   */
  VendorStatement inside(boolean result) {
    VendorStatement other =
        new VendorStatement(false, result ? resultSetType : ResultSet.TYPE_FORWARD_ONLY, 0);
    other.origin = this;
    other.timeoutSeconds = timeoutSeconds;
    return other;
  }

  /** Whether a cancel of the other one is meant for this one. */
  boolean stopsWith(VendorStatement other) {
    return other == this || origin == other;
  }

  /** Runs the statement and returns its result set, or null where it gave none. */
  ResultSet query(ServerConnection connection, String text, Arguments arguments)
      throws SQLException {
    Statement s = on(connection, text);
    boolean rows;
    if (prepared) {
      PreparedStatement p = (PreparedStatement) s;
      arguments.applyTo(p);
      rows = p.execute();
    } else {
      rows = s.execute(text);
    }
    return rows ? s.getResultSet() : null;
  }

  /** The vendor's statement on that connection. */
  Statement on(ServerConnection connection, String text) throws SQLException {
    boolean fits = owner == connection && statement != null && (!prepared || text.equals(sql));
    if (!fits) {
      close();
      Connection jdbc = connection.jdbc();
      if (prepared) {
        statement =
            holdability == 0
                ? jdbc.prepareStatement(text, resultSetType, ResultSet.CONCUR_READ_ONLY)
                : jdbc.prepareStatement(
                    text, resultSetType, ResultSet.CONCUR_READ_ONLY, holdability);
      } else {
        statement =
            holdability == 0
                ? jdbc.createStatement(resultSetType, ResultSet.CONCUR_READ_ONLY)
                : jdbc.createStatement(resultSetType, ResultSet.CONCUR_READ_ONLY, holdability);
      }
      owner = connection;
      sql = text;
      optionsChanged =
          fetchSize != 0
              || maxRows != 0
              || maxFieldSize != 0
              || !escapes
              || fetchDirection != ResultSet.FETCH_FORWARD;
    }
    if (optionsChanged) {
      applyOptions();
    }
    return statement;
  }

  private void applyOptions() throws SQLException {
    statement.setFetchSize(fetchSize);
    statement.setFetchDirection(fetchDirection);
    statement.setMaxFieldSize(maxFieldSize);
    statement.setEscapeProcessing(escapes);
    if (maxRows > Integer.MAX_VALUE) {
      statement.setLargeMaxRows(maxRows);
    } else {
      statement.setMaxRows((int) maxRows);
    }
    optionsChanged = false;
  }

  /** The vendor's statement where there is one at the moment, else null. */
  public Statement current() {
    return statement;
  }

  /** Closes the vendor's statement; a later use makes another one. */
  public void close() {
    Statement s = statement;
    statement = null;
    owner = null;
    if (s != null) {
      try {
        s.close();
      } catch (SQLException e) {
        // The connection under it is gone, and the statement with it.
      }
    }
  }

  /** Rows per fetch, as the vendor's driver understands it. */
  public void fetchSize(int rows) {
    fetchSize = rows;
    optionsChanged = true;
  }

  /** Rows per fetch. */
  public int fetchSize() {
    return fetchSize;
  }

  /** A hint, as in {@link Statement#setFetchDirection}. */
  public void fetchDirection(int direction) {
    fetchDirection = direction;
    optionsChanged = true;
  }

  /** A hint, as in {@link Statement#getFetchDirection}. */
  public int fetchDirection() {
    return fetchDirection;
  }

  /** Most bytes of a column, 0 for no limit. */
  public void maxFieldSize(int bytes) {
    maxFieldSize = bytes;
    optionsChanged = true;
  }

  /** Most bytes of a column, 0 for no limit. */
  public int maxFieldSize() {
    return maxFieldSize;
  }

  /** Most rows of a result, 0 for no limit. */
  public void maxRows(long rows) {
    maxRows = rows;
    optionsChanged = true;
  }

  /** Most rows of a result, 0 for no limit. */
  public long maxRows() {
    return maxRows;
  }

  /** Whether the vendor's driver translates JDBC escapes. */
  public void escapes(boolean on) {
    escapes = on;
    optionsChanged = true;
  }

  /** Seconds after which a statement is cancelled, 0 for never. */
  public void timeoutSeconds(int seconds) {
    timeoutSeconds = seconds;
  }

  /** Seconds after which a statement is cancelled, 0 for never. */
  public int timeoutSeconds() {
    return timeoutSeconds;
  }

  /** As in {@link Statement#getResultSetType}. */
  public int resultSetType() {
    return resultSetType;
  }
}
