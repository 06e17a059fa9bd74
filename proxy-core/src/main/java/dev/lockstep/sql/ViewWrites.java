package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Says in terms of its table what is written through a view of one table (MySQL and MariaDB; H2 has
 * no such writes). Thread-safe.
 */
final class ViewWrites {
  private final Names names;
  private final Functions functions;
  private final Literals literals;

  ViewWrites(Names names, Functions functions, Literals literals) {
    this.names = names;
    this.functions = functions;
    this.literals = literals;
  }

  /**
   * @param sql the same write of the view's table, with the same placeholders
   * @param checks whether the server must execute it through the view, whose CHECK OPTION may
   *     refuse rows
   */
  record Through(ViewDefinition view, String sql, boolean checks) {}

  /**
   * The write without the view, or null where it names none.
   *
   * @param verb its first token
   */
  Through analyze(Tokens t, int verb, String schema) throws SQLException {
    int i = verb + 1;
    while (t.isAny(i, "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE")) {
      i++;
    }
    boolean insert = t.isAny(verb, "INSERT", "REPLACE");
    boolean from = t.is(i, "FROM") && t.is(verb, "DELETE");
    if (from || (insert && t.is(i, "INTO"))) {
      i++;
    }
    if (verb > 0
        || !t.identifier(i)
        || (t.is(verb, "DELETE") && !from)
        || (!insert && JoinAnalysis.several(t, i))) {
      return null;
    }
    Names.Ref ref = names.read(t, i, "a table");
    TableInfo target = names.find(ref, schema);
    if (target == null || target.baseTable() || names.system(target.name().schema())) {
      return null;
    }
    ViewDefinition view = ViewDefinition.read(target.name(), names, functions);
    Rewrite rewrite = new Rewrite(t, view, ref);
    boolean checks =
        insert ? rewrite.insert(i) : t.is(verb, "UPDATE") ? rewrite.update(i) : rewrite.delete(i);
    if (checks) {
      checkable(t, verb, view);
    }
    return new Through(view, rewrite.text(), checks);
  }

  /** Refuses what is not executed through the view with the names that the table has. */
  private static void checkable(Tokens t, int verb, ViewDefinition view) throws SQLException {
    boolean same = view.columns().stream().noneMatch(ViewDefinition.Column::renamed);
    for (String key : view.table().primaryKey()) {
      same &= t.is(verb, "INSERT") || view.shows(key);
    }
    if (!same || !t.isAny(verb, "INSERT", "UPDATE") || t.is(verb + 1, "IGNORE")) {
      throw WriteAnalysis.refused(
          "this " + t.upper(verb) + " through " + view.name() + ", which has a CHECK OPTION,",
          "use plain INSERT … VALUES or UPDATE, and a view with the names of the table's columns and its"
              + " primary key, or write to "
              + view.table().name());
    }
  }

  /** One text under work. */
  private final class Rewrite {
    private final Tokens t;
    private final ViewDefinition view;
    private final Names.Ref ref;
    private final StringBuilder sql = new StringBuilder();
    private String called;
    private int copied;

    Rewrite(Tokens t, ViewDefinition view, Names.Ref ref) {
      this.t = t;
      this.view = view;
      this.ref = ref;
      this.called = ref.name();
    }

    String text() {
      return sql.append(t.sql, copied, t.end(t.count() - 1)).toString();
    }

    /** Writes a text in place of tokens. */
    private void replace(int from, int to, String text) {
      sql.append(t.sql, copied, t.start(from)).append(text);
      copied = to > from ? t.end(to - 1) : t.start(from);
    }

    private String table() {
      return literals.name(view.table().name().schema())
          + "."
          + literals.name(view.table().name().name());
    }

    boolean update(int at) throws SQLException {
      int i = alias("SET");
      if (!t.is(i, "SET")) {
        throw WriteAnalysis.refused(
            "UPDATE … " + t.text(i), "use the plain form UPDATE table SET … WHERE …");
      }
      replace(at, i, table());
      sql.append(' ');
      rows(i);
      return view.checked();
    }

    boolean delete(int at) throws SQLException {
      int i = alias("WHERE", "ORDER", "LIMIT");
      replace(at, i, table());
      if (i < t.count()) {
        sql.append(' ');
      }
      rows(i);
      return false;
    }

    /** Reads the alias; returns the token behind it. */
    private int alias(String... follows) {
      int i = ref.next();
      i += t.is(i, "AS") ? 1 : 0;
      if (t.identifier(i) && !t.isAny(i, follows)) {
        called = Names.unquote(t.text(i++));
      }
      return i;
    }

    /** From SET or WHERE on, with the view's condition added. */
    private void rows(int from) throws SQLException {
      int where = -1;
      int end = t.count();
      int depth = 0;
      for (int i = from; i < t.count() && end == t.count(); i++) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        if (depth == 0 && !t.op(i - 1, '.')) {
          if (t.is(i, "WHERE")) {
            where = i;
          } else if (t.is(i, "LIMIT") || t.sequence(i, "ORDER", "BY")) {
            end = i;
          }
        }
      }
      boolean condition = view.condition() != null;
      columns(from, where < 0 ? end : where, true);
      if (where >= 0) {
        replace(where, where + 1, condition ? "WHERE (" : "WHERE");
        columns(where + 1, end, true);
      }
      if (condition) {
        sql.append(t.sql, copied, t.end(end - 1));
        sql.append(where < 0 ? " WHERE (" : ") AND (").append(view.condition()).append(")");
        copied = t.end(end - 1);
      }
      columns(end, t.count(), true);
    }

    boolean insert(int at) throws SQLException {
      TableInfo table = view.table();
      List<String> all = new ArrayList<>();
      for (ViewDefinition.Column c : view.columns()) {
        if (c.base() == null) {
          throw computed(c);
        }
        all.add(literals.name(c.base()));
      }
      ColumnInfo auto = table.autoIncrement();
      if (auto != null
          && view.columns().stream().noneMatch(c -> auto.name().equalsIgnoreCase(c.base()))) {
        throw WriteAnalysis.refused(
            "INSERT through the view " + view.name() + ", which hides the numbered column,",
            "insert into " + table.name());
      }
      int i = ref.next();
      boolean set = t.is(i, "SET");
      boolean list =
          t.op(i, '(') && !t.isAny(i + 1, "SELECT", "WITH", "TABLE") && !t.op(i + 1, '(');
      replace(at, i, table() + (set || list ? "" : " (" + String.join(", ", all) + ")"));
      if (list) {
        columns(i, t.closing(i) + 1, true);
        i = t.closing(i) + 1;
      }
      int update = t.count();
      for (int k = i; k < t.count(); k++) {
        update = t.sequence(k, "ON", "DUPLICATE", "KEY", "UPDATE") ? Math.min(k, update) : update;
      }
      boolean values = set || t.isAny(i, "VALUES", "VALUE");
      if (!values && update < t.count()) {
        throw WriteAnalysis.refused(
            "INSERT … SELECT … ON DUPLICATE KEY UPDATE through the view " + view.name(),
            "write to " + table.name());
      }
      if (values) {
        columns(i, update, false);
        columns(update, t.count(), true);
      }
      if (view.checked() && (!values || update < t.count())) {
        throw WriteAnalysis.refused(
            "this INSERT through " + view.name() + ", which has a CHECK OPTION,",
            "use plain INSERT … VALUES, or write to " + table.name());
      }
      return view.checked();
    }

    /**
     * Puts the table's names of columns in place of the view's.
     *
     * @param outer whether sub-queries can read columns of the row that is written
     */
    private void columns(int from, int to, boolean outer) throws SQLException {
      int closes = -1; // the end of a sub-query
      for (int i = from; i < to; i++) {
        if (closes < i && t.op(i, '(') && t.isAny(i + 1, "SELECT", "WITH", "TABLE", "VALUES")) {
          closes = t.closing(i);
        }
        if (!t.identifier(i) || t.op(i + 1, '(')) {
          continue;
        }
        int last = i;
        while (t.op(last + 1, '.') && t.identifier(last + 2)) {
          last += 2;
        }
        if (i < closes) {
          inSubQuery(i, last, outer);
        } else {
          column(i, last);
        }
        i = last;
      }
    }

    private void column(int first, int last) throws SQLException {
      String name = Names.unquote(t.text(last));
      boolean ours = first == last || Names.unquote(t.text(last - 2)).equalsIgnoreCase(called);
      ViewDefinition.Column c = view.column(name);
      if (ours && c != null) {
        if (c.base() == null) {
          throw computed(c);
        }
        if (c.renamed() || first < last) {
          replace(first, last + 1, literals.name(c.base()));
        }
      } else if (first < last || view.table().column(name) != null) {
        throw new java.sql.SQLSyntaxErrorException(
            "Lockstep: unknown column '" + name + "' in " + view.name(), "42S22");
      }
    }

    private void inSubQuery(int first, int last, boolean outer) throws SQLException {
      boolean names = false;
      for (int i = first; i <= last; i += 2) {
        String name = Names.unquote(t.text(i));
        names |= name.equalsIgnoreCase(called) || name.equalsIgnoreCase(view.name().name());
        ViewDefinition.Column c = view.column(name);
        names |=
            outer
                && first == last
                && !t.isAny(first - 1, "FROM", "JOIN")
                && (c != null ? c.renamed() : view.table().column(name) != null);
      }
      if (names) {
        throw WriteAnalysis.refused(
            "a sub-query with the name "
                + t.text(last)
                + " in a write through the view "
                + view.name(),
            "write to " + view.table().name() + ", or give the sub-query's tables aliases");
      }
    }

    private SQLException computed(ViewDefinition.Column c) {
      return Errors.unsupported(
          "the column "
              + c.name()
              + " of the view "
              + view.name()
              + " is computed and cannot be used in a write; write to "
              + view.table().name());
    }
  }
}
