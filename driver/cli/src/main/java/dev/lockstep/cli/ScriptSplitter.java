package dev.lockstep.cli;

import dev.lockstep.config.Vendor;
import java.io.IOException;
import java.io.Reader;

/**
 * Cuts a script into statements, one at a time and without holding the script in memory. It knows
 * the quotes and comments of each database family, {@code DELIMITER} lines of MySQL scripts, and
 * nothing else of SQL. Not thread-safe.
 *
 * <p>Comments before a statement are dropped, so that its line is the one where it really begins;
 * comments that a server executes ({@code /*!}, {@code /*M!}) are part of a statement.
 */
final class ScriptSplitter {
  private static final int END = -1;
  private static final int CHUNK = 1 << 16;

  /**
   * One statement, without its delimiter.
   *
   * @param line where it begins, from 1
   */
  record Statement(String sql, int line) {}

  /** The script ends inside quotes or a comment. */
  static final class UnfinishedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int line;

    UnfinishedException(int line, String what) {
      super(what);
      this.line = line;
    }

    /** Where that which has no end begins. */
    int line() {
      return line;
    }
  }

  private final Reader reader;
  private final boolean mysql;
  private final boolean h2;
  private final boolean postgres;
  private char[] buffer = new char[CHUNK];
  private int position;
  private int limit;
  private boolean exhausted;
  private int line = 1;
  private String delimiter = ";";
  private final StringBuilder text = new StringBuilder();
  private int textLine;

  ScriptSplitter(Reader reader, Vendor vendor) {
    this.reader = reader;
    this.mysql = vendor.mysqlFamily();
    this.h2 = vendor == Vendor.H2;
    this.postgres = vendor == Vendor.POSTGRESQL;
  }

  /** The line that has been read up to. */
  int line() {
    return line;
  }

  /** The next statement, or null at the end of the script. */
  Statement next() throws IOException {
    text.setLength(0);
    textLine = 0;
    if (line == 1 && position == 0 && peek(0) == '\uFEFF') {
      position++;
    }
    while (true) {
      int c = peek(0);
      if (c == END) {
        return statement();
      }
      if (textLine == 0) {
        if (Character.isWhitespace(c)) {
          skip();
          continue;
        }
        if (mysql && delimiterLine()) {
          continue;
        }
      }
      if (looksAt(delimiter)) {
        position += delimiter.length();
        Statement statement = statement();
        if (statement != null) {
          return statement;
        }
      } else if (!comment(c) && !quoted(c)) {
        take();
      }
    }
  }

  private Statement statement() {
    if (textLine == 0) {
      return null;
    }
    Statement statement = new Statement(text.toString().strip(), textLine);
    text.setLength(0);
    textLine = 0;
    return statement;
  }

  /** Reads {@code DELIMITER xx} up to the end of its line, if that is what comes next. */
  private boolean delimiterLine() throws IOException {
    String word = "DELIMITER";
    for (int i = 0; i < word.length(); i++) {
      if (Character.toUpperCase(peek(i)) != word.charAt(i)) {
        return false;
      }
    }
    int after = peek(word.length());
    if (after != ' ' && after != '\t') {
      return false;
    }
    int begin = line;
    position += word.length();
    StringBuilder rest = new StringBuilder();
    while (peek(0) != END && peek(0) != '\n') {
      rest.append((char) peek(0));
      position++;
    }
    // As in MySQL's own client the delimiter is one word, whatever follows it.
    String[] words = rest.toString().strip().split("\\s+");
    if (words[0].isEmpty()) {
      throw new UnfinishedException(begin, "DELIMITER without a delimiter");
    }
    delimiter = words[0];
    return true;
  }

  /** Takes or skips a whole comment if one begins here. */
  private boolean comment(int c) throws IOException {
    boolean toEndOfLine =
        (mysql && c == '#')
            || (c == '-' && peek(1) == '-' && (!mysql || endsDashes(peek(2))))
            || (h2 && c == '/' && peek(1) == '/');
    if (toEndOfLine) {
      while (peek(0) != END && peek(0) != '\n') {
        skipOrTake(textLine != 0);
      }
      return true;
    }
    if (c != '/' || peek(1) != '*') {
      return false;
    }
    int begin = line;
    boolean executed =
        mysql && (peek(2) == '!' || (peek(2) == 'M' && peek(3) == '!')) && !sandboxMark();
    boolean keep = executed || textLine != 0;
    int depth = 0;
    do {
      int at = peek(0);
      if (at == END) {
        throw new UnfinishedException(begin, "the comment that begins here has no end");
      }
      if (at == '/' && peek(1) == '*' && (depth == 0 || h2 || postgres)) {
        depth++;
        skipOrTake(keep);
        skipOrTake(keep);
      } else if (at == '*' && peek(1) == '/') {
        depth--;
        skipOrTake(keep);
        skipOrTake(keep);
      } else if (!executed || !quoted(at)) {
        skipOrTake(keep);
      }
    } while (depth > 0);
    return true;
  }

  /** The first line of newer MariaDB dumps, meant for the client only. */
  private boolean sandboxMark() throws IOException {
    return looksAt("/*M!999999\\-");
  }

  private static boolean endsDashes(int c) {
    return c == END || c <= ' ';
  }

  /** Takes a whole quoted text if one begins here. */
  private boolean quoted(int c) throws IOException {
    if (c == '\'' || c == '"' || (c == '`' && !postgres)) {
      boolean backslash = c != '`' && (mysql || (postgres && c == '\'' && escapeStringPrefix()));
      quotedBy(c, backslash);
      return true;
    }
    if (c == '$' && (h2 || postgres)) {
      return dollarQuoted();
    }
    return false;
  }

  /** Whether what was taken last is the E of PostgreSQL's {@code E'…'}. */
  private boolean escapeStringPrefix() {
    int length = text.length();
    return length > 0
        && Character.toUpperCase(text.charAt(length - 1)) == 'E'
        && (length == 1 || !Character.isJavaIdentifierPart(text.charAt(length - 2)));
  }

  private void quotedBy(int quote, boolean backslash) throws IOException {
    int begin = line;
    take();
    while (true) {
      int c = peek(0);
      if (c == END) {
        throw new UnfinishedException(
            begin, "the text that begins here with " + (char) quote + " has no end");
      }
      if (c == '\\' && backslash && peek(1) != END) {
        take();
        take();
      } else if (c == quote) {
        take();
        // A doubled quote stands for itself.
        if (peek(0) != quote) {
          return;
        }
        take();
      } else {
        take();
      }
    }
  }

  private boolean dollarQuoted() throws IOException {
    if (!text.isEmpty() && Character.isJavaIdentifierPart(text.charAt(text.length() - 1))) {
      return false;
    }
    StringBuilder tag = new StringBuilder("$");
    int i = 1;
    while (postgres
        && peek(i) != END
        && Character.isJavaIdentifierPart(peek(i))
        && peek(i) != '$') {
      tag.append((char) peek(i));
      i++;
    }
    if (peek(i) != '$' || (tag.length() > 1 && Character.isDigit(tag.charAt(1)))) {
      return false;
    }
    tag.append('$');
    String mark = tag.toString();
    int begin = line;
    for (int k = 0; k < mark.length(); k++) {
      take();
    }
    while (!looksAt(mark)) {
      if (peek(0) == END) {
        throw new UnfinishedException(
            begin, "the text that begins here with " + mark + " has no end");
      }
      take();
    }
    for (int k = 0; k < mark.length(); k++) {
      take();
    }
    return true;
  }

  private boolean looksAt(String word) throws IOException {
    for (int i = 0; i < word.length(); i++) {
      if (peek(i) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void skipOrTake(boolean keep) throws IOException {
    if (keep) {
      take();
    } else {
      skip();
    }
  }

  private void take() throws IOException {
    if (textLine == 0) {
      textLine = line;
    }
    text.append((char) peek(0));
    skip();
  }

  private void skip() throws IOException {
    if (peek(0) == '\n') {
      line++;
    }
    position++;
  }

  /** The character {@code ahead} places on, or END. */
  private int peek(int ahead) throws IOException {
    while (position + ahead >= limit) {
      if (exhausted) {
        return END;
      }
      fill();
    }
    return buffer[position + ahead];
  }

  private void fill() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
    }
    if (limit == buffer.length) {
      buffer = java.util.Arrays.copyOf(buffer, buffer.length * 2);
    }
    int read = reader.read(buffer, limit, buffer.length - limit);
    if (read < 0) {
      exhausted = true;
    } else {
      limit += read;
    }
  }
}
