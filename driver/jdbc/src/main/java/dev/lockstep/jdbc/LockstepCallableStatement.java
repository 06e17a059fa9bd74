package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
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
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.Map;

/**
 * What {@code prepareCall} gives. Procedure calls are refused when they are prepared, so there are
 * no output or named parameters; any other statement works as with {@code prepareStatement}.
 */
final class LockstepCallableStatement extends LockstepPreparedStatement
    implements CallableStatement {
  LockstepCallableStatement(LockstepConnection connection, String sql, StatementShape shape)
      throws SQLException {
    super(connection, sql, shape, KeyRequest.NONE);
  }

  private static SQLException refused() {
    return Errors.unsupported(
        "output and named parameters need stored procedures, which are not replicated; send the"
            + " statements of the procedure instead");
  }

  @Override
  public Array getArray(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Array getArray(int column) throws SQLException {
    throw refused();
  }

  @Override
  public BigDecimal getBigDecimal(String label) throws SQLException {
    throw refused();
  }

  @Override
  @Deprecated
  public BigDecimal getBigDecimal(int column, int value) throws SQLException {
    throw refused();
  }

  @Override
  public BigDecimal getBigDecimal(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Blob getBlob(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Blob getBlob(int column) throws SQLException {
    throw refused();
  }

  @Override
  public boolean getBoolean(String label) throws SQLException {
    throw refused();
  }

  @Override
  public boolean getBoolean(int column) throws SQLException {
    throw refused();
  }

  @Override
  public byte getByte(String label) throws SQLException {
    throw refused();
  }

  @Override
  public byte getByte(int column) throws SQLException {
    throw refused();
  }

  @Override
  public byte[] getBytes(String label) throws SQLException {
    throw refused();
  }

  @Override
  public byte[] getBytes(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Reader getCharacterStream(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Reader getCharacterStream(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Clob getClob(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Clob getClob(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Date getDate(String label, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Date getDate(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Date getDate(int column, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Date getDate(int column) throws SQLException {
    throw refused();
  }

  @Override
  public double getDouble(String label) throws SQLException {
    throw refused();
  }

  @Override
  public double getDouble(int column) throws SQLException {
    throw refused();
  }

  @Override
  public float getFloat(String label) throws SQLException {
    throw refused();
  }

  @Override
  public float getFloat(int column) throws SQLException {
    throw refused();
  }

  @Override
  public int getInt(String label) throws SQLException {
    throw refused();
  }

  @Override
  public int getInt(int column) throws SQLException {
    throw refused();
  }

  @Override
  public long getLong(String label) throws SQLException {
    throw refused();
  }

  @Override
  public long getLong(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Reader getNCharacterStream(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Reader getNCharacterStream(int column) throws SQLException {
    throw refused();
  }

  @Override
  public NClob getNClob(String label) throws SQLException {
    throw refused();
  }

  @Override
  public NClob getNClob(int column) throws SQLException {
    throw refused();
  }

  @Override
  public String getNString(String label) throws SQLException {
    throw refused();
  }

  @Override
  public String getNString(int column) throws SQLException {
    throw refused();
  }

  @Override
  public <T> T getObject(String label, Class<T> type) throws SQLException {
    throw refused();
  }

  @Override
  public Object getObject(String label, Map<String, Class<?>> map) throws SQLException {
    throw refused();
  }

  @Override
  public Object getObject(String label) throws SQLException {
    throw refused();
  }

  @Override
  public <T> T getObject(int column, Class<T> type) throws SQLException {
    throw refused();
  }

  @Override
  public Object getObject(int column, Map<String, Class<?>> map) throws SQLException {
    throw refused();
  }

  @Override
  public Object getObject(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Ref getRef(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Ref getRef(int column) throws SQLException {
    throw refused();
  }

  @Override
  public RowId getRowId(String label) throws SQLException {
    throw refused();
  }

  @Override
  public RowId getRowId(int column) throws SQLException {
    throw refused();
  }

  @Override
  public SQLXML getSQLXML(String label) throws SQLException {
    throw refused();
  }

  @Override
  public SQLXML getSQLXML(int column) throws SQLException {
    throw refused();
  }

  @Override
  public short getShort(String label) throws SQLException {
    throw refused();
  }

  @Override
  public short getShort(int column) throws SQLException {
    throw refused();
  }

  @Override
  public String getString(String label) throws SQLException {
    throw refused();
  }

  @Override
  public String getString(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Time getTime(String label, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Time getTime(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Time getTime(int column, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Time getTime(int column) throws SQLException {
    throw refused();
  }

  @Override
  public Timestamp getTimestamp(String label, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Timestamp getTimestamp(String label) throws SQLException {
    throw refused();
  }

  @Override
  public Timestamp getTimestamp(int column, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public Timestamp getTimestamp(int column) throws SQLException {
    throw refused();
  }

  @Override
  public URL getURL(String label) throws SQLException {
    throw refused();
  }

  @Override
  public URL getURL(int column) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, int value, String p3) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, int value, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, int value) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, SQLType type, String p3) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, SQLType type, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(String label, SQLType type) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, int value, String p3) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, int value, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, int value) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, SQLType type, String p3) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, SQLType type, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void registerOutParameter(int column, SQLType type) throws SQLException {
    throw refused();
  }

  @Override
  public void setAsciiStream(String label, InputStream value, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void setAsciiStream(String label, InputStream value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setAsciiStream(String label, InputStream value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBigDecimal(String label, BigDecimal value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBinaryStream(String label, InputStream value, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void setBinaryStream(String label, InputStream value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setBinaryStream(String label, InputStream value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBlob(String label, InputStream value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setBlob(String label, InputStream value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBlob(String label, Blob value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBoolean(String label, boolean value) throws SQLException {
    throw refused();
  }

  @Override
  public void setByte(String label, byte value) throws SQLException {
    throw refused();
  }

  @Override
  public void setBytes(String label, byte[] value) throws SQLException {
    throw refused();
  }

  @Override
  public void setCharacterStream(String label, Reader value, int length) throws SQLException {
    throw refused();
  }

  @Override
  public void setCharacterStream(String label, Reader value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setCharacterStream(String label, Reader value) throws SQLException {
    throw refused();
  }

  @Override
  public void setClob(String label, Reader value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setClob(String label, Reader value) throws SQLException {
    throw refused();
  }

  @Override
  public void setClob(String label, Clob value) throws SQLException {
    throw refused();
  }

  @Override
  public void setDate(String label, Date value, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public void setDate(String label, Date value) throws SQLException {
    throw refused();
  }

  @Override
  public void setDouble(String label, double value) throws SQLException {
    throw refused();
  }

  @Override
  public void setFloat(String label, float value) throws SQLException {
    throw refused();
  }

  @Override
  public void setInt(String label, int value) throws SQLException {
    throw refused();
  }

  @Override
  public void setLong(String label, long value) throws SQLException {
    throw refused();
  }

  @Override
  public void setNCharacterStream(String label, Reader value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setNCharacterStream(String label, Reader value) throws SQLException {
    throw refused();
  }

  @Override
  public void setNClob(String label, Reader value, long length) throws SQLException {
    throw refused();
  }

  @Override
  public void setNClob(String label, Reader value) throws SQLException {
    throw refused();
  }

  @Override
  public void setNClob(String label, NClob value) throws SQLException {
    throw refused();
  }

  @Override
  public void setNString(String label, String value) throws SQLException {
    throw refused();
  }

  @Override
  public void setNull(String label, int value, String p3) throws SQLException {
    throw refused();
  }

  @Override
  public void setNull(String label, int value) throws SQLException {
    throw refused();
  }

  @Override
  public void setObject(String label, Object value, int targetType, int scaleOrLength)
      throws SQLException {
    throw refused();
  }

  @Override
  public void setObject(String label, Object value, int targetType) throws SQLException {
    throw refused();
  }

  @Override
  public void setObject(String label, Object value, SQLType type, int scaleOrLength)
      throws SQLException {
    throw refused();
  }

  @Override
  public void setObject(String label, Object value, SQLType type) throws SQLException {
    throw refused();
  }

  @Override
  public void setObject(String label, Object value) throws SQLException {
    throw refused();
  }

  @Override
  public void setRowId(String label, RowId value) throws SQLException {
    throw refused();
  }

  @Override
  public void setSQLXML(String label, SQLXML value) throws SQLException {
    throw refused();
  }

  @Override
  public void setShort(String label, short value) throws SQLException {
    throw refused();
  }

  @Override
  public void setString(String label, String value) throws SQLException {
    throw refused();
  }

  @Override
  public void setTime(String label, Time value, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public void setTime(String label, Time value) throws SQLException {
    throw refused();
  }

  @Override
  public void setTimestamp(String label, Timestamp value, Calendar calendar) throws SQLException {
    throw refused();
  }

  @Override
  public void setTimestamp(String label, Timestamp value) throws SQLException {
    throw refused();
  }

  @Override
  public void setURL(String label, URL value) throws SQLException {
    throw refused();
  }

  @Override
  public boolean wasNull() throws SQLException {
    throw refused();
  }
}
