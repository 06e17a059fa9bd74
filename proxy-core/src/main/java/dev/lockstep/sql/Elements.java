package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Turns the tokens of an expression region into {@link Element}s: literals are lifted out,
 * spellings that Calcite does not know are given in ones that it does, functions that differ from
 * run to run become slots.
 */
final class Elements {
  private static final Set<String> KEYWORDS =
      Set.of(
          "AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE",
          "END", "CAST", "DIV", "MOD", "XOR", "REGEXP", "RLIKE", "DEFAULT", "TRUE", "FALSE", "SET",
          "WHERE", "ESCAPE");
  private static final Set<String> UNITS =
      Set.of(
          "MICROSECOND",
          "SECOND",
          "MINUTE",
          "HOUR",
          "DAY",
          "WEEK",
          "MONTH",
          "QUARTER",
          "YEAR",
          "SECOND_MICROSECOND",
          "MINUTE_MICROSECOND",
          "MINUTE_SECOND",
          "HOUR_MICROSECOND",
          "HOUR_SECOND",
          "HOUR_MINUTE",
          "DAY_MICROSECOND",
          "DAY_SECOND",
          "DAY_MINUTE",
          "DAY_HOUR",
          "YEAR_MONTH");

  private static final Set<String> MYSQL_OPERATORS =
      Set.of("|", "&", "^", "<<", ">>", "~", "!", "&&", "<=>");

  private final Tokens t;
  private final boolean mysql;
  private final Functions functions;
  private final List<Element> out = new ArrayList<>();
  private int nextParam;
  private int caseDepth;
  private int openEscapes;
  private boolean usesTime;
  private boolean where;
  private boolean insertedValues;

  /**
   * Reads regions of {@code t} one after another, so that placeholders are counted through.
   *
   * @param firstParam number of placeholders before the first region
   */
  Elements(Tokens t, Vendor vendor, Functions functions, int firstParam) {
    this.t = t;
    this.mysql = vendor.mysqlFamily();
    this.functions = functions;
    this.nextParam = firstParam;
  }

  /** From now on {@code VALUES(column)} stands for the value that was to be inserted. */
  void insertedValues() {
    insertedValues = true;
  }

  /** Whether a function of the statement's time was seen so far that SET TIMESTAMP fixes. */
  boolean usesTime() {
    return usesTime;
  }

  /** The elements of tokens {@code from} to {@code to}, exclusive. */
  List<Element> region(int from, int to) throws SQLException {
    out.clear();
    caseDepth = 0;
    usesTime = false;
    where = false;
    int i = from;
    while (i < to) {
      i = next(i, to);
    }
    if (openEscapes != 0) {
      throw Errors.unsupported("the JDBC escape { … } is not closed");
    }
    return new ArrayList<>(out);
  }

  /** A place for a value that is looked for, instead of tokens {@code from} to {@code to}. */
  Element found(int from, int to, int index) {
    for (int i = from; i < to; i++) {
      nextParam += t.type(i) == Tokens.PARAM ? 1 : 0;
    }
    return new Element(Element.Kind.SLOT, "", "?", true, new Slot.Found(index));
  }

  private void add(Element.Kind kind, String text, String calcite, int token) {
    out.add(new Element(kind, text, calcite, t.gapBefore(token), null));
  }

  private void slot(Slot slot, int token) {
    boolean gap = t.gapBefore(token);
    out.add(new Element(Element.Kind.SLOT, "", "?", gap, slot));
  }

  private void literal(Slot.Literal.Type type, String text, int token) {
    slot(new Slot.Literal(type, text), token);
  }

  private Element last() {
    return out.isEmpty() ? null : out.get(out.size() - 1);
  }

  /** Whether a value starts here, so that a sign belongs to the number behind it. */
  private boolean atValueStart() {
    Element e = last();
    return e == null || e.op("(") || e.op(",") || e.op("=");
  }

  private int next(int i, int to) throws SQLException {
    SequenceCall draw = t.draw(i);
    if (draw != null) {
      slot(new Slot.Draw(draw.sequence()), i);
      return draw.to();
    }
    switch (t.type(i)) {
      case Tokens.PARAM -> slot(new Slot.Placeholder(nextParam++), i);
      case Tokens.NUMBER -> literal(Slot.Literal.Type.NUMBER, t.text(i), i);
      case Tokens.STRING -> literal(Slot.Literal.Type.STRING, t.text(i), i);
      case Tokens.HEX -> literal(Slot.Literal.Type.HEX, t.text(i), i);
      case Tokens.QUOTED -> {
        boolean function = t.op(i + 1, '(') && !t.op(i - 1, '.');
        String name = Names.unquote(t.text(i));
        if (function || t.op(i + 1, '(')) {
          throw Errors.unsupported(
              "the function "
                  + t.text(i)
                  + " is not known to Lockstep, so it is not used in writes");
        }
        if (!mysql && t.text(i).charAt(0) == '`') {
          throw Errors.unsupported("names in backticks are not supported on H2; use double quotes");
        }
        add(Element.Kind.NAME, t.text(i), quote(name), i);
      }
      case Tokens.WORD -> {
        return word(i, to);
      }
      case Tokens.OP -> {
        return operator(i, to);
      }
      default ->
          throw Errors.unsupported(
              "the variable "
                  + t.text(i)
                  + " in a write is not supported; send its value as a parameter");
    }
    return i + 1;
  }

  static String quote(String name) {
    return '`' + name.replace("`", "``") + '`';
  }

  private int operator(int i, int to) throws SQLException {
    String op = t.text(i);
    if ((op.equals("-") || op.equals("+"))
        && t.type(i + 1) == Tokens.NUMBER
        && i + 1 < to
        && atValueStart()) {
      String number = t.text(i + 1);
      literal(Slot.Literal.Type.NUMBER, op.equals("-") ? "-" + number : number, i);
      return i + 2;
    }
    if (op.equals("{")) {
      return escape(i, to);
    }
    if (op.equals("}") && openEscapes > 0) {
      openEscapes--;
      return i + 1;
    }
    String calcite =
        switch (op) {
          case "(", ")", ",", ".", "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "||" -> op;
          case "!=", "<=>" -> "<>";
          case "&&" -> "AND";
          case "%" -> "*";
          case "|", "&", "^", "<<", ">>" -> "+";
          case "->", "->>" -> mysql ? "+" : null;
          case "~", "!" -> "-";
          default -> null;
        };
    if (calcite == null || (!mysql && MYSQL_OPERATORS.contains(op))) {
      throw Errors.unsupported("the operator '" + op + "' in a write is not supported");
    }
    if (op.equals("<=>") && where) {
      throw Errors.unsupported(
          "the operator '<=>' in the WHERE of a write is not supported; use =");
    }
    add(Element.Kind.OP, op, calcite.equals("AND") ? " AND " : calcite, i);
    return i + 1;
  }

  /** JDBC escapes: {ts '…'}, {d '…'}, {t '…'}, {fn …}. */
  private int escape(int i, int to) throws SQLException {
    if (t.is(i + 1, "fn")) {
      openEscapes++;
      return i + 2;
    }
    Slot.Literal.Type type =
        switch (t.upper(i + 1)) {
          case "TS" -> Slot.Literal.Type.TIMESTAMP;
          case "D" -> Slot.Literal.Type.DATE;
          case "T" -> Slot.Literal.Type.TIME;
          default -> null;
        };
    if (type == null || t.type(i + 2) != Tokens.STRING || !t.op(i + 3, '}') || i + 3 >= to) {
      throw Errors.unsupported("the JDBC escape {" + t.text(i + 1) + " …} is not supported");
    }
    literal(type, type + t.text(i + 2), i);
    return i + 4;
  }

  private int word(int i, int to) throws SQLException {
    String text = t.text(i);
    String upper = text.toUpperCase(Locale.ROOT);
    boolean qualified = t.op(i - 1, '.') || t.op(i + 1, '.');
    boolean call = i + 1 < to && t.op(i + 1, '(');
    if (qualified) {
      if (call) {
        throw Errors.unsupported(
            "the function " + text + " is not known to Lockstep, so it is not used in writes");
      }
      add(Element.Kind.NAME, text, quote(text), i);
      return i + 1;
    }
    if (upper.equals("SELECT") || upper.equals("EXISTS")) {
      throw Errors.unsupported(
          "sub-queries in writes are not supported in this version; read the value first and send it as a parameter");
    }
    if (t.type(i + 1) == Tokens.STRING && i + 1 < to) {
      int behind = typedLiteral(i, upper);
      if (behind > 0) {
        return behind;
      }
    }
    int after = mysql ? hexWithCharset(i, upper, to) : longLiteral(i, upper, to);
    if (after > 0) {
      return after;
    }
    if (upper.equals("AS")) {
      return castType(i, to);
    }
    if (upper.equals("INTERVAL")
        && i + 2 < to
        && (t.type(i + 1) == Tokens.NUMBER
            || t.type(i + 1) == Tokens.STRING
            || t.type(i + 1) == Tokens.PARAM)
        && UNITS.contains(t.upper(i + 2))) {
      add(Element.Kind.KEYWORD, text, "`$INTERVAL`(", i);
      next(i + 1, to);
      add(Element.Kind.KEYWORD, t.text(i + 2), ")", i + 2);
      return i + 3;
    }
    if (upper.equals("COLLATE") && t.identifier(i + 1)) {
      if (where) {
        throw Errors.unsupported(
            "COLLATE in the WHERE of a write is not supported: it can match several rows");
      }
      add(Element.Kind.KEYWORD, text, "", i);
      add(Element.Kind.KEYWORD, t.text(i + 1), "", i + 1);
      return i + 2;
    }
    if (KEYWORDS.contains(upper) && !(call && functionWord(upper))) {
      if (upper.equals("END") && caseDepth == 0) {
        add(Element.Kind.NAME, text, quote(text), i);
        return i + 1;
      }
      keyword(i, text, upper);
      return i + 1;
    }
    if (call && insertedValues && upper.equals("VALUES")) {
      add(Element.Kind.FUNCTION, text, quote(Structure.INSERTED), i);
      return i + 1;
    }
    if (call) {
      return function(i, to, text, upper);
    }
    if (functions.bare(upper)) {
      return bareFunction(i, text, upper);
    }
    add(Element.Kind.NAME, text, quote(text), i);
    return i + 1;
  }

  /** Keywords of this list that are function names when a parenthesis follows. */
  private static boolean functionWord(String upper) {
    return upper.equals("MOD") || upper.equals("DEFAULT");
  }

  private void keyword(int i, String text, String upper) throws SQLException {
    Element before = last();
    switch (upper) {
      case "NULL" -> {
        if (before != null && (before.keyword("IS") || before.keyword("NOT"))) {
          add(Element.Kind.KEYWORD, text, upper, i);
        } else {
          literal(Slot.Literal.Type.NULL, "NULL", i);
        }
      }
      case "TRUE", "FALSE" -> {
        if (atValueStart()) {
          literal(Slot.Literal.Type.BOOLEAN, upper, i);
        } else {
          add(Element.Kind.KEYWORD, text, upper, i);
        }
      }
      case "DEFAULT" -> add(Element.Kind.KEYWORD, text, "`$DEFAULT`()", i);
      case "DIV", "MOD" -> add(Element.Kind.KEYWORD, text, "*", i);
      case "XOR" -> add(Element.Kind.KEYWORD, text, "OR", i);
      case "REGEXP", "RLIKE" -> add(Element.Kind.KEYWORD, text, "LIKE", i);
      default -> {
        if (upper.equals("CASE")) {
          caseDepth++;
        } else if (upper.equals("END")) {
          caseDepth--;
        } else if (upper.equals("WHERE")) {
          where = true;
        }
        add(Element.Kind.KEYWORD, text, upper, i);
      }
    }
  }

  /** {@code DATE '…'}, {@code _utf8mb4'…'} and the like; returns the next token or 0. */
  private int typedLiteral(int i, String upper) {
    if (mysql && upper.startsWith("_")) {
      literal(Slot.Literal.Type.STRING, t.text(i) + t.text(i + 1), i);
      return i + 2;
    }
    Slot.Literal.Type type =
        switch (upper) {
          case "DATE" -> Slot.Literal.Type.DATE;
          case "TIME" -> Slot.Literal.Type.TIME;
          case "TIMESTAMP" -> Slot.Literal.Type.TIMESTAMP;
          case "UUID" -> mysql ? null : Slot.Literal.Type.UUID;
          case "JSON" -> mysql ? null : Slot.Literal.Type.OTHER;
          default -> null;
        };
    if (type == null) {
      return 0;
    }
    literal(type, upper + " " + t.text(i + 1), i);
    return i + 2;
  }

  /** {@code _utf8mb4 0x…}; returns the next token or 0. */
  private int hexWithCharset(int i, String upper, int to) {
    if (!upper.startsWith("_") || i + 1 >= to || t.type(i + 1) != Tokens.HEX) {
      return 0;
    }
    literal(Slot.Literal.Type.OTHER, t.text(i) + " " + t.text(i + 1), i);
    return i + 2;
  }

  /**
   * H2's literals whose type is more than a word: {@code TIMESTAMP WITH TIME ZONE '…'}, {@code
   * INTERVAL '…' DAY TO SECOND}, {@code ARRAY[…]} of literals. Returns the next token or 0.
   */
  private int longLiteral(int i, String upper, int to) {
    int end = 0;
    if ((upper.equals("TIME") || upper.equals("TIMESTAMP"))
        && (t.sequence(i + 1, "WITH", "TIME", "ZONE")
            || t.sequence(i + 1, "WITHOUT", "TIME", "ZONE"))
        && t.type(i + 4) == Tokens.STRING) {
      end = i + 5;
    } else if (upper.equals("INTERVAL")
        && t.type(i + 1) == Tokens.STRING
        && UNITS.contains(t.upper(i + 2))) {
      end = t.is(i + 3, "TO") && UNITS.contains(t.upper(i + 4)) ? i + 5 : i + 3;
    } else if (upper.equals("ARRAY") && t.op(i + 1, '[')) {
      end = i + 2;
      while (end < to
          && (t.type(end) == Tokens.NUMBER
              || t.type(end) == Tokens.STRING
              || t.is(end, "NULL")
              || t.op(end, ',')
              || t.op(end, '-'))) {
        end++;
      }
      end = t.op(end, ']') ? end + 1 : 0;
    }
    if (end == 0 || end > to) {
      return 0;
    }
    StringBuilder text = new StringBuilder();
    for (int k = i; k < end; k++) {
      text.append(k > i && t.gapBefore(k) ? " " : "").append(t.text(k));
    }
    literal(Slot.Literal.Type.OTHER, text.toString(), i);
    return end;
  }

  /** The type after AS in a CAST: kept as text, unseen by Calcite. */
  private int castType(int i, int to) throws SQLException {
    StringBuilder text = new StringBuilder("AS");
    int depth = 0;
    int k = i + 1;
    for (; k < to; k++) {
      if (t.op(k, '(')) {
        depth++;
      } else if (t.op(k, ')')) {
        if (depth-- == 0) {
          break;
        }
      } else if (t.type(k) != Tokens.WORD && t.type(k) != Tokens.NUMBER && !t.op(k, ',')) {
        throw Errors.unsupported("cannot read the type in CAST near '" + t.text(k) + "'");
      }
      if (k == i + 1 || t.gapBefore(k)) {
        text.append(' ');
      }
      text.append(t.text(k));
    }
    add(Element.Kind.KEYWORD, text.toString(), "AS INTEGER", i);
    return k;
  }

  private int function(int i, int to, String text, String upper) throws SQLException {
    Functions.Effect effect = functions.effect(upper);
    switch (effect) {
      case DETERMINISTIC -> add(Element.Kind.FUNCTION, text, quote(upper), i);
      case TIME -> {
        usesTime = true;
        add(Element.Kind.FUNCTION, text, quote(upper), i);
      }
      case VOLATILE -> {
        if (mysql && upper.equals("SYSDATE")) {
          usesTime = true;
          add(Element.Kind.FUNCTION, "NOW", quote("NOW"), i);
          return i + 1;
        }
        boolean precision = t.type(i + 2) == Tokens.NUMBER && t.op(i + 3, ')') && i + 3 < to;
        if (precision && !mysql && timeFunction(upper)) {
          slot(new Slot.Volatile(upper, precision(t.text(i + 2))), i);
          return i + 4;
        }
        if (!t.op(i + 2, ')') || i + 2 >= to) {
          throw Errors.unsupported(
              "the function " + text + " with arguments differs from run to run; send a value");
        }
        slot(new Slot.Volatile(upper, -1), i);
        return i + 3;
      }
      case UNKNOWN ->
          throw Errors.unsupported(
              "the function "
                  + text
                  + " is not known to Lockstep, so it is not used in writes; compute the value first");
      default ->
          throw Errors.unsupported(
              "the function "
                  + text
                  + " may give another result on another node; compute the value first and send it");
    }
    return i + 1;
  }

  private static int precision(String number) throws SQLException {
    if (number.length() != 1) {
      throw Errors.unsupported("the precision " + number + " is not supported");
    }
    return number.charAt(0) - '0';
  }

  static boolean timeFunction(String upper) {
    return switch (upper) {
      case "NOW",
          "CURRENT_TIMESTAMP",
          "LOCALTIME",
          "LOCALTIMESTAMP",
          "CURDATE",
          "CURRENT_DATE",
          "CURTIME",
          "CURRENT_TIME" ->
          true;
      default -> false;
    };
  }

  private int bareFunction(int i, String text, String upper) throws SQLException {
    Functions.Effect effect = functions.effect(upper);
    if (effect == Functions.Effect.TIME) {
      usesTime = true;
      add(Element.Kind.FUNCTION, text, quote(upper) + "()", i);
    } else if (effect == Functions.Effect.VOLATILE) {
      slot(new Slot.Volatile(upper, -1), i);
    } else {
      throw Errors.unsupported(
          text
              + " may give another result on another node; compute the value first and send it (a column of that name"
              + " must be quoted)");
    }
    return i + 1;
  }
}
