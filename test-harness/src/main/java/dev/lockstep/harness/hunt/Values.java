package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;

/** Random values of all kinds, with a liking for awkward ones. For one thread. */
final class Values {
  private static final String[] PIECES = {
    "a",
    "b",
    "Z",
    "x1",
    "\u00e4",
    "\u20ac",
    "\ud83d\ude00",
    "\ud83c\uddea\ud83c\uddfa",
    "'",
    "\"",
    "\\",
    "%",
    "_",
    " ",
    "\n",
    "\t",
    "-- ",
    "/*",
    "?",
    ";",
    "\u00df",
    "e\u0301",
    "{}",
    ":p",
    "$1"
  };
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");
  private static final LocalDateTime BEGIN = LocalDateTime.of(2024, 1, 1, 0, 0);

  private final Engine engine;
  private final Random random;

  Values(Engine engine, Random random) {
    this.engine = engine;
    this.random = random;
  }

  Value of(Kind kind) {
    return switch (kind) {
      case INT -> integer(random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(200) - 50);
      case SMALLINT -> integer(random.nextInt(60_000) - 30_000);
      case BIGINT -> longInteger(random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(500));
      case UNSIGNED -> unsigned(random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(500));
      case DECIMAL -> decimal(BigDecimal.valueOf(random.nextInt(2_000_000) - 1_000_000L, 2));
      case LONG_DECIMAL -> decimal(new BigDecimal(new BigInteger(80, random), 10).negate());
      case DOUBLE -> real(random.nextGaussian() * Math.pow(10, random.nextInt(30) - 10));
      case FLOAT -> real(random.nextInt(1_000_000) / 64.0);
      case VARCHAR -> text(text(12), false);
      case CHAR -> text(text(6), false);
      case TEXT -> text(text(60), random.nextBoolean());
      case BINARY -> bytes(bytes(random.nextInt(9)), false);
      case VARBINARY -> bytes(bytes(random.nextInt(30)), false);
      case BLOB -> bytes(bytes(random.nextInt(200)), random.nextBoolean());
      case DATE -> date(BEGIN.toLocalDate().plusDays(random.nextInt(800)));
      case TIME -> time(LocalTime.ofNanoOfDay(random.nextInt(86_400_000) * 1_000_000L));
      case DATETIME -> dateTime(BEGIN.plusSeconds(random.nextInt(40_000_000)), false);
      case DATETIME6 -> dateTime(micros(), true);
      case TIMESTAMP6 -> instant(micros());
      case BOOLEAN -> truth(random.nextBoolean());
      case ENUM -> text(new String[] {"red", "green", "blue"}[random.nextInt(3)], false);
      case UUID -> uuid(new UUID(random.nextLong(), random.nextLong()));
    };
  }

  /** The value of a key by its number, sometimes written in another way that means the same. */
  Value key(Kind kind, int number) {
    return switch (kind) {
      case INT -> integer(number);
      case BIGINT -> longInteger(number * 1_000_000_007L);
      case UNSIGNED -> unsigned(number % 2 == 0 ? number : -number);
      case DECIMAL -> decimal(BigDecimal.valueOf(number * 10L, random.nextInt(4) == 0 ? 2 : 1));
      case VARCHAR, CHAR -> text(keyText(number), false);
      case BINARY -> bytes(new byte[] {(byte) number, 0, (byte) 0xff, 39, 92, 1, 2, 3}, false);
      case VARBINARY -> bytes(new byte[] {(byte) (number * 7), 0, (byte) number}, false);
      case DATE -> date(LocalDate.of(2024, 2, 1).plusDays(number));
      case DATETIME6 -> dateTime(BEGIN.plusDays(number).plusNanos(number % 3 * 1000L), true);
      default -> throw new IllegalArgumentException(kind + " is not for keys");
    };
  }

  /** Some say the same in a collation that ignores case, or that pads with spaces. */
  private String keyText(int number) {
    String text = number % 3 == 0 ? "\ud83d\ude00k" + number : "k" + number + "\u00e4";
    return switch (random.nextInt(10)) {
      case 0 -> text.toUpperCase(Locale.ROOT);
      case 1 -> text + " ";
      default -> text;
    };
  }

  private Value integer(int i) {
    return new Value(
        Integer.toString(i),
        switch (random.nextInt(6)) {
          case 0 -> (long) i;
          case 1 -> Integer.toString(i);
          case 2 -> BigDecimal.valueOf(i);
          case 3 -> i == (short) i ? (Object) (short) i : (Object) i;
          default -> i;
        });
  }

  private Value longInteger(long l) {
    return new Value(Long.toString(l), random.nextInt(4) == 0 ? (Object) Long.toString(l) : l);
  }

  private Value unsigned(long bits) {
    String text = Long.toUnsignedString(bits);
    return new Value(
        text, random.nextBoolean() ? (Object) new BigInteger(text) : (Object) new BigDecimal(text));
  }

  private Value decimal(BigDecimal d) {
    return new Value(
        d.toPlainString(),
        switch (random.nextInt(5)) {
          case 0 -> d.setScale(1, RoundingMode.DOWN).compareTo(d) == 0 ? d.doubleValue() : d;
          case 1 -> d.toPlainString();
          default -> d;
        });
  }

  private Value real(double d) {
    return new Value(Double.toString(d), random.nextInt(4) == 0 ? (Object) (float) d : (Object) d);
  }

  private String text(int pieces) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(pieces + 1); n > 0; n--) {
      text.append(PIECES[random.nextInt(random.nextInt(3) == 0 ? PIECES.length : 6)]);
    }
    return text.toString();
  }

  Value text(String text, boolean stream) {
    String escaped = text.replace("'", "''");
    return new Value(
        "'" + (engine == Engine.H2 ? escaped : escaped.replace("\\", "\\\\")) + "'",
        stream ? new Value.Streamed(text) : text);
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private Value bytes(byte[] bytes, boolean stream) {
    return new Value(
        "X'" + HexFormat.of().formatHex(bytes) + "'", stream ? new Value.Streamed(bytes) : bytes);
  }

  private Value date(LocalDate date) {
    return new Value(
        (engine == Engine.H2 || random.nextBoolean() ? "DATE " : "") + "'" + date + "'",
        switch (random.nextInt(3)) {
          case 0 -> java.sql.Date.valueOf(date);
          case 1 -> date.toString();
          default -> date;
        });
  }

  private Value time(LocalTime time) {
    String text = time.format(DateTimeFormatter.ofPattern("HH:mm:ss.SSS"));
    return new Value(
        (engine == Engine.H2 || random.nextBoolean() ? "TIME " : "") + "'" + text + "'",
        switch (random.nextInt(3)) {
          case 0 -> java.sql.Time.valueOf(time.withNano(0));
          case 1 -> text;
          default -> time;
        });
  }

  private LocalDateTime micros() {
    return BEGIN
        .plusSeconds(random.nextInt(40_000_000))
        .plusNanos(random.nextInt(3) == 0 ? 0 : random.nextInt(1_000_000) * 1000L);
  }

  private Value dateTime(LocalDateTime time, boolean fraction) {
    String text = time.format(fraction && random.nextInt(8) > 0 ? MICROS : SECONDS);
    LocalDateTime meant = text.length() > 19 ? time : time.withNano(0);
    return new Value(
        (engine == Engine.H2 || random.nextBoolean() ? "TIMESTAMP " : "") + "'" + text + "'",
        switch (random.nextInt(3)) {
          case 0 -> java.sql.Timestamp.valueOf(meant);
          case 1 -> text;
          default -> meant;
        });
  }

  private Value instant(LocalDateTime time) {
    if (engine != Engine.H2) {
      return dateTime(time, true);
    }
    int hours = random.nextInt(5) - 2;
    ZoneOffset zone = ZoneOffset.ofHours(hours);
    return new Value(
        "TIMESTAMP WITH TIME ZONE '%s%+03d:00'".formatted(time.format(MICROS), hours),
        random.nextInt(3) == 0
            ? (Object) java.sql.Timestamp.valueOf(time)
            : (Object) time.atOffset(zone));
  }

  private Value truth(boolean b) {
    return new Value(
        b ? "TRUE" : "FALSE",
        random.nextInt(3) == 0 ? (Object) Integer.valueOf(b ? 1 : 0) : (Object) b);
  }

  private Value uuid(UUID uuid) {
    return new Value("'" + uuid + "'", engine == Engine.H2 ? (Object) uuid : uuid.toString());
  }
}
