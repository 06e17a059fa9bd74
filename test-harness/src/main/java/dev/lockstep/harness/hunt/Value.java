package dev.lockstep.harness.hunt;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HexFormat;

/**
 * A value in both of its forms. Immutable.
 *
 * @param literal as SQL text
 * @param parameter as a Java object, or {@link #TEXT_ONLY}
 */
record Value(String literal, Object parameter) {
  /** Says that there is no Java form, as of a function call. */
  static final Object TEXT_ONLY = new Object();

  static final Value NULL = new Value("NULL", Null.NULL);

  /** The SQL NULL as a parameter. */
  private enum Null {
    NULL
  }

  /** Bound as a stream instead of as one object. */
  record Streamed(Object content) {}

  static Value sql(String text) {
    return new Value(text, TEXT_ONLY);
  }

  boolean bindable() {
    return parameter != TEXT_ONLY;
  }

  static void bind(PreparedStatement p, int index, Object parameter) throws SQLException {
    if (parameter == Null.NULL) {
      p.setNull(index, Types.VARCHAR);
    } else if (parameter instanceof Streamed s && s.content() instanceof byte[] bytes) {
      p.setBinaryStream(index, new ByteArrayInputStream(bytes), bytes.length);
    } else if (parameter instanceof Streamed s) {
      String text = (String) s.content();
      p.setCharacterStream(index, new StringReader(text), text.length());
    } else if (parameter instanceof byte[] bytes) {
      p.setBytes(index, bytes);
    } else if (parameter instanceof String text) {
      p.setString(index, text);
    } else if (parameter instanceof Integer i) {
      p.setInt(index, i);
    } else {
      p.setObject(index, parameter);
    }
  }

  /** A parameter for people. */
  static String show(Object parameter) {
    if (parameter instanceof Streamed s) {
      return "stream " + show(s.content());
    }
    if (parameter instanceof byte[] bytes) {
      return "byte[] " + HexFormat.of().formatHex(bytes);
    }
    return parameter == Null.NULL
        ? "null"
        : parameter.getClass().getSimpleName() + " " + quoted(String.valueOf(parameter));
  }

  private static String quoted(String text) {
    return text.replace("\n", "\\n").replace("\t", "\\t");
  }
}
