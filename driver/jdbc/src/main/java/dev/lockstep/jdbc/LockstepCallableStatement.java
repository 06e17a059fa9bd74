package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.sql.Call;
import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Calendar;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code prepareCall} gives. Output parameters are read with the call and kept as a row of the
 * vendor's; their values are converted by its getters. Any statement but a call works as with
 * {@code prepareStatement}.
 */
final class LockstepCallableStatement extends LockstepPreparedStatement
    implements CallableStatement {
  private final Map<Integer, Integer> registered = new HashMap<>();

  LockstepCallableStatement(LockstepConnection connection, String sql, StatementShape shape)
      throws SQLException {
    super(connection, sql, shape, KeyRequest.NONE);
  }

  private Call call() throws SQLException {
    checkOpen();
    Call call = plan().call();
    if (call == null) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT, "output and named parameters need a CALL of a procedure");
    }
    return call;
  }

  /** The number of the placeholder that stands for the parameter of this name. */
  private int index(String name) throws SQLException {
    int i = name == null ? -1 : call().names().indexOf(name.toLowerCase(Locale.ROOT));
    if (i < 0) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT, "no placeholder stands for a parameter named " + name);
    }
    return i + 1;
  }

  private void register(int index, int type) throws SQLException {
    if (!call().outs().contains(index)) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "parameter " + index + " is no output parameter");
    }
    registered.put(index, type);
  }

  /** Output parameters need no value. */
  @Override
  void beforeExecution() throws SQLException {
    Call call = plan().call();
    if (call != null) {
      for (int index : call.outs()) {
        setDefault(index);
      }
    }
  }

  private ResultSet outs() throws SQLException {
    checkOpen();
    ResultSet row = outputs();
    if (row == null) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT, "there are no output parameters, or nothing was executed yet");
    }
    return row;
  }

  private int output(int index) throws SQLException {
    int i = call().outs().indexOf(index);
    if (i < 0) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "parameter " + index + " is no output parameter");
    }
    return i + 1;
  }

  /** As the type that was registered. */
  private Object object(int index) throws SQLException {
    int i = output(index);
    ResultSet r = outs();
    Object value =
        switch (registered.getOrDefault(index, Types.NULL)) {
          case Types.BIT, Types.BOOLEAN -> r.getBoolean(i);
          case Types.TINYINT -> r.getByte(i);
          case Types.SMALLINT -> r.getShort(i);
          case Types.INTEGER -> r.getInt(i);
          case Types.BIGINT -> r.getLong(i);
          case Types.DECIMAL, Types.NUMERIC -> r.getBigDecimal(i);
          case Types.REAL -> r.getFloat(i);
          case Types.FLOAT, Types.DOUBLE -> r.getDouble(i);
          case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR -> r.getString(i);
          case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> r.getBytes(i);
          case Types.DATE -> r.getDate(i);
          case Types.TIME -> r.getTime(i);
          case Types.TIMESTAMP -> r.getTimestamp(i);
          default -> r.getObject(i);
        };
    return r.wasNull() ? null : value;
  }

  @Override
  public Array getArray(String label) throws SQLException {
    return getArray(index(label));
  }

  @Override
  public Array getArray(int column) throws SQLException {
    return outs().getArray(output(column));
  }

  @Override
  public BigDecimal getBigDecimal(String label) throws SQLException {
    return getBigDecimal(index(label));
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(int column, int value) throws SQLException {
    return outs().getBigDecimal(output(column), value);
  }

  @Override
  public BigDecimal getBigDecimal(int column) throws SQLException {
    return outs().getBigDecimal(output(column));
  }

  @Override
  public Blob getBlob(String label) throws SQLException {
    return getBlob(index(label));
  }

  @Override
  public Blob getBlob(int column) throws SQLException {
    return outs().getBlob(output(column));
  }

  @Override
  public boolean getBoolean(String label) throws SQLException {
    return getBoolean(index(label));
  }

  @Override
  public boolean getBoolean(int column) throws SQLException {
    return outs().getBoolean(output(column));
  }

  @Override
  public byte getByte(String label) throws SQLException {
    return getByte(index(label));
  }

  @Override
  public byte getByte(int column) throws SQLException {
    return outs().getByte(output(column));
  }

  @Override
  public byte[] getBytes(String label) throws SQLException {
    return getBytes(index(label));
  }

  @Override
  public byte[] getBytes(int column) throws SQLException {
    return outs().getBytes(output(column));
  }

  @Override
  public Reader getCharacterStream(String label) throws SQLException {
    return getCharacterStream(index(label));
  }

  @Override
  public Reader getCharacterStream(int column) throws SQLException {
    return outs().getCharacterStream(output(column));
  }

  @Override
  public Clob getClob(String label) throws SQLException {
    return getClob(index(label));
  }

  @Override
  public Clob getClob(int column) throws SQLException {
    return outs().getClob(output(column));
  }

  @Override
  public Date getDate(String label, Calendar calendar) throws SQLException {
    return getDate(index(label), calendar);
  }

  @Override
  public Date getDate(String label) throws SQLException {
    return getDate(index(label));
  }

  @Override
  public Date getDate(int column, Calendar calendar) throws SQLException {
    return outs().getDate(output(column), calendar);
  }

  @Override
  public Date getDate(int column) throws SQLException {
    return outs().getDate(output(column));
  }

  @Override
  public double getDouble(String label) throws SQLException {
    return getDouble(index(label));
  }

  @Override
  public double getDouble(int column) throws SQLException {
    return outs().getDouble(output(column));
  }

  @Override
  public float getFloat(String label) throws SQLException {
    return getFloat(index(label));
  }

  @Override
  public float getFloat(int column) throws SQLException {
    return outs().getFloat(output(column));
  }

  @Override
  public int getInt(String label) throws SQLException {
    return getInt(index(label));
  }

  @Override
  public int getInt(int column) throws SQLException {
    return outs().getInt(output(column));
  }

  @Override
  public long getLong(String label) throws SQLException {
    return getLong(index(label));
  }

  @Override
  public long getLong(int column) throws SQLException {
    return outs().getLong(output(column));
  }

  @Override
  public Reader getNCharacterStream(String label) throws SQLException {
    return getNCharacterStream(index(label));
  }

  @Override
  public Reader getNCharacterStream(int column) throws SQLException {
    return outs().getNCharacterStream(output(column));
  }

  @Override
  public NClob getNClob(String label) throws SQLException {
    return getNClob(index(label));
  }

  @Override
  public NClob getNClob(int column) throws SQLException {
    return outs().getNClob(output(column));
  }

  @Override
  public String getNString(String label) throws SQLException {
    return getNString(index(label));
  }

  @Override
  public String getNString(int column) throws SQLException {
    return outs().getNString(output(column));
  }

  @Override
  public <T> T getObject(String label, Class<T> type) throws SQLException {
    return getObject(index(label), type);
  }

  @Override
  public Object getObject(String label, Map<String, Class<?>> map) throws SQLException {
    return getObject(index(label), map);
  }

  @Override
  public Object getObject(String label) throws SQLException {
    return getObject(index(label));
  }

  @Override
  public <T> T getObject(int column, Class<T> type) throws SQLException {
    return outs().getObject(output(column), type);
  }

  @Override
  public Object getObject(int column, Map<String, Class<?>> map) throws SQLException {
    return outs().getObject(output(column), map);
  }

  @Override
  public Object getObject(int column) throws SQLException {
    return object(column);
  }

  @Override
  public Ref getRef(String label) throws SQLException {
    return getRef(index(label));
  }

  @Override
  public Ref getRef(int column) throws SQLException {
    return outs().getRef(output(column));
  }

  @Override
  public RowId getRowId(String label) throws SQLException {
    return getRowId(index(label));
  }

  @Override
  public RowId getRowId(int column) throws SQLException {
    return outs().getRowId(output(column));
  }

  @Override
  public SQLXML getSQLXML(String label) throws SQLException {
    return getSQLXML(index(label));
  }

  @Override
  public SQLXML getSQLXML(int column) throws SQLException {
    return outs().getSQLXML(output(column));
  }

  @Override
  public short getShort(String label) throws SQLException {
    return getShort(index(label));
  }

  @Override
  public short getShort(int column) throws SQLException {
    return outs().getShort(output(column));
  }

  @Override
  public String getString(String label) throws SQLException {
    return getString(index(label));
  }

  @Override
  public String getString(int column) throws SQLException {
    return outs().getString(output(column));
  }

  @Override
  public Time getTime(String label, Calendar calendar) throws SQLException {
    return getTime(index(label), calendar);
  }

  @Override
  public Time getTime(String label) throws SQLException {
    return getTime(index(label));
  }

  @Override
  public Time getTime(int column, Calendar calendar) throws SQLException {
    return outs().getTime(output(column), calendar);
  }

  @Override
  public Time getTime(int column) throws SQLException {
    return outs().getTime(output(column));
  }

  @Override
  public Timestamp getTimestamp(String label, Calendar calendar) throws SQLException {
    return getTimestamp(index(label), calendar);
  }

  @Override
  public Timestamp getTimestamp(String label) throws SQLException {
    return getTimestamp(index(label));
  }

  @Override
  public Timestamp getTimestamp(int column, Calendar calendar) throws SQLException {
    return outs().getTimestamp(output(column), calendar);
  }

  @Override
  public Timestamp getTimestamp(int column) throws SQLException {
    return outs().getTimestamp(output(column));
  }

  @Override
  public URL getURL(String label) throws SQLException {
    return getURL(index(label));
  }

  @Override
  public URL getURL(int column) throws SQLException {
    return outs().getURL(output(column));
  }

  @Override
  public void registerOutParameter(String label, int value, String p3) throws SQLException {
    register(index(label), value);
  }

  @Override
  public void registerOutParameter(String label, int value, int length) throws SQLException {
    register(index(label), value);
  }

  @Override
  public void registerOutParameter(String label, int value) throws SQLException {
    register(index(label), value);
  }

  @Override
  public void registerOutParameter(String label, SQLType type, String p3) throws SQLException {
    register(index(label), jdbcType(type));
  }

  @Override
  public void registerOutParameter(String label, SQLType type, int length) throws SQLException {
    register(index(label), jdbcType(type));
  }

  @Override
  public void registerOutParameter(String label, SQLType type) throws SQLException {
    register(index(label), jdbcType(type));
  }

  @Override
  public void registerOutParameter(int column, int value, String p3) throws SQLException {
    register(column, value);
  }

  @Override
  public void registerOutParameter(int column, int value, int length) throws SQLException {
    register(column, value);
  }

  @Override
  public void registerOutParameter(int column, int value) throws SQLException {
    register(column, value);
  }

  @Override
  public void registerOutParameter(int column, SQLType type, String p3) throws SQLException {
    register(column, jdbcType(type));
  }

  @Override
  public void registerOutParameter(int column, SQLType type, int length) throws SQLException {
    register(column, jdbcType(type));
  }

  @Override
  public void registerOutParameter(int column, SQLType type) throws SQLException {
    register(column, jdbcType(type));
  }

  @Override
  public void setAsciiStream(String label, InputStream value, int length) throws SQLException {
    setAsciiStream(index(label), value, length);
  }

  @Override
  public void setAsciiStream(String label, InputStream value, long length) throws SQLException {
    setAsciiStream(index(label), value, length);
  }

  @Override
  public void setAsciiStream(String label, InputStream value) throws SQLException {
    setAsciiStream(index(label), value);
  }

  @Override
  public void setBigDecimal(String label, BigDecimal value) throws SQLException {
    setBigDecimal(index(label), value);
  }

  @Override
  public void setBinaryStream(String label, InputStream value, int length) throws SQLException {
    setBinaryStream(index(label), value, length);
  }

  @Override
  public void setBinaryStream(String label, InputStream value, long length) throws SQLException {
    setBinaryStream(index(label), value, length);
  }

  @Override
  public void setBinaryStream(String label, InputStream value) throws SQLException {
    setBinaryStream(index(label), value);
  }

  @Override
  public void setBlob(String label, InputStream value, long length) throws SQLException {
    setBlob(index(label), value, length);
  }

  @Override
  public void setBlob(String label, InputStream value) throws SQLException {
    setBlob(index(label), value);
  }

  @Override
  public void setBlob(String label, Blob value) throws SQLException {
    setBlob(index(label), value);
  }

  @Override
  public void setBoolean(String label, boolean value) throws SQLException {
    setBoolean(index(label), value);
  }

  @Override
  public void setByte(String label, byte value) throws SQLException {
    setByte(index(label), value);
  }

  @Override
  public void setBytes(String label, byte[] value) throws SQLException {
    setBytes(index(label), value);
  }

  @Override
  public void setCharacterStream(String label, Reader value, int length) throws SQLException {
    setCharacterStream(index(label), value, length);
  }

  @Override
  public void setCharacterStream(String label, Reader value, long length) throws SQLException {
    setCharacterStream(index(label), value, length);
  }

  @Override
  public void setCharacterStream(String label, Reader value) throws SQLException {
    setCharacterStream(index(label), value);
  }

  @Override
  public void setClob(String label, Reader value, long length) throws SQLException {
    setClob(index(label), value, length);
  }

  @Override
  public void setClob(String label, Reader value) throws SQLException {
    setClob(index(label), value);
  }

  @Override
  public void setClob(String label, Clob value) throws SQLException {
    setClob(index(label), value);
  }

  @Override
  public void setDate(String label, Date value, Calendar calendar) throws SQLException {
    setDate(index(label), value, calendar);
  }

  @Override
  public void setDate(String label, Date value) throws SQLException {
    setDate(index(label), value);
  }

  @Override
  public void setDouble(String label, double value) throws SQLException {
    setDouble(index(label), value);
  }

  @Override
  public void setFloat(String label, float value) throws SQLException {
    setFloat(index(label), value);
  }

  @Override
  public void setInt(String label, int value) throws SQLException {
    setInt(index(label), value);
  }

  @Override
  public void setLong(String label, long value) throws SQLException {
    setLong(index(label), value);
  }

  @Override
  public void setNCharacterStream(String label, Reader value, long length) throws SQLException {
    setNCharacterStream(index(label), value, length);
  }

  @Override
  public void setNCharacterStream(String label, Reader value) throws SQLException {
    setNCharacterStream(index(label), value);
  }

  @Override
  public void setNClob(String label, Reader value, long length) throws SQLException {
    setNClob(index(label), value, length);
  }

  @Override
  public void setNClob(String label, Reader value) throws SQLException {
    setNClob(index(label), value);
  }

  @Override
  public void setNClob(String label, NClob value) throws SQLException {
    setNClob(index(label), value);
  }

  @Override
  public void setNString(String label, String value) throws SQLException {
    setNString(index(label), value);
  }

  @Override
  public void setNull(String label, int value, String p3) throws SQLException {
    setNull(index(label), value, p3);
  }

  @Override
  public void setNull(String label, int value) throws SQLException {
    setNull(index(label), value);
  }

  @Override
  public void setObject(String label, Object value, int targetType, int scaleOrLength)
      throws SQLException {
    setObject(index(label), value, targetType, scaleOrLength);
  }

  @Override
  public void setObject(String label, Object value, int targetType) throws SQLException {
    setObject(index(label), value, targetType);
  }

  @Override
  public void setObject(String label, Object value, SQLType type, int scaleOrLength)
      throws SQLException {
    setObject(index(label), value, type, scaleOrLength);
  }

  @Override
  public void setObject(String label, Object value, SQLType type) throws SQLException {
    setObject(index(label), value, type);
  }

  @Override
  public void setObject(String label, Object value) throws SQLException {
    setObject(index(label), value);
  }

  @Override
  public void setRowId(String label, RowId value) throws SQLException {
    setRowId(index(label), value);
  }

  @Override
  public void setSQLXML(String label, SQLXML value) throws SQLException {
    setSQLXML(index(label), value);
  }

  @Override
  public void setShort(String label, short value) throws SQLException {
    setShort(index(label), value);
  }

  @Override
  public void setString(String label, String value) throws SQLException {
    setString(index(label), value);
  }

  @Override
  public void setTime(String label, Time value, Calendar calendar) throws SQLException {
    setTime(index(label), value, calendar);
  }

  @Override
  public void setTime(String label, Time value) throws SQLException {
    setTime(index(label), value);
  }

  @Override
  public void setTimestamp(String label, Timestamp value, Calendar calendar) throws SQLException {
    setTimestamp(index(label), value, calendar);
  }

  @Override
  public void setTimestamp(String label, Timestamp value) throws SQLException {
    setTimestamp(index(label), value);
  }

  @Override
  public void setURL(String label, URL value) throws SQLException {
    setURL(index(label), value);
  }

  @Override
  public boolean wasNull() throws SQLException {
    return outs().wasNull();
  }
}
