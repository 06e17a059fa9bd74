package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;

/**
 * A result set that refuses all changes, unless a subclass takes them: those that the vendor's
 * would make bypass the replication.
 */
abstract class ReadOnlyResultSet implements ResultSet {
  /** Sets a new value of a column as a parameter of a statement. */
  interface Change {
    void apply(PreparedStatement statement, int parameter) throws SQLException;
  }

  /** A column of the current row, or of the one to be inserted, gets a new value. */
  void change(int column, Change change) throws SQLException {
    throw readOnly();
  }

  private static SQLException readOnly() {
    return Errors.unsupported(
        "result sets are read-only; change rows with UPDATE, INSERT or DELETE statements");
  }

  @Override
  public int getConcurrency() throws SQLException {
    return CONCUR_READ_ONLY;
  }

  @Override
  public void cancelRowUpdates() throws SQLException {
    throw readOnly();
  }

  @Override
  public void deleteRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void insertRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void moveToCurrentRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void moveToInsertRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void refreshRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateArray(String label, Array value) throws SQLException {
    updateArray(findColumn(label), value);
  }

  @Override
  public void updateArray(int column, Array value) throws SQLException {
    change(column, (p, i) -> p.setArray(i, value));
  }

  @Override
  public void updateAsciiStream(String label, InputStream value, int length) throws SQLException {
    updateAsciiStream(findColumn(label), value, length);
  }

  @Override
  public void updateAsciiStream(String label, InputStream value, long length) throws SQLException {
    updateAsciiStream(findColumn(label), value, length);
  }

  @Override
  public void updateAsciiStream(String label, InputStream value) throws SQLException {
    updateAsciiStream(findColumn(label), value);
  }

  @Override
  public void updateAsciiStream(int column, InputStream value, int length) throws SQLException {
    change(column, (p, i) -> p.setAsciiStream(i, value, length));
  }

  @Override
  public void updateAsciiStream(int column, InputStream value, long length) throws SQLException {
    change(column, (p, i) -> p.setAsciiStream(i, value, length));
  }

  @Override
  public void updateAsciiStream(int column, InputStream value) throws SQLException {
    change(column, (p, i) -> p.setAsciiStream(i, value));
  }

  @Override
  public void updateBigDecimal(String label, BigDecimal value) throws SQLException {
    updateBigDecimal(findColumn(label), value);
  }

  @Override
  public void updateBigDecimal(int column, BigDecimal value) throws SQLException {
    change(column, (p, i) -> p.setBigDecimal(i, value));
  }

  @Override
  public void updateBinaryStream(String label, InputStream value, int length) throws SQLException {
    updateBinaryStream(findColumn(label), value, length);
  }

  @Override
  public void updateBinaryStream(String label, InputStream value, long length) throws SQLException {
    updateBinaryStream(findColumn(label), value, length);
  }

  @Override
  public void updateBinaryStream(String label, InputStream value) throws SQLException {
    updateBinaryStream(findColumn(label), value);
  }

  @Override
  public void updateBinaryStream(int column, InputStream value, int length) throws SQLException {
    change(column, (p, i) -> p.setBinaryStream(i, value, length));
  }

  @Override
  public void updateBinaryStream(int column, InputStream value, long length) throws SQLException {
    change(column, (p, i) -> p.setBinaryStream(i, value, length));
  }

  @Override
  public void updateBinaryStream(int column, InputStream value) throws SQLException {
    change(column, (p, i) -> p.setBinaryStream(i, value));
  }

  @Override
  public void updateBlob(String label, InputStream value, long length) throws SQLException {
    updateBlob(findColumn(label), value, length);
  }

  @Override
  public void updateBlob(String label, InputStream value) throws SQLException {
    updateBlob(findColumn(label), value);
  }

  @Override
  public void updateBlob(String label, Blob value) throws SQLException {
    updateBlob(findColumn(label), value);
  }

  @Override
  public void updateBlob(int column, InputStream value, long length) throws SQLException {
    change(column, (p, i) -> p.setBlob(i, value, length));
  }

  @Override
  public void updateBlob(int column, InputStream value) throws SQLException {
    change(column, (p, i) -> p.setBlob(i, value));
  }

  @Override
  public void updateBlob(int column, Blob value) throws SQLException {
    change(column, (p, i) -> p.setBlob(i, value));
  }

  @Override
  public void updateBoolean(String label, boolean value) throws SQLException {
    updateBoolean(findColumn(label), value);
  }

  @Override
  public void updateBoolean(int column, boolean value) throws SQLException {
    change(column, (p, i) -> p.setBoolean(i, value));
  }

  @Override
  public void updateByte(String label, byte value) throws SQLException {
    updateByte(findColumn(label), value);
  }

  @Override
  public void updateByte(int column, byte value) throws SQLException {
    change(column, (p, i) -> p.setByte(i, value));
  }

  @Override
  public void updateBytes(String label, byte[] value) throws SQLException {
    updateBytes(findColumn(label), value);
  }

  @Override
  public void updateBytes(int column, byte[] value) throws SQLException {
    change(column, (p, i) -> p.setBytes(i, value));
  }

  @Override
  public void updateCharacterStream(String label, Reader value, int length) throws SQLException {
    updateCharacterStream(findColumn(label), value, length);
  }

  @Override
  public void updateCharacterStream(String label, Reader value, long length) throws SQLException {
    updateCharacterStream(findColumn(label), value, length);
  }

  @Override
  public void updateCharacterStream(String label, Reader value) throws SQLException {
    updateCharacterStream(findColumn(label), value);
  }

  @Override
  public void updateCharacterStream(int column, Reader value, int length) throws SQLException {
    change(column, (p, i) -> p.setCharacterStream(i, value, length));
  }

  @Override
  public void updateCharacterStream(int column, Reader value, long length) throws SQLException {
    change(column, (p, i) -> p.setCharacterStream(i, value, length));
  }

  @Override
  public void updateCharacterStream(int column, Reader value) throws SQLException {
    change(column, (p, i) -> p.setCharacterStream(i, value));
  }

  @Override
  public void updateClob(String label, Reader value, long length) throws SQLException {
    updateClob(findColumn(label), value, length);
  }

  @Override
  public void updateClob(String label, Reader value) throws SQLException {
    updateClob(findColumn(label), value);
  }

  @Override
  public void updateClob(String label, Clob value) throws SQLException {
    updateClob(findColumn(label), value);
  }

  @Override
  public void updateClob(int column, Reader value, long length) throws SQLException {
    change(column, (p, i) -> p.setClob(i, value, length));
  }

  @Override
  public void updateClob(int column, Reader value) throws SQLException {
    change(column, (p, i) -> p.setClob(i, value));
  }

  @Override
  public void updateClob(int column, Clob value) throws SQLException {
    change(column, (p, i) -> p.setClob(i, value));
  }

  @Override
  public void updateDate(String label, Date value) throws SQLException {
    updateDate(findColumn(label), value);
  }

  @Override
  public void updateDate(int column, Date value) throws SQLException {
    change(column, (p, i) -> p.setDate(i, value));
  }

  @Override
  public void updateDouble(String label, double value) throws SQLException {
    updateDouble(findColumn(label), value);
  }

  @Override
  public void updateDouble(int column, double value) throws SQLException {
    change(column, (p, i) -> p.setDouble(i, value));
  }

  @Override
  public void updateFloat(String label, float value) throws SQLException {
    updateFloat(findColumn(label), value);
  }

  @Override
  public void updateFloat(int column, float value) throws SQLException {
    change(column, (p, i) -> p.setFloat(i, value));
  }

  @Override
  public void updateInt(String label, int value) throws SQLException {
    updateInt(findColumn(label), value);
  }

  @Override
  public void updateInt(int column, int value) throws SQLException {
    change(column, (p, i) -> p.setInt(i, value));
  }

  @Override
  public void updateLong(String label, long value) throws SQLException {
    updateLong(findColumn(label), value);
  }

  @Override
  public void updateLong(int column, long value) throws SQLException {
    change(column, (p, i) -> p.setLong(i, value));
  }

  @Override
  public void updateNCharacterStream(String label, Reader value, long length) throws SQLException {
    updateNCharacterStream(findColumn(label), value, length);
  }

  @Override
  public void updateNCharacterStream(String label, Reader value) throws SQLException {
    updateNCharacterStream(findColumn(label), value);
  }

  @Override
  public void updateNCharacterStream(int column, Reader value, long length) throws SQLException {
    change(column, (p, i) -> p.setNCharacterStream(i, value, length));
  }

  @Override
  public void updateNCharacterStream(int column, Reader value) throws SQLException {
    change(column, (p, i) -> p.setNCharacterStream(i, value));
  }

  @Override
  public void updateNClob(String label, Reader value, long length) throws SQLException {
    updateNClob(findColumn(label), value, length);
  }

  @Override
  public void updateNClob(String label, Reader value) throws SQLException {
    updateNClob(findColumn(label), value);
  }

  @Override
  public void updateNClob(String label, NClob value) throws SQLException {
    updateNClob(findColumn(label), value);
  }

  @Override
  public void updateNClob(int column, Reader value, long length) throws SQLException {
    change(column, (p, i) -> p.setNClob(i, value, length));
  }

  @Override
  public void updateNClob(int column, Reader value) throws SQLException {
    change(column, (p, i) -> p.setNClob(i, value));
  }

  @Override
  public void updateNClob(int column, NClob value) throws SQLException {
    change(column, (p, i) -> p.setNClob(i, value));
  }

  @Override
  public void updateNString(String label, String value) throws SQLException {
    updateNString(findColumn(label), value);
  }

  @Override
  public void updateNString(int column, String value) throws SQLException {
    change(column, (p, i) -> p.setNString(i, value));
  }

  @Override
  public void updateNull(String label) throws SQLException {
    updateNull(findColumn(label));
  }

  @Override
  public void updateNull(int column) throws SQLException {
    change(column, (p, i) -> p.setNull(i, java.sql.Types.NULL));
  }

  @Override
  public void updateObject(String label, Object value, int targetType) throws SQLException {
    updateObject(findColumn(label), value, targetType);
  }

  @Override
  public void updateObject(String label, Object value, SQLType type, int scaleOrLength)
      throws SQLException {
    updateObject(findColumn(label), value, type, scaleOrLength);
  }

  @Override
  public void updateObject(String label, Object value, SQLType type) throws SQLException {
    updateObject(findColumn(label), value, type);
  }

  @Override
  public void updateObject(String label, Object value) throws SQLException {
    updateObject(findColumn(label), value);
  }

  @Override
  public void updateObject(int column, Object value, int targetType) throws SQLException {
    change(column, (p, i) -> p.setObject(i, value));
  }

  @Override
  public void updateObject(int column, Object value, SQLType type, int scaleOrLength)
      throws SQLException {
    change(column, (p, i) -> p.setObject(i, value, type, scaleOrLength));
  }

  @Override
  public void updateObject(int column, Object value, SQLType type) throws SQLException {
    change(column, (p, i) -> p.setObject(i, value, type));
  }

  @Override
  public void updateObject(int column, Object value) throws SQLException {
    change(column, (p, i) -> p.setObject(i, value));
  }

  @Override
  public void updateRef(String label, Ref value) throws SQLException {
    updateRef(findColumn(label), value);
  }

  @Override
  public void updateRef(int column, Ref value) throws SQLException {
    change(column, (p, i) -> p.setRef(i, value));
  }

  @Override
  public void updateRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRowId(String label, RowId value) throws SQLException {
    updateRowId(findColumn(label), value);
  }

  @Override
  public void updateRowId(int column, RowId value) throws SQLException {
    change(column, (p, i) -> p.setRowId(i, value));
  }

  @Override
  public void updateSQLXML(String label, SQLXML value) throws SQLException {
    updateSQLXML(findColumn(label), value);
  }

  @Override
  public void updateSQLXML(int column, SQLXML value) throws SQLException {
    change(column, (p, i) -> p.setSQLXML(i, value));
  }

  @Override
  public void updateShort(String label, short value) throws SQLException {
    updateShort(findColumn(label), value);
  }

  @Override
  public void updateShort(int column, short value) throws SQLException {
    change(column, (p, i) -> p.setShort(i, value));
  }

  @Override
  public void updateString(String label, String value) throws SQLException {
    updateString(findColumn(label), value);
  }

  @Override
  public void updateString(int column, String value) throws SQLException {
    change(column, (p, i) -> p.setString(i, value));
  }

  @Override
  public void updateTime(String label, Time value) throws SQLException {
    updateTime(findColumn(label), value);
  }

  @Override
  public void updateTime(int column, Time value) throws SQLException {
    change(column, (p, i) -> p.setTime(i, value));
  }

  @Override
  public void updateTimestamp(String label, Timestamp value) throws SQLException {
    updateTimestamp(findColumn(label), value);
  }

  @Override
  public void updateTimestamp(int column, Timestamp value) throws SQLException {
    change(column, (p, i) -> p.setTimestamp(i, value));
  }
}
