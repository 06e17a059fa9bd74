package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.List;
import java.util.Map;

/** Generated keys in memory: one column, forward only. Not thread-safe. */
final class KeysResultSet extends ReadOnlyResultSet {
  private final Statement statement;
  private final long[] keys;
  private final KeysMetaData metaData;
  private final List<String> names;
  private int row;
  private boolean closed;

  /**
   * @param names the column's names; the first is its label, all are found
   */
  KeysResultSet(Statement statement, long[] keys, List<String> names) {
    this.statement = statement;
    this.keys = keys;
    this.names = names;
    this.metaData = new KeysMetaData(names.get(0));
  }

  private long value(int column) throws SQLException {
    checkOpen();
    if (column != 1) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT, "there is no column " + column + "; generated keys have one");
    }
    if (row < 1 || row > keys.length) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the result set is on no row");
    }
    return keys[row - 1];
  }

  private long value(String label) throws SQLException {
    return value(findColumn(label));
  }

  private long value(int column, long min, long max) throws SQLException {
    long value = value(column);
    if (value < min || value > max) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the key " + value + " is out of range");
    }
    return value;
  }

  private void checkOpen() throws SQLException {
    if (closed) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the result set is closed");
    }
  }

  @Override
  public int findColumn(String label) throws SQLException {
    for (String name : names) {
      if (name.equalsIgnoreCase(label)) {
        return 1;
      }
    }
    throw Errors.of(
        SqlState.INVALID_ARGUMENT, "there is no column " + label + "; there is " + names.get(0));
  }

  @Override
  public boolean next() throws SQLException {
    checkOpen();
    if (row <= keys.length) {
      row++;
    }
    return row <= keys.length;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public boolean wasNull() throws SQLException {
    return false;
  }

  @Override
  public ResultSetMetaData getMetaData() throws SQLException {
    checkOpen();
    return metaData;
  }

  @Override
  public Statement getStatement() {
    return statement;
  }

  @Override
  public boolean isBeforeFirst() {
    return row == 0 && keys.length > 0;
  }

  @Override
  public boolean isAfterLast() {
    return row > keys.length && keys.length > 0;
  }

  @Override
  public boolean isFirst() {
    return row == 1 && keys.length > 0;
  }

  @Override
  public boolean isLast() {
    return row == keys.length && keys.length > 0;
  }

  @Override
  public int getRow() {
    return row > keys.length ? 0 : row;
  }

  @Override
  public int getType() {
    return TYPE_FORWARD_ONLY;
  }

  @Override
  public int getHoldability() {
    return HOLD_CURSORS_OVER_COMMIT;
  }

  @Override
  public int getFetchSize() {
    return 0;
  }

  @Override
  public void setFetchSize(int rows) {
    // All rows are here.
  }

  @Override
  public int getFetchDirection() {
    return FETCH_FORWARD;
  }

  @Override
  public void setFetchDirection(int direction) {
    // There is only one.
  }

  @Override
  public SQLWarning getWarnings() {
    return null;
  }

  @Override
  public void clearWarnings() {
    // There are none.
  }

  @Override
  public boolean rowInserted() {
    return false;
  }

  @Override
  public boolean rowUpdated() {
    return false;
  }

  @Override
  public boolean rowDeleted() {
    return false;
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, this, null);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, null);
  }

  @Override
  public Object getObject(int column) throws SQLException {
    return value(column);
  }

  @Override
  public Object getObject(String label) throws SQLException {
    return value(label);
  }

  @Override
  public Object getObject(int column, Map<String, Class<?>> map) throws SQLException {
    return value(column);
  }

  @Override
  public Object getObject(String label, Map<String, Class<?>> map) throws SQLException {
    return value(label);
  }

  @Override
  public <T> T getObject(int column, Class<T> type) throws SQLException {
    Object value;
    if (type == Long.class || type == Object.class || type == Number.class) {
      value = value(column);
    } else if (type == Integer.class) {
      value = getInt(column);
    } else if (type == Short.class) {
      value = getShort(column);
    } else if (type == String.class) {
      value = getString(column);
    } else if (type == BigDecimal.class) {
      value = getBigDecimal(column);
    } else if (type == BigInteger.class) {
      value = BigInteger.valueOf(value(column));
    } else {
      throw Errors.unsupported("a generated key cannot be read as " + type.getName());
    }
    return type.cast(value);
  }

  @Override
  public <T> T getObject(String label, Class<T> type) throws SQLException {
    return getObject(findColumn(label), type);
  }

  @Override
  public long getLong(int column) throws SQLException {
    return value(column);
  }

  @Override
  public long getLong(String label) throws SQLException {
    return getLong(findColumn(label));
  }

  @Override
  public int getInt(int column) throws SQLException {
    return (int) value(column, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  @Override
  public int getInt(String label) throws SQLException {
    return getInt(findColumn(label));
  }

  @Override
  public short getShort(int column) throws SQLException {
    return (short) value(column, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  @Override
  public short getShort(String label) throws SQLException {
    return getShort(findColumn(label));
  }

  @Override
  public byte getByte(int column) throws SQLException {
    return (byte) value(column, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }

  @Override
  public byte getByte(String label) throws SQLException {
    return getByte(findColumn(label));
  }

  @Override
  public String getString(int column) throws SQLException {
    return Long.toString(value(column));
  }

  @Override
  public String getString(String label) throws SQLException {
    return getString(findColumn(label));
  }

  @Override
  public String getNString(int column) throws SQLException {
    return getString(column);
  }

  @Override
  public String getNString(String label) throws SQLException {
    return getNString(findColumn(label));
  }

  @Override
  public BigDecimal getBigDecimal(int column) throws SQLException {
    return BigDecimal.valueOf(value(column));
  }

  @Override
  public BigDecimal getBigDecimal(String label) throws SQLException {
    return getBigDecimal(findColumn(label));
  }

  @Override
  public double getDouble(int column) throws SQLException {
    return value(column);
  }

  @Override
  public double getDouble(String label) throws SQLException {
    return getDouble(findColumn(label));
  }

  @Override
  public float getFloat(int column) throws SQLException {
    return value(column);
  }

  @Override
  public float getFloat(String label) throws SQLException {
    return getFloat(findColumn(label));
  }

  @Override
  public boolean getBoolean(int column) throws SQLException {
    return value(column) != 0;
  }

  @Override
  public boolean getBoolean(String label) throws SQLException {
    return getBoolean(findColumn(label));
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(int column, int scale) throws SQLException {
    return getBigDecimal(column).setScale(scale);
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(String label, int scale) throws SQLException {
    return getBigDecimal(findColumn(label), scale);
  }

  @Override
  public boolean absolute(int column) throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public void afterLast() throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public void beforeFirst() throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public boolean first() throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public boolean last() throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public boolean previous() throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public boolean relative(int column) throws SQLException {
    throw Errors.unsupported("the result set of generated keys goes forward only");
  }

  @Override
  public Array getArray(String label) throws SQLException {
    throw Errors.unsupported("getArray does not apply to generated keys; use getLong");
  }

  @Override
  public Array getArray(int column) throws SQLException {
    throw Errors.unsupported("getArray does not apply to generated keys; use getLong");
  }

  @Override
  public InputStream getAsciiStream(String label) throws SQLException {
    throw Errors.unsupported("getAsciiStream does not apply to generated keys; use getLong");
  }

  @Override
  public InputStream getAsciiStream(int column) throws SQLException {
    throw Errors.unsupported("getAsciiStream does not apply to generated keys; use getLong");
  }

  @Override
  public InputStream getBinaryStream(String label) throws SQLException {
    throw Errors.unsupported("getBinaryStream does not apply to generated keys; use getLong");
  }

  @Override
  public InputStream getBinaryStream(int column) throws SQLException {
    throw Errors.unsupported("getBinaryStream does not apply to generated keys; use getLong");
  }

  @Override
  public Blob getBlob(String label) throws SQLException {
    throw Errors.unsupported("getBlob does not apply to generated keys; use getLong");
  }

  @Override
  public Blob getBlob(int column) throws SQLException {
    throw Errors.unsupported("getBlob does not apply to generated keys; use getLong");
  }

  @Override
  public byte[] getBytes(String label) throws SQLException {
    throw Errors.unsupported("getBytes does not apply to generated keys; use getLong");
  }

  @Override
  public byte[] getBytes(int column) throws SQLException {
    throw Errors.unsupported("getBytes does not apply to generated keys; use getLong");
  }

  @Override
  public Reader getCharacterStream(String label) throws SQLException {
    throw Errors.unsupported("getCharacterStream does not apply to generated keys; use getLong");
  }

  @Override
  public Reader getCharacterStream(int column) throws SQLException {
    throw Errors.unsupported("getCharacterStream does not apply to generated keys; use getLong");
  }

  @Override
  public Clob getClob(String label) throws SQLException {
    throw Errors.unsupported("getClob does not apply to generated keys; use getLong");
  }

  @Override
  public Clob getClob(int column) throws SQLException {
    throw Errors.unsupported("getClob does not apply to generated keys; use getLong");
  }

  @Override
  public String getCursorName() throws SQLException {
    throw Errors.unsupported("getCursorName does not apply to generated keys; use getLong");
  }

  @Override
  public Date getDate(String label, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getDate does not apply to generated keys; use getLong");
  }

  @Override
  public Date getDate(String label) throws SQLException {
    throw Errors.unsupported("getDate does not apply to generated keys; use getLong");
  }

  @Override
  public Date getDate(int column, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getDate does not apply to generated keys; use getLong");
  }

  @Override
  public Date getDate(int column) throws SQLException {
    throw Errors.unsupported("getDate does not apply to generated keys; use getLong");
  }

  @Override
  public Reader getNCharacterStream(String label) throws SQLException {
    throw Errors.unsupported("getNCharacterStream does not apply to generated keys; use getLong");
  }

  @Override
  public Reader getNCharacterStream(int column) throws SQLException {
    throw Errors.unsupported("getNCharacterStream does not apply to generated keys; use getLong");
  }

  @Override
  public NClob getNClob(String label) throws SQLException {
    throw Errors.unsupported("getNClob does not apply to generated keys; use getLong");
  }

  @Override
  public NClob getNClob(int column) throws SQLException {
    throw Errors.unsupported("getNClob does not apply to generated keys; use getLong");
  }

  @Override
  public Ref getRef(String label) throws SQLException {
    throw Errors.unsupported("getRef does not apply to generated keys; use getLong");
  }

  @Override
  public Ref getRef(int column) throws SQLException {
    throw Errors.unsupported("getRef does not apply to generated keys; use getLong");
  }

  @Override
  public RowId getRowId(String label) throws SQLException {
    throw Errors.unsupported("getRowId does not apply to generated keys; use getLong");
  }

  @Override
  public RowId getRowId(int column) throws SQLException {
    throw Errors.unsupported("getRowId does not apply to generated keys; use getLong");
  }

  @Override
  public SQLXML getSQLXML(String label) throws SQLException {
    throw Errors.unsupported("getSQLXML does not apply to generated keys; use getLong");
  }

  @Override
  public SQLXML getSQLXML(int column) throws SQLException {
    throw Errors.unsupported("getSQLXML does not apply to generated keys; use getLong");
  }

  @Override
  public Time getTime(String label, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getTime does not apply to generated keys; use getLong");
  }

  @Override
  public Time getTime(String label) throws SQLException {
    throw Errors.unsupported("getTime does not apply to generated keys; use getLong");
  }

  @Override
  public Time getTime(int column, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getTime does not apply to generated keys; use getLong");
  }

  @Override
  public Time getTime(int column) throws SQLException {
    throw Errors.unsupported("getTime does not apply to generated keys; use getLong");
  }

  @Override
  public Timestamp getTimestamp(String label, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getTimestamp does not apply to generated keys; use getLong");
  }

  @Override
  public Timestamp getTimestamp(String label) throws SQLException {
    throw Errors.unsupported("getTimestamp does not apply to generated keys; use getLong");
  }

  @Override
  public Timestamp getTimestamp(int column, Calendar calendar) throws SQLException {
    throw Errors.unsupported("getTimestamp does not apply to generated keys; use getLong");
  }

  @Override
  public Timestamp getTimestamp(int column) throws SQLException {
    throw Errors.unsupported("getTimestamp does not apply to generated keys; use getLong");
  }

  @Override
  public URL getURL(String label) throws SQLException {
    throw Errors.unsupported("getURL does not apply to generated keys; use getLong");
  }

  @Override
  public URL getURL(int column) throws SQLException {
    throw Errors.unsupported("getURL does not apply to generated keys; use getLong");
  }

  @Override
  @Deprecated
  public InputStream getUnicodeStream(String label) throws SQLException {
    throw Errors.unsupported("getUnicodeStream does not apply to generated keys; use getLong");
  }

  @Override
  @Deprecated
  public InputStream getUnicodeStream(int column) throws SQLException {
    throw Errors.unsupported("getUnicodeStream does not apply to generated keys; use getLong");
  }
}
