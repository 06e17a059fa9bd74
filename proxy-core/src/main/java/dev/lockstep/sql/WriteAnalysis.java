package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDelete;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlUpdate;

/**
 * Turns INSERT, UPDATE and DELETE into {@link Write}s, or refuses them. Thread-safe; shapes come
 * from a shared cache.
 */
final class WriteAnalysis {
  static final String ONLY =
      "this version replicates only INSERT … VALUES and UPDATE/DELETE by full primary key (= or IN)";

  private final Vendor vendor;
  private final boolean mysql;
  private final Names names;
  private final Functions functions;
  private final Literals literals;
  private final Defaults defaults;
  private final Cache<String, Object> shapes;

  WriteAnalysis(
      Vendor vendor,
      Names names,
      Functions functions,
      Literals literals,
      Cache<String, Object> shapes) {
    this.vendor = vendor;
    this.mysql = vendor.mysqlFamily();
    this.names = names;
    this.functions = functions;
    this.literals = literals;
    this.defaults = new Defaults(vendor, functions);
    this.shapes = shapes;
  }

  /**
   * @param generation part of the cache keys, so that shapes made before DDL are not used after it
   */
  Write analyze(Tokens t, String schema, long generation) throws SQLException {
    if (t.hasSetVarHint()) {
      throw Errors.unsupported("the optimizer hint SET_VAR in a write is not supported; use SET");
    }
    if (t.is(0, "INSERT")) {
      return insert(t, schema, generation);
    }
    return t.is(0, "UPDATE") ? update(t, schema, generation) : delete(t, schema, generation);
  }

  private static SQLException refused(String what, String instead) {
    return Errors.unsupported(what + " is not supported: " + ONLY + "; " + instead);
  }

  private static int modifiers(Tokens t, int i) throws SQLException {
    if (t.isAny(i, "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE")) {
      throw refused(
          t.upper(0) + " " + t.upper(i),
          "leave " + t.upper(i) + " out and handle errors in the application");
    }
    return i;
  }

  private TableInfo writable(Names.Ref ref, String schema) throws SQLException {
    TableInfo table = names.require(ref, schema);
    if (!table.baseTable()) {
      throw Errors.unsupported(
          table.name()
              + " is a view or another object that is no plain table; write to its tables");
    }
    if (!table.transactional()) {
      throw Errors.unsupported(
          "the table "
              + table.name()
              + " is not transactional; convert it with ALTER TABLE … ENGINE=InnoDB");
    }
    if (table.hasTriggers()) {
      throw Errors.unsupported(
          "the table "
              + table.name()
              + " has triggers, which this version does not replicate; drop them");
    }
    return table;
  }

  // ---- INSERT ----

  private Write insert(Tokens t, String schema, long generation) throws SQLException {
    int i = modifiers(t, 1);
    if (t.is(i, "INTO")) {
      i++;
    }
    Names.Ref ref = names.read(t, i, "a table");
    TableInfo table = writable(ref, schema);
    i = ref.next();
    if (t.is(i, "PARTITION")) {
      throw refused("INSERT … PARTITION", "leave PARTITION out");
    }
    if (t.is(i, "SET")) {
      return insertSet(t, i + 1, table, generation);
    }
    List<String> columns = null;
    if (t.op(i, '(') && !t.isAny(i + 1, "SELECT", "WITH", "TABLE") && !t.op(i + 1, '(')) {
      columns = new ArrayList<>();
      i = columnList(t, i + 1, table, columns);
    }
    boolean overriding = false;
    if (!mysql && t.sequence(i, "OVERRIDING", "SYSTEM", "VALUE")) {
      overriding = true;
      i += 3;
    } else if (!mysql && t.is(i, "OVERRIDING")) {
      throw Errors.unsupported(
          "OVERRIDING USER VALUE is not supported; leave the numbered column out");
    }
    if (!mysql && columns == null && t.sequence(i, "DEFAULT", "VALUES") && t.count() == i + 2) {
      InsertHead head = new InsertHead(table, List.of(), false, vendor, literals, defaults);
      RowShape row = new RowShape(head, List.of(), false, false, functions);
      return new InsertWrite(head, new RowShape[] {row}, new Slot[1][0], false);
    }
    if (!t.isAny(i, "VALUES", "VALUE")) {
      throw refused(
          "INSERT … " + (t.text(i).isEmpty() ? "without VALUES" : t.text(i)),
          "read the rows first, then insert them");
    }
    return rows(t, i + 1, table, columns, overriding, generation);
  }

  private int columnList(Tokens t, int i, TableInfo table, List<String> columns)
      throws SQLException {
    if (t.op(i, ')')) {
      return i + 1;
    }
    while (true) {
      if (!t.identifier(i)) {
        throw Errors.unsupported("cannot read the column list near '" + t.text(i) + "'");
      }
      int name = i;
      while (t.op(name + 1, '.') && t.identifier(name + 2)) {
        name += 2;
      }
      if (name > i && !Names.unquote(t.text(name - 2)).equalsIgnoreCase(table.name().name())) {
        throw Errors.unsupported(
            "the column " + t.text(name) + " in the column list names another table");
      }
      columns.add(Names.unquote(t.text(name)));
      i = name + 1;
      if (t.op(i, ')')) {
        return i + 1;
      }
      if (!t.op(i, ',')) {
        throw Errors.unsupported("cannot read the column list near '" + t.text(i) + "'");
      }
      i++;
    }
  }

  private Write rows(
      Tokens t, int i, TableInfo table, List<String> columns, boolean overriding, long generation)
      throws SQLException {
    StringBuilder key =
        new StringBuilder(128)
            .append(generation)
            .append("I\u0000")
            .append(table.name())
            .append('\u0000')
            .append(overriding);
    if (columns == null) {
      key.append('*');
    } else {
      for (String c : columns) {
        key.append('\u0000').append(c);
      }
    }
    InsertHead head = head(key.toString(), table, columns, overriding);
    key.append('\u0000').append('\u0000');
    int headLength = key.length();
    Elements elements = new Elements(t, vendor, functions, 0);
    List<RowShape> rowShapes = new ArrayList<>();
    List<Slot[]> rowSlots = new ArrayList<>();
    String lastKey = null;
    RowShape last = null;
    while (true) {
      if (!t.op(i, '(')) {
        throw refused(
            "this form of VALUES near '" + t.text(i) + "'", "write each row as (value, value, …)");
      }
      List<List<Element>> values = new ArrayList<>();
      boolean time = false;
      int from = i + 1;
      int depth = 1;
      int k = i + 1;
      for (; depth > 0; k++) {
        if (k >= t.count()) {
          throw Errors.unsupported("a parenthesis is not closed in the VALUES of the INSERT");
        }
        if (t.op(k, '(')) {
          depth++;
        } else if (t.op(k, ')')) {
          depth--;
        }
        if (depth == 0 || (depth == 1 && t.op(k, ','))) {
          if (depth > 0 || k > from || !values.isEmpty()) {
            values.add(elements.region(from, k));
            time |= elements.usesTime();
          }
          from = k + 1;
        }
      }
      key.setLength(headLength);
      Slot[] slots = keyAndSlots(values, key);
      if (last == null || !same(lastKey, key)) {
        lastKey = key.toString();
        last = (RowShape) shapes.getIfPresent(lastKey);
        if (last == null) {
          last = new RowShape(head, values, time, mysql, functions);
          shapes.put(lastKey, last);
        }
      }
      rowShapes.add(last);
      rowSlots.add(slots);
      i = k;
      if (!t.op(i, ',')) {
        break;
      }
      i++;
    }
    if (i < t.count()) {
      String what =
          t.sequence(i, "ON", "DUPLICATE")
              ? "INSERT … ON DUPLICATE KEY UPDATE"
              : "INSERT … VALUES … " + t.upper(i);
      throw refused(what, "insert, and on a duplicate key update by primary key");
    }
    return new InsertWrite(
        head, rowShapes.toArray(new RowShape[0]), rowSlots.toArray(new Slot[0][]), mysql);
  }

  private InsertHead head(String key, TableInfo table, List<String> columns, boolean overriding)
      throws SQLException {
    Object cached = shapes.getIfPresent(key);
    if (cached != null) {
      return (InsertHead) cached;
    }
    InsertHead head = new InsertHead(table, columns, overriding, vendor, literals, defaults);
    shapes.put(key, head);
    return head;
  }

  private static boolean same(String a, StringBuilder b) {
    return a != null && a.length() == b.length() && a.contentEquals(b);
  }

  private static Slot[] keyAndSlots(List<List<Element>> values, StringBuilder key) {
    int n = 0;
    for (List<Element> value : values) {
      for (Element e : value) {
        e.appendKey(key);
        n += e.slot() != null ? 1 : 0;
      }
      key.append('\u0003');
    }
    Slot[] slots = new Slot[n];
    n = 0;
    for (List<Element> value : values) {
      for (Element e : value) {
        if (e.slot() != null) {
          slots[n++] = e.slot();
        }
      }
    }
    return slots;
  }

  /** MySQL's INSERT … SET a = 1, b = 2. */
  private Write insertSet(Tokens t, int i, TableInfo table, long generation) throws SQLException {
    List<String> columns = new ArrayList<>();
    List<List<Element>> values = new ArrayList<>();
    Elements elements = new Elements(t, vendor, functions, 0);
    boolean time = false;
    while (true) {
      Names.Ref column = names.read(t, i, "a column");
      if (column.schema() != null && !column.schema().equalsIgnoreCase(table.name().name())) {
        throw Errors.unsupported("the column " + column + " names another table");
      }
      i = column.next();
      if (!t.op(i, '=')) {
        throw refused("INSERT … SET near '" + t.text(i) + "'", "use INSERT … VALUES");
      }
      int from = ++i;
      int depth = 0;
      while (i < t.count()
          && !(depth == 0 && (t.op(i, ',') || t.isAny(i, "ON", "RETURNING", "AS")))) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        i++;
      }
      columns.add(column.name());
      values.add(elements.region(from, i));
      time |= elements.usesTime();
      if (!t.op(i, ',')) {
        break;
      }
      i++;
    }
    if (i < t.count()) {
      throw refused(
          "INSERT … SET … " + t.upper(i), "insert, and on a duplicate key update by primary key");
    }
    StringBuilder key =
        new StringBuilder().append(generation).append("S\u0000").append(table.name());
    columns.forEach(c -> key.append('\u0000').append(c));
    InsertHead head = head(key.toString(), table, columns, false);
    key.append('\u0000').append('\u0000');
    Slot[] slots = keyAndSlots(values, key);
    RowShape shape = (RowShape) shapes.getIfPresent(key.toString());
    if (shape == null) {
      shape = new RowShape(head, values, time, mysql, functions);
      shapes.put(key.toString(), shape);
    }
    return new InsertWrite(head, new RowShape[] {shape}, new Slot[][] {slots}, mysql);
  }

  // ---- UPDATE, DELETE ----

  private Write update(Tokens t, String schema, long generation) throws SQLException {
    int i = modifiers(t, 1);
    Names.Ref ref = names.read(t, i, "a table");
    int afterRef = ref.next();
    String alias = null;
    i = afterRef;
    if (t.is(i, "AS")
        || (t.identifier(i)
            && !t.is(i, "SET")
            && !t.isAny(i, "PARTITION", "FOR", "USE", "FORCE", "IGNORE"))) {
      if (t.isAny(i, "JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "NATURAL", "STRAIGHT_JOIN")) {
        throw refused("UPDATE of several tables", "update each table by its primary key");
      }
      i += t.is(i, "AS") ? 1 : 0;
      alias = Names.unquote(t.text(i++));
    }
    if (t.op(i, ',')
        || t.isAny(i, "JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "NATURAL", "STRAIGHT_JOIN")) {
      throw refused("UPDATE of several tables", "update each table by its primary key");
    }
    if (!t.is(i, "SET")) {
      throw refused("UPDATE … " + t.text(i), "use the plain form UPDATE table SET … WHERE …");
    }
    return keyed(t, true, writable(ref, schema), alias, afterRef, i, generation);
  }

  private Write delete(Tokens t, String schema, long generation) throws SQLException {
    int i = modifiers(t, 1);
    if (!t.is(i, "FROM")) {
      throw refused("DELETE from several tables", "delete from each table by its primary key");
    }
    Names.Ref ref = names.read(t, i + 1, "a table");
    int afterRef = ref.next();
    i = afterRef;
    String alias = null;
    if (t.op(i, ',') || t.isAny(i, "USING", "JOIN", "INNER", "LEFT", "RIGHT")) {
      throw refused("DELETE from several tables", "delete from each table by its primary key");
    }
    if (t.is(i, "AS")
        || (t.identifier(i)
            && !t.isAny(i, "WHERE", "ORDER", "LIMIT", "RETURNING", "PARTITION", "FOR"))) {
      i += t.is(i, "AS") ? 1 : 0;
      alias = Names.unquote(t.text(i++));
    }
    TableInfo table = writable(ref, schema);
    if (i >= t.count()) {
      throw refused("DELETE without WHERE", "use TRUNCATE TABLE, or delete by primary key");
    }
    if (!t.is(i, "WHERE")) {
      throw refused("DELETE … " + t.upper(i), "name the rows by primary key");
    }
    if (table.cascades()) {
      throw Errors.unsupported(
          "DELETE from "
              + table.name()
              + " is not supported: foreign keys change other tables with it (CASCADE or SET NULL); delete the"
              + " dependent rows yourself and use foreign keys without such actions");
    }
    return keyed(t, false, table, alias, afterRef, i, generation);
  }

  private Write keyed(
      Tokens t,
      boolean update,
      TableInfo table,
      String alias,
      int afterRef,
      int from,
      long generation)
      throws SQLException {
    if (table.primaryKey().isEmpty()) {
      throw Errors.unsupported(
          (update ? "UPDATE of " : "DELETE from ")
              + table.name()
              + " is not supported: it has no primary key; add one with ALTER TABLE");
    }
    clauses(t, from, update);
    Elements elements = new Elements(t, vendor, functions, 0);
    List<Element> list = elements.region(from, t.count());
    StringBuilder key =
        new StringBuilder()
            .append(generation)
            .append(update ? "U\u0000" : "D\u0000")
            .append(table.name())
            .append('\u0000');
    if (alias != null) {
      key.append(alias);
    }
    key.append('\u0000');
    Slot[] slots = keyAndSlots(List.of(list), key);
    String text = key.toString();
    KeyedWrite.Shape shape = (KeyedWrite.Shape) shapes.getIfPresent(text);
    if (shape == null) {
      String aliasSql =
          alias == null ? "" : " " + t.sql.substring(t.start(afterRef), t.end(from - 1));
      shape = shape(update, table, alias, aliasSql, list, slots, elements.usesTime());
      shapes.put(text, shape);
    }
    return new KeyedWrite(shape, slots);
  }

  /** Refuses clauses that make the rows depend on more than the key, by name. */
  private static void clauses(Tokens t, int from, boolean update) throws SQLException {
    int depth = 0;
    boolean where = false;
    for (int i = from; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth != 0 || t.type(i) != Tokens.WORD || t.op(i - 1, '.') || t.op(i + 1, '.')) {
        continue;
      }
      if (t.is(i, "WHERE")) {
        where = true;
      } else if (where
          && (t.isAny(i, "LIMIT", "RETURNING", "FETCH") || t.sequence(i, "ORDER", "BY"))) {
        throw refused(t.upper(0) + " … " + t.upper(i), "name the rows by primary key");
      } else if (!where
          && t.isAny(i, "LIMIT", "ORDER", "FROM")
          && !t.op(i + 1, '=')
          && !t.op(i - 1, ',')) {
        throw refused(t.upper(0) + " … " + t.upper(i), "name the rows by primary key");
      }
    }
    if (!where) {
      throw refused(
          (update ? "UPDATE" : "DELETE") + " without WHERE", "name the rows by primary key");
    }
  }

  private KeyedWrite.Shape shape(
      boolean update,
      TableInfo table,
      String alias,
      String aliasSql,
      List<Element> list,
      Slot[] slots,
      boolean usesTime)
      throws SQLException {
    SqlNode node =
        Structure.parse((update ? "UPDATE `T` " : "DELETE FROM `T` ") + Structure.calcite(list));
    Structure structure = new Structure(table, alias, functions, true);
    SqlNode condition;
    int where = indexOfWhere(list);
    List<Slot.Volatile> extra = new ArrayList<>();
    List<Integer> nullMeansNow = new ArrayList<>();
    Element[] replaced = new Element[list.size()];
    StringBuilder appended = new StringBuilder();
    if (update && node instanceof SqlUpdate u) {
      condition = u.getCondition();
      usesTime |=
          assignments(
              u, structure, table, list, where, slots, extra, replaced, nullMeansNow, appended);
    } else if (!update && node instanceof SqlDelete d) {
      condition = d.getCondition();
    } else {
      throw refused("this write", "use the plain form");
    }
    ColumnInfo[] keyColumn = new ColumnInfo[slots.length];
    boolean in = new KeyCondition(structure, table, keyColumn).read(condition);
    for (ColumnInfo c : keyColumn) {
      if (c != null && c.kind() == ColumnInfo.Kind.FLOAT) {
        throw Errors.unsupported(
            "the key column " + c.name() + " is a floating-point number, which has no exact match");
      }
    }
    Template.Builder template =
        new Template.Builder()
            .text(update ? "UPDATE " : "DELETE FROM ")
            .text(literals.name(table.name().schema()) + "." + literals.name(table.name().name()))
            .text(aliasSql);
    int slot = 0;
    int extraSlot = slots.length;
    boolean volatileSlots = !extra.isEmpty() && mysql;
    for (int i = 0; i < list.size(); i++) {
      Element e = list.get(i);
      if (i == where && appended.length() > 0) {
        template.text(appended.toString()).slot(slots.length + extra.size() - 1);
      }
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
    return new KeyedWrite.Shape(
        table,
        template.build(),
        keyColumn,
        extra.toArray(new Slot.Volatile[0]),
        nullMeansNow.stream().mapToInt(Integer::intValue).toArray(),
        usesTime,
        volatileSlots,
        in);
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
      StringBuilder appended)
      throws SQLException {
    boolean time = false;
    SqlNodeList targets = update.getTargetColumnList();
    SqlNodeList sources = update.getSourceExpressionList();
    List<ColumnInfo> assigned = new ArrayList<>();
    List<ColumnInfo> toDefault = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      ColumnInfo c = structure.column((SqlIdentifier) targets.get(i));
      SqlNode source = sources.get(i);
      boolean isDefault =
          source instanceof SqlCall call && call.getOperator().getName().equals("$DEFAULT");
      if (c.generated() && !isDefault) {
        throw Errors.unsupported("the column " + c.name() + " is computed and cannot be written");
      }
      for (String k : table.primaryKey()) {
        if (k.equalsIgnoreCase(c.name())) {
          throw refused(
              "changing the primary key column " + c.name(),
              "delete the row and insert it with the new key");
        }
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
        if (effect.replacement() != null) {
          replaced[i] = e;
          extra.add(effect.replacement());
        }
      }
    }
    for (ColumnInfo c : table.columns()) {
      if (c.onUpdateNow() && !assigned.contains(c)) {
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

  /** Reads a WHERE that must be exactly the full primary key. */
  private static final class KeyCondition {
    private final Structure structure;
    private final TableInfo table;
    private final ColumnInfo[] keyColumn;
    private final List<ColumnInfo> seen = new ArrayList<>();

    KeyCondition(Structure structure, TableInfo table, ColumnInfo[] keyColumn) {
      this.structure = structure;
      this.table = table;
      this.keyColumn = keyColumn;
    }

    /** Returns whether it is an IN list. */
    boolean read(SqlNode condition) throws SQLException {
      boolean in = condition != null && condition.getKind() == SqlKind.IN;
      if (in) {
        SqlCall call = (SqlCall) condition;
        if (!(call.operand(0) instanceof SqlIdentifier id)
            || !(call.operand(1) instanceof SqlNodeList list)) {
          throw notKey();
        }
        ColumnInfo c = structure.column(id);
        for (SqlNode value : list) {
          value(c, value);
        }
        seen.add(c);
      } else {
        and(condition);
      }
      if (seen.size() != table.primaryKey().size()) {
        throw notKey();
      }
      for (String k : table.primaryKey()) {
        if (!seen.contains(table.column(k))) {
          throw notKey();
        }
      }
      return in;
    }

    private void and(SqlNode node) throws SQLException {
      if (!(node instanceof SqlCall call) || call.operandCount() != 2) {
        throw notKey();
      }
      SqlNode left = call.operand(0);
      SqlNode right = call.operand(1);
      if (call.getKind() == SqlKind.AND) {
        and(left);
        and(right);
      } else if (call.getKind() == SqlKind.EQUALS) {
        boolean swap = right instanceof SqlIdentifier;
        if (!((swap ? right : left) instanceof SqlIdentifier id)) {
          throw notKey();
        }
        ColumnInfo c = structure.column(id);
        if (seen.contains(c)) {
          throw notKey();
        }
        seen.add(c);
        value(c, swap ? left : right);
      } else {
        throw notKey();
      }
    }

    private void value(ColumnInfo column, SqlNode node) throws SQLException {
      if (!(node instanceof SqlDynamicParam p)) {
        throw notKey();
      }
      keyColumn[p.getIndex()] = column;
    }

    private SQLException notKey() {
      return refused(
          "a WHERE that is not exactly the primary key of "
              + table.name()
              + " ("
              + String.join(", ", table.primaryKey())
              + ")",
          "select the keys first (SELECT … FOR UPDATE), then write each row by its key");
    }
  }
}
