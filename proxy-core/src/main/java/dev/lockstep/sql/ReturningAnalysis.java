package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ServerVersion;
import dev.lockstep.node.TableInfo;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;

/**
 * Finds writes that return their rows, and what they return. What would not be the same read after
 * the write is refused: the statement's time, variables, sub-queries, aggregates. Thread-safe.
 */
final class ReturningAnalysis {
  private final Vendor vendor;
  private final Catalogue catalogue;
  private final WriteAnalysis writes;
  private final ReadAnalysis reads;
  private final Names names;
  private final Functions functions;
  private final Literals literals;

  ReturningAnalysis(
      Vendor vendor,
      Catalogue catalogue,
      WriteAnalysis writes,
      ReadAnalysis reads,
      Names names,
      Functions functions,
      Literals literals) {
    this.vendor = vendor;
    this.catalogue = catalogue;
    this.writes = writes;
    this.reads = reads;
    this.names = names;
    this.functions = functions;
    this.literals = literals;
  }

  /** INSERT, REPLACE or DELETE … RETURNING; null where it is none, or none that MariaDB has. */
  Builder returning(Tokens t, String schema) throws SQLException {
    if (!vendor.mysqlFamily() || !t.isAny(0, "INSERT", "REPLACE", "DELETE")) {
      return null;
    }
    int at = -1;
    int depth = 0;
    boolean upsert = false;
    for (int i = 1; i < t.count(); i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (depth == 0 && t.is(i, "RETURNING") && !t.op(i - 1, '.') && at < 0) {
        at = i;
      }
      upsert |= depth == 0 && at < 0 && t.sequence(i, "ON", "DUPLICATE", "KEY");
    }
    ServerVersion version = at < 0 ? null : catalogue.version();
    if (version == null || !version.mariadb()) {
      return null;
    }
    int i = 1;
    while (t.isAny(i, "LOW_PRIORITY", "QUICK", "IGNORE", "INTO", "FROM")) {
      i++;
    }
    Names.Ref ref = names.read(t, i, "a table");
    boolean delete = t.is(0, "DELETE");
    if (upsert) {
      // Row by row, one that is there and does not change leaves no entry that would name it.
      throw refused("ON DUPLICATE KEY UPDATE");
    }
    if (delete && t.is(1, "IGNORE")) {
      throw refused("DELETE IGNORE");
    }
    if (delete && !t.isAny(ref.next(), "WHERE", "ORDER", "LIMIT", "RETURNING")) {
      throw refused("DELETE of several tables");
    }
    checkList(t, at + 1, t.count(), schema);
    return plan(
        t,
        schema,
        ref,
        delete ? Returning.Does.BEFORE : Returning.Does.INSERT,
        t.sql.substring(t.start(0), t.end(at - 1)),
        "SELECT " + t.sql.substring(t.start(at + 1), t.end(t.count() - 1)) + " FROM ",
        "");
  }

  /** A SELECT … FROM FINAL, NEW or OLD TABLE (…) of H2, or null. */
  Builder changed(Tokens t, String schema) throws SQLException {
    if (vendor.mysqlFamily() || !t.is(0, "SELECT")) {
      return null;
    }
    int from = 1;
    int depth = 0;
    while (from < t.count() && !(depth == 0 && t.is(from, "FROM"))) {
      depth += t.op(from, '(') ? 1 : t.op(from, ')') ? -1 : 0;
      from++;
    }
    boolean table = t.isAny(from + 1, "FINAL", "NEW", "OLD") && t.is(from + 2, "TABLE");
    int end = table && t.op(from + 3, '(') ? t.closing(from + 3) : -1;
    if (end < 0) {
      return null;
    }
    int verb = from + 4;
    boolean old = t.is(from + 1, "OLD");
    if (!t.isAny(verb, "INSERT", "UPDATE", "DELETE")
        || t.is(verb, "INSERT") && old
        || t.is(verb, "DELETE") && !old) {
      throw refused(t.upper(from + 1) + " TABLE (" + t.upper(verb) + " …)");
    }
    int name = t.isAny(verb + 1, "INTO", "FROM") ? verb + 2 : verb + 1;
    Names.Ref ref = names.read(t, name, "a table");
    checkList(t, 1, from, schema);
    int tail = end + 1;
    String alias = "lockstep_changed"; // H2 itself has no name for it
    if (t.is(tail, "AS")
        || t.identifier(tail)
            && !t.isAny(tail, "WHERE", "ORDER", "LIMIT", "OFFSET", "FETCH", "GROUP", "HAVING")) {
      tail += t.is(tail, "AS") ? 1 : 0;
      alias = t.text(tail++);
    }
    if (tail < t.count() && !t.isAny(tail, "WHERE", "ORDER", "LIMIT", "OFFSET", "FETCH")) {
      throw refused("a data change table with " + t.text(tail));
    }
    checkList(t, tail, t.count(), schema);
    return plan(
        t,
        schema,
        ref,
        t.is(verb, "INSERT")
            ? Returning.Does.INSERT
            : old ? Returning.Does.BEFORE : Returning.Does.UPDATE,
        t.sql.substring(t.start(verb), t.end(end - 1)),
        t.sql.substring(t.start(0), t.end(from)) + " ",
        " "
            + alias
            + (tail < t.count() ? " " + t.sql.substring(t.start(tail), t.end(t.count() - 1)) : ""));
  }

  private Builder plan(
      Tokens t,
      String schema,
      Names.Ref ref,
      Returning.Does does,
      String write,
      String before,
      String after)
      throws SQLException {
    TableInfo table = writes.writable(ref, schema);
    if (table.primaryKey().isEmpty()) {
      throw refused("it of a table without a primary key");
    }
    if (does == Returning.Does.BEFORE && Cascades.toItself(names, table)) {
      throw refused("it of a table whose rows delete others of it");
    }
    Search.selectList(table, literals, vendor.mysqlFamily(), ""); // the key has an exact literal
    Builder b = new Builder(Kind.RETURNING, t, schema);
    b.returnsRows = true;
    b.tables.add(table.name());
    b.returning = new Returning(does, write, before, after, table, vendor, literals);
    return b;
  }

  private void checkList(Tokens t, int from, int to, String schema) throws SQLException {
    if (from >= to) {
      return;
    }
    int depth = 0;
    for (int i = from; i < to; i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      if (t.type(i) == Tokens.PARAM
          || t.type(i) == Tokens.USER_VARIABLE
          || t.type(i) == Tokens.SYSTEM_VARIABLE) {
        throw refused("parameters and variables in what is returned");
      }
      if (t.type(i) != Tokens.WORD || t.op(i - 1, '.')) {
        continue;
      }
      String word = t.upper(i);
      boolean call = t.op(i + 1, '(');
      boolean clause =
          t.isAny(i, "DISTINCT", "UNION", "INTERSECT", "EXCEPT", "MINUS", "INTO", "FOR", "GROUP")
              || depth == 0
                  && vendor.mysqlFamily()
                  && t.isAny(i, "FROM", "WHERE", "ORDER", "LIMIT", "PROCEDURE", "LOCK");
      if (t.isAny(i, "SELECT", "TABLE", "OVER") || clause || call && ReadAnalysis.aggregate(word)) {
        throw refused(word + " in what is returned");
      }
      if ((call || functions.bare(word))
          && (functions.effect(word) == Functions.Effect.TIME
              || functions.effect(word) == Functions.Effect.VOLATILE
              || functions.effect(word) == Functions.Effect.SESSION)) {
        throw refused(word + " in what is returned");
      }
    }
    Tokens list = Lexer.tokenize("SELECT " + t.sql.substring(t.start(from), t.end(to - 1)), vendor);
    reads.refuseSequences(list);
    ReadAnalysis.Effects effects = reads.effects(list, 1, schema);
    if (effects.session() || effects.pins() || effects.sets() || effects.reads()) {
      throw refused("functions of the session or of other tables in what is returned");
    }
  }

  private static SQLException refused(String what) {
    return WriteAnalysis.refused("A write that returns rows: " + what, "write, then read");
  }
}
