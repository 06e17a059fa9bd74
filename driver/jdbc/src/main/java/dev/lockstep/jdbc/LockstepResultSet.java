package dev.lockstep.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.Map;

/**
 * The node's own result set, as the logical statement gives it out: only {@code getStatement} and
 * what happens when its connection is lost differ. As thread-safe as the vendor's.
 */
class LockstepResultSet extends ReadOnlyResultSet {
  private final ResultSet rows;
  private final LockstepStatement statement;

  LockstepResultSet(ResultSet rows, LockstepStatement statement) {
    this.rows = rows;
    this.statement = statement;
  }

  /** Where the values of the current row are. */
  ResultSet at() throws SQLException {
    return rows;
  }

  @Override
  public boolean next() throws SQLException {
    try {
      return rows.next();
    } catch (SQLException e) {
      throw statement.session().rowsFailed(e);
    }
  }

  @Override
  public void close() throws SQLException {
    rows.close();
    statement.resultClosed(this);
  }

  /** Closes it because its statement is executed again. */
  void discard() {
    try {
      rows.close();
    } catch (SQLException e) {
      // Its connection is gone, and the rows with it.
    }
  }

  @Override
  public Statement getStatement() throws SQLException {
    return statement;
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, statement.session(), this, rows);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, rows);
  }

  @Override
  public boolean absolute(int column) throws SQLException {
    return rows.absolute(column);
  }

  @Override
  public void afterLast() throws SQLException {
    rows.afterLast();
  }

  @Override
  public void beforeFirst() throws SQLException {
    rows.beforeFirst();
  }

  @Override
  public void clearWarnings() throws SQLException {
    rows.clearWarnings();
  }

  @Override
  public int findColumn(String label) throws SQLException {
    return rows.findColumn(label);
  }

  @Override
  public boolean first() throws SQLException {
    return rows.first();
  }

  @Override
  public Array getArray(String label) throws SQLException {
    return at().getArray(label);
  }

  @Override
  public Array getArray(int column) throws SQLException {
    return at().getArray(column);
  }

  @Override
  public InputStream getAsciiStream(String label) throws SQLException {
    return at().getAsciiStream(label);
  }

  @Override
  public InputStream getAsciiStream(int column) throws SQLException {
    return at().getAsciiStream(column);
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(String label, int value) throws SQLException {
    return at().getBigDecimal(label, value);
  }

  @Override
  public BigDecimal getBigDecimal(String label) throws SQLException {
    return at().getBigDecimal(label);
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(int column, int value) throws SQLException {
    return at().getBigDecimal(column, value);
  }

  @Override
  public BigDecimal getBigDecimal(int column) throws SQLException {
    return at().getBigDecimal(column);
  }

  @Override
  public InputStream getBinaryStream(String label) throws SQLException {
    return at().getBinaryStream(label);
  }

  @Override
  public InputStream getBinaryStream(int column) throws SQLException {
    return at().getBinaryStream(column);
  }

  @Override
  public Blob getBlob(String label) throws SQLException {
    return at().getBlob(label);
  }

  @Override
  public Blob getBlob(int column) throws SQLException {
    return at().getBlob(column);
  }

  @Override
  public boolean getBoolean(String label) throws SQLException {
    return at().getBoolean(label);
  }

  @Override
  public boolean getBoolean(int column) throws SQLException {
    return at().getBoolean(column);
  }

  @Override
  public byte getByte(String label) throws SQLException {
    return at().getByte(label);
  }

  @Override
  public byte getByte(int column) throws SQLException {
    return at().getByte(column);
  }

  @Override
  public byte[] getBytes(String label) throws SQLException {
    return at().getBytes(label);
  }

  @Override
  public byte[] getBytes(int column) throws SQLException {
    return at().getBytes(column);
  }

  @Override
  public Reader getCharacterStream(String label) throws SQLException {
    return at().getCharacterStream(label);
  }

  @Override
  public Reader getCharacterStream(int column) throws SQLException {
    return at().getCharacterStream(column);
  }

  @Override
  public Clob getClob(String label) throws SQLException {
    return at().getClob(label);
  }

  @Override
  public Clob getClob(int column) throws SQLException {
    return at().getClob(column);
  }

  @Override
  public String getCursorName() throws SQLException {
    return rows.getCursorName();
  }

  @Override
  public Date getDate(String label, Calendar calendar) throws SQLException {
    return at().getDate(label, calendar);
  }

  @Override
  public Date getDate(String label) throws SQLException {
    return at().getDate(label);
  }

  @Override
  public Date getDate(int column, Calendar calendar) throws SQLException {
    return at().getDate(column, calendar);
  }

  @Override
  public Date getDate(int column) throws SQLException {
    return at().getDate(column);
  }

  @Override
  public double getDouble(String label) throws SQLException {
    return at().getDouble(label);
  }

  @Override
  public double getDouble(int column) throws SQLException {
    return at().getDouble(column);
  }

  @Override
  public int getFetchDirection() throws SQLException {
    return rows.getFetchDirection();
  }

  @Override
  public int getFetchSize() throws SQLException {
    return rows.getFetchSize();
  }

  @Override
  public float getFloat(String label) throws SQLException {
    return at().getFloat(label);
  }

  @Override
  public float getFloat(int column) throws SQLException {
    return at().getFloat(column);
  }

  @Override
  public int getHoldability() throws SQLException {
    return rows.getHoldability();
  }

  @Override
  public int getInt(String label) throws SQLException {
    return at().getInt(label);
  }

  @Override
  public int getInt(int column) throws SQLException {
    return at().getInt(column);
  }

  @Override
  public long getLong(String label) throws SQLException {
    return at().getLong(label);
  }

  @Override
  public long getLong(int column) throws SQLException {
    return at().getLong(column);
  }

  @Override
  public ResultSetMetaData getMetaData() throws SQLException {
    return rows.getMetaData();
  }

  @Override
  public Reader getNCharacterStream(String label) throws SQLException {
    return at().getNCharacterStream(label);
  }

  @Override
  public Reader getNCharacterStream(int column) throws SQLException {
    return at().getNCharacterStream(column);
  }

  @Override
  public NClob getNClob(String label) throws SQLException {
    return at().getNClob(label);
  }

  @Override
  public NClob getNClob(int column) throws SQLException {
    return at().getNClob(column);
  }

  @Override
  public String getNString(String label) throws SQLException {
    return at().getNString(label);
  }

  @Override
  public String getNString(int column) throws SQLException {
    return at().getNString(column);
  }

  @Override
  public <T> T getObject(String label, Class<T> type) throws SQLException {
    return at().getObject(label, type);
  }

  @Override
  public Object getObject(String label, Map<String, Class<?>> map) throws SQLException {
    return at().getObject(label, map);
  }

  @Override
  public Object getObject(String label) throws SQLException {
    return at().getObject(label);
  }

  @Override
  public <T> T getObject(int column, Class<T> type) throws SQLException {
    return at().getObject(column, type);
  }

  @Override
  public Object getObject(int column, Map<String, Class<?>> map) throws SQLException {
    return at().getObject(column, map);
  }

  @Override
  public Object getObject(int column) throws SQLException {
    return at().getObject(column);
  }

  @Override
  public Ref getRef(String label) throws SQLException {
    return at().getRef(label);
  }

  @Override
  public Ref getRef(int column) throws SQLException {
    return at().getRef(column);
  }

  @Override
  public int getRow() throws SQLException {
    return rows.getRow();
  }

  @Override
  public RowId getRowId(String label) throws SQLException {
    return at().getRowId(label);
  }

  @Override
  public RowId getRowId(int column) throws SQLException {
    return at().getRowId(column);
  }

  @Override
  public SQLXML getSQLXML(String label) throws SQLException {
    return at().getSQLXML(label);
  }

  @Override
  public SQLXML getSQLXML(int column) throws SQLException {
    return at().getSQLXML(column);
  }

  @Override
  public short getShort(String label) throws SQLException {
    return at().getShort(label);
  }

  @Override
  public short getShort(int column) throws SQLException {
    return at().getShort(column);
  }

  @Override
  public String getString(String label) throws SQLException {
    return at().getString(label);
  }

  @Override
  public String getString(int column) throws SQLException {
    return at().getString(column);
  }

  @Override
  public Time getTime(String label, Calendar calendar) throws SQLException {
    return at().getTime(label, calendar);
  }

  @Override
  public Time getTime(String label) throws SQLException {
    return at().getTime(label);
  }

  @Override
  public Time getTime(int column, Calendar calendar) throws SQLException {
    return at().getTime(column, calendar);
  }

  @Override
  public Time getTime(int column) throws SQLException {
    return at().getTime(column);
  }

  @Override
  public Timestamp getTimestamp(String label, Calendar calendar) throws SQLException {
    return at().getTimestamp(label, calendar);
  }

  @Override
  public Timestamp getTimestamp(String label) throws SQLException {
    return at().getTimestamp(label);
  }

  @Override
  public Timestamp getTimestamp(int column, Calendar calendar) throws SQLException {
    return at().getTimestamp(column, calendar);
  }

  @Override
  public Timestamp getTimestamp(int column) throws SQLException {
    return at().getTimestamp(column);
  }

  @Override
  public int getType() throws SQLException {
    return rows.getType();
  }

  @Override
  public URL getURL(String label) throws SQLException {
    return at().getURL(label);
  }

  @Override
  public URL getURL(int column) throws SQLException {
    return at().getURL(column);
  }

  @Override
  @Deprecated
  public InputStream getUnicodeStream(String label) throws SQLException {
    return at().getUnicodeStream(label);
  }

  @Override
  @Deprecated
  public InputStream getUnicodeStream(int column) throws SQLException {
    return at().getUnicodeStream(column);
  }

  @Override
  public SQLWarning getWarnings() throws SQLException {
    return rows.getWarnings();
  }

  @Override
  public boolean isAfterLast() throws SQLException {
    return rows.isAfterLast();
  }

  @Override
  public boolean isBeforeFirst() throws SQLException {
    return rows.isBeforeFirst();
  }

  @Override
  public boolean isClosed() throws SQLException {
    return rows.isClosed();
  }

  @Override
  public boolean isFirst() throws SQLException {
    return rows.isFirst();
  }

  @Override
  public boolean isLast() throws SQLException {
    return rows.isLast();
  }

  @Override
  public boolean last() throws SQLException {
    return rows.last();
  }

  @Override
  public boolean previous() throws SQLException {
    return rows.previous();
  }

  @Override
  public boolean relative(int column) throws SQLException {
    return rows.relative(column);
  }

  @Override
  public boolean rowDeleted() throws SQLException {
    return rows.rowDeleted();
  }

  @Override
  public boolean rowInserted() throws SQLException {
    return rows.rowInserted();
  }

  @Override
  public boolean rowUpdated() throws SQLException {
    return rows.rowUpdated();
  }

  @Override
  public void setFetchDirection(int column) throws SQLException {
    rows.setFetchDirection(column);
  }

  @Override
  public void setFetchSize(int column) throws SQLException {
    rows.setFetchSize(column);
  }

  @Override
  public boolean wasNull() throws SQLException {
    return at().wasNull();
  }
}
