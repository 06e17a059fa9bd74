package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The assignments of an UPDATE of which some have values that must be looked for with the rows:
 * because they have sub-queries, or read other tables. Immutable.
 */
final class SetClause {
  /**
   * {@code column = tokens from … to}, {@code to} exclusive.
   *
   * @param name the token of the column's name in front of {@code =}
   */
  record Part(Names.Ref column, int name, int from, int to) {
    boolean toDefault(Tokens t) {
      return to == from + 1 && t.is(from, "DEFAULT");
    }
  }

  private final Tokens t;
  private final List<Part> parts;

  private SetClause(Tokens t, List<Part> parts) {
    this.t = t;
    this.parts = parts;
  }

  List<Part> parts() {
    return parts;
  }

  /**
   * @param from the first token behind SET
   * @param to behind the last
   */
  static SetClause read(Tokens t, int from, int to, Names names) throws SQLException {
    List<Part> parts = new ArrayList<>();
    int i = from;
    while (true) {
      int name = i;
      Names.Ref column = names.read(t, i, "a column");
      i = column.next();
      if (!t.op(i, '=')) {
        throw WriteAnalysis.refused(
            "SET … near '" + t.text(i) + "'", "assign one column at a time: column = value");
      }
      int start = ++i;
      for (int depth = 0; i < to && !(depth == 0 && t.op(i, ',')); i++) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      }
      if (i == start) {
        throw Errors.unsupported("the value of " + column + " is missing");
      }
      parts.add(new Part(column, name, start, i));
      if (i >= to) {
        return new SetClause(t, parts);
      }
      i++;
    }
  }

  /** The assignments to one of several tables. */
  SetClause only(List<Part> some) {
    return new SetClause(t, some);
  }

  /** Whether a sub-query stands between two tokens. */
  static boolean hasSubQuery(Tokens t, int from, int to) {
    for (int i = from; i < to; i++) {
      if (t.isAny(i, "SELECT", "EXISTS") && !t.op(i - 1, '.') && !t.op(i + 1, '.')) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the value may be looked for before any row is written. The servers of the MySQL family
   * assign from left to right, so that a value sees what was assigned before it; the query would
   * not.
   *
   * @param qualifier how the text calls the table
   */
  void checkFound(Part part, TableInfo table, String qualifier, boolean mysql, Functions functions)
      throws SQLException {
    for (int i = part.from(); i < part.to(); i++) {
      if (t.type(i) == Tokens.USER_VARIABLE
          || t.type(i) == Tokens.SYSTEM_VARIABLE
          || (t.type(i) == Tokens.WORD
              && (t.op(i + 1, '(') || functions.bare(t.upper(i)))
              && functions.effect(t.upper(i)) == Functions.Effect.SESSION)) {
        throw Errors.unsupported(
            t.text(i) + " in a write is not supported; send its value as a parameter");
      }
      if (t.is(i, "DEFAULT")) {
        throw Errors.unsupported("DEFAULT inside an expression is not supported");
      }
      if (!mysql || !t.identifier(i) || t.op(i + 1, '.') || part == parts.get(0)) {
        continue;
      }
      ColumnInfo c = table.column(Names.unquote(t.text(i)));
      boolean ours = !t.op(i - 1, '.') || Names.unquote(t.text(i - 2)).equalsIgnoreCase(qualifier);
      if (c != null && ours && (c.generated() || assignedBefore(part, c, table))) {
        throw WriteAnalysis.refused(
            "a value in SET that reads the column "
                + c.name()
                + ", which the same statement may have changed before,",
            "assign "
                + part.column().name()
                + " first, or write other columns of other tables with their tables' names");
      }
    }
  }

  private boolean assignedBefore(Part part, ColumnInfo column, TableInfo table) {
    for (Part p : parts) {
      if (p == part) {
        return false;
      }
      if (column.equals(table.column(p.column().name()))) {
        return true;
      }
    }
    return false;
  }
}
