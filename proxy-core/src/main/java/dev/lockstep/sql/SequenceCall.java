package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A place in a text that uses a sequence. Immutable.
 *
 * @param kind what it does with it
 * @param from its first token
 * @param to the token behind it
 * @param sequence in full
 */
record SequenceCall(Kind kind, int from, int to, TableName sequence) {
  enum Kind {
    /** Draws the next value. */
    NEXT,
    /** Tells the value that this server connection has drawn last. */
    LAST,
    /** Sets the position, MariaDB's {@code SETVAL}: forwards only. */
    SET
  }

  /** What it is without the meaning of its name. */
  private record Found(Kind kind, int name) {}

  /** All of them in a text, in order. */
  static List<SequenceCall> all(Tokens t, String schema, boolean mysql, Names names)
      throws SQLException {
    List<SequenceCall> calls = List.of();
    for (int i = 0; i < t.count(); i++) {
      Found found = found(t, i, mysql);
      if (found == null) {
        continue;
      }
      if (!names.hasSequences()) {
        throw Errors.unsupported(
            "this server has no sequences ("
                + t.text(i)
                + "); use a numbered (AUTO_INCREMENT) column");
      }
      Names.Ref ref = names.read(t, found.name, "a sequence");
      names.requireSchema(ref, schema);
      TableName name = names.stored(ref, schema);
      if (names.system(name.schema())) {
        throw Errors.unsupported("the sequence " + name + " belongs to the system or to Lockstep");
      }
      int to = ref.next();
      if (t.op(found.name - 1, '(')) {
        to = t.closing(found.name - 1) + 1;
      }
      if (calls.isEmpty()) {
        calls = new ArrayList<>();
      }
      calls.add(new SequenceCall(found.kind, i, to, name));
    }
    return calls;
  }

  /** Whether one is in the text. */
  static boolean any(Tokens t, boolean mysql) throws SQLException {
    for (int i = 0; i < t.count(); i++) {
      if (found(t, i, mysql) != null) {
        return true;
      }
    }
    return false;
  }

  /** Whether the default of a column uses one. */
  static boolean inDefault(ColumnInfo column, Vendor vendor) throws SQLException {
    return column.defaultExpression() != null
        && any(Lexer.tokenize(column.defaultExpression(), vendor), vendor.mysqlFamily());
  }

  /** The sequence of a default as the catalogue prints it, or null where it is another one. */
  static TableName ofDefault(Tokens t, int from, int to, boolean mysql) throws SQLException {
    Found found = found(t, from, mysql);
    if (found == null || found.kind != Kind.NEXT) {
      return null;
    }
    boolean call = t.op(found.name - 1, '(');
    boolean whole =
        t.identifier(found.name)
            && t.op(found.name + 1, '.')
            && t.identifier(found.name + 2)
            && to == found.name + (call ? 4 : 3);
    return whole
        ? new TableName(Names.unquote(t.text(found.name)), Names.unquote(t.text(found.name + 2)))
        : null;
  }

  private static Found found(Tokens t, int i, boolean mysql) throws SQLException {
    if (t.type(i) != Tokens.WORD) {
      return null;
    }
    if (t.is(i + 1, "VALUE") && t.is(i + 2, "FOR") && t.identifier(i + 3)) {
      if (t.is(i, "NEXT")) {
        return new Found(Kind.NEXT, i + 3);
      } else if (t.is(i, mysql ? "PREVIOUS" : "CURRENT")) {
        return new Found(Kind.LAST, i + 3);
      }
    }
    if (!mysql || t.op(i - 1, '.') || !t.op(i + 1, '(')) {
      return null;
    }
    Kind kind =
        t.is(i, "NEXTVAL")
            ? Kind.NEXT
            : t.is(i, "LASTVAL") ? Kind.LAST : t.is(i, "SETVAL") ? Kind.SET : null;
    if (kind == null) {
      return null;
    }
    if (!t.identifier(i + 2) || t.closing(i + 1) < 0) {
      throw Errors.unsupported(
          "the argument of " + t.text(i) + " cannot be read; name the sequence there");
    }
    return new Found(kind, i + 2);
  }
}
