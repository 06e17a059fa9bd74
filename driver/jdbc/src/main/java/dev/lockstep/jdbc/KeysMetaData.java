package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;

/** Describes the one column of generated keys. Immutable. */
final class KeysMetaData implements ResultSetMetaData {
  private final String name;

  KeysMetaData(String name) {
    this.name = name;
  }

  private static <T> T of(int column, T value) throws SQLException {
    if (column != 1) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "there is no column " + column);
    }
    return value;
  }

  @Override
  public int getColumnCount() {
    return 1;
  }

  @Override
  public boolean isAutoIncrement(int column) throws SQLException {
    return of(column, true);
  }

  @Override
  public boolean isCaseSensitive(int column) throws SQLException {
    return of(column, false);
  }

  @Override
  public boolean isSearchable(int column) throws SQLException {
    return of(column, false);
  }

  @Override
  public boolean isCurrency(int column) throws SQLException {
    return of(column, false);
  }

  @Override
  public int isNullable(int column) throws SQLException {
    return of(column, columnNoNulls);
  }

  @Override
  public boolean isSigned(int column) throws SQLException {
    return of(column, true);
  }

  @Override
  public int getColumnDisplaySize(int column) throws SQLException {
    return of(column, 20);
  }

  @Override
  public String getColumnLabel(int column) throws SQLException {
    return of(column, name);
  }

  @Override
  public String getColumnName(int column) throws SQLException {
    return of(column, name);
  }

  @Override
  public String getSchemaName(int column) throws SQLException {
    return of(column, "");
  }

  @Override
  public int getPrecision(int column) throws SQLException {
    return of(column, 19);
  }

  @Override
  public int getScale(int column) throws SQLException {
    return of(column, 0);
  }

  @Override
  public String getTableName(int column) throws SQLException {
    return of(column, "");
  }

  @Override
  public String getCatalogName(int column) throws SQLException {
    return of(column, "");
  }

  @Override
  public int getColumnType(int column) throws SQLException {
    return of(column, Types.BIGINT);
  }

  @Override
  public String getColumnTypeName(int column) throws SQLException {
    return of(column, "BIGINT");
  }

  @Override
  public boolean isReadOnly(int column) throws SQLException {
    return of(column, true);
  }

  @Override
  public boolean isWritable(int column) throws SQLException {
    return of(column, false);
  }

  @Override
  public boolean isDefinitelyWritable(int column) throws SQLException {
    return of(column, false);
  }

  @Override
  public String getColumnClassName(int column) throws SQLException {
    return of(column, Long.class.getName());
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, this, null);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, null);
  }
}
