package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns INSERT, UPDATE and DELETE into {@link Write}s, or refuses them. Thread-safe; shapes come
 * from a shared cache.
 */
final class WriteAnalysis {
  private final Vendor vendor;
  private final ReadAnalysis reads;
  private final boolean mysql;
  private final Names names;
  private final Functions functions;
  private final Literals literals;
  private final Defaults defaults;
  private final Cache<String, Object> shapes;
  private final KeyedAnalysis keyed;
  private final UpsertAnalysis upserts;
  private final Triggers triggers;

  WriteAnalysis(
      Vendor vendor,
      ReadAnalysis reads,
      Names names,
      Functions functions,
      Literals literals,
      Cache<String, Object> shapes) {
    this.vendor = vendor;
    this.reads = reads;
    this.mysql = vendor.mysqlFamily();
    this.names = names;
    this.functions = functions;
    this.literals = literals;
    this.defaults = new Defaults(vendor, functions);
    this.shapes = shapes;
    this.triggers = new Triggers(vendor, names, functions, defaults);
    this.keyed =
        new KeyedAnalysis(this, reads, vendor, names, functions, literals, defaults, shapes);
    this.upserts = new UpsertAnalysis(vendor, keyed);
  }

  /**
   * @param verb the first token of the write, behind common table expressions
   * @param generation part of the cache keys, so that shapes made before DDL are not used after it
   */
  Write analyze(Tokens t, int verb, String schema, long generation) throws SQLException {
    if (t.hasSetVarHint()) {
      throw Errors.unsupported("the optimizer hint SET_VAR in a write is not supported; use SET");
    }
    if (t.is(0, "REPLACE") && !mysql) {
      throw refused("REPLACE", "delete by primary key, then insert");
    }
    if (t.is(0, "INSERT") || t.is(0, "REPLACE")) {
      return insert(t, schema, generation);
    }
    return t.is(verb, "UPDATE")
        ? keyed.update(t, verb, schema, generation)
        : keyed.delete(t, verb, schema, generation);
  }

  static SQLException refused(String what, String instead) {
    return Errors.unsupported(what + " is not supported; " + instead);
  }

  static int modifiers(Tokens t, int i) throws SQLException {
    if (t.isAny(i, "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE")) {
      throw refused(
          t.upper(0) + " " + t.upper(i),
          "leave " + t.upper(i) + " out and handle errors in the application");
    }
    return i;
  }

  TableInfo writable(Names.Ref ref, String schema) throws SQLException {
    TableInfo table = names.require(ref, schema);
    if (!table.baseTable()) {
      throw Errors.unsupported(
          table.name()
              + " is a view or another object that is no plain table; write to its tables"
              + reads.tablesOf(table));
    }
    if (!table.transactional()) {
      throw Errors.unsupported(
          "the table "
              + table.name()
              + " is not transactional; convert it with ALTER TABLE … ENGINE=InnoDB");
    }
    return table;
  }

  /**
   * What the table's triggers for this event do besides changing the row, refused where it is not
   * proved to be the same on all nodes.
   */
  Triggers.Effect triggers(TableInfo table, String event, long generation) throws SQLException {
    if (table.triggers().isEmpty()) {
      return Triggers.Effect.NONE;
    }
    String key = generation + "G\u0000" + table.name() + "\u0000" + event;
    Triggers.Effect effect = (Triggers.Effect) shapes.getIfPresent(key);
    if (effect == null) {
      effect = triggers.of(table, event);
      // With a BEFORE INSERT trigger MariaDB takes the time for a TIMESTAMP that is left out.
      if (event.equals("INSERT")
          && table.columns().stream().anyMatch(c -> c.kind() == ColumnInfo.Kind.TIMESTAMP)) {
        effect = new Triggers.Effect(true, effect.writes());
      }
      shapes.put(key, effect);
    }
    return effect;
  }

  private Write insert(Tokens t, String schema, long generation) throws SQLException {
    boolean ignore = ignores(t);
    int i = modifiers(t, ignore ? 2 : 1);
    if (t.is(i, "INTO")) {
      i++;
    }
    Names.Ref ref = names.read(t, i, "a table");
    TableInfo table = writable(ref, schema);
    if (t.is(0, "REPLACE")) {
      checkReplaces("REPLACE", table);
    } else if (ignore && Triggers.any(table, "INSERT")) {
      throw refused(
          "INSERT IGNORE into " + table.name() + ", which has triggers,",
          "leave IGNORE out and handle errors in the application");
    }
    boolean time = triggers(table, "INSERT", generation).usesTime();
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
      InsertHead head =
          new InsertHead("INSERT", table, List.of(), false, time, vendor, literals, defaults);
      RowShape row = new RowShape(head, List.of(), false, false, functions);
      return new InsertWrite(head, new RowShape[] {row}, new Slot[1][0], false, null);
    }
    if (!t.isAny(i, "VALUES", "VALUE")) {
      throw refused(
          "INSERT … " + (t.text(i).isEmpty() ? "without VALUES" : t.text(i)),
          "read the rows first, then insert them");
    }
    return rows(t, i + 1, table, columns, overriding, generation);
  }

  private boolean ignores(Tokens t) {
    return mysql && t.is(0, "INSERT") && t.is(1, "IGNORE");
  }

  private String verb(Tokens t) {
    return ignores(t) ? "INSERT IGNORE" : t.upper(0);
  }

  /** Rows that are there already may be written: these are named by their primary key. */
  static void checkReplaces(String what, TableInfo table) throws SQLException {
    if (table.primaryKey().isEmpty()) {
      throw Errors.unsupported(
          what + " into " + table.name() + " is not supported: it has no primary key");
    }
    if (Triggers.any(table, "INSERT", "UPDATE", "DELETE")) {
      throw refused(
          what + " into " + table.name() + ", which has triggers,",
          "insert, and on a duplicate key (SQLState 23000) update");
    }
  }

  int columnList(Tokens t, int i, TableInfo table, List<String> columns) throws SQLException {
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
            .append(t.is(0, "REPLACE") ? "R\u0000" : ignores(t) ? "G\u0000" : "I\u0000")
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
    InsertHead head = head(key.toString(), verb(t), table, columns, overriding, generation);
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
      int brackets = 0; // of arrays
      int k = i + 1;
      for (; depth > 0; k++) {
        if (k >= t.count()) {
          throw Errors.unsupported("a parenthesis is not closed in the VALUES of the INSERT");
        }
        if (t.op(k, '(')) {
          depth++;
        } else if (t.op(k, ')')) {
          depth--;
        } else if (t.op(k, '[')) {
          brackets++;
        } else if (t.op(k, ']')) {
          brackets--;
        }
        if (depth == 0 || (depth == 1 && brackets == 0 && t.op(k, ','))) {
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
    InsertWrite.Upsert upsert = upsert(t, i, table, generation);
    return new InsertWrite(
        head, rowShapes.toArray(new RowShape[0]), rowSlots.toArray(new Slot[0][]), mysql, upsert);
  }

  /** What stands behind the rows, or null where nothing does. */
  private InsertWrite.Upsert upsert(Tokens t, int i, TableInfo table, long generation)
      throws SQLException {
    if (i >= t.count()) {
      return null;
    }
    if (!mysql || !t.is(0, "INSERT") || !t.sequence(i, "ON", "DUPLICATE", "KEY", "UPDATE")) {
      throw refused(
          t.upper(0) + " … VALUES … " + t.upper(i),
          "insert, and on a duplicate key update by primary key");
    }
    if (ignores(t)) {
      throw refused("INSERT IGNORE … ON DUPLICATE KEY UPDATE", "leave out either of them");
    }
    checkReplaces("INSERT … ON DUPLICATE KEY UPDATE", table);
    return upserts.analyze(t, i + 4, table, generation);
  }

  private InsertHead head(
      String key,
      String verb,
      TableInfo table,
      List<String> columns,
      boolean overriding,
      long generation)
      throws SQLException {
    Object cached = shapes.getIfPresent(key);
    if (cached != null) {
      return (InsertHead) cached;
    }
    boolean time = triggers(table, "INSERT", generation).usesTime();
    InsertHead head =
        new InsertHead(verb, table, columns, overriding, time, vendor, literals, defaults);
    shapes.put(key, head);
    return head;
  }

  private static boolean same(String a, StringBuilder b) {
    return a != null && a.length() == b.length() && a.contentEquals(b);
  }

  static Slot[] keyAndSlots(List<List<Element>> values, StringBuilder key) {
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
    InsertWrite.Upsert upsert = upsert(t, i, table, generation);
    StringBuilder key =
        new StringBuilder()
            .append(generation)
            .append(t.is(0, "REPLACE") ? "T\u0000" : ignores(t) ? "H\u0000" : "S\u0000")
            .append(table.name());
    columns.forEach(c -> key.append('\u0000').append(c));
    InsertHead head = head(key.toString(), verb(t), table, columns, false, generation);
    key.append('\u0000').append('\u0000');
    Slot[] slots = keyAndSlots(values, key);
    RowShape shape = (RowShape) shapes.getIfPresent(key.toString());
    if (shape == null) {
      shape = new RowShape(head, values, time, mysql, functions);
      shapes.put(key.toString(), shape);
    }
    return new InsertWrite(head, new RowShape[] {shape}, new Slot[][] {slots}, mysql, upsert);
  }
}
