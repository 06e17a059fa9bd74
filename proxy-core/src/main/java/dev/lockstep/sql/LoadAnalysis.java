package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Takes LOAD DATA LOCAL INFILE of MySQL and MariaDB apart: the same statement into the {@link
 * LoadStage}, and inserts of the rows that arrived there. LOCAL without REPLACE means IGNORE, so
 * these are INSERT IGNORE. Thread-safe.
 */
final class LoadAnalysis {
  /** What may stand between the table's name and the list of columns. */
  private static final Set<String> OPTIONS =
      Set.of(
          "FIELDS",
          "COLUMNS",
          "TERMINATED",
          "OPTIONALLY",
          "ENCLOSED",
          "ESCAPED",
          "BY",
          "LINES",
          "STARTING",
          "IGNORE",
          "ROWS");

  private final WriteAnalysis writes;
  private final ReadAnalysis reads;
  private final Names names;
  private final Literals literals;

  LoadAnalysis(WriteAnalysis writes, ReadAnalysis reads, Names names, Literals literals) {
    this.writes = writes;
    this.reads = reads;
    this.names = names;
    this.literals = literals;
  }

  StatementPlan.Builder analyze(Tokens t, String schema, long generation) throws SQLException {
    if (!t.is(1, "DATA")) {
      throw WriteAnalysis.refused("LOAD " + t.upper(1), "use batches of INSERT … VALUES");
    }
    int i = t.isAny(2, "LOW_PRIORITY", "CONCURRENT") ? 3 : 2;
    if (!t.is(i, "LOCAL")) {
      throw WriteAnalysis.refused(
          "LOAD DATA without LOCAL, which reads a file of one of the servers,",
          "use LOAD DATA LOCAL INFILE");
    }
    if (!t.is(i + 1, "INFILE")
        || (t.type(i + 2) != Tokens.STRING && t.type(i + 2) != Tokens.PARAM)) {
      throw Classifier.notRead(t, i + 1);
    }
    i += 3;
    boolean replace = t.is(i, "REPLACE");
    i += t.isAny(i, "REPLACE", "IGNORE") ? 1 : 0;
    if (!t.sequence(i, "INTO", "TABLE")) {
      throw Classifier.notRead(t, i);
    }
    int name = i + 2;
    Names.Ref ref = names.read(t, name, "a table");
    TableInfo table = writes.writable(ref, schema);
    writes.triggers(table, "INSERT", generation);
    if (Triggers.any(table, "INSERT")) {
      throw WriteAnalysis.refused(
          "LOAD DATA LOCAL into " + table.name() + ", which has triggers,",
          "use batches of INSERT … VALUES");
    }
    if (replace) {
      WriteAnalysis.checkReplaces("LOAD DATA … REPLACE", table);
    }
    int list = options(t, ref.next());
    StatementPlan.Builder b = new StatementPlan.Builder(StatementPlan.Kind.COPY, t, schema);
    List<ColumnInfo> columns = new ArrayList<>();
    List<String> sets = new ArrayList<>();
    int next = t.op(list, '(') ? list(t, list, table, columns, sets) : list;
    boolean all = columns.isEmpty() && sets.isEmpty();
    if (all) {
      if (table.columns().stream().anyMatch(ColumnInfo::generated)) {
        throw WriteAnalysis.refused(
            "LOAD DATA without a list of columns into a table with generated ones",
            "list the columns of the file");
      }
      columns.addAll(table.columns());
    }
    if (t.is(next, "SET")) {
      assignments(t, next + 1, table, columns);
    } else if (next < t.count()) {
      throw Classifier.notRead(t, next);
    }
    if (columns.isEmpty()) {
      throw WriteAnalysis.refused("LOAD DATA of no column", "list the columns of the file");
    }
    reads.refuseSequences(t);
    LoadStage.refuseDraws(table);
    reads.checkCalls(t, list, schema);
    String into = LoadStage.name(table, literals);
    String[] query = CopyAnalysis.pieces(t, 0, t.count());
    // Placeholders stand before the name (the file), or behind the list.
    String listed = all ? " (" + plain(columns) + ")" : "";
    int before = t.type(name - 3) == Tokens.PARAM || t.type(name - 4) == Tokens.PARAM ? 1 : 0;
    int pieceStart = before == 0 ? t.start(0) : t.end(paramBefore(t, name));
    String piece = query[before];
    query[before] =
        piece.substring(0, t.start(name) - pieceStart)
            + into
            + piece.substring(t.end(ref.next() - 1) - pieceStart, t.end(list - 1) - pieceStart)
            + listed
            + piece.substring(t.end(list - 1) - pieceStart);
    String head =
        (replace ? "REPLACE INTO " : "INSERT IGNORE INTO ")
            + literals.name(table.name().schema())
            + "."
            + literals.name(table.name().name())
            + " ("
            + plain(columns)
            + ") VALUES ";
    b.tables.add(table.name());
    b.sets = sets.stream().map(v -> v.toLowerCase(Locale.ROOT)).distinct().toList();
    b.copy = new CopyAnalysis.Copy(head, query, "", table, columns, CopyAnalysis.Source.FILE);
    return b;
  }

  private static int paramBefore(Tokens t, int name) {
    int i = name;
    while (t.type(i) != Tokens.PARAM) {
      i--;
    }
    return i;
  }

  private String plain(List<ColumnInfo> columns) {
    return String.join(", ", columns.stream().map(c -> literals.name(c.name())).toList());
  }

  /** Where the list of columns, SET or the end is. */
  private static int options(Tokens t, int from) throws SQLException {
    int i = from;
    while (i < t.count() && !t.op(i, '(') && !t.is(i, "SET")) {
      if (t.sequence(i, "CHARACTER", "SET") || t.is(i, "CHARSET")) {
        i += t.is(i, "CHARSET") ? 2 : 3;
      } else if (t.type(i) == Tokens.STRING
          || t.type(i) == Tokens.NUMBER
          || t.type(i) == Tokens.HEX
          || OPTIONS.contains(t.upper(i))) {
        i++;
      } else {
        throw Classifier.notRead(t, i);
      }
    }
    return i;
  }

  /** Reads the list; returns what is behind it. */
  private static int list(
      Tokens t, int open, TableInfo table, List<ColumnInfo> columns, List<String> variables)
      throws SQLException {
    int i = open + 1;
    while (true) {
      if (t.type(i) == Tokens.USER_VARIABLE) {
        variables.add(t.text(i));
      } else {
        columns.add(column(t, i, table, columns));
      }
      i++;
      if (t.op(i, ')')) {
        return i + 1;
      }
      if (!t.op(i, ',')) {
        throw Classifier.notRead(t, i);
      }
      i++;
    }
  }

  private static ColumnInfo column(Tokens t, int i, TableInfo table, List<ColumnInfo> columns)
      throws SQLException {
    if (!t.identifier(i)) {
      throw Classifier.notRead(t, i);
    }
    ColumnInfo c = table.column(Names.unquote(t.text(i)));
    if (c == null) {
      throw new java.sql.SQLSyntaxErrorException(
          "Lockstep: unknown column '" + t.text(i) + "' in " + table.name(), "42S22");
    }
    if (c.generated()) {
      throw WriteAnalysis.refused(
          "LOAD DATA into the generated column " + c.name(), "read that field into a variable");
    }
    if (columns.contains(c)) {
      throw WriteAnalysis.refused(
          "LOAD DATA with the column " + c.name() + " twice", "name it once");
    }
    return c;
  }

  private static void assignments(Tokens t, int from, TableInfo table, List<ColumnInfo> columns)
      throws SQLException {
    int i = from;
    while (true) {
      ColumnInfo c = table.column(Names.unquote(t.text(i)));
      if (c == null || !columns.contains(c)) {
        columns.add(column(t, i, table, columns));
      }
      if (!t.op(i + 1, '=')) {
        throw Classifier.notRead(t, i + 1);
      }
      int depth = 0;
      for (i += 2; i < t.count() && !(depth == 0 && t.op(i, ',')); i++) {
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        if (t.isAny(i, "SELECT", "TABLE") || t.op(i, ":=")) {
          throw WriteAnalysis.refused(
              t.text(i) + " in LOAD DATA … SET", "load into a table of its own, then insert");
        }
        ColumnInfo read = t.identifier(i) ? table.column(Names.unquote(t.text(i))) : null;
        if (read != null && (read.autoIncrement() || read.generated())) {
          throw WriteAnalysis.refused(
              "LOAD DATA … SET by the column " + read.name() + ", which the database computes,",
              "use a user variable");
        }
      }
      if (i >= t.count()) {
        return;
      }
      i++;
    }
  }

  static SQLException unreadable(TableInfo table) {
    return Errors.unsupported(
        "LOAD DATA into "
            + table.name()
            + " is not supported, as its definition has columns that are invisible or of a form"
            + " that is not known; use batches of INSERT … VALUES");
  }
}
