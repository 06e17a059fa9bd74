package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One execution of a write: its parameters, its time, its random values. Used by one thread. */
final class Binding {
  private final List<Parameter> params;
  private final BindContext context;
  private final Literals literals;
  private final boolean mysql;
  private Map<Slot[], List<String>> drawn = Map.of();
  private long micros = Long.MIN_VALUE;

  Binding(List<Parameter> params, BindContext context, Literals literals, boolean mysql) {
    this.params = params;
    this.context = context;
    this.literals = literals;
    this.mysql = mysql;
  }

  boolean mysql() {
    return mysql;
  }

  Literals literals() {
    return literals;
  }

  java.time.ZoneId zone() {
    return context.zone();
  }

  /** Draws so many values of a sequence, as literals. */
  List<String> draw(TableName sequence, int count) throws SQLException {
    return context.draw(sequence, count);
  }

  /** Keeps what was drawn for a row, which its slots stand for. */
  void drawn(Slot[] row, List<String> values) {
    drawn = drawn.isEmpty() ? new IdentityHashMap<>() : drawn;
    drawn.put(row, values);
  }

  /** What was drawn for this row, in the order of {@link RowShape#draws}. */
  List<String> drawn(Slot[] row) {
    return drawn.get(row);
  }

  /** The parameter behind a slot, or null where the slot is none. */
  Parameter parameter(Slot slot) {
    return slot instanceof Slot.Placeholder p ? params.get(p.index()) : null;
  }

  boolean isNull(Slot slot) {
    return slot instanceof Slot.Literal l
        ? l.type() == Slot.Literal.Type.NULL
        : slot instanceof Slot.Placeholder p && params.get(p.index()).kind() == Parameter.Kind.NULL;
  }

  String render(Slot slot) throws SQLException {
    if (slot instanceof Slot.Placeholder p) {
      return literals.render(params.get(p.index()), context.zone());
    } else if (slot instanceof Slot.Literal l) {
      return l.text();
    }
    Slot.Volatile v = (Slot.Volatile) slot;
    return switch (v.function()) {
      case "UUID", "RANDOM_UUID" -> literals.uuid(context.randomUuid());
      case "RAND", "RANDOM" -> literals.random(context.random());
      case "UUID_SHORT" -> {
        UUID u = context.randomUuid();
        yield Long.toString((u.getMostSignificantBits() ^ u.getLeastSignificantBits()) >>> 1);
      }
      default -> time(v);
    };
  }

  private long micros() {
    if (micros == Long.MIN_VALUE) {
      micros = context.nowMicros();
    }
    return micros;
  }

  /** {@code SET TIMESTAMP=seconds.micros}. */
  String setTimestamp() {
    long m = micros();
    return String.format(
        "SET TIMESTAMP=%d.%06d", Math.floorDiv(m, 1_000_000L), Math.floorMod(m, 1_000_000L));
  }

  private String time(Slot.Volatile v) throws SQLException {
    if (mysql) {
      throw Errors.unsupported("the function " + v.function() + " is not supported in writes");
    }
    long m = micros();
    Instant instant =
        Instant.ofEpochSecond(Math.floorDiv(m, 1_000_000L), Math.floorMod(m, 1_000_000L) * 1000);
    ZonedDateTime now = instant.atZone(context.zone());
    LocalDateTime local = now.toLocalDateTime();
    ZoneOffset offset = now.getOffset();
    String zone = offset.equals(ZoneOffset.UTC) ? "+00:00" : offset.getId();
    StringBuilder out = new StringBuilder(64);
    switch (v.function()) {
      case "CURRENT_TIMESTAMP" -> {
        Literals.appendDate(out.append("TIMESTAMP WITH TIME ZONE '"), local.toLocalDate())
            .append(' ');
        Literals.appendTime(out, local.toLocalTime(), v.precision() < 0 ? 6 : v.precision())
            .append(zone);
      }
      case "LOCALTIMESTAMP", "NOW" -> {
        Literals.appendDate(out.append("TIMESTAMP '"), local.toLocalDate()).append(' ');
        Literals.appendTime(out, local.toLocalTime(), v.precision() < 0 ? 6 : v.precision());
      }
      case "CURRENT_DATE", "CURDATE" ->
          Literals.appendDate(out.append("DATE '"), local.toLocalDate());
      case "CURRENT_TIME" ->
          Literals.appendTime(
                  out.append("TIME WITH TIME ZONE '"),
                  local.toLocalTime(),
                  Math.max(v.precision(), 0))
              .append(zone);
      case "LOCALTIME", "CURTIME" ->
          Literals.appendTime(
              out.append("TIME '"), local.toLocalTime(), Math.max(v.precision(), 0));
      default ->
          throw Errors.unsupported("the function " + v.function() + " is not supported in writes");
    }
    return out.append('\'').toString();
  }
}
