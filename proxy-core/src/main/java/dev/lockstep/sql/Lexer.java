package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.Locale;

/**
 * Splits a statement into tokens by the lexical rules of one vendor's server with its default SQL
 * mode.
 */
final class Lexer {
  /**
   * Up to this version every supported MySQL and MariaDB executes the content of {@code /*!ddddd}.
   */
  static final int EXECUTED_EVERYWHERE = 50699;

  private final String sql;
  private final boolean mysql;
  private final Tokens out;
  private int pos;
  private boolean executable;

  private Lexer(String sql, Vendor vendor) {
    this.sql = sql;
    this.mysql = vendor.mysqlFamily();
    this.out = new Tokens(sql);
  }

  static Tokens tokenize(String sql, Vendor vendor) throws SQLException {
    Lexer lexer = new Lexer(sql, vendor);
    lexer.run();
    return lexer.out;
  }

  private char at(int i) {
    return i < sql.length() ? sql.charAt(i) : 0;
  }

  private void run() throws SQLException {
    int n = sql.length();
    while (pos < n) {
      char c = sql.charAt(pos);
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        pos++;
      } else if (c == '-' && at(pos + 1) == '-' && (!mysql || pos + 2 >= n || at(pos + 2) <= ' ')) {
        skipLine();
      } else if (c == '#' && mysql) {
        skipLine();
      } else if (c == '/' && at(pos + 1) == '/' && !mysql) {
        skipLine();
      } else if (c == '/' && at(pos + 1) == '*') {
        comment();
      } else if (executable && c == '*' && at(pos + 1) == '/') {
        executable = false;
        pos += 2;
      } else {
        token(c);
      }
    }
    if (executable) {
      throw syntax("a comment is not closed");
    }
  }

  private void skipLine() {
    int n = sql.length();
    while (pos < n && sql.charAt(pos) != '\n' && (mysql || sql.charAt(pos) != '\r')) {
      pos++;
    }
  }

  private void comment() throws SQLException {
    if (executable) {
      throw Errors.unsupported(
          "a comment inside an executable comment /*! … */ is not supported; write the code plainly");
    }
    char kind = at(pos + 2);
    if (mysql && (kind == '!' || (kind == 'M' && at(pos + 3) == '!'))) {
      int p = pos + 3;
      while (isDigit(at(p))) {
        p++;
      }
      int digits = p - pos - 3;
      boolean sure = kind == '!' && (digits == 0 || digits == 5);
      if (sure && digits == 5) {
        sure = Integer.parseInt(sql.substring(pos + 3, p)) <= EXECUTED_EVERYWHERE;
      }
      if (!sure) {
        throw Errors.unsupported(
            "whether the server executes the comment '"
                + sql.substring(pos, Math.min(sql.length(), pos + 24))
                + "…' depends on its version; write the code plainly or remove the comment");
      }
      executable = true;
      out.noteExecutableComment();
      pos = p;
      return;
    }
    int from = pos;
    int depth = 1;
    pos += 2;
    while (depth > 0) {
      if (pos >= sql.length()) {
        throw syntax("a comment is not closed");
      }
      if (at(pos) == '*' && at(pos + 1) == '/') {
        depth--;
        pos += 2;
      } else if (!mysql && at(pos) == '/' && at(pos + 1) == '*') {
        depth++;
        pos += 2;
      } else {
        pos++;
      }
    }
    if (mysql
        && kind == '+'
        && sql.substring(from, pos).toUpperCase(Locale.ROOT).contains("SET_VAR")) {
      out.noteSetVarHint();
    }
  }

  private void token(char c) throws SQLException {
    int start = pos;
    char next = at(pos + 1);
    if (c == '\'' || (c == '"' && mysql)) {
      string(c, start);
    } else if (c == '`' || c == '"') {
      quoted(c, start);
    } else if (c == '?') {
      if (isDigit(next)) {
        throw Errors.unsupported("numbered placeholders such as ?1 are not supported; use plain ?");
      }
      pos++;
      out.add(Tokens.PARAM, start, pos);
    } else if (c == '@') {
      variable(start);
    } else if (isDigit(c) || (c == '.' && isDigit(next) && !afterName())) {
      number(start);
    } else if ((c == 'N' || c == 'n') && next == '\'') {
      pos++;
      string('\'', start);
    } else if ((c == 'x' || c == 'X' || (mysql && (c == 'b' || c == 'B'))) && next == '\'') {
      pos++;
      string('\'', start, Tokens.HEX);
    } else if (!mysql
        && (c == 'U' || c == 'u')
        && next == '&'
        && (at(pos + 2) == '\'' || at(pos + 2) == '"')) {
      pos += 2;
      if (at(pos) == '"') {
        throw Errors.unsupported("identifiers written as U&\"…\" are not supported");
      }
      string('\'', start);
    } else if (!mysql && c == '$' && next == '$') {
      int end = sql.indexOf("$$", pos + 2);
      if (end < 0) {
        throw syntax("a string is not closed");
      }
      pos = end + 2;
      out.add(Tokens.STRING, start, pos);
    } else if (isWordPart(c)) {
      word(start);
    } else {
      operator(c, next, start);
    }
  }

  /**
   * Whether the dot at {@code pos} directly follows a name, so that what comes next is a name too.
   */
  private boolean afterName() {
    int last = out.count() - 1;
    return out.identifier(last) && out.end(last) == pos;
  }

  private void word(int start) throws SQLException {
    while (pos < sql.length() && isWordPart(sql.charAt(pos))) {
      pos++;
    }
    out.add(Tokens.WORD, start, pos);
  }

  private boolean isWordPart(char c) {
    if ((c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '$') {
      return true;
    }
    return c >= 0x80 && (mysql || Character.isJavaIdentifierPart(c));
  }

  private void number(int start) throws SQLException {
    int last = out.count() - 1;
    if (last > 0 && out.op(last, '.') && out.identifier(last - 1) && out.end(last) == pos) {
      word(start);
      return;
    }
    if (at(pos) == '0' && (at(pos + 1) == 'x' || (mysql && at(pos + 1) == 'b'))) {
      boolean hex = at(pos + 1) == 'x';
      int p = pos + 2;
      while (hex ? Character.digit(at(p), 16) >= 0 && at(p) < 0x80 : at(p) == '0' || at(p) == '1') {
        p++;
      }
      if (p > pos + 2 && !isWordPart(at(p))) {
        pos = p;
        out.add(Tokens.HEX, start, pos);
        return;
      }
    }
    boolean integer = at(pos) != '.';
    digits();
    if (at(pos) == '.') {
      integer = false;
      pos++;
      digits();
    }
    if (at(pos) == 'e' || at(pos) == 'E') {
      int p = pos + 1;
      if (at(p) == '+' || at(p) == '-') {
        p++;
      }
      if (isDigit(at(p))) {
        pos = p;
        digits();
        integer = false;
      }
    }
    if (isWordPart(at(pos))) {
      if (!integer) {
        throw Errors.unsupported("cannot read the number near '" + near(start) + "'");
      }
      word(start);
      return;
    }
    out.add(Tokens.NUMBER, start, pos);
  }

  private void digits() {
    while (isDigit(at(pos))) {
      pos++;
    }
  }

  private void string(char quote, int start) throws SQLException {
    string(quote, start, Tokens.STRING);
  }

  private void string(char quote, int start, byte type) throws SQLException {
    int n = sql.length();
    boolean escapes = mysql;
    int p = pos + 1;
    while (p < n) {
      char c = sql.charAt(p);
      if (escapes && c == '\\') {
        p += 2;
      } else if (c != quote) {
        p++;
      } else if (at(p + 1) == quote && p + 1 < n) {
        p += 2;
      } else {
        pos = p + 1;
        out.add(type, start, pos);
        return;
      }
    }
    throw syntax("a string is not closed near '" + near(start) + "'");
  }

  private void quoted(char quote, int start) throws SQLException {
    int p = pos + 1;
    int n = sql.length();
    while (p < n) {
      if (sql.charAt(p) != quote) {
        p++;
      } else if (p + 1 < n && sql.charAt(p + 1) == quote) {
        p += 2;
      } else {
        pos = p + 1;
        out.add(Tokens.QUOTED, start, pos);
        return;
      }
    }
    throw syntax("a quoted name is not closed near '" + near(start) + "'");
  }

  private void variable(int start) throws SQLException {
    boolean system = mysql && at(pos + 1) == '@';
    pos += system ? 2 : 1;
    char q = at(pos);
    if (q == '`' || (!system && (q == '\'' || q == '"'))) {
      int end = sql.indexOf(q, pos + 1);
      int escape = sql.indexOf('\\', pos);
      if (end < 0
          || escape >= 0 && escape < end
          || end + 1 < sql.length() && sql.charAt(end + 1) == q) {
        throw Errors.unsupported(
            "the name of a variable with quotes or backslashes in it is not supported");
      }
      pos = end + 1;
    } else {
      while (isWordPart(at(pos)) || at(pos) == '.') {
        pos++;
      }
    }
    out.add(system ? Tokens.SYSTEM_VARIABLE : Tokens.USER_VARIABLE, start, pos);
  }

  private void operator(char c, char next, int start) throws SQLException {
    if (c < ' ' || (c >= 0x80 && !mysql)) {
      throw Errors.unsupported(
          String.format(
              "the character U+%04X is not expected outside of strings and quoted names", (int) c));
    }
    int length = 1;
    char third = at(pos + 2);
    if (c == '<' && next == '=' && third == '>') {
      length = 3;
    } else if (c == '-' && next == '>' && third == '>') {
      length = 3;
    } else if ((c == '<' && (next == '=' || next == '>' || next == '<'))
        || (c == '>' && (next == '=' || next == '>'))
        || (c == '!' && next == '=')
        || (c == '|' && next == '|')
        || (c == '&' && next == '&')
        || (c == ':' && (next == '=' || next == ':'))
        || (c == '-' && next == '>')) {
      length = 2;
    }
    pos += length;
    out.add(Tokens.OP, start, pos);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private String near(int start) {
    return sql.substring(start, Math.min(sql.length(), start + 20));
  }

  private static SQLException syntax(String message) {
    return Errors.of(SqlState.SYNTAX, message);
  }
}
