package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDelete;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlUpdate;

/**
 * UPDATE and DELETE of one table. Where the WHERE is exactly the full primary key they go as they
 * are; else their rows are looked for first. Thread-safe.
 */
final class KeyedAnalysis {
  /** Stands in the cache for texts that do not name all keys. */
  private static final Object NOT_KEYED = new Object();

  private final WriteAnalysis writes;
  private final SearchAnalysis search;
  private final JoinAnalysis joins;
  private final Vendor vendor;
  private final boolean mysql;
  private final Names names;
  private final Functions functions;
  private final Literals literals;
  private final Defaults defaults;
  private final Cache<String, Object> shapes;

  KeyedAnalysis(
      WriteAnalysis writes,
      ReadAnalysis reads,
      Vendor vendor,
      Names names,
      Functions functions,
      Literals literals,
      Defaults defaults,
      Cache<String, Object> shapes) {
    this.writes = writes;
    this.search = new SearchAnalysis(reads, vendor, literals);
    this.vendor = vendor;
    this.mysql = vendor.mysqlFamily();
    this.names = names;
    this.functions = functions;
    this.literals = literals;
    this.defaults = defaults;
    this.shapes = shapes;
    this.joins = new JoinAnalysis(writes, this, search, names, functions, literals);
  }

  /** The token behind IGNORE, or behind the verb. */
  private int behindIgnore(Tokens t, int verb) throws SQLException {
    return WriteAnalysis.modifiers(t, ignores(t, verb) ? verb + 2 : verb + 1);
  }

  private boolean ignores(Tokens t, int verb) {
    return mysql && t.is(verb + 1, "IGNORE");
  }

  private void requireNoIgnore(Tokens t, int verb) throws SQLException {
    if (ignores(t, verb)) {
      throw WriteAnalysis.refused(
          t.upper(verb) + " IGNORE of several tables",
          "leave IGNORE out and handle errors in the application, or write one table at a time");
    }
  }

  Write update(Tokens t, int verb, String schema, long generation) throws SQLException {
    int i = behindIgnore(t, verb);
    if (mysql && JoinAnalysis.several(t, i)) {
      requireNoIgnore(t, verb);
      return joins.update(t, verb, i, schema, generation);
    }
    Names.Ref ref = names.read(t, i, "a table");
    requireNoCommonTable(t, verb, ref);
    int afterRef = ref.next();
    String alias = null;
    i = afterRef;
    if (t.is(i, "AS")
        || (t.identifier(i)
            && !t.is(i, "SET")
            && !t.isAny(i, "PARTITION", "FOR", "USE", "FORCE", "IGNORE"))) {
      i += t.is(i, "AS") ? 1 : 0;
      alias = Names.unquote(t.text(i++));
    }
    if (!t.is(i, "SET")) {
      throw WriteAnalysis.refused(
          "UPDATE … " + t.text(i), "use the plain form UPDATE table SET … WHERE …");
    }
    TableInfo table = writes.writable(ref, schema);
    boolean time = writes.triggers(table, "UPDATE", generation).usesTime();
    boolean ignore = ignores(t, verb);
    WriteText text = new WriteText(t, verb, true, table, alias, afterRef, i, schema, time, ignore);
    return write(text, generation);
  }

  /** Refuses a name that means a common table expression, though it may be that of a table too. */
  static void requireNoCommonTable(Tokens t, int verb, Names.Ref ref) throws SQLException {
    if (verb > 0
        && ref.schema() == null
        && ReadAnalysis.commonTables(t).contains(ref.name().toLowerCase(Locale.ROOT))) {
      throw WriteAnalysis.refused(
          "a write to " + ref + ", which the statement itself declares,", "write to a table");
    }
  }

  Write delete(Tokens t, int verb, String schema, long generation) throws SQLException {
    int i = behindIgnore(t, verb);
    if (mysql && (!t.is(i, "FROM") || JoinAnalysis.several(t, i))) {
      requireNoIgnore(t, verb);
      return joins.delete(t, verb, i, schema, generation);
    }
    if (!t.is(i, "FROM")) {
      throw WriteAnalysis.refused("DELETE … " + t.text(i), "use DELETE FROM table WHERE …");
    }
    Names.Ref ref = names.read(t, i + 1, "a table");
    requireNoCommonTable(t, verb, ref);
    int afterRef = ref.next();
    i = afterRef;
    String alias = null;
    if (t.is(i, "AS")
        || (t.identifier(i)
            && !t.isAny(i, "WHERE", "ORDER", "LIMIT", "RETURNING", "PARTITION", "FOR"))) {
      i += t.is(i, "AS") ? 1 : 0;
      alias = Names.unquote(t.text(i++));
    }
    TableInfo table = writes.writable(ref, schema);
    boolean time = writes.triggers(table, "DELETE", generation).usesTime();
    boolean ignore = ignores(t, verb);
    return write(
        new WriteText(t, verb, false, table, alias, afterRef, i, schema, time, ignore), generation);
  }

  static void requireKey(TableInfo table, boolean update) throws SQLException {
    if (table.primaryKey().isEmpty()) {
      throw Errors.unsupported(
          (update ? "UPDATE of " : "DELETE from ")
              + table.name()
              + " is not supported: it has no primary key; add one with ALTER TABLE");
    }
  }

  static ColumnInfo column(TableInfo table, Names.Ref name) throws SQLException {
    ColumnInfo column = table.column(name.name());
    if (column == null) {
      throw new java.sql.SQLSyntaxErrorException(
          "Lockstep: unknown column '" + name + "' in " + table.name(), "42S22");
    }
    return column;
  }

  private Write write(WriteText text, long generation) throws SQLException {
    requireKey(text.table(), text.update());
    if (text.ignore() && Triggers.any(text.table(), text.update() ? "UPDATE" : "DELETE")) {
      throw WriteAnalysis.refused(
          text.t().upper(text.verb())
              + " IGNORE of "
              + text.table().name()
              + ", which has triggers,",
          "leave IGNORE out and handle errors in the application");
    }
    int tail = SearchAnalysis.tail(text);
    if (text.ignore() && limited(text.t(), tail)) {
      // The server goes on until it has written so many; rows that it leaves out do not count.
      throw WriteAnalysis.refused(
          text.t().upper(text.verb()) + " IGNORE … LIMIT", "leave IGNORE or LIMIT out");
    }
    if (text.verb() == 0 && !text.ignore() && SearchAnalysis.onlyWhere(text.t(), tail)) {
      Write keyed = keyed(text, tail, generation);
      if (keyed != null) {
        return keyed;
      }
    }
    return searched(text, tail, generation);
  }

  /** The form with all keys in it, or null where the text has not. */
  private Write keyed(WriteText text, int tail, long generation) throws SQLException {
    List<Element> list;
    boolean usesTime;
    try {
      Elements elements = new Elements(text.t(), vendor, functions, 0);
      list = elements.region(text.from(), text.t().count());
      usesTime = elements.usesTime() || text.time();
    } catch (SQLException e) {
      return unlessUnsupported(e);
    }
    StringBuilder key = text.key(generation, text.update() ? 'U' : 'D');
    Slot[] slots = WriteAnalysis.keyAndSlots(List.of(list), key);
    Object shape = shapes.getIfPresent(key.toString());
    if (shape == null) {
      try {
        shape = shape(text, list, slots, usesTime);
      } catch (SQLException e) {
        unlessUnsupported(e);
        shape = NOT_KEYED;
      }
      shapes.put(key.toString(), shape);
    }
    return shape == NOT_KEYED
        ? null
        : new KeyedWrite((KeyedWrite.Shape) shape, slots, () -> searched(text, tail, generation));
  }

  /**
   * What stands behind ON DUPLICATE KEY UPDATE.
   *
   * @param from the first token of the assignments, up to the end
   * @param firstParam number of placeholders before them
   */
  InsertWrite.Upsert upsert(Tokens t, int from, TableInfo table, int firstParam, long generation)
      throws SQLException {
    Elements elements = new Elements(t, vendor, functions, firstParam);
    elements.insertedValues();
    List<Element> list = new ArrayList<>();
    list.add(new Element(Element.Kind.KEYWORD, "ON DUPLICATE KEY UPDATE", "SET", true, null));
    list.addAll(elements.region(from, t.count()));
    StringBuilder key =
        new StringBuilder().append(generation).append("O\u0000").append(table.name());
    Slot[] slots = WriteAnalysis.keyAndSlots(List.of(list), key.append('\u0000'));
    Parts parts = (Parts) shapes.getIfPresent(key.toString());
    if (parts == null) {
      parts = parts(true, table, null, "", list, slots, elements.usesTime());
      shapes.put(key.toString(), parts);
    }
    if (changesKey(table, parts.text.assigned())) {
      throw WriteAnalysis.refused(
          "changing the primary key of " + table.name() + " in ON DUPLICATE KEY UPDATE",
          "change it with UPDATE");
    }
    if (parts.condition != null) {
      throw WriteAnalysis.refused("WHERE behind ON DUPLICATE KEY UPDATE", "leave it out");
    }
    return new InsertWrite.Upsert(parts.text, slots, List.of(), null);
  }

  private static Write unlessUnsupported(SQLException e) throws SQLException {
    if (SqlState.NOT_SUPPORTED.code().equals(e.getSQLState())) {
      return null;
    }
    throw e;
  }

  private SearchedWrite searched(WriteText text, int tail, long generation) throws SQLException {
    List<Element> list = new ArrayList<>();
    List<SetClause.Part> found = new ArrayList<>();
    List<ColumnInfo> values = new ArrayList<>();
    if (mysql
        && !text.update()
        && limited(text.t(), tail)
        && Cascades.toItself(names, text.table())) {
      throw WriteAnalysis.refused(
          "DELETE … LIMIT from "
              + text.table().name()
              + ", of which a row deletes others by a foreign key,",
          "leave LIMIT out");
    }
    boolean usesTime = text.update() && assignments(text, tail, list, found, values);
    return assemble(text, list, usesTime, search.query(text, tail, found, values), 0, generation);
  }

  /** Whether columns of the primary key are among these. */
  static boolean changesKey(TableInfo table, List<ColumnInfo> assigned) {
    return assigned != null
        && assigned.stream()
            .anyMatch(c -> table.primaryKey().stream().anyMatch(c.name()::equalsIgnoreCase));
  }

  private static boolean limited(Tokens t, int tail) {
    for (int i = tail; i < t.count(); i++) {
      if (t.isAny(i, "LIMIT", "FETCH")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads SET; what has a sub-query is looked for with the rows.
   *
   * @return whether the statement's time is needed
   */
  private boolean assignments(
      WriteText text,
      int tail,
      List<Element> list,
      List<SetClause.Part> found,
      List<ColumnInfo> values)
      throws SQLException {
    Tokens t = text.t();
    int params = 0;
    for (int i = 0; i < text.from(); i++) {
      params += t.type(i) == Tokens.PARAM ? 1 : 0;
    }
    Elements elements = new Elements(t, vendor, functions, params);
    boolean usesTime = false;
    int from = text.from();
    if (SetClause.hasSubQuery(t, from, tail)) {
      SetClause set = SetClause.read(t, from + 1, tail, names);
      String called = text.alias() != null ? text.alias() : text.table().name().name();
      for (SetClause.Part p : set.parts()) {
        if (SetClause.hasSubQuery(t, p.from(), p.to())) {
          set.checkFound(p, text.table(), called, mysql, functions);
          list.addAll(elements.region(from, p.from()));
          usesTime |= elements.usesTime();
          list.add(elements.found(p.from(), p.to(), found.size()));
          found.add(p);
          values.add(column(text.table(), p.column()));
          from = p.to();
        }
      }
    }
    list.addAll(elements.region(from, tail));
    return usesTime | elements.usesTime();
  }

  /**
   * The write whose rows the query finds.
   *
   * @param part which of those that it finds are the write's
   */
  SearchedWrite assemble(
      WriteText text,
      List<Element> list,
      boolean usesTime,
      SearchedWrite.Query query,
      int part,
      long generation)
      throws SQLException {
    StringBuilder key = text.key(generation, text.update() ? 'V' : 'E');
    Slot[] slots = WriteAnalysis.keyAndSlots(List.of(list), key);
    SearchedWrite.Shape shape = (SearchedWrite.Shape) shapes.getIfPresent(key.toString());
    if (shape == null) {
      Parts parts = parts(text, list, slots, usesTime || text.time());
      shape = new SearchedWrite.Shape(text.table(), parts.text);
      shapes.put(key.toString(), shape);
    }
    if (text.ignore() && changesKey(text.table(), shape.text().assigned())) {
      throw WriteAnalysis.refused(
          "UPDATE IGNORE of the primary key of " + text.table().name(),
          "leave IGNORE out and handle errors in the application");
    }
    return new SearchedWrite(shape, slots, query, part, text.ignore());
  }

  /**
   * What both forms have in common.
   *
   * @param condition what stands behind WHERE, or null
   */
  private record Parts(SlottedText text, Structure structure, SqlNode condition) {}

  private KeyedWrite.Shape shape(WriteText text, List<Element> list, Slot[] slots, boolean usesTime)
      throws SQLException {
    Parts parts = parts(text, list, slots, usesTime);
    ColumnInfo[] keyColumn = new ColumnInfo[slots.length];
    boolean in = new KeyCondition(parts.structure, text.table(), keyColumn).read(parts.condition);
    for (ColumnInfo c : keyColumn) {
      if (c != null && c.kind() == ColumnInfo.Kind.FLOAT) {
        throw Errors.unsupported(
            "the key column " + c.name() + " is a floating-point number, which has no exact match");
      }
    }
    return new KeyedWrite.Shape(text.table(), parts.text, keyColumn, in);
  }

  private Parts parts(WriteText text, List<Element> list, Slot[] slots, boolean usesTime)
      throws SQLException {
    String head =
        (text.update() ? "UPDATE " : "DELETE FROM ")
            + literals.name(text.table().name().schema())
            + "."
            + literals.name(text.table().name().name())
            + text.aliasSql();
    return parts(text.update(), text.table(), text.alias(), head, list, slots, usesTime);
  }

  private Parts parts(
      boolean update,
      TableInfo table,
      String alias,
      String head,
      List<Element> list,
      Slot[] slots,
      boolean usesTime)
      throws SQLException {
    Structure structure = new Structure(table, alias, functions, true);
    SqlNode condition = null;
    int where = indexOfWhere(list);
    List<Slot.Volatile> extra = new ArrayList<>();
    List<Integer> nullMeansNow = new ArrayList<>();
    Element[] replaced = new Element[list.size()];
    StringBuilder appended = new StringBuilder();
    List<ColumnInfo> assigned = new ArrayList<>();
    if (!list.isEmpty()) {
      SqlNode node =
          Structure.parse((update ? "UPDATE `T` " : "DELETE FROM `T` ") + Structure.calcite(list));
      if (update && node instanceof SqlUpdate u) {
        condition = u.getCondition();
        usesTime |=
            assignments(
                u,
                structure,
                table,
                list,
                where,
                slots,
                extra,
                replaced,
                nullMeansNow,
                appended,
                assigned);
      } else if (!update && node instanceof SqlDelete d) {
        condition = d.getCondition();
      } else {
        throw WriteAnalysis.refused("this write", "use the plain form");
      }
    }
    Template.Builder template = new Template.Builder().text(head);
    int slot = 0;
    int extraSlot = slots.length;
    boolean volatileSlots = !extra.isEmpty() && mysql;
    for (int i = 0; i <= list.size(); i++) {
      if (i == where && appended.length() > 0) {
        template.text(appended.toString()).slot(slots.length + extra.size() - 1);
      }
      if (i == list.size()) {
        break;
      }
      Element e = list.get(i);
      template.text(i == 0 || e.gap() ? " " : "");
      if (e.slot() != null) {
        volatileSlots |=
            e.slot() instanceof Slot.Volatile v && !Elements.timeFunction(v.function());
        template.slot(slot++);
      } else if (replaced[i] != null) {
        volatileSlots = true;
        template.slot(extraSlot++);
      } else {
        template.text(e.text());
      }
    }
    SlottedText text =
        new SlottedText(
            template.build(),
            extra.toArray(new Slot.Volatile[0]),
            nullMeansNow.stream().mapToInt(Integer::intValue).toArray(),
            usesTime,
            volatileSlots,
            update ? List.copyOf(assigned) : null,
            update
                ? !mysql && Cascades.ofUpdate(names, table, assigned)
                : Cascades.toItself(names, table));
    return new Parts(text, structure, condition);
  }

  private static int indexOfWhere(List<Element> list) {
    int depth = 0;
    for (int i = 0; i < list.size(); i++) {
      Element e = list.get(i);
      depth += e.op("(") ? 1 : e.op(")") ? -1 : 0;
      if (depth == 0 && e.keyword("WHERE")) {
        return i;
      }
    }
    return list.size();
  }

  /** Checks SET a = …, b = …; tells whether the statement's time is needed. */
  private boolean assignments(
      SqlUpdate update,
      Structure structure,
      TableInfo table,
      List<Element> list,
      int where,
      Slot[] slots,
      List<Slot.Volatile> extra,
      Element[] replaced,
      List<Integer> nullMeansNow,
      StringBuilder appended,
      List<ColumnInfo> assigned)
      throws SQLException {
    boolean time = false;
    SqlNodeList targets = update.getTargetColumnList();
    SqlNodeList sources = update.getSourceExpressionList();
    List<ColumnInfo> toDefault = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      ColumnInfo c = structure.column((SqlIdentifier) targets.get(i));
      SqlNode source = sources.get(i);
      boolean isDefault =
          source instanceof SqlCall call && call.getOperator().getName().equals("$DEFAULT");
      if (c.generated() && !isDefault) {
        throw Errors.unsupported("the column " + c.name() + " is computed and cannot be written");
      }
      if (c.alwaysIdentity() || (isDefault && c.autoIncrement())) {
        throw Errors.unsupported("the numbered column " + c.name() + " cannot be changed");
      }
      if (assigned.contains(c)) {
        throw new java.sql.SQLSyntaxErrorException(
            "Lockstep: column '" + c.name() + "' is assigned twice", "42000");
      }
      assigned.add(c);
      if (isDefault) {
        toDefault.add(c);
        continue;
      }
      structure.check(source);
      if (!c.nullable() && (mysql ? c.kind() == ColumnInfo.Kind.TIMESTAMP : c.volatileDefault())) {
        if (source instanceof SqlDynamicParam p && mysql) {
          nullMeansNow.add(p.getIndex());
        } else {
          time = mysql;
        }
      }
    }
    int column = 0;
    int depth = 0;
    for (int i = 1; i < where; i++) {
      Element e = list.get(i);
      depth += e.op("(") ? 1 : e.op(")") ? -1 : 0;
      if (depth == 0 && e.op(",")) {
        column++;
      }
      if (e.keyword("DEFAULT")) {
        if (column >= assigned.size() || !toDefault.contains(assigned.get(column))) {
          throw Errors.unsupported("DEFAULT inside an expression is not supported");
        }
        Defaults.Effect effect = defaults.of(table, assigned.get(column));
        time |= effect.usesTime();
        if (effect.replacement() instanceof Slot.Draw draw) {
          throw WriteAnalysis.refused(
              "DEFAULT for a column whose default is drawn from " + draw.sequence(),
              "draw the value with a query of its own");
        }
        if (effect.replacement() != null) {
          replaced[i] = e;
          extra.add((Slot.Volatile) effect.replacement());
        }
      }
    }
    for (ColumnInfo c : table.columns()) {
      if (c.onUpdateNow() && !assigned.contains(c)) {
        assigned.add(c);
        if (mysql) {
          time = true;
        } else if (appended.length() > 0) {
          throw Errors.unsupported(
              "more than one ON UPDATE column in " + table.name() + " is not supported");
        } else {
          appended.append(", ").append(literals.name(c.name())).append(" = ");
          extra.add(new Slot.Volatile("CURRENT_TIMESTAMP", -1));
        }
      }
    }
    return time;
  }
}
