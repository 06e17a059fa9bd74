package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.sql.Parameter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Calendar;

/**
 * One parameter value as the application set it, detached from streams and mutable objects: for a
 * write set, or to be set on the vendor's statement. Immutable.
 *
 * @param setter the JDBC method that set it
 * @param value the value; null for NULL
 * @param type its JDBC type where given, else 0
 * @param scale its scale where given, else -1
 * @param calendar its calendar where given, else null
 */
record Value(Setter setter, Object value, int type, int scale, Calendar calendar) {
  /** The setter methods that the vendor's driver may treat differently. */
  enum Setter {
    NULL,
    BOOLEAN,
    BYTE,
    SHORT,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    DECIMAL,
    STRING,
    NSTRING,
    BYTES,
    DATE,
    TIME,
    TIMESTAMP,
    OBJECT,
    /** Something for reads only, such as an array. */
    VENDOR
  }

  static Value of(Setter setter, Object value) {
    return value == null ? ofNull(Types.NULL) : new Value(setter, value, 0, -1, null);
  }

  static Value ofNull(int type) {
    return new Value(Setter.NULL, null, type, -1, null);
  }

  static Value ofTime(Setter setter, java.util.Date value, Calendar calendar) {
    if (value == null) {
      return ofNull(Types.TIMESTAMP);
    }
    return new Value(
        setter, value.clone(), 0, -1, calendar == null ? null : (Calendar) calendar.clone());
  }

  static Value ofObject(Object value, int type, int scale) {
    Object copy = value;
    if (value == null) {
      return ofNull(type == 0 ? Types.NULL : type);
    } else if (value instanceof java.util.Date d) {
      copy = d.clone();
    } else if (value instanceof Calendar c) {
      copy = c.clone();
    } else if (value instanceof byte[] b) {
      copy = b.clone();
    }
    return new Value(Setter.OBJECT, copy, type, scale, null);
  }

  /** For a write set. */
  Parameter parameter() throws SQLException {
    return switch (setter) {
      case NULL -> Parameter.NULL;
      case DATE -> new Parameter(Parameter.Kind.DATE, value, calendar);
      case TIME -> new Parameter(Parameter.Kind.TIME, value, calendar);
      case TIMESTAMP -> new Parameter(Parameter.Kind.TIMESTAMP, value, calendar);
      case VENDOR ->
          throw Errors.unsupported(
              "parameters of class " + value.getClass().getName() + " cannot be written");
      default -> Parameter.of(scaled(), type);
    };
  }

  private Object scaled() throws SQLException {
    if (scale < 0 || (type != Types.DECIMAL && type != Types.NUMERIC)) {
      return value;
    }
    try {
      if (value instanceof BigDecimal d) {
        return d.setScale(scale, RoundingMode.HALF_UP);
      }
      return value instanceof Number || value instanceof String
          ? new BigDecimal(value.toString().trim()).setScale(scale, RoundingMode.HALF_UP)
          : value;
    } catch (NumberFormatException e) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "\"" + value + "\" is not a number", e);
    }
  }

  /** For the vendor's statement. */
  void applyTo(PreparedStatement s, int i) throws SQLException {
    switch (setter) {
      case NULL -> s.setNull(i, type);
      case BOOLEAN -> s.setBoolean(i, (Boolean) value);
      case BYTE -> s.setByte(i, (Byte) value);
      case SHORT -> s.setShort(i, (Short) value);
      case INT -> s.setInt(i, (Integer) value);
      case LONG -> s.setLong(i, (Long) value);
      case FLOAT -> s.setFloat(i, (Float) value);
      case DOUBLE -> s.setDouble(i, (Double) value);
      case DECIMAL -> s.setBigDecimal(i, (BigDecimal) value);
      case STRING -> s.setString(i, (String) value);
      case NSTRING -> s.setNString(i, (String) value);
      case BYTES -> s.setBytes(i, (byte[]) value);
      case DATE -> {
        if (calendar == null) {
          s.setDate(i, (Date) value);
        } else {
          s.setDate(i, (Date) value, calendar);
        }
      }
      case TIME -> {
        if (calendar == null) {
          s.setTime(i, (Time) value);
        } else {
          s.setTime(i, (Time) value, calendar);
        }
      }
      case TIMESTAMP -> {
        if (calendar == null) {
          s.setTimestamp(i, (Timestamp) value);
        } else {
          s.setTimestamp(i, (Timestamp) value, calendar);
        }
      }
      case OBJECT, VENDOR -> {
        if (type == 0) {
          s.setObject(i, value);
        } else if (scale < 0) {
          s.setObject(i, value, type);
        } else {
          s.setObject(i, value, type, scale);
        }
      }
    }
  }
}
