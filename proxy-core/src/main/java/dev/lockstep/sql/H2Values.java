package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;

/** Values that a query on H2 has found, to be written again. Its objects are exact. */
public final class H2Values {
  private H2Values() {}

  /**
   * The value of column {@code i} of the row on which the result set stands.
   *
   * @param what the statement, for messages
   */
  public static Parameter value(ResultSet rows, ResultSetMetaData meta, int i, String what)
      throws SQLException {
    if (meta.getColumnTypeName(i).contains("JSON")) {
      throw Errors.unsupported(
          what
              + " of the JSON column "
              + meta.getColumnLabel(i)
              + " is not supported, because its text is not exact; use CAST(… AS VARCHAR)");
    }
    Object value =
        switch (meta.getColumnType(i)) {
          case Types.DATE -> rows.getObject(i, LocalDate.class);
          case Types.TIME -> rows.getObject(i, LocalTime.class);
          case Types.TIMESTAMP -> rows.getObject(i, LocalDateTime.class);
          case Types.CLOB -> rows.getString(i);
          case Types.BLOB -> rows.getBytes(i);
          default -> rows.getObject(i);
        };
    return Parameter.of(value, 0);
  }
}
