package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.TimeZone;
import java.util.UUID;

/**
 * Writes values as literals of one dialect, so that the server stores what the vendor's own
 * PreparedStatement would store. Stateless.
 */
abstract class Literals {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  static Literals of(Vendor vendor) {
    return vendor.mysqlFamily() ? new MySqlLiterals() : new H2Literals();
  }

  /** The parameter's literal. */
  final String render(Parameter p, ZoneId zone) throws SQLException {
    Object v = p.value();
    switch (p.kind()) {
      case NULL:
        return "NULL";
      case BOOLEAN:
        return bool((Boolean) v);
      case INTEGER, BIG_INTEGER:
        return v.toString();
      case DECIMAL:
        return decimal((BigDecimal) v);
      case FLOAT:
        return real((Float) v, v.toString(), true);
      case DOUBLE:
        return real((Double) v, v.toString(), false);
      case STRING:
        return string((String) v);
      case BYTES:
        return bytes((byte[]) v);
      case DATE:
        return date(local(((java.sql.Date) v).getTime(), p.calendar(), zone).toLocalDate());
      case TIME:
        return time(local(((java.sql.Time) v).getTime(), p.calendar(), zone).toLocalTime());
      case TIMESTAMP:
        {
          // Rounded before it becomes local time: the next microsecond may lie behind a change of
          // the clocks.
          java.sql.Timestamp t = (java.sql.Timestamp) v;
          ZoneId z = p.calendar() == null ? zone : p.calendar().getTimeZone().toZoneId();
          return dateTime(local(round(t.toInstant()), z));
        }
      case LOCAL_DATE:
        return date((LocalDate) v);
      case LOCAL_TIME:
        return time((LocalTime) v);
      case LOCAL_DATE_TIME:
        return dateTime((LocalDateTime) v);
      case OFFSET_DATE_TIME:
        return offset((OffsetDateTime) v, zone);
      case INSTANT:
        return offset(((Instant) v).atOffset(ZoneOffset.UTC), zone);
      case ZONED_DATE_TIME:
        return offset(((ZonedDateTime) v).toOffsetDateTime(), zone);
      case UUID:
        return uuid((UUID) v);
      default:
        throw new IllegalStateException(p.kind().toString());
    }
  }

  private LocalDateTime local(long millis, Calendar calendar, ZoneId zone) throws SQLException {
    return local(
        Instant.ofEpochMilli(millis), calendar == null ? zone : calendar.getTimeZone().toZoneId());
  }

  /** The wall-clock time that the vendor's driver makes of a java.sql value. */
  LocalDateTime local(Instant t, ZoneId zone) throws SQLException {
    return LocalDateTime.ofInstant(t, zone);
  }

  /** The instant in the precision that the server gets. */
  Instant round(Instant t) {
    return t;
  }

  abstract String bool(boolean b);

  abstract String decimal(BigDecimal d);

  abstract String real(double value, String text, boolean single) throws SQLException;

  abstract String string(String s) throws SQLException;

  abstract String date(LocalDate d) throws SQLException;

  abstract String time(LocalTime t) throws SQLException;

  abstract String dateTime(LocalDateTime t) throws SQLException;

  abstract String offset(OffsetDateTime t, ZoneId zone) throws SQLException;

  abstract String uuid(UUID u);

  /** A random number as a literal of the type that the vendor's RAND() has. */
  abstract String random(double d);

  /** A name in the dialect's quotes. */
  abstract String name(String name);

  String bytes(byte[] b) {
    StringBuilder out = new StringBuilder(b.length * 2 + 3).append("x'");
    for (byte x : b) {
      out.append(HEX[(x >> 4) & 15]).append(HEX[x & 15]);
    }
    return out.append('\'').toString();
  }

  /** {@code yyyy-MM-dd}. */
  static StringBuilder appendDate(StringBuilder out, LocalDate d) throws SQLException {
    if (d.getYear() < 0 || d.getYear() > 9999) {
      throw Errors.unsupported("the year " + d.getYear() + " is outside of 0 to 9999");
    }
    pad(out, d.getYear(), 4);
    pad(out.append('-'), d.getMonthValue(), 2);
    return pad(out.append('-'), d.getDayOfMonth(), 2);
  }

  /** {@code HH:mm:ss} with as many digits of the fraction as asked for. */
  static StringBuilder appendTime(StringBuilder out, LocalTime t, int digits) {
    pad(out, t.getHour(), 2);
    pad(out.append(':'), t.getMinute(), 2);
    pad(out.append(':'), t.getSecond(), 2);
    if (digits > 0) {
      int nano = t.getNano();
      for (int i = digits; i < 9; i++) {
        nano /= 10;
      }
      pad(out.append('.'), nano, digits);
    }
    return out;
  }

  private static StringBuilder pad(StringBuilder out, int value, int width) {
    String s = Integer.toString(value);
    for (int i = s.length(); i < width; i++) {
      out.append('0');
    }
    return out.append(s);
  }

  /** MySQL and MariaDB with backslash escapes, as Connector/J writes them. */
  private static final class MySqlLiterals extends Literals {
    /**
     * From when on the calendars of java.util and java.time agree everywhere (standard time,
     * Gregorian).
     */
    private static final Instant SAME_CALENDAR = Instant.parse("1980-01-01T00:00:00Z");

    @Override
    LocalDateTime local(Instant t, ZoneId zone) throws SQLException {
      if (t.isAfter(SAME_CALENDAR)) {
        return LocalDateTime.ofInstant(t, zone);
      }
      // Connector/J formats with java.util: no local mean time before 1900, the Julian calendar
      // before 1582.
      Calendar c = new GregorianCalendar(TimeZone.getTimeZone(zone));
      c.setTimeInMillis(t.toEpochMilli());
      if (c.get(Calendar.ERA) == GregorianCalendar.BC) {
        throw Errors.unsupported("dates before the year 1 are not supported");
      }
      try {
        return LocalDateTime.of(
            c.get(Calendar.YEAR),
            c.get(Calendar.MONTH) + 1,
            c.get(Calendar.DAY_OF_MONTH),
            c.get(Calendar.HOUR_OF_DAY),
            c.get(Calendar.MINUTE),
            c.get(Calendar.SECOND),
            t.getNano());
      } catch (DateTimeException e) {
        throw Errors.unsupported(
            "the date " + c.getTime() + " does not exist in the Gregorian calendar");
      }
    }

    @Override
    Instant round(Instant t) {
      return t.plusNanos(500).truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    String bool(boolean b) {
      return b ? "1" : "0";
    }

    @Override
    String decimal(BigDecimal d) {
      return d.toPlainString();
    }

    @Override
    String real(double value, String text, boolean single) throws SQLException {
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        throw Errors.unsupported("the server has no literal for " + text);
      }
      int e = text.indexOf('E');
      return e >= 0 && text.charAt(e + 1) != '-'
          ? text.substring(0, e + 1) + '+' + text.substring(e + 1)
          : text;
    }

    @Override
    String string(String s) throws SQLException {
      StringBuilder out = new StringBuilder(s.length() + 16).append('\'');
      for (int i = 0; i < s.length(); i++) {
        char c = s.charAt(i);
        switch (c) {
          case 0 -> out.append("\\0");
          case '\n' -> out.append("\\n");
          case '\r' -> out.append("\\r");
          case 26 -> out.append("\\Z");
          case '\\' -> out.append("\\\\");
          case '\'' -> out.append("\\'");
          default -> {
            if (Character.isSurrogate(c)) {
              if (!Character.isHighSurrogate(c)
                  || i + 1 == s.length()
                  || !Character.isLowSurrogate(s.charAt(i + 1))) {
                throw Errors.unsupported(
                    "a string holds half of a surrogate pair, which has no UTF-8 form");
              }
              out.append(c);
              c = s.charAt(++i);
            }
            out.append(c);
          }
        }
      }
      return out.append('\'').toString();
    }

    @Override
    String date(LocalDate d) throws SQLException {
      return appendDate(new StringBuilder(12).append('\''), d).append('\'').toString();
    }

    @Override
    String time(LocalTime t) throws SQLException {
      if (t.getNano() == 0) {
        return appendTime(new StringBuilder(12).append('\''), t, 0).append('\'').toString();
      }
      int nano = (t.getNano() + 500) / 1000 * 1000;
      if (nano == 1_000_000_000) {
        if (t.getHour() == 23 && t.getMinute() == 59 && t.getSecond() == 59) {
          return "'24:00:00.000000'";
        }
        t = t.plusSeconds(1).withNano(0);
      } else {
        t = t.withNano(nano);
      }
      return appendTime(new StringBuilder(20).append('\''), t, 6).append('\'').toString();
    }

    @Override
    String dateTime(LocalDateTime t) throws SQLException {
      LocalDateTime r = t.plusNanos(500).truncatedTo(ChronoUnit.MICROS);
      StringBuilder out =
          appendDate(new StringBuilder(30).append('\''), r.toLocalDate()).append(' ');
      return appendTime(out, r.toLocalTime(), r.getNano() == 0 ? 0 : 6).append('\'').toString();
    }

    @Override
    String offset(OffsetDateTime t, ZoneId zone) throws SQLException {
      return dateTime(LocalDateTime.ofInstant(round(t.toInstant()), zone));
    }

    @Override
    String uuid(UUID u) {
      return "'" + u + "'";
    }

    @Override
    String random(double d) {
      String s = Double.toString(d);
      return s.indexOf('E') >= 0 ? s : s + "E0";
    }

    @Override
    String name(String name) {
      return '`' + name.replace("`", "``") + '`';
    }
  }

  /** H2. */
  private static final class H2Literals extends Literals {
    @Override
    String bool(boolean b) {
      return b ? "TRUE" : "FALSE";
    }

    @Override
    String decimal(BigDecimal d) {
      String s = d.toPlainString();
      return s.indexOf('.') < 0 && d.precision() > 18 ? s + "." : s;
    }

    @Override
    String real(double value, String text, boolean single) throws SQLException {
      String type = single ? "REAL" : "DOUBLE PRECISION";
      String v = Double.isNaN(value) ? "'NaN'" : Double.isInfinite(value) ? "'" + text + "'" : text;
      return "CAST(" + v + " AS " + type + ")";
    }

    @Override
    String string(String s) {
      boolean plain = true;
      for (int i = 0; i < s.length() && plain; i++) {
        char c = s.charAt(i);
        plain = c >= ' ' && !Character.isSurrogate(c) && c != 0x7f;
      }
      if (plain) {
        return '\'' + s.replace("'", "''") + '\'';
      }
      StringBuilder out = new StringBuilder(s.length() + 32).append("U&'");
      for (int i = 0; i < s.length(); i++) {
        char c = s.charAt(i);
        if (c == '\'') {
          out.append("''");
        } else if (c == '\\') {
          out.append("\\\\");
        } else if (c < ' ' || c == 0x7f || Character.isSurrogate(c)) {
          out.append(String.format("\\%04x", (int) c));
        } else {
          out.append(c);
        }
      }
      return out.append('\'').toString();
    }

    @Override
    String date(LocalDate d) throws SQLException {
      return appendDate(new StringBuilder("DATE '"), d).append('\'').toString();
    }

    @Override
    String time(LocalTime t) {
      return appendTime(new StringBuilder("TIME '"), t, t.getNano() == 0 ? 0 : 9)
          .append('\'')
          .toString();
    }

    @Override
    String dateTime(LocalDateTime t) throws SQLException {
      StringBuilder out = appendDate(new StringBuilder("TIMESTAMP '"), t.toLocalDate()).append(' ');
      return appendTime(out, t.toLocalTime(), t.getNano() == 0 ? 0 : 9).append('\'').toString();
    }

    @Override
    String offset(OffsetDateTime t, ZoneId zone) throws SQLException {
      StringBuilder out =
          appendDate(new StringBuilder("TIMESTAMP WITH TIME ZONE '"), t.toLocalDate()).append(' ');
      appendTime(out, t.toLocalTime(), t.getNano() == 0 ? 0 : 9);
      String id = t.getOffset().getId();
      return out.append(id.equals("Z") ? "+00:00" : id).append('\'').toString();
    }

    @Override
    String uuid(UUID u) {
      return "UUID '" + u + "'";
    }

    @Override
    String random(double d) {
      return "CAST(" + d + " AS DOUBLE PRECISION)";
    }

    @Override
    String name(String name) {
      return '"' + name.replace("\"", "\"\"") + '"';
    }
  }
}
