package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ServerVersion;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tells by its first words what a statement is and hands it to the analysis of that kind.
 * Thread-safe.
 */
final class Classifier {
  private final Vendor vendor;
  private final boolean mysql;
  private final Names names;
  private final WriteAnalysis writes;
  private final ViewWrites views;
  private final Literals literals;
  private final CopyAnalysis copies;
  private final Cascades cascades;
  private final LoadAnalysis loads;
  private final MergeAnalysis merges;
  private final ReturningAnalysis returning;
  private final ReadAnalysis reads;
  private final DdlAnalysis ddl;
  private final CreateAsAnalysis creates;
  private final SetAnalysis sets;
  private final CallAnalysis calls;
  private final TemporaryTables temporary;

  Classifier(
      Vendor vendor,
      Catalogue catalogue,
      Literals literals,
      Cache<String, Object> shapes,
      Program.Analysis inner) {
    this.vendor = vendor;
    this.mysql = vendor.mysqlFamily();
    Functions functions = new Functions(mysql);
    this.names = new Names(vendor, catalogue);
    this.reads = new ReadAnalysis(mysql, names, functions);
    this.writes = new WriteAnalysis(vendor, reads, names, functions, literals, shapes);
    this.views = new ViewWrites(names, functions, literals);
    this.literals = literals;
    this.cascades = new Cascades(mysql, names);
    this.copies = new CopyAnalysis(vendor, writes, reads, names, literals);
    this.loads = new LoadAnalysis(writes, reads, names, literals);
    this.merges = new MergeAnalysis(vendor, writes, reads, names);
    this.returning =
        new ReturningAnalysis(vendor, catalogue, writes, reads, names, functions, literals);
    this.ddl = new DdlAnalysis(mysql, names, functions);
    this.creates = new CreateAsAnalysis(mysql, names, reads);
    this.sets = new SetAnalysis(mysql, names, functions);
    this.calls = new CallAnalysis(names, reads, functions, inner, shapes);
    this.temporary = new TemporaryTables(mysql, names, reads);
  }

  private static void written(Builder b, Write write) {
    b.write = write;
    write.targets().forEach(target -> b.tables.add(target.name()));
    b.tables.addAll(write.reads());
    b.allTables = write.readsAll();
  }

  /** As {@link TemporaryTables#analyze}. */
  Builder local(Tokens t, String schema, Set<TableName> known) throws SQLException {
    while (t.op(t.count() - 1, ';')) {
      t.truncate(t.count() - 1);
    }
    for (int i = 0; i < t.count(); i++) {
      if (t.op(i, ';')) {
        return null;
      }
    }
    return temporary.analyze(t, schema, known);
  }

  Builder classify(Tokens t, String schema, long generation) throws SQLException {
    while (t.op(t.count() - 1, ';')) {
      t.truncate(t.count() - 1);
    }
    int first = 0;
    while (t.op(first, ';')) {
      first++;
    }
    if (t.count() == first) {
      return new Builder(Kind.EMPTY, t, schema);
    }
    if (first > 0) {
      throw Errors.unsupported("the statement starts with ';'; remove it");
    }
    if (!mysql && t.sequence(0, "CALL", "NEXT", "VALUE", "FOR")) {
      return reads.query(t, schema); // an expression, as of SELECT
    }
    ddl.refuseByName(t);
    Builder stored = ddl.stored(t, schema);
    if (stored != null) {
      return stored;
    }
    for (int i = 0; i < t.count(); i++) {
      if (t.op(i, ';')) {
        throw Errors.unsupported(
            "several statements in one string are not supported here; send them one by one, or with"
                + " addBatch, or (not prepared, and on MySQL and MariaDB with allowMultiQueries=true)"
                + " with Statement.execute");
      }
    }
    String word = t.upper(0);
    switch (word) {
      case "WITH":
        {
          int verb = commonTablesEnd(t);
          return verb > 0 ? write(t, verb, schema, generation) : reads.query(t, schema);
        }
      case "SELECT", "VALUES", "TABLE":
        {
          Builder changed = returning.changed(t, schema);
          return changed != null ? changed : reads.query(t, schema);
        }
      case "INSERT", "UPDATE", "DELETE", "REPLACE":
        {
          Builder returned = returning.returning(t, schema);
          return returned != null ? returned : write(t, 0, schema, generation);
        }
      case "MERGE":
        {
          Builder b = new Builder(Kind.WRITE, t, schema);
          written(b, merges.analyze(t, schema));
          cascades.complete(b);
          return b;
        }
      case "LOAD":
        return loads.analyze(t, schema, generation);
      case "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "HELP", "CHECKSUM", "ANALYZE", "CHECK":
        return reads.metadata(t, schema);
      case "SET":
        return sets.set(t, schema);
      case "USE":
        return use(t, schema, 1);
      case "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE":
        return transaction(t, schema, word);
      default:
        if (t.op(0, '(')) {
          return reads.query(t, schema);
        }
        if (mysql && CallAnalysis.is(t)) {
          return calls.analyze(t, schema, generation);
        }
        if (t.op(0, '{') || t.type(0) == Tokens.PARAM) {
          throw Errors.unsupported(
              "this JDBC escape is not supported" + (mysql ? "" : " on H2") + "; write plain SQL");
        }
        Builder local = temporary.named(t, schema);
        if (local == null) {
          local = creates.analyze(t, schema);
        }
        return local != null ? local : ddl.analyze(t, schema);
    }
  }

  /** The values of sequences in an INSERT are drawn before it runs. */
  private void draws(Tokens t, int verb, String schema) throws SQLException {
    List<SequenceCall> calls = SequenceCall.all(t, schema, mysql, names);
    if (calls.isEmpty()) {
      return;
    }
    int end = t.isAny(verb, "INSERT", "REPLACE") ? t.count() : 0;
    for (int i = 0; i < end; i++) {
      end = t.sequence(i, "ON", "DUPLICATE", "KEY") ? i : end;
    }
    for (SequenceCall call : calls) {
      if (call.from() >= end || call.kind() != SequenceCall.Kind.NEXT) {
        throw Errors.unsupported(
            "the sequence "
                + call.sequence()
                + " cannot be used here; draw its value with a query of its own and send it as a"
                + " parameter");
      }
    }
    t.draws(calls);
  }

  /**
   * @param verb the token INSERT, UPDATE, DELETE or REPLACE
   */
  private Builder write(Tokens t, int verb, String schema, long generation) throws SQLException {
    ViewWrites.Through through = mysql ? views.analyze(t, verb, schema) : null;
    if (through != null) {
      return through(through, t, schema, generation);
    }
    List<String> variables = t.bindVariables();
    Builder copy =
        t.isAny(verb, "INSERT", "REPLACE") ? copies.analyze(t, schema, generation) : null;
    if (copy != null) {
      copy.variables = variables;
      return copy;
    }
    Builder b = new Builder(Kind.WRITE, t, schema);
    b.variables = variables;
    draws(t, verb, schema);
    written(b, writes.analyze(t, verb, schema, generation));
    for (TableInfo target : b.write.targets()) {
      Set<TableName> more = writes.triggers(target, t.upper(verb), generation).writes();
      if (!more.isEmpty()) {
        b.alsoWrites = new java.util.LinkedHashSet<>(b.alsoWrites);
        b.alsoWrites.addAll(more);
        b.tables.addAll(more);
      }
    }
    cascades.complete(b);
    return b;
  }

  /** A write through a view: one of its table. */
  private Builder through(ViewWrites.Through through, Tokens t, String schema, long generation)
      throws SQLException {
    Builder b = write(Lexer.tokenize(through.sql(), vendor), 0, schema, generation);
    TableName view = through.view().name();
    if (through.checks()) {
      if (b.write == null) {
        throw WriteAnalysis.refused(
            "an INSERT with sub-queries through " + view + ", which has a CHECK OPTION,",
            "read the rows first, or write to " + through.view().table().name());
      }
      b.write = new CheckedWrite(b.write, text(through.view().table().name()), text(view));
    }
    b.tables.add(view);
    b.sql = t.sql;
    return b;
  }

  private String text(TableName name) {
    return literals.name(name.schema()) + "." + literals.name(name.name());
  }

  /**
   * The UPDATE or DELETE behind common table expressions, where the server has that; else 0. That
   * MariaDB 11 has not.
   */
  private int commonTablesEnd(Tokens t) throws SQLException {
    ServerVersion version = mysql ? names.version() : null;
    if (version == null || version.mariadb()) {
      return 0;
    }
    int depth = 0;
    for (int i = 1; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0 && t.isAny(i, "SELECT", "UPDATE", "DELETE", "TABLE", "VALUES")) {
        return t.isAny(i, "UPDATE", "DELETE") ? i : 0;
      }
    }
    return 0;
  }

  private Builder use(Tokens t, String schema, int i) throws SQLException {
    if (!t.identifier(i) || t.count() != i + 1 || !mysql) {
      throw Errors.unsupported("cannot read the statement USE near '" + t.text(i) + "'");
    }
    Builder b = new Builder(Kind.USE, t, schema);
    b.name = Names.unquote(t.text(i));
    return b;
  }

  private Builder transaction(Tokens t, String schema, String word) throws SQLException {
    int n = t.count();
    int i = 1;
    switch (word) {
      case "BEGIN":
        i += t.isAny(i, "WORK") ? 1 : 0;
        return end(new Builder(Kind.BEGIN, t, schema), t, i);
      case "START":
        if (!t.is(1, "TRANSACTION")) {
          break;
        }
        return end(start(t, schema), t, n);
      case "COMMIT", "ROLLBACK":
        i += t.is(i, "WORK") ? 1 : 0;
        if (word.equals("ROLLBACK") && t.is(i, "TO")) {
          i += t.is(i + 1, "SAVEPOINT") ? 2 : 1;
          return savepoint(Kind.ROLLBACK_TO_SAVEPOINT, t, schema, i);
        }
        if (t.sequence(i, "AND", "NO", "CHAIN")) {
          i += 3;
        }
        if (t.sequence(i, "NO", "RELEASE")) {
          i += 2;
        }
        if (i < n && t.isAny(i, "AND", "RELEASE")) {
          throw Errors.unsupported(
              word + " AND CHAIN and " + word + " RELEASE are not supported; use plain " + word);
        }
        return end(
            new Builder(word.equals("COMMIT") ? Kind.COMMIT : Kind.ROLLBACK, t, schema), t, i);
      case "SAVEPOINT":
        return savepoint(Kind.SAVEPOINT, t, schema, 1);
      default:
        if (t.is(1, "SAVEPOINT")) {
          return savepoint(Kind.RELEASE_SAVEPOINT, t, schema, 2);
        }
    }
    throw notRead(t, 1);
  }

  private static Builder start(Tokens t, String schema) throws SQLException {
    Builder b = new Builder(Kind.BEGIN, t, schema);
    int i = 2;
    while (i < t.count()) {
      if (t.sequence(i, "READ", "ONLY") || t.sequence(i, "READ", "WRITE")) {
        String value = t.is(i + 1, "ONLY") ? "1" : "0";
        b.assignments =
            java.util.List.of(
                new Assignment("transaction read only", value, Assignment.Scope.TRANSACTION));
        i += 2;
      } else if (t.sequence(i, "WITH", "CONSISTENT", "SNAPSHOT")) {
        throw Errors.unsupported(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT is not supported; use START TRANSACTION");
      } else {
        throw notRead(t, i);
      }
      if (t.op(i, ',')) {
        i++;
      }
    }
    return b;
  }

  private static Builder savepoint(Kind kind, Tokens t, String schema, int i) throws SQLException {
    if (!t.identifier(i)) {
      throw notRead(t, i);
    }
    Builder b = new Builder(kind, t, schema);
    b.name = Names.unquote(t.text(i));
    if (b.name.toLowerCase(Locale.ROOT).startsWith("lockstep")) {
      throw Errors.unsupported(
          "savepoint names that start with 'lockstep' are reserved; choose another name");
    }
    return end(b, t, i + 1);
  }

  private static Builder end(Builder b, Tokens t, int i) throws SQLException {
    if (i < t.count()) {
      throw notRead(t, i);
    }
    return b;
  }

  static SQLException notRead(Tokens t, int i) {
    return Errors.of(
        SqlState.NOT_SUPPORTED,
        "cannot read the statement " + t.upper(0) + " near '" + t.text(i) + "'");
  }
}
