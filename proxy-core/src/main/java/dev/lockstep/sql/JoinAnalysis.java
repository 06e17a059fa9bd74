package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * UPDATE and DELETE of one or several tables that find their rows by a join (MySQL and MariaDB).
 * Thread-safe.
 */
final class JoinAnalysis {
  private final WriteAnalysis writes;
  private final KeyedAnalysis keyed;
  private final SearchAnalysis search;
  private final Names names;
  private final Functions functions;
  private final Literals literals;

  JoinAnalysis(
      WriteAnalysis writes,
      KeyedAnalysis keyed,
      SearchAnalysis search,
      Names names,
      Functions functions,
      Literals literals) {
    this.writes = writes;
    this.keyed = keyed;
    this.search = search;
    this.names = names;
    this.functions = functions;
    this.literals = literals;
  }

  /**
   * What stands in a join.
   *
   * @param ref null for a derived table
   * @param called what the rest of the text calls it
   * @param table null where it is no table that the catalogue knows
   */
  private record Source(Names.Ref ref, String called, boolean aliased, TableInfo table) {
    boolean is(Names.Ref name) {
      if (name.schema() == null) {
        return called.equalsIgnoreCase(name.name());
      }
      return !aliased
          && table != null
          && table.name().schema().equalsIgnoreCase(name.schema())
          && called.equalsIgnoreCase(name.name());
    }
  }

  /**
   * @param from the first token of the join
   * @param to behind the last
   */
  private record Join(List<Source> sources, int from, int to) {}

  /**
   * Whether several tables stand in front of the end of the table part that begins at {@code i}.
   */
  static boolean several(Tokens t, int i) {
    int depth = 0;
    for (int k = i; k < t.count(); k++) {
      depth += t.op(k, '(') ? 1 : t.op(k, ')') ? -1 : 0;
      if (depth == 0 && (t.op(k, ',') || joins(t, k) || t.is(k, "USING"))) {
        return true;
      }
      if (depth == 0 && ends(t, k)) {
        return false;
      }
    }
    return false;
  }

  private static boolean ends(Tokens t, int i) {
    return !t.op(i - 1, '.') && t.isAny(i, "SET", "WHERE", "ORDER", "LIMIT", "RETURNING");
  }

  private static boolean joins(Tokens t, int i) {
    return !t.op(i - 1, '.')
        && (t.isAny(i, "JOIN", "INNER", "CROSS", "NATURAL", "STRAIGHT_JOIN")
            || (t.isAny(i, "LEFT", "RIGHT") && !t.op(i + 1, '(')));
  }

  /**
   * {@code UPDATE t1 JOIN t2 … SET t1.a = …, t2.b = … WHERE …}, where the join begins at {@code i}.
   */
  Write update(Tokens t, int verb, int i, String schema, long generation) throws SQLException {
    Join join = join(t, verb, i, schema);
    if (!t.is(join.to, "SET")) {
      throw WriteAnalysis.refused(
          "UPDATE … " + t.text(join.to),
          "use the form UPDATE t1 JOIN t2 ON … SET t1.a = … WHERE …");
    }
    int tail =
        SearchAnalysis.tail(
            new WriteText(t, verb, true, null, null, 0, join.to, schema, false, false));
    onlyCondition(t, tail);
    SetClause set = SetClause.read(t, join.to + 1, tail, names);
    Map<Source, List<SetClause.Part>> assigned = new LinkedHashMap<>();
    // In the order of the join, as the servers do it.
    for (Source s : join.sources) {
      for (SetClause.Part p : set.parts()) {
        if (owner(join, p.column()) == s) {
          assigned.computeIfAbsent(s, any -> new ArrayList<>()).add(p);
        }
      }
    }
    List<Target> targets = new ArrayList<>();
    List<SearchedWrite.Found> found = new ArrayList<>();
    SearchText sql = select(t, verb);
    for (Map.Entry<Source, List<SetClause.Part>> e : assigned.entrySet()) {
      Source source = e.getKey();
      TableInfo table = writes.writable(source.ref, schema);
      KeyedAnalysis.requireKey(table, true);
      sql.text(targets.isEmpty() ? "" : ", ").text(keyList(table, source));
      Target target = new Target(source, table, set.only(e.getValue()), new ArrayList<>());
      found.add(new SearchedWrite.Found(table, assignments(t, target, sql)));
      targets.add(target);
    }
    independent(t, targets);
    from(t, sql, join, tail);
    SearchedWrite.Query query = search.finish(sql, false, found, true, schema);
    List<SearchedWrite> parts = new ArrayList<>();
    for (Target target : targets) {
      boolean time = writes.triggers(target.table, "UPDATE", generation).usesTime();
      WriteText text =
          new WriteText(t, verb, true, target.table, null, 0, join.to, schema, time, false);
      parts.add(keyed.assemble(text, target.list, false, query, parts.size(), generation));
    }
    return parts.size() == 1 ? parts.get(0) : new SearchedTables(List.copyOf(parts));
  }

  /**
   * A table that an UPDATE changes.
   *
   * @param list the assignments, with slots for values that the query finds
   */
  private record Target(Source source, TableInfo table, SetClause set, List<Element> list) {
    List<ColumnInfo> assigned() {
      return set.parts().stream().map(p -> table.column(p.column().name())).toList();
    }
  }

  /** Writes the values into the query, and tells their columns. */
  private List<ColumnInfo> assignments(Tokens t, Target target, SearchText sql)
      throws SQLException {
    List<ColumnInfo> values = new ArrayList<>();
    List<Element> list = target.list;
    list.add(new Element(Element.Kind.KEYWORD, "SET", "SET", true, null));
    for (SetClause.Part p : target.set.parts()) {
      ColumnInfo c = KeyedAnalysis.column(target.table, p.column());
      if (list.size() > 1) {
        list.add(new Element(Element.Kind.OP, ",", ",", false, null));
      }
      list.add(
          new Element(
              Element.Kind.NAME, literals.name(c.name()), Elements.quote(c.name()), true, null));
      list.add(new Element(Element.Kind.OP, "=", "=", true, null));
      if (p.toDefault(t)) {
        list.add(new Element(Element.Kind.KEYWORD, "DEFAULT", "`$DEFAULT`()", true, null));
        continue;
      }
      target.set.checkFound(p, target.table, target.source.called, true, functions);
      list.add(new Element(Element.Kind.SLOT, "", "?", true, new Slot.Found(values.size())));
      values.add(c);
      sql.text(", ").copy(p.from(), p.to());
    }
    return values;
  }

  /** Refuses tables of which the server may write one before it looks at the other. */
  private void independent(Tokens t, List<Target> targets) throws SQLException {
    List<TableInfo> tables = targets.stream().map(Target::table).toList();
    for (Target one : targets) {
      if (targets.size() > 1 && Cascades.amongThem(names, one.table, one.assigned(), tables)) {
        throw WriteAnalysis.refused(
            "UPDATE of several tables of which a row of "
                + one.table.name()
                + " changes others by a foreign key",
            "update each table with a statement of its own");
      }
      for (Target other : targets) {
        if (one == other) {
          continue;
        }
        if (one.table.name().equals(other.table.name())) {
          throw WriteAnalysis.refused(
              "UPDATE of " + one.table.name() + " under two names",
              "update it with two statements");
        }
        for (SetClause.Part p : one.set.parts()) {
          independent(t, p, other);
        }
      }
    }
  }

  /** Refuses a value for one table that reads what is changed in another one. */
  private static void independent(Tokens t, SetClause.Part p, Target other) throws SQLException {
    boolean triggers = Triggers.any(other.table, "UPDATE");
    for (int i = p.from(); i < p.to(); i++) {
      if (!t.identifier(i)
          || t.op(i + 1, '.')
          || t.op(i + 1, '(')
          || t.isAny(i - 1, "FROM", "JOIN")) {
        continue;
      }
      ColumnInfo c = other.table.column(Names.unquote(t.text(i)));
      boolean named =
          !t.op(i - 1, '.') || other.source.called.equalsIgnoreCase(Names.unquote(t.text(i - 2)));
      if (c != null
          && named
          && (triggers || c.generated() || c.onUpdateNow() || other.assigned().contains(c))) {
        throw WriteAnalysis.refused(
            "a value in SET that reads the column "
                + c.name()
                + " of "
                + other.table.name()
                + ", which the same statement may change before or after that,",
            "update each table with a statement of its own");
      }
    }
  }

  /**
   * {@code DELETE t1, t2 FROM t1 JOIN t2 … WHERE …} and {@code DELETE FROM t1 USING t1 JOIN t2 …}.
   */
  Write delete(Tokens t, int verb, int i, String schema, long generation) throws SQLException {
    boolean using = t.is(i, "FROM");
    List<Names.Ref> named = new ArrayList<>();
    int at = using ? i : i - 1;
    do {
      named.add(target(t, at + 1));
      at = named.get(named.size() - 1).next();
    } while (t.op(at, ','));
    if (!t.is(at, using ? "USING" : "FROM")) {
      throw WriteAnalysis.refused(
          "DELETE … " + t.text(at), "use the form DELETE t1 FROM t1 JOIN t2 ON … WHERE …");
    }
    Join join = join(t, verb, at + 1, schema);
    int tail = join.to;
    onlyCondition(t, tail);
    Set<Source> targets = new LinkedHashSet<>();
    for (Names.Ref name : named) {
      targets.add(source(join, name));
    }
    List<TableInfo> tables = new ArrayList<>();
    SearchText sql = select(t, verb);
    // In the order of the join, as the servers do it.
    for (Source s : join.sources) {
      if (targets.contains(s)) {
        TableInfo table = writes.writable(s.ref, schema);
        KeyedAnalysis.requireKey(table, false);
        sql.text(tables.isEmpty() ? "" : ", ").text(keyList(table, s));
        tables.add(table);
      }
    }
    from(t, sql, join, tail);
    if (Cascades.amongThem(names, tables)) {
      // How many rows are left to be counted depends on the order that the server chooses.
      throw WriteAnalysis.refused(
          "DELETE by a join from tables of which a row deletes others of them by a foreign key",
          "delete from the one that the others refer to, without a join");
    }
    List<SearchedWrite.Found> found =
        tables.stream().map(table -> new SearchedWrite.Found(table, List.of())).toList();
    SearchedWrite.Query query = search.finish(sql, false, found, true, schema);
    List<SearchedWrite> parts = new ArrayList<>();
    for (TableInfo table : tables) {
      boolean time = writes.triggers(table, "DELETE", generation).usesTime();
      WriteText text = new WriteText(t, verb, false, table, null, 0, join.to, schema, time, false);
      parts.add(keyed.assemble(text, List.of(), false, query, parts.size(), generation));
    }
    return parts.size() == 1 ? parts.get(0) : new SearchedTables(List.copyOf(parts));
  }

  private static Source source(Join join, Names.Ref name) throws SQLException {
    Source found = null;
    for (Source s : join.sources) {
      if (s.is(name)) {
        if (found != null) {
          throw ambiguous(name);
        }
        found = s;
      }
    }
    if (found == null || found.ref == null) {
      throw WriteAnalysis.refused(
          "DELETE from " + name + ", which is no table of the join,", "name it as the join does");
    }
    return found;
  }

  private static SearchText select(Tokens t, int verb) throws SQLException {
    SearchText sql = new SearchText(t, true).copy(0, verb);
    return sql.text(verb == 0 ? "SELECT " : " SELECT ");
  }

  private String keyList(TableInfo table, Source target) throws SQLException {
    String qualifier =
        target.aliased
            ? literals.name(target.called) + "."
            : literals.name(table.name().schema()) + "." + literals.name(table.name().name()) + ".";
    return Search.selectList(table, literals, true, qualifier);
  }

  /** {@code t1}, {@code s.t1}, {@code t1.*} or {@code s.t1.*}. */
  private Names.Ref target(Tokens t, int at) throws SQLException {
    for (int name = at; name <= at + 2; name += 2) {
      if (t.identifier(name) && t.op(name + 1, '.') && t.op(name + 2, '*')) {
        String schema = name > at ? Names.unquote(t.text(at)) : null;
        return new Names.Ref(schema, true, Names.unquote(t.text(name)), true, name + 3);
      }
    }
    return names.read(t, at, "a table");
  }

  private static void from(Tokens t, SearchText sql, Join join, int tail) throws SQLException {
    sql.text(" FROM ").copy(join.from, join.to).text(" ").copy(tail, t.count());
  }

  /** With several tables neither server has ORDER BY or LIMIT in all versions. */
  private static void onlyCondition(Tokens t, int tail) throws SQLException {
    if (tail < t.count()) {
      if (!SearchAnalysis.onlyWhere(t, tail)) {
        throw WriteAnalysis.refused(
            t.upper(0) + " of several tables with more than a WHERE", "leave it out");
      }
      SearchAnalysis.onlyOfWrites(t, tail);
    }
  }

  private static SQLException ambiguous(Names.Ref name) {
    return WriteAnalysis.refused(
        "the name " + name + ", which is not of exactly one table of the join,",
        "give each table an alias and write alias.column");
  }

  private static Source owner(Join join, Names.Ref column) throws SQLException {
    Source owner = null;
    for (Source s : join.sources) {
      boolean ours;
      if (column.schema() != null) {
        ours = s.called.equalsIgnoreCase(column.schema());
      } else {
        if (s.table == null || !s.table.baseTable()) {
          throw ambiguous(column);
        }
        ours = s.table.column(column.name()) != null;
      }
      if (ours) {
        if (owner != null) {
          throw ambiguous(column);
        }
        owner = s;
      }
    }
    if (owner == null || owner.ref == null) {
      throw ambiguous(column);
    }
    return owner;
  }

  /** Reads {@code t1 [AS] a JOIN t2 ON … LEFT JOIN (SELECT …) b USING (…), …}. */
  private Join join(Tokens t, int verb, int from, String schema) throws SQLException {
    Set<String> common = verb == 0 ? Set.of() : ReadAnalysis.commonTables(t);
    List<Source> sources = new ArrayList<>();
    int i = from;
    while (true) {
      i = source(t, i, schema, common, sources);
      if (t.is(i, "ON")) {
        i++;
        for (int depth = 0; i < t.count(); i++) {
          depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
          if (depth == 0 && (t.op(i, ',') || joins(t, i) || ends(t, i))) {
            break;
          }
        }
      } else if (t.is(i, "USING") && t.op(i + 1, '(') && t.closing(i + 1) > 0) {
        i = t.closing(i + 1) + 1;
      }
      if (i >= t.count() || ends(t, i)) {
        return new Join(sources, from, i);
      }
      i = t.op(i, ',') ? i + 1 : behindJoin(t, i);
    }
  }

  private int source(Tokens t, int i, String schema, Set<String> common, List<Source> sources)
      throws SQLException {
    if (t.op(i, '(')) {
      int end = t.closing(i) + 1;
      int name = end + (t.is(end, "AS") ? 1 : 0);
      if (end == 0 || !t.is(i + 1, "SELECT") || !t.identifier(name)) {
        throw WriteAnalysis.refused("a join in parentheses", "leave the parentheses out");
      }
      sources.add(new Source(null, Names.unquote(t.text(name)), true, null));
      return name + 1;
    }
    Names.Ref ref = names.read(t, i, "a table");
    if (t.op(ref.next(), '(')) {
      throw WriteAnalysis.refused("the table function " + ref, "read its rows first");
    }
    boolean declared = ref.schema() == null && common.contains(ref.name().toLowerCase(Locale.ROOT));
    TableInfo table = declared ? null : names.find(ref, schema);
    int next = ref.next();
    boolean as = t.is(next, "AS");
    if (as || (t.identifier(next) && !follows(t, next))) {
      int name = next + (as ? 1 : 0);
      if (!t.identifier(name)) {
        throw WriteAnalysis.refused("the alias '" + t.text(name) + "'", "use a name");
      }
      sources.add(new Source(declared ? null : ref, Names.unquote(t.text(name)), true, table));
      return name + 1;
    }
    sources.add(new Source(declared ? null : ref, ref.name(), declared, table));
    return next;
  }

  private static boolean follows(Tokens t, int i) {
    return joins(t, i)
        || ends(t, i)
        || t.isAny(i, "ON", "USING", "PARTITION", "USE", "FORCE", "IGNORE", "FOR");
  }

  private static int behindJoin(Tokens t, int from) throws SQLException {
    int i = from;
    if (t.isAny(i, "INNER", "CROSS")) {
      i++;
    } else if (t.isAny(i, "LEFT", "RIGHT")) {
      i += t.is(i + 1, "OUTER") ? 2 : 1;
    }
    if (t.is(i, "JOIN") || (i == from && t.is(i, "STRAIGHT_JOIN"))) {
      return i + 1;
    }
    throw WriteAnalysis.refused(
        t.upper(0) + " … " + t.text(from) + " …", "use JOIN … ON and tables without hints");
  }
}
