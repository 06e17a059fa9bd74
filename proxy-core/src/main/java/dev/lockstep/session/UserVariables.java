package dev.lockstep.session;

import dev.lockstep.node.Dialect;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.sql.Parameter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * The user variables ({@code @a}) of a session: their values as literals, so that they can be set
 * again on another server connection. They are read back from the primary after each statement that
 * sets one, because only the server knows what an expression gives. Used under the session's lock.
 */
final class UserVariables {
  /** Longer values are not kept; the session is tied to its server connection instead. */
  private static final int LONGEST = 64 * 1024;

  /**
   * What a variable has on the server.
   *
   * @param parameter the value, or null where it has no exact literal
   * @param charset of a string, where the collation is given
   * @param collation of a string, where it is not the connection's; else null
   */
  record Value(Parameter parameter, String charset, String collation) {}

  private final Map<String, String> known = new LinkedHashMap<>();

  boolean isEmpty() {
    return known.isEmpty();
  }

  /** Forgets everything: the server connection that had them is gone. */
  void clear() {
    known.clear();
  }

  /** Name and literal of each, as they are written in SET. */
  Map<String, String> assignments() {
    return known;
  }

  /**
   * Reads the variable from the server and keeps its value; false where it cannot be kept.
   *
   * @param name as written, with its {@code @}
   */
  boolean readBack(ServerConnection c, String name) throws SQLException {
    Dialect dialect = c.node().dialect();
    String literal = literal(dialect, ask(c, name));
    boolean keeps = literal != null && literal.length() <= LONGEST && key(dialect, name) != null;
    if (keeps) {
      known.put(key(dialect, name), literal);
    } else {
      known.remove(key(dialect, name)); // it would come back with an older value
    }
    return keeps;
  }

  /** The value on the server. */
  static Value ask(ServerConnection c, String name) throws SQLException {
    boolean mysql = c.node().dialect().vendor().mysqlFamily();
    String query =
        mysql
            ? "SELECT "
                + name
                + ", CHARSET("
                + name
                + "), COLLATION("
                + name
                + "), @@collation_connection"
            : "SELECT " + name;
    try (Statement s = c.jdbc().createStatement();
        ResultSet r = s.executeQuery(query)) {
      r.next();
      Object value = r.getObject(1);
      if (!known(value)) {
        return new Value(null, null, null);
      }
      boolean other = mysql && value instanceof String && !r.getString(3).equals(r.getString(4));
      return new Value(
          Parameter.of(value, 0), other ? r.getString(2) : null, other ? r.getString(3) : null);
    }
  }

  private static boolean known(Object v) {
    return v == null
        || v instanceof String
        || v instanceof Long
        || v instanceof Integer
        || v instanceof BigInteger
        || v instanceof BigDecimal
        || v instanceof Double
        || v instanceof Boolean
        || v instanceof byte[]
        || v instanceof UUID;
  }

  /** The same for all spellings of a name; null for one that this class cannot tell apart. */
  private static String key(Dialect dialect, String name) {
    String plain = name.substring(1);
    char q = plain.isEmpty() ? 0 : plain.charAt(0);
    if (dialect.vendor().mysqlFamily()) {
      boolean quoted = q == '`' || q == '\'' || q == '"';
      String inner = quoted ? plain.substring(1, plain.length() - 1) : plain;
      return "@" + dialect.quote(inner.toLowerCase(Locale.ROOT));
    }
    return Character.isLetter(q) || q == '_' ? "@" + plain.toLowerCase(Locale.ROOT) : null;
  }

  private static String literal(Dialect dialect, Value value) {
    if (value.parameter() == null) {
      return null;
    }
    Object v = value.parameter().value();
    if (v == null) {
      return "NULL";
    } else if (v instanceof String s) {
      return value.collation() == null
          ? dialect.literal(s)
          : "CONVERT("
              + dialect.literal(s)
              + " USING "
              + value.charset()
              + ") COLLATE "
              + value.collation();
    } else if (v instanceof BigDecimal d) {
      return d.toPlainString();
    } else if (v instanceof Double d) {
      return Double.isFinite(d) ? real(d) : null;
    } else if (v instanceof byte[] b) {
      return "X'" + HexFormat.of().formatHex(b) + "'";
    } else if (v instanceof UUID) {
      return "UUID '" + v + "'";
    }
    return v.toString();
  }

  /** With an exponent, so that the server takes it for a floating-point number. */
  private static String real(double d) {
    String text = Double.toString(d);
    return text.contains("E") ? text : text + "E0";
  }
}
