package dev.lockstep.sql;

import dev.lockstep.node.ServerVersion;

/**
 * Comments that a server executes or not by its version ({@code /*!80000 … *}{@code /}): makes
 * plain code or white space of them, as the primary would read them, so that every node gets the
 * same. One use, by one thread.
 */
final class VersionComments {
  private final String sql;
  private final ServerVersion version;
  private final StringBuilder out;
  private int pos;
  private boolean depends;

  private VersionComments(String sql, ServerVersion version) {
    this.sql = sql;
    this.version = version;
    this.out = new StringBuilder(sql.length());
  }

  /** Whether there may be such comments. */
  static boolean possible(String sql) {
    return sql.contains("/*!") || sql.contains("/*M!");
  }

  /**
   * The text without such comments; the same text where none depends on the version, or where this
   * class cannot read one (the {@link Lexer} refuses it then).
   */
  static String plain(String sql, ServerVersion version) {
    VersionComments c = new VersionComments(sql, version);
    return c.run() && c.depends ? c.out.toString() : sql;
  }

  private char at(int i) {
    return i < sql.length() ? sql.charAt(i) : 0;
  }

  private boolean run() {
    boolean inside = false;
    while (pos < sql.length()) {
      char c = sql.charAt(pos);
      if (c == '\'' || c == '"' || c == '`') {
        copyTo(endOfQuoted(c));
      } else if (c == '#' || c == '-' && at(pos + 1) == '-' && at(pos + 2) <= ' ') {
        int line = sql.indexOf('\n', pos);
        copyTo(line < 0 ? sql.length() : line);
      } else if (c == '*' && at(pos + 1) == '/' && inside) {
        inside = false;
        out.append(' ');
        pos += 2;
      } else if (c == '/' && at(pos + 1) == '*') {
        if (inside) {
          return false;
        }
        boolean maria = at(pos + 2) == 'M' && at(pos + 3) == '!';
        if (at(pos + 2) == '!' || maria) {
          Boolean executed = executed(maria);
          if (executed == null) {
            return false;
          }
          inside = executed;
        } else {
          int end = sql.indexOf("*/", pos + 2);
          copyTo(end < 0 ? sql.length() : end + 2);
        }
      } else {
        out.append(c);
        pos++;
      }
    }
    return !inside;
  }

  private void copyTo(int end) {
    out.append(sql, pos, end);
    pos = end;
  }

  private int endOfQuoted(char quote) {
    int p = pos + 1;
    while (p < sql.length() && sql.charAt(p) != quote) {
      p += sql.charAt(p) == '\\' && quote != '`' ? 2 : 1;
    }
    return Math.min(sql.length(), p + 1);
  }

  /** Goes into the comment, or behind it where it is not executed; null where it is not clear. */
  private Boolean executed(boolean maria) {
    int first = pos + (maria ? 4 : 3);
    int p = first;
    while (at(p) >= '0' && at(p) <= '9') {
      p++;
    }
    int digits = p - first;
    boolean foreign = maria && !version.mariadb();
    boolean readable = foreign || digits == 0 || digits == 5 || digits == 6 && version.mariadb();
    if (!readable) {
      return null;
    }
    boolean executes = !foreign;
    if (digits > 0 && !foreign) {
      int from = Integer.parseInt(sql.substring(first, p));
      boolean others = version.mariadb() && !maria && from >= 50_700 && from <= 99_999;
      executes &= from <= version.number() && !others;
      depends |= from > Lexer.EXECUTED_EVERYWHERE;
    }
    depends |= maria;
    out.append(' ');
    if (executes) {
      pos = p;
      return true;
    }
    int end = sql.indexOf("*/", p);
    if (end < 0 || sql.substring(p, end).contains("/*")) {
      return null;
    }
    pos = end + 2;
    return false;
  }
}
