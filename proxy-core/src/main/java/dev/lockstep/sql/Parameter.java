package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.UUID;

/**
 * A value that the application set on a PreparedStatement, already detached from streams. The
 * caller hands over {@code byte[]}, {@code java.util.Date} and {@code Calendar} objects that nobody
 * changes any more (copies).
 *
 * @param kind the family of the value
 * @param value of the class that the kind names; null for NULL only
 * @param calendar the zone given with setDate, setTime or setTimestamp, or null
 */
public record Parameter(Kind kind, Object value, Calendar calendar) {
  /** The families of values, each with the Java class that carries it. */
  public enum Kind {
    NULL(Void.class),
    BOOLEAN(Boolean.class),
    INTEGER(Long.class),
    BIG_INTEGER(BigInteger.class),
    DECIMAL(BigDecimal.class),
    FLOAT(Float.class),
    DOUBLE(Double.class),
    STRING(String.class),
    BYTES(byte[].class),
    DATE(java.sql.Date.class),
    TIME(java.sql.Time.class),
    TIMESTAMP(java.sql.Timestamp.class),
    LOCAL_DATE(LocalDate.class),
    LOCAL_TIME(LocalTime.class),
    LOCAL_DATE_TIME(LocalDateTime.class),
    OFFSET_DATE_TIME(OffsetDateTime.class),
    INSTANT(Instant.class),
    ZONED_DATE_TIME(ZonedDateTime.class),
    UUID(UUID.class);

    private final Class<?> type;

    Kind(Class<?> type) {
      this.type = type;
    }
  }

  /** SQL NULL. */
  public static final Parameter NULL = new Parameter(Kind.NULL, null, null);

  public Parameter {
    if (kind == Kind.NULL ? value != null : !kind.type.isInstance(value)) {
      throw new IllegalArgumentException(kind + " does not take " + value);
    }
  }

  /** A value without a calendar. */
  public static Parameter of(Kind kind, Object value) {
    return value == null ? NULL : new Parameter(kind, value, null);
  }

  /**
   * The parameter for {@code setObject(i, javaValue, jdbcType)}.
   *
   * @param jdbcTypeOr0 a constant of {@link Types}, or 0 where the application named none
   * @throws SQLException HY024 where the value does not fit the type, 0A001 for a class that is not
   *     supported
   */
  public static Parameter of(Object javaValue, int jdbcTypeOr0) throws SQLException {
    if (javaValue == null) {
      return NULL;
    }
    Parameter p = natural(javaValue);
    try {
      return jdbcTypeOr0 == 0 ? p : p.as(jdbcTypeOr0);
    } catch (IllegalArgumentException | ArithmeticException | java.time.DateTimeException e) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "the value '" + javaValue + "' does not fit JDBC type " + jdbcTypeOr0,
          e);
    }
  }

  private static Parameter natural(Object v) throws SQLException {
    if (v instanceof String) {
      return of(Kind.STRING, v);
    } else if (v instanceof Long) {
      return of(Kind.INTEGER, v);
    } else if (v instanceof Integer || v instanceof Short || v instanceof Byte) {
      return of(Kind.INTEGER, ((Number) v).longValue());
    } else if (v instanceof Boolean) {
      return of(Kind.BOOLEAN, v);
    } else if (v instanceof BigDecimal) {
      return of(Kind.DECIMAL, v);
    } else if (v instanceof BigInteger) {
      return of(Kind.BIG_INTEGER, v);
    } else if (v instanceof Double) {
      return of(Kind.DOUBLE, v);
    } else if (v instanceof Float) {
      return of(Kind.FLOAT, v);
    } else if (v instanceof byte[]) {
      return of(Kind.BYTES, v);
    } else if (v instanceof java.sql.Timestamp) {
      return of(Kind.TIMESTAMP, v);
    } else if (v instanceof java.sql.Date) {
      return of(Kind.DATE, v);
    } else if (v instanceof java.sql.Time) {
      return of(Kind.TIME, v);
    } else if (v instanceof LocalDateTime) {
      return of(Kind.LOCAL_DATE_TIME, v);
    } else if (v instanceof LocalDate) {
      return of(Kind.LOCAL_DATE, v);
    } else if (v instanceof LocalTime) {
      return of(Kind.LOCAL_TIME, v);
    } else if (v instanceof OffsetDateTime) {
      return of(Kind.OFFSET_DATE_TIME, v);
    } else if (v instanceof Instant) {
      return of(Kind.INSTANT, v);
    } else if (v instanceof ZonedDateTime) {
      return of(Kind.ZONED_DATE_TIME, v);
    } else if (v instanceof UUID) {
      return of(Kind.UUID, v);
    } else if (v instanceof Character) {
      return of(Kind.STRING, v.toString());
    } else if (v instanceof java.util.Date d) {
      return of(Kind.TIMESTAMP, new java.sql.Timestamp(d.getTime()));
    } else if (v instanceof Calendar c) {
      return new Parameter(
          Kind.TIMESTAMP, new java.sql.Timestamp(c.getTimeInMillis()), (Calendar) c.clone());
    } else if (v instanceof OffsetTime) {
      throw Errors.unsupported("values of class OffsetTime are not supported; use LocalTime");
    }
    throw Errors.unsupported(
        "values of class "
            + v.getClass().getName()
            + " are not supported; use a String, number, byte[] or java.time");
  }

  private Parameter as(int jdbcType) throws SQLException {
    switch (jdbcType) {
      case Types.NULL:
        return this;
      case Types.CHAR,
      Types.VARCHAR,
      Types.LONGVARCHAR,
      Types.NCHAR,
      Types.NVARCHAR,
      Types.LONGNVARCHAR,
      Types.CLOB,
      Types.NCLOB:
        return switch (kind) {
          case INTEGER, BIG_INTEGER, BOOLEAN, UUID, STRING -> of(Kind.STRING, value.toString());
          case DECIMAL -> of(Kind.STRING, ((BigDecimal) value).toPlainString());
          default -> this;
        };
      case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT:
        return switch (kind) {
          case STRING -> of(Kind.INTEGER, Long.parseLong(((String) value).trim()));
          case BOOLEAN -> of(Kind.INTEGER, (Boolean) value ? 1L : 0L);
          case DECIMAL -> of(Kind.INTEGER, ((BigDecimal) value).longValueExact());
          case FLOAT, DOUBLE -> of(Kind.INTEGER, new BigDecimal(value.toString()).longValueExact());
          default -> this;
        };
      case Types.DECIMAL, Types.NUMERIC:
        return switch (kind) {
          case STRING -> of(Kind.DECIMAL, new BigDecimal(((String) value).trim()));
          case BOOLEAN -> of(Kind.INTEGER, (Boolean) value ? 1L : 0L);
          case FLOAT, DOUBLE -> of(Kind.DECIMAL, new BigDecimal(value.toString()));
          default -> this;
        };
      case Types.REAL, Types.FLOAT, Types.DOUBLE:
        return switch (kind) {
          case STRING -> of(Kind.DOUBLE, Double.valueOf(((String) value).trim()));
          case DECIMAL -> of(Kind.DOUBLE, ((BigDecimal) value).doubleValue());
          default -> this;
        };
      case Types.BIT, Types.BOOLEAN:
        return switch (kind) {
          case INTEGER -> of(Kind.BOOLEAN, (Long) value != 0);
          case STRING -> of(Kind.BOOLEAN, bool((String) value));
          default -> this;
        };
      case Types.DATE:
        return switch (kind) {
          case STRING -> of(Kind.LOCAL_DATE, LocalDate.parse((String) value));
          case LOCAL_DATE_TIME -> of(Kind.LOCAL_DATE, ((LocalDateTime) value).toLocalDate());
          case TIMESTAMP ->
              new Parameter(
                  Kind.DATE, new java.sql.Date(((java.sql.Timestamp) value).getTime()), calendar);
          default -> this;
        };
      case Types.TIME:
        return switch (kind) {
          case STRING -> of(Kind.LOCAL_TIME, LocalTime.parse((String) value));
          case LOCAL_DATE_TIME -> of(Kind.LOCAL_TIME, ((LocalDateTime) value).toLocalTime());
          case TIMESTAMP ->
              new Parameter(
                  Kind.TIME, new java.sql.Time(((java.sql.Timestamp) value).getTime()), calendar);
          default -> this;
        };
      case Types.TIMESTAMP:
        return switch (kind) {
          case STRING ->
              of(
                  Kind.LOCAL_DATE_TIME,
                  LocalDateTime.parse(((String) value).trim().replace(' ', 'T')));
          case LOCAL_DATE -> of(Kind.LOCAL_DATE_TIME, ((LocalDate) value).atStartOfDay());
          case DATE ->
              new Parameter(
                  Kind.TIMESTAMP,
                  new java.sql.Timestamp(((java.sql.Date) value).getTime()),
                  calendar);
          default -> this;
        };
      case Types.ARRAY,
      Types.STRUCT,
      Types.REF,
      Types.ROWID,
      Types.SQLXML,
      Types.DATALINK,
      Types.REF_CURSOR:
        throw Errors.unsupported("parameters of JDBC type " + jdbcType + " are not supported");
      default:
        return this;
    }
  }

  private static Boolean bool(String s) {
    String t = s.trim();
    if (t.equalsIgnoreCase("true") || t.equals("1") || t.equalsIgnoreCase("y")) {
      return true;
    } else if (t.equalsIgnoreCase("false") || t.equals("0") || t.equalsIgnoreCase("n")) {
      return false;
    }
    throw new IllegalArgumentException(s);
  }
}
