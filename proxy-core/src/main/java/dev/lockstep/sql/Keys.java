package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;

/**
 * Decides whether a value is of a key column's own kind, and writes it so that the server compares
 * without converting.
 */
final class Keys {
  private Keys() {}

  /** The value as a plain whole number, or null where it is none. */
  static String integer(Slot slot, Parameter p) {
    if (slot instanceof Slot.Literal l) {
      return switch (l.type()) {
        case NUMBER -> whole(l.text());
        case STRING ->
            l.text().charAt(0) == '\'' || l.text().charAt(0) == '"'
                ? whole(l.text().substring(1, l.text().length() - 1))
                : null;
        default -> null;
      };
    }
    if (p == null) {
      return null;
    }
    return switch (p.kind()) {
      case INTEGER, BIG_INTEGER -> p.value().toString();
      case STRING -> whole((String) p.value());
      case DECIMAL -> {
        BigDecimal d = (BigDecimal) p.value();
        try {
          yield d.precision() - (long) d.scale() > 60 ? null : d.toBigIntegerExact().toString();
        } catch (ArithmeticException e) {
          yield null;
        }
      }
      default -> null;
    };
  }

  private static String whole(String s) {
    int from = s.startsWith("-") ? 1 : 0;
    if (s.length() == from || s.length() > 40) {
      return null;
    }
    for (int i = from; i < s.length(); i++) {
      if (s.charAt(i) < '0' || s.charAt(i) > '9') {
        return null;
      }
    }
    return new BigInteger(s).toString();
  }

  private static String decimal(Slot slot, Parameter p) {
    String integer = integer(slot, p);
    if (integer != null) {
      return integer;
    }
    String text = null;
    if (slot instanceof Slot.Literal l && l.type() == Slot.Literal.Type.NUMBER) {
      text = l.text();
    } else if (p != null && p.kind() == Parameter.Kind.DECIMAL) {
      text = ((BigDecimal) p.value()).toPlainString();
    }
    if (text == null || text.indexOf('e') >= 0 || text.indexOf('E') >= 0 || text.length() > 80) {
      return null;
    }
    return new BigDecimal(text).stripTrailingZeros().toPlainString();
  }

  /** Whether the value is of the key column's own kind. */
  static boolean fits(ColumnInfo column, Slot slot, Binding binding) {
    if (binding.isNull(slot)) {
      return true;
    }
    Parameter p = binding.parameter(slot);
    Slot.Literal.Type type = slot instanceof Slot.Literal l ? l.type() : null;
    Parameter.Kind kind = p == null ? null : p.kind();
    boolean string =
        kind == Parameter.Kind.STRING
            || (slot instanceof Slot.Literal l
                && l.type() == Slot.Literal.Type.STRING
                && l.text().charAt(0) != '_');
    return switch (column.kind()) {
      case INTEGER -> integer(slot, p) != null;
      case DECIMAL -> decimal(slot, p) != null;
      case STRING, ENUM ->
          string || (kind == Parameter.Kind.UUID && column.kind() == ColumnInfo.Kind.STRING);
      case BINARY -> type == Slot.Literal.Type.HEX || kind == Parameter.Kind.BYTES;
      case BOOLEAN -> type == Slot.Literal.Type.BOOLEAN || kind == Parameter.Kind.BOOLEAN;
      case UUID -> string || type == Slot.Literal.Type.UUID || kind == Parameter.Kind.UUID;
      case DATE ->
          type == Slot.Literal.Type.DATE
              || kind == Parameter.Kind.DATE
              || kind == Parameter.Kind.LOCAL_DATE;
      case TIME ->
          type == Slot.Literal.Type.TIME
              || kind == Parameter.Kind.TIME
              || kind == Parameter.Kind.LOCAL_TIME;
      case DATETIME, TIMESTAMP ->
          type == Slot.Literal.Type.TIMESTAMP
              || kind == Parameter.Kind.TIMESTAMP
              || kind == Parameter.Kind.LOCAL_DATE_TIME
              || kind == Parameter.Kind.OFFSET_DATE_TIME
              || kind == Parameter.Kind.ZONED_DATE_TIME
              || kind == Parameter.Kind.INSTANT;
      default -> false;
    };
  }

  /** The value as a literal, where it {@link #fits}; NULL is allowed and matches no row. */
  static String render(ColumnInfo column, Slot slot, Binding binding) throws SQLException {
    if (binding.isNull(slot)) {
      return "NULL";
    }
    Parameter p = binding.parameter(slot);
    return switch (column.kind()) {
      case INTEGER -> integer(slot, p);
      case DECIMAL -> decimal(slot, p);
      case STRING ->
          p != null && p.kind() == Parameter.Kind.UUID
              ? binding.literals().string(p.value().toString())
              : binding.render(slot);
      default -> binding.render(slot);
    };
  }
}
