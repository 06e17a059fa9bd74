package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * H2's {@code MERGE INTO … KEY … VALUES} and {@code MERGE INTO … USING …}. It is executed once, so
 * its expressions may be any that a query may have; they are checked as such. Thread-safe.
 */
final class MergeAnalysis {
  private final Vendor vendor;
  private final WriteAnalysis writes;
  private final ReadAnalysis reads;
  private final Names names;

  MergeAnalysis(Vendor vendor, WriteAnalysis writes, ReadAnalysis reads, Names names) {
    this.vendor = vendor;
    this.writes = writes;
    this.reads = reads;
    this.names = names;
  }

  Write analyze(Tokens t, String schema) throws SQLException {
    if (vendor != Vendor.H2 || !t.is(1, "INTO")) {
      throw WriteAnalysis.refused("this MERGE", "look the row up, then insert or update");
    }
    Names.Ref ref = names.read(t, 2, "a table");
    TableInfo table = writes.writable(ref, schema);
    if (!table.triggers().isEmpty()) {
      throw WriteAnalysis.refused(
          "MERGE into " + table.name() + ", which has triggers,",
          "look the row up, then insert or update");
    }
    List<String> columns = table.columns().stream().map(ColumnInfo::name).toList();
    if (!names.foreignKeys().effects(table.name(), columns).isEmpty()) {
      throw WriteAnalysis.refused(
          "MERGE into " + table.name() + ", whose keys foreign keys hand on (ON UPDATE),",
          "look the row up, then insert or update");
    }
    check(table);
    if (SequenceCall.any(t, false)) {
      throw WriteAnalysis.refused(
          "MERGE with a sequence", "draw the value with a query of its own");
    }
    int i = ref.next();
    i += t.is(i, "AS") ? 1 : 0;
    if (t.identifier(i) && !t.isAny(i, "USING", "KEY", "VALUES", "SELECT", "WITH", "TABLE")) {
      i++;
    }
    String query = t.is(i, "USING") ? using(t, i, table) : byKey(t, i, table);
    StatementPlan.Builder read = reads.select(Lexer.tokenize(query, vendor), schema);
    if (read.kind == StatementPlan.Kind.LOCKING_READ || read.pinsSession) {
      throw WriteAnalysis.refused("a MERGE that locks rows or sets variables", "leave that out");
    }
    return new MergeWrite(table, CopyAnalysis.pieces(t, 0, t.count()), read.tables, read.allTables);
  }

  private static void check(TableInfo table) throws SQLException {
    if (table.primaryKey().isEmpty()) {
      throw Errors.unsupported(
          "MERGE into " + table.name() + " is not supported: it has no primary key");
    }
    // H2 may let two open transactions insert the same key of another kind, which a MERGE on the
    // replicas would hide.
    if (table.primaryKey().size() > 1
        || table.column(table.primaryKey().get(0)).kind() != ColumnInfo.Kind.INTEGER) {
      throw WriteAnalysis.refused(
          "MERGE into " + table.name() + ", whose primary key is not one whole number,",
          "look the row up, then insert or update");
    }
    for (ColumnInfo c : table.columns()) {
      if (SequenceCall.inDefault(c, Vendor.H2)) {
        throw WriteAnalysis.refused(
            "MERGE into " + table.name() + ", whose column " + c.name() + " draws from a sequence,",
            "look the row up, then insert or update");
      }
      boolean exact =
          switch (c.kind()) {
            case JSON, OTHER, BIT -> false;
            case TIME -> !c.typeName().contains("zone");
            case DECIMAL -> !c.typeName().toLowerCase(Locale.ROOT).contains("decfloat");
            default -> !c.alwaysIdentity();
          };
      if (!exact && !c.generated()) {
        throw Errors.unsupported(
            "MERGE into "
                + table.name()
                + " is not supported, as its column "
                + c.name()
                + (c.alwaysIdentity()
                    ? " is GENERATED ALWAYS AS IDENTITY"
                    : " (" + c.typeName() + ") has no exact literal")
                + "; look the row up, then insert or update");
      }
    }
  }

  private static SQLException changesKey(String column) {
    return WriteAnalysis.refused(
        "a MERGE that may change the primary key column " + column,
        "delete the row and insert it with the new key");
  }

  /** {@code (a, b) KEY (a) VALUES …}; gives what it selects. */
  private String byKey(Tokens t, int from, TableInfo table) throws SQLException {
    int i = from;
    List<String> columns = new ArrayList<>();
    if (t.op(i, '(') && !t.isAny(i + 1, "SELECT", "WITH", "TABLE", "VALUES")) {
      i = writes.columnList(t, i + 1, table, columns);
    } else {
      table.columns().forEach(c -> columns.add(c.name()));
    }
    List<String> key = new ArrayList<>();
    if (t.is(i, "KEY") && t.op(i + 1, '(')) {
      i = writes.columnList(t, i + 2, table, key);
    } else {
      key.addAll(table.primaryKey());
    }
    for (String column : table.primaryKey()) {
      if (has(columns, column) && !has(key, column)) {
        throw changesKey(column);
      }
    }
    if (i >= t.count()) {
      throw WriteAnalysis.refused("this MERGE", "use MERGE INTO … KEY (…) VALUES (…)");
    }
    return t.sql.substring(t.start(i), t.end(t.count() - 1));
  }

  private static boolean has(List<String> columns, String name) {
    return columns.stream().anyMatch(c -> c.equalsIgnoreCase(name));
  }

  /** {@code USING … ON … WHEN …}; gives a query with the same expressions. */
  private String using(Tokens t, int using, TableInfo table) throws SQLException {
    List<Integer> clauses = new ArrayList<>();
    int on = -1;
    int depth = 0;
    for (int i = using; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0 && on < 0 && t.is(i, "ON")) {
        on = i;
      }
      if (depth == 0
          && (t.sequence(i, "WHEN", "MATCHED") || t.sequence(i, "WHEN", "NOT", "MATCHED"))) {
        clauses.add(i);
      }
    }
    if (on < 0 || clauses.isEmpty() || clauses.get(0) < on) {
      throw WriteAnalysis.refused("this MERGE", "use MERGE INTO … USING … ON … WHEN …");
    }
    List<String> expressions = new ArrayList<>();
    clauses.add(t.count());
    for (int k = 0; k + 1 < clauses.size(); k++) {
      clause(t, clauses.get(k), clauses.get(k + 1), table, expressions);
    }
    return "SELECT "
        + String.join(", ", expressions)
        + " FROM "
        + text(t, 2, using)
        + ", "
        + text(t, using + 1, on)
        + " WHERE "
        + text(t, on + 1, clauses.get(0));
  }

  private static String text(Tokens t, int from, int to) {
    return to <= from ? "" : t.sql.substring(t.start(from), t.end(to - 1));
  }

  private static void clause(Tokens t, int from, int to, TableInfo table, List<String> expressions)
      throws SQLException {
    int i = from + (t.is(from + 1, "NOT") ? 3 : 2);
    int then = i;
    while (then < to && !(t.is(then, "THEN") && t.isAny(then + 1, "UPDATE", "INSERT", "DELETE"))) {
      then++;
    }
    if (t.is(i, "AND")) {
      expressions.add(text(t, i + 1, then));
    } else if (i != then) {
      throw WriteAnalysis.refused("this MERGE near '" + t.text(i) + "'", "use plain clauses");
    }
    if (t.is(then + 1, "DELETE") || then >= to) {
      throw WriteAnalysis.refused("MERGE … DELETE", "delete the rows by a statement of its own");
    }
    if (t.sequence(then + 1, "UPDATE", "SET")) {
      assigned(t, then + 3, to, table);
      expressions.add(text(t, then + 3, to));
      return;
    }
    int values = then + 2;
    if (t.op(values, '(')) {
      values = t.closing(values) + 1;
    }
    if (!t.is(values, "VALUES") || !t.op(values + 1, '(') || t.closing(values + 1) != to - 1) {
      throw WriteAnalysis.refused("this MERGE near '" + t.text(values) + "'", "use plain clauses");
    }
    expressions.add(text(t, values + 2, to - 1));
  }

  /** Refuses assignments to the primary key. */
  private static void assigned(Tokens t, int from, int to, TableInfo table) throws SQLException {
    int depth = 0;
    boolean start = true;
    for (int i = from; i < to; i++) {
      if (start) {
        int name = i;
        while (t.op(name + 1, '.')) {
          name += 2;
        }
        if (!t.identifier(name) || !t.op(name + 1, '=')) {
          throw WriteAnalysis.refused(
              "this MERGE near '" + t.text(i) + "'", "use SET column = value");
        }
        if (has(table.primaryKey(), Names.unquote(t.text(name)))) {
          throw changesKey(t.text(name));
        }
      }
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      start = depth == 0 && t.op(i, ',');
    }
  }
}
