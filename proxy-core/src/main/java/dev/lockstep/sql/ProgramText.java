package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Follows the blocks of a stored program's body, far enough to tell that the text is one statement
 * and no second one comes behind it. MySQL and MariaDB.
 */
final class ProgramText {
  /** A CASE inside of an expression, which has no statements in it. */
  private static final String EXPRESSION = "";

  /** Is told where statements, and the words that end or divide blocks, begin. */
  interface Starts {
    void at(int token) throws SQLException;
  }

  private final Tokens t;
  private final Starts starts;
  private final Deque<String> open = new ArrayDeque<>();

  private ProgramText(Tokens t, Starts starts) {
    this.t = t;
    this.starts = starts;
  }

  /**
   * Refuses what is more than one statement, or cannot be followed.
   *
   * @param from where the body begins
   */
  static void requireOne(Tokens t, int from) throws SQLException {
    requireOne(t, from, i -> {});
  }

  /** The same, and tells the places of the statements in it. */
  static void requireOne(Tokens t, int from, Starts starts) throws SQLException {
    for (int i = 0; i < from; i++) {
      if (t.op(i, ';')) {
        throw several();
      }
    }
    boolean semicolon = false;
    for (int i = from; i < t.count(); i++) {
      semicolon |= t.op(i, ';');
    }
    if (semicolon) {
      new ProgramText(t, starts).follow(from);
    } else {
      starts.at(from);
    }
  }

  private static SQLException several() {
    return Errors.unsupported(
        "several statements in one string are not supported; send them one by one, or with addBatch");
  }

  private SQLException unreadable(int i) {
    return Errors.unsupported(
        "the blocks of the body cannot be followed near '"
            + t.text(i)
            + "'; write BEGIN … END around it, and IF, CASE and loops as statements of their own");
  }

  private void follow(int from) throws SQLException {
    boolean start = true;
    boolean handler = false;
    int i = from;
    while (i < t.count()) {
      boolean label = t.identifier(i) && t.op(i + 1, ':');
      if (start && !label && !t.op(i, ';')) {
        starts.at(i);
      }
      if (t.op(i, ';')) {
        if (open.isEmpty()) {
          throw several();
        }
        if (open.peek().equals(EXPRESSION)) {
          throw unreadable(i);
        }
        start = true;
        handler = false;
        i++;
      } else if (start && label) {
        i += 2;
      } else if (t.type(i) != Tokens.WORD || t.op(i - 1, '.') || t.op(i + 1, '.')) {
        start = false;
        i++;
      } else if (t.is(i, "END")) {
        i = end(i);
        if (open.isEmpty()) {
          // Only the block's label may follow.
          if (t.count() > i + 1 || (t.count() > i && (!t.identifier(i) || t.is(i, "END")))) {
            throw t.op(i, ';') ? several() : unreadable(i);
          }
          return;
        }
        start = false;
      } else if (start && opens(i)) {
        open.push(t.upper(i));
        start = t.isAny(i, "BEGIN", "LOOP", "REPEAT");
        i += t.is(i, "BEGIN") && t.sequence(i + 1, "NOT", "ATOMIC") ? 3 : 1;
      } else if (handler && t.is(i, "BEGIN")) {
        open.push("BEGIN");
        start = true;
        i++;
      } else if (t.is(i, "CASE")) {
        open.push(EXPRESSION);
        start = false;
        i++;
      } else {
        handler |= t.is(i, "HANDLER") && t.is(i + 1, "FOR");
        boolean statements = !open.isEmpty() && startsStatements(i, open.peek());
        start = statements;
        i++;
      }
    }
    throw unreadable(t.count() - 1);
  }

  private boolean opens(int i) {
    return t.isAny(i, "BEGIN", "IF", "CASE", "WHILE", "LOOP", "REPEAT", "FOR");
  }

  private boolean startsStatements(int i, String block) {
    return switch (block) {
      case "IF", "CASE" -> t.isAny(i, "THEN", "ELSE");
      case "WHILE", "FOR" -> t.is(i, "DO");
      default -> false;
    };
  }

  /** Closes the block that END at {@code i} ends; the token behind. */
  private int end(int i) throws SQLException {
    if (open.isEmpty()) {
      throw unreadable(i);
    }
    String block = open.pop();
    if (block.equals(EXPRESSION) || block.equals("BEGIN")) {
      return i + 1;
    }
    if (!t.is(i + 1, block)) {
      throw unreadable(i);
    }
    return i + 2;
  }
}
