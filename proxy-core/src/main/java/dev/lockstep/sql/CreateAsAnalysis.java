package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;

/** Takes CREATE TABLE … AS SELECT apart. Thread-safe. */
final class CreateAsAnalysis {
  private final boolean mysql;
  private final Names names;
  private final ReadAnalysis reads;

  CreateAsAnalysis(boolean mysql, Names names, ReadAnalysis reads) {
    this.mysql = mysql;
    this.names = names;
    this.reads = reads;
  }

  /** The plan, or null where the text is something else. */
  Builder analyze(Tokens t, String schema) throws SQLException {
    if (!t.is(0, "CREATE")) {
      return null;
    }
    int i = 1;
    while (t.isAny(i, "CACHED", "MEMORY", "OR", "REPLACE")) {
      i++;
    }
    if (!t.is(i, "TABLE")) {
      return null;
    }
    int table = i;
    i = DdlAnalysis.skipExists(t, i + 1);
    boolean ifNotExists = i > table + 1;
    if (!t.identifier(i)) {
      return null;
    }
    Names.Ref ref = names.read(t, i, "a table");
    int query = query(t, ref.next());
    if (query < 0) {
      return null;
    }
    if (t.is(1, "OR")) {
      throw WriteAnalysis.refused(
          "CREATE OR REPLACE TABLE … AS SELECT", "drop the table, then create it");
    }
    if (t.parameterCount() > 0) {
      throw WriteAnalysis.refused(
          "CREATE TABLE … AS SELECT with ? parameters", "write the values into the text");
    }
    names.requireSchema(ref, schema);
    int end = t.count();
    boolean empty = !mysql && t.sequence(end - 3, "WITH", "NO", "DATA");
    if (empty) {
      end -= 3;
    } else if (!mysql && t.sequence(end - 2, "WITH", "DATA")) {
      end -= 2;
    }
    String text = t.sql.substring(t.start(query), t.end(end - 1));
    Builder read = reads.select(Lexer.tokenize(text, mysql ? Vendor.MYSQL : Vendor.H2), schema);
    if (read.kind == Kind.LOCKING_READ || read.pinsSession || !read.sets.isEmpty()) {
      throw WriteAnalysis.refused(
          "CREATE TABLE … AS a query that locks rows or sets variables", "create the table first");
    }
    Builder b = new Builder(empty ? Kind.DDL : Kind.CREATE_AS, t, schema);
    TableName name = names.stored(ref, schema);
    if (names.system(name.schema())) {
      throw Errors.unsupported(
          "the schema "
              + name.schema()
              + " belongs to the system or to Lockstep and cannot be changed");
    }
    if (mysql) {
      reads.refuseSequences(t); // as a default of the columns it makes MariaDB 11.4.5 crash
    }
    check(t, ref.next(), query);
    b.tables.add(name);
    b.tables.addAll(read.tables);
    b.allTables = read.allTables;
    b.createAs =
        new CreateAs(
            name,
            names.find(ref, schema) != null,
            ifNotExists,
            t.sql.substring(t.start(0), t.start(table)),
            " " + t.sql.substring(t.start(ref.next()), t.end(end - 1)),
            text);
    return b;
  }

  /** Where the query begins, or -1. */
  private static int query(Tokens t, int from) {
    int i = from;
    while (i < t.count()) {
      boolean begins = t.isAny(i, "SELECT", "VALUES", "TABLE") && !t.is(i + 1, "LESS");
      if (begins || t.is(i, "WITH") && (t.is(i + 1, "RECURSIVE") || t.is(i + 2, "AS"))) {
        return i;
      }
      if (t.is(i, "AS")) {
        return i + 1;
      }
      if (t.op(i, '(')) {
        if (t.isAny(i + 1, "SELECT", "WITH", "VALUES", "TABLE") || t.op(i + 1, '(')) {
          return i;
        }
        i = t.closing(i);
        if (i < 0) {
          return -1;
        }
      }
      i++;
    }
    return -1;
  }

  private void check(Tokens t, int from, int query) throws SQLException {
    DdlAnalysis.engine(t, from, query);
    for (int i = from; i < query; i++) {
      if (t.type(i) != Tokens.WORD || t.op(i - 1, '.')) {
        continue;
      }
      if (t.is(i, "REFERENCES")
          || mysql && t.isAny(i, "PARTITION", "FULLTEXT", "SPATIAL", "ROW_FORMAT", "KEY_BLOCK_SIZE")
          || !mysql && t.isAny(i, "PERSISTENT", "ENGINE")) {
        throw WriteAnalysis.refused(
            "CREATE TABLE … AS SELECT with " + t.upper(i),
            "create the table, then insert the rows");
      }
    }
  }
}
