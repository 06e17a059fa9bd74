package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.Program.Family;
import dev.lockstep.sql.Program.Hole;
import dev.lockstep.sql.Program.Text;
import dev.lockstep.sql.Program.Variable;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The statements and expressions in the body of a procedure: finds the variables in them, and
 * refuses those in whose place a value would not do the same. For one use.
 */
final class ProgramTexts {
  private final Routine routine;
  private final Tokens t;
  private final Names names;
  private final Program.Analysis analysis;

  /** The names that are known where the next text stands. */
  ProgramScope scope;

  ProgramTexts(Routine routine, Names names, Program.Analysis analysis) {
    this.routine = routine;
    this.t = routine.tokens();
    this.names = names;
    this.analysis = analysis;
  }

  Parts parts() {
    return new Parts();
  }

  SQLException no(String why) {
    return Errors.unsupported(
        "CALL of "
            + routine.text().name()
            + " is not supported, because it may write and "
            + why
            + "; do this part in the application");
  }

  private String name(int k) {
    return Names.unquote(t.text(k)).toLowerCase(Locale.ROOT);
  }

  /** The end of the statement in which the token stands. */
  int end(int from) {
    int k = from;
    while (k < t.count() && !t.op(k, ';')) {
      k++;
    }
    return k;
  }

  /** Puts a text together. */
  final class Parts {
    private final List<String> pieces = new ArrayList<>();
    private final List<Hole> holes = new ArrayList<>();
    private StringBuilder piece = new StringBuilder();

    void add(String sql) {
      piece.append(sql);
    }

    void add(int from, int end) throws SQLException {
      if (from == end) {
        return;
      }
      boolean dml = t.isAny(from, "INSERT", "UPDATE", "DELETE", "REPLACE");
      SelectList list = t.is(from, "SELECT") ? new SelectList(from, end) : null;
      int at = t.start(from);
      for (int k = from; k < end; k++) {
        Variable v = reference(k);
        if (v != null) {
          if (dml && !asColumn(v, from, k, end)) {
            throw no(
                "its value of "
                    + v.name()
                    + " ("
                    + v.type()
                    + ") in an expression of a write is not exact");
          }
          piece.append(t.sql, at, t.start(k));
          at = t.end(k);
          pieces.add(piece.toString());
          piece = new StringBuilder();
          boolean limit =
              t.isAny(k - 1, "LIMIT", "OFFSET") || t.op(k - 1, ',') && t.is(k - 3, "LIMIT");
          holes.add(new Hole(v, limit));
        }
        String alias = list == null ? null : list.alias(k);
        if (alias != null) {
          piece.append(t.sql, at, t.end(k)).append(alias);
          at = t.end(k);
        }
      }
      piece.append(t.sql, at, t.end(end - 1));
    }

    Text text(boolean given) throws SQLException {
      pieces.add(piece.toString());
      String sql = String.join("?", pieces);
      StatementPlan plan = analysis.of(sql, routine.text().name().schema());
      switch (plan.kind()) {
        case READ, SESSION_READ -> {}
        case LOCKING_READ,
            WRITE,
            COPY,
            BEGIN,
            COMMIT,
            ROLLBACK,
            SAVEPOINT,
            ROLLBACK_TO_SAVEPOINT,
            RELEASE_SAVEPOINT -> {
          if (!given) {
            throw no("this is not supported there: " + sql);
          }
        }
        default -> throw no("this is not supported there: " + sql);
      }
      if (plan.kind() == StatementPlan.Kind.WRITE && plan.returnsRows()) {
        throw no("a write gives rows");
      }
      for (TableName table : plan.tables()) {
        TableInfo info =
            names.find(new Names.Ref(table.schema(), true, table.name(), true, 0), null);
        for (Hole h : holes) {
          if (info != null && info.column(h.variable().name()) != null) {
            throw no(
                "the variable " + h.variable().name() + " has the name of a column of " + table);
          }
        }
      }
      return new Text(plan, List.copyOf(pieces), List.copyOf(holes));
    }
  }

  /** Refuses queries of tables with columns whose text is not their number. */
  void refuseEncoded(Set<TableName> tables) throws SQLException {
    for (TableName table : tables) {
      TableInfo info = names.find(new Names.Ref(table.schema(), true, table.name(), true, 0), null);
      if (info == null) {
        throw no("it reads into a number from " + table + ", whose columns are not known");
      }
      for (ColumnInfo c : info.columns()) {
        if (c.typeName().matches("(enum|set|bit)\\b.*")) {
          throw no(
              "it reads into a number from "
                  + table
                  + ", which has a column of type "
                  + c.typeName());
        }
      }
    }
  }

  /** The variable that the token means, or null. */
  private Variable reference(int k) throws SQLException {
    if (!t.identifier(k) || t.op(k - 1, '.') || t.op(k + 1, '.') || t.op(k + 1, '(')) {
      return null;
    }
    Variable v = scope.variable(name(k));
    if (v != null
        && t.isAny(
            k - 1,
            "FROM",
            "JOIN",
            "STRAIGHT_JOIN",
            "INTO",
            "UPDATE",
            "AS",
            "TABLE",
            "SAVEPOINT",
            "TO",
            "COLLATE",
            "SET")) {
      throw no(
          "the name "
              + v.name()
              + " of a variable means something else at "
              + t.text(k - 1)
              + " "
              + t.text(k));
    }
    return v;
  }

  /**
   * Whether a literal in place of the variable does the same in a write: a number does, anything
   * else where it is stored in a column or compared with one.
   */
  private boolean asColumn(Variable v, int from, int k, int end) throws SQLException {
    boolean by = false;
    for (int b = from; b < k; b++) {
      by = t.is(b, "BY") || by && !t.is(b, "LIMIT");
    }
    if (by) {
      return false; // a number there names a column
    }
    if (v.family() == Family.INTEGER || v.family() == Family.DECIMAL) {
      return true;
    }
    if (v.family() == Family.DATE || v.family() == Family.DATETIME) {
      ColumnInfo c = columnOf(from, k);
      if (c == null
          || c.kind() != ColumnInfo.Kind.DATETIME
              && c.kind() != ColumnInfo.Kind.TIMESTAMP
              && !(c.kind() == ColumnInfo.Kind.DATE && v.family() == Family.DATE)) {
        return false; // a text is no date elsewhere
      }
    }
    boolean ends =
        k + 1 == end
            || t.op(k + 1, ')')
            || t.op(k + 1, ',')
            || t.isAny(k + 1, "WHERE", "AND", "OR", "ORDER", "LIMIT", "ON");
    boolean compared =
        (t.op(k - 1, '=')
                || t.op(k - 1, '<')
                || t.op(k - 1, '>')
                || t.op(k - 1, "<=")
                || t.op(k - 1, ">=")
                || t.op(k - 1, "<>")
                || t.op(k - 1, "!="))
            && t.identifier(k - 2);
    if (compared && ends && column(k - 2, from)) {
      return true;
    }
    // A value of its own in VALUES.
    int open = opening(from, k);
    boolean row = t.isAny(from, "INSERT", "REPLACE") && t.op(open, '(') && inValues(open, from);
    return row && (open == k - 1 || t.op(k - 1, ',')) && (t.op(k + 1, ')') || t.op(k + 1, ','));
  }

  /** The parenthesis around the token, or {@code from}. */
  private int opening(int from, int k) {
    int depth = 0;
    int open = k - 1;
    while (open > from && !(depth == 0 && t.op(open, '('))) {
      depth += t.op(open, ')') ? 1 : t.op(open, '(') ? -1 : 0;
      open--;
    }
    return open;
  }

  /** The column that the variable is stored in or compared with, in a write of one table. */
  private ColumnInfo columnOf(int from, int k) throws SQLException {
    for (int l = from; l < end(from); l++) {
      if (t.isAny(l, "SELECT", "JOIN", "STRAIGHT_JOIN", "USING", "TABLE")) {
        return null;
      }
    }
    int at = from + 1;
    while (t.isAny(
        at, "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE", "INTO", "FROM")) {
      at++;
    }
    Names.Ref ref = names.read(t, at, "a table");
    TableInfo table = names.find(ref, routine.text().name().schema());
    if (table == null) {
      return null;
    }
    if (t.isAny(from, "UPDATE", "DELETE") || t.is(ref.next(), "SET")) {
      boolean one = t.isAny(ref.next(), "SET", "WHERE", "ORDER", "LIMIT");
      boolean named = t.identifier(k - 2) && !t.op(k - 3, '.');
      return one && named ? table.column(Names.unquote(t.text(k - 2))) : null;
    }
    int place = 0;
    int depth = 0;
    for (int l = opening(from, k) + 1; l < k; l++) {
      depth += t.op(l, '(') ? 1 : t.op(l, ')') ? -1 : 0;
      place += depth == 0 && t.op(l, ',') ? 1 : 0;
    }
    if (t.op(ref.next(), '(')) {
      int column = ref.next() + 1 + 2 * place;
      return t.identifier(column) ? table.column(Names.unquote(t.text(column))) : null;
    }
    return place < table.columns().size() ? table.columns().get(place) : null;
  }

  /** Whether the name ends an operand that is a column alone. */
  private boolean column(int last, int from) {
    int first = t.op(last - 1, '.') ? last - 2 : last;
    return scope.variable(name(last)) == null
        && (first <= from
            || t.op(first - 1, '(')
            || t.op(first - 1, ',')
            || t.isAny(first - 1, "SET", "WHERE", "AND", "OR", "ON", "NOT", "UPDATE"));
  }

  private boolean inValues(int open, int from) {
    int k = open - 1;
    while (k > from && (t.op(k, ',') || t.op(k, ')'))) {
      // The row before.
      if (t.op(k, ',')) {
        k--;
        continue;
      }
      int depth = 0;
      do {
        depth += t.op(k, ')') ? 1 : t.op(k, '(') ? -1 : 0;
        k--;
      } while (k > from && depth > 0);
    }
    return t.isAny(k, "VALUES", "VALUE");
  }

  /** The columns of a SELECT that have variables in them keep the names that they have. */
  private final class SelectList {
    private final Map<Integer, String> aliases = new HashMap<>();

    SelectList(int from, int end) throws SQLException {
      int start = from + 1;
      while (t.isAny(start, "DISTINCT", "ALL", "SQL_NO_CACHE")) {
        start++;
      }
      int depth = 0;
      boolean variable = false;
      int k = start;
      for (; k <= end; k++) {
        boolean over =
            depth == 0
                && (k == end
                    || t.op(k, ',')
                    || t.isAny(
                        k,
                        "FROM",
                        "INTO",
                        "WHERE",
                        "ORDER",
                        "LIMIT",
                        "UNION",
                        "GROUP",
                        "HAVING",
                        "FOR",
                        "PROCEDURE"));
        if (over) {
          if (variable) {
            item(start, k);
          }
          variable = false;
          start = k + 1;
          if (!t.op(k, ',')) {
            return;
          }
          continue;
        }
        depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
        variable |= named(k);
      }
    }

    private boolean named(int k) {
      return t.identifier(k)
          && !t.op(k - 1, '.')
          && !t.op(k + 1, '.')
          && !t.op(k + 1, '(')
          && scope.variable(name(k)) != null;
    }

    private void item(int from, int end) {
      int last = end - 1;
      boolean alias =
          last > from
              && (t.is(last - 1, "AS")
                  || (t.identifier(last) || t.type(last) == Tokens.STRING)
                      && (t.op(last - 1, ')')
                          || t.identifier(last - 1)
                              && !t.isAny(
                                  last - 1,
                                  "AND",
                                  "OR",
                                  "NOT",
                                  "XOR",
                                  "DIV",
                                  "MOD",
                                  "LIKE",
                                  "IS",
                                  "IN",
                                  "INTERVAL",
                                  "CASE",
                                  "ELSE",
                                  "THEN",
                                  "BETWEEN",
                                  "COLLATE")
                          || t.type(last - 1) == Tokens.NUMBER
                          || t.type(last - 1) == Tokens.STRING)
                      && !t.is(last, "END")
                      && !t.is(last - 2, "INTERVAL"));
      if (!alias) {
        String text = t.sql.substring(t.start(from), t.end(last));
        String name = from == last ? Names.unquote(text) : text;
        aliases.put(last, " AS `" + name.replace("`", "``") + "`");
      }
    }

    String alias(int k) {
      return aliases.get(k);
    }
  }
}
