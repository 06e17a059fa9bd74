package dev.lockstep.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens of one statement text, without white space and comments. Filled by {@link Lexer}, then
 * mostly only read.
 */
final class Tokens {
  static final byte WORD = 1;
  static final byte QUOTED = 2;
  static final byte STRING = 3;
  static final byte NUMBER = 4;
  static final byte HEX = 5;
  static final byte PARAM = 6;
  static final byte OP = 7;
  static final byte USER_VARIABLE = 8;
  static final byte SYSTEM_VARIABLE = 9;

  final String sql;
  private byte[] types = new byte[32];
  private int[] starts = new int[32];
  private int[] ends = new int[32];
  private int count;
  private int params;
  private boolean setVarHint;
  private boolean executableComment;
  private Map<Integer, SequenceCall> draws = Map.of();

  Tokens(String sql) {
    this.sql = sql;
  }

  void add(byte type, int start, int end) {
    if (count == types.length) {
      types = Arrays.copyOf(types, count * 2);
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
    }
    types[count] = type;
    starts[count] = start;
    ends[count++] = end;
    if (type == PARAM) {
      params++;
    }
  }

  void noteSetVarHint() {
    setVarHint = true;
  }

  void noteExecutableComment() {
    executableComment = true;
  }

  /** Whether an optimizer hint changes session variables for this statement. */
  boolean hasSetVarHint() {
    return setVarHint;
  }

  /** Whether code stood in a comment that the server executes. */
  boolean hasExecutableComment() {
    return executableComment;
  }

  /**
   * Makes placeholders of the user variables that the text reads, in a statement that sets none.
   *
   * @return for each placeholder the variable's name, or null for one of the application; null
   *     where there is no user variable
   */
  List<String> bindVariables() {
    boolean any = false;
    for (int i = 0; i < count; i++) {
      any |= types[i] == USER_VARIABLE;
      if (op(i, ":=") || types[i] == USER_VARIABLE && is(i - 1, "INTO")) {
        return null;
      }
    }
    if (!any) {
      return null;
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (types[i] == USER_VARIABLE) {
        names.add(text(i));
        types[i] = PARAM;
        params++;
      } else if (types[i] == PARAM) {
        names.add(null);
      }
    }
    return names;
  }

  /** Tells which places stand for a value that is drawn from a sequence before the write runs. */
  void draws(List<SequenceCall> calls) {
    draws = new HashMap<>();
    calls.forEach(call -> draws.put(call.from(), call));
  }

  /** The draw that begins at this token, or null. */
  SequenceCall draw(int i) {
    return draws.isEmpty() ? null : draws.get(i);
  }

  /** Drops the tokens from {@code newCount} on. */
  void truncate(int newCount) {
    count = newCount;
  }

  int count() {
    return count;
  }

  /** Number of {@code ?} placeholders. */
  int parameterCount() {
    return params;
  }

  /** The token's type, or 0 behind the end. */
  byte type(int i) {
    return i >= 0 && i < count ? types[i] : 0;
  }

  int start(int i) {
    return starts[i];
  }

  int end(int i) {
    return ends[i];
  }

  String text(int i) {
    return i >= 0 && i < count ? sql.substring(starts[i], ends[i]) : "";
  }

  /** Whether white space or a comment stands before the token. */
  boolean gapBefore(int i) {
    return i > 0 && starts[i] > ends[i - 1];
  }

  /** Whether the token is this unquoted word, in any case. */
  boolean is(int i, String word) {
    return type(i) == WORD
        && ends[i] - starts[i] == word.length()
        && sql.regionMatches(true, starts[i], word, 0, word.length());
  }

  /** Whether the token is one of these unquoted words. */
  boolean isAny(int i, String... words) {
    for (String w : words) {
      if (is(i, w)) {
        return true;
      }
    }
    return false;
  }

  /** Whether these unquoted words follow each other from {@code i} on. */
  boolean sequence(int i, String... words) {
    for (int k = 0; k < words.length; k++) {
      if (!is(i + k, words[k])) {
        return false;
      }
    }
    return true;
  }

  boolean op(int i, char c) {
    return type(i) == OP && ends[i] - starts[i] == 1 && sql.charAt(starts[i]) == c;
  }

  boolean op(int i, String op) {
    return type(i) == OP && ends[i] - starts[i] == op.length() && sql.startsWith(op, starts[i]);
  }

  /** A word or a quoted identifier. */
  boolean identifier(int i) {
    byte t = type(i);
    return t == WORD || t == QUOTED;
  }

  /** The upper-case word, or "" where the token is no unquoted word. */
  String upper(int i) {
    return type(i) == WORD ? text(i).toUpperCase(java.util.Locale.ROOT) : "";
  }

  /** The index of the parenthesis that closes the one at {@code open}, or -1. */
  int closing(int open) {
    int depth = 0;
    for (int i = open; i < count; i++) {
      if (op(i, '(')) {
        depth++;
      } else if (op(i, ')') && --depth == 0) {
        return i;
      }
    }
    return -1;
  }
}
