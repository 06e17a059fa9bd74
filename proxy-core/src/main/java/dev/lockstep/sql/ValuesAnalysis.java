package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * INSERT … VALUES and INSERT … SET with sub-queries among the values: on MySQL and MariaDB the same
 * statement into the {@link LoadStage}, on H2 a query of the one row; then inserts of the values
 * found, as INSERT … SELECT. Thread-safe.
 */
final class ValuesAnalysis {
  private final Vendor vendor;
  private final WriteAnalysis writes;
  private final ReadAnalysis reads;
  private final Names names;
  private final Literals literals;

  ValuesAnalysis(
      Vendor vendor, WriteAnalysis writes, ReadAnalysis reads, Names names, Literals literals) {
    this.vendor = vendor;
    this.writes = writes;
    this.reads = reads;
    this.names = names;
    this.literals = literals;
  }

  /**
   * The plan.
   *
   * @param verb what the inserts begin with, up to INTO
   * @param ref the table's name
   * @param at VALUES or SET
   * @param end what is behind the values, ON DUPLICATE KEY UPDATE, or the end
   */
  StatementPlan.Builder analyze(
      Tokens t, String schema, String verb, Names.Ref ref, int at, int end, long generation)
      throws SQLException {
    TableInfo table = writes.writable(ref, schema);
    writes.triggers(table, "INSERT", generation);
    boolean mysql = vendor.mysqlFamily();
    if (Triggers.any(table, "INSERT")) {
      throw WriteAnalysis.refused(
          "INSERT with sub-queries as values into " + table.name() + ", which has triggers,",
          "read the values first");
    }
    List<ColumnInfo> columns =
        t.is(at, "SET") ? assigned(t, at + 1, end, table) : listed(t, ref.next(), at, table);
    if (!mysql) {
      checkOneRow(t, at, end);
    }
    String[] values = CopyAnalysis.pieces(t, at, end);
    StatementPlan.Builder read =
        reads.select(Lexer.tokenize(String.join("?", values), vendor), schema);
    if (read.callsReading) {
      throw WriteAnalysis.refused(
          "INSERT with a stored function that reads tables", "read the values first");
    }
    if (mysql) {
      LoadStage.refuseDraws(table);
      checkNumbered(t, at, end, table, read, schema);
    }
    String list =
        " (" + String.join(", ", columns.stream().map(c -> literals.name(c.name())).toList()) + ")";
    String[] query = Arrays.copyOf(values, values.length);
    if (mysql) {
      query[0] =
          (verb.startsWith("INSERT IGNORE") ? "INSERT IGNORE INTO " : "INSERT INTO ")
              + LoadStage.name(table, literals)
              + (t.is(at, "SET") ? " " : list + " ")
              + values[0];
    }
    StatementPlan.Builder b = new StatementPlan.Builder(StatementPlan.Kind.COPY, t, schema);
    b.tables.add(table.name());
    b.tables.addAll(read.tables);
    b.allTables = read.allTables;
    b.pinsSession = read.pinsSession || !read.sets.isEmpty();
    b.copy =
        new CopyAnalysis.Copy(
            verb
                + " INTO "
                + literals.name(table.name().schema())
                + "."
                + literals.name(table.name().name())
                + list
                + " VALUES ",
            query,
            end < t.count() ? " " + t.sql.substring(t.start(end), t.end(t.count() - 1)) : "",
            table,
            columns,
            mysql ? CopyAnalysis.Source.VALUES : CopyAnalysis.Source.QUERY);
    return b;
  }

  private List<ColumnInfo> listed(Tokens t, int list, int at, TableInfo table) throws SQLException {
    if (list < at) {
      List<String> named = new ArrayList<>();
      if (writes.columnList(t, list + 1, table, named) != at) {
        throw Classifier.notRead(t, list);
      }
      return CopyAnalysis.columns(table, named);
    }
    if (table.columns().stream().anyMatch(ColumnInfo::generated)) {
      throw WriteAnalysis.refused(
          "INSERT with sub-queries and without a list of columns into a table with generated ones",
          "list the columns");
    }
    return table.columns();
  }

  private static List<ColumnInfo> assigned(Tokens t, int from, int end, TableInfo table)
      throws SQLException {
    List<String> named = new ArrayList<>();
    int depth = 0;
    for (int i = from; i < end; i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0 && (i == from || t.op(i - 1, ','))) {
        if (!t.identifier(i) || !t.op(i + 1, '=')) {
          throw Classifier.notRead(t, i);
        }
        named.add(Names.unquote(t.text(i)));
      }
    }
    return CopyAnalysis.columns(table, named);
  }

  /** The rows of a query are made of one type each, those of an INSERT are not. */
  private static void checkOneRow(Tokens t, int at, int end) throws SQLException {
    if (!t.op(at + 1, '(') || t.closing(at + 1) != end - 1) {
      throw WriteAnalysis.refused(
          "INSERT of several rows with sub-queries", "insert the rows one by one");
    }
    for (int i = at; i < end; i++) {
      if (t.is(i, "DEFAULT")) {
        throw WriteAnalysis.refused(
            "INSERT with sub-queries and DEFAULT", "leave the column with its default out");
      }
    }
  }

  /** A numbered column is 0 before it gets its number, and NULL in the stage. */
  private void checkNumbered(
      Tokens t, int at, int end, TableInfo table, StatementPlan.Builder read, String schema)
      throws SQLException {
    ColumnInfo numbered = table.autoIncrement();
    if (numbered == null) {
      return;
    }
    boolean everywhere = !read.allTables && !read.tables.isEmpty();
    for (TableName name : read.tables) {
      TableInfo other =
          names.find(new Names.Ref(name.schema(), true, name.name(), true, 0), schema);
      everywhere &= other != null && other.column(numbered.name()) != null;
    }
    int query = 0; // where the sub-query ends
    for (int i = at; i < end; i++) {
      if (query <= i && t.op(i, '(') && t.isAny(i + 1, "SELECT", "WITH", "VALUES", "TABLE")) {
        query = t.closing(i);
      }
      boolean named = t.identifier(i) && Names.unquote(t.text(i)).equalsIgnoreCase(numbered.name());
      boolean target = t.is(at, "SET") && t.op(i + 1, '=') && (i == at + 1 || t.op(i - 1, ','));
      if (named && !t.op(i - 1, '.') && !(target && query <= i) && !(everywhere && i < query)) {
        throw WriteAnalysis.refused(
            "INSERT with a sub-query and a value by the numbered column " + numbered.name(),
            "read the value first");
      }
    }
  }
}
