package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Statements on temporary tables: they exist on one server connection only, so nothing of them goes
 * to another node. What is not surely about temporary tables alone is analysed like any other
 * statement, or refused. Thread-safe.
 */
final class TemporaryTables {
  private final boolean mysql;
  private final Names names;
  private final ReadAnalysis reads;

  TemporaryTables(boolean mysql, Names names, ReadAnalysis reads) {
    this.mysql = mysql;
    this.names = names;
    this.reads = reads;
  }

  /** CREATE or DROP … TEMPORARY TABLE, or null where it is something else. */
  Builder named(Tokens t, String schema) throws SQLException {
    if (mysql && t.sequence(0, "DROP", "TEMPORARY")) {
      return drop(t, schema, Set.of());
    }
    if (!t.is(0, "CREATE")) {
      return null;
    }
    int i = 1;
    boolean local = mysql;
    while (t.isAny(i, "OR", "REPLACE", "LOCAL", "GLOBAL", "CACHED", "MEMORY")) {
      local |= t.is(i, "LOCAL");
      i++;
    }
    if (!t.is(i, "TEMPORARY") || !t.is(i + 1, "TABLE")) {
      return null;
    }
    if (!local) {
      throw Errors.unsupported(
          "only LOCAL temporary tables are supported: others are seen by every session; write"
              + " CREATE LOCAL TEMPORARY TABLE");
    }
    i = DdlAnalysis.skipExists(t, i + 2);
    Names.Ref ref = names.read(t, i, "a table");
    for (int k = ref.next(); k < t.count(); k++) {
      if (t.is(k, "REFERENCES") && !mysql) {
        throw Errors.unsupported("foreign keys of temporary tables are not supported");
      }
      if (t.isAny(k, "SELECT", "WITH", "VALUES") && !t.op(k - 1, '.')) {
        reads.checkCalls(t, k, schema);
        break;
      }
    }
    TableName name = full(ref, schema);
    if (names.system(name.schema())) {
      // It would stand before one of the cluster's own tables.
      throw Errors.unsupported(
          "the schema " + name.schema() + " belongs to the system or to Lockstep; use another one");
    }
    Builder b = local(t, schema, !mysql);
    b.created.add(name);
    return b;
  }

  /**
   * The plan of a statement on temporary tables only, or null where it is analysed as without them.
   *
   * @param known the session's temporary tables
   * @throws SQLException 0A001 where it would be about both kinds
   */
  Builder analyze(Tokens t, String schema, Set<TableName> known) throws SQLException {
    switch (t.upper(0)) {
      case "INSERT", "REPLACE", "MERGE", "UPDATE", "DELETE" -> {
        int i = 1;
        while (t.isAny(
            i, "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE", "INTO", "FROM")) {
          i++;
        }
        if (!t.identifier(i)) {
          return null;
        }
        Names.Ref ref = names.read(t, i, "a table");
        if (!temporary(ref, schema, known)) {
          return null;
        }
        checkSingle(t, ref.next());
        reads.checkCalls(t, ref.next(), schema);
        return local(t, schema, false);
      }
      case "TRUNCATE" -> {
        Names.Ref ref = names.read(t, t.is(1, "TABLE") ? 2 : 1, "a table");
        return temporary(ref, schema, known) ? local(t, schema, true) : null;
      }
      case "DROP" -> {
        return drop(t, schema, known);
      }
      case "CREATE", "ALTER", "RENAME", "COMMENT" -> {
        return definition(t, schema, known);
      }
      default -> {
        return null;
      }
    }
  }

  /** Several tables in an UPDATE or DELETE may be of both kinds. */
  private static void checkSingle(Tokens t, int afterName) throws SQLException {
    if (!t.isAny(0, "UPDATE", "DELETE")) {
      return;
    }
    int i = afterName;
    if (t.is(i, "AS")) {
      i += 2;
    } else if (t.identifier(i) && !t.isAny(i, "SET", "WHERE", "ORDER", "LIMIT", "USING")) {
      i++;
    }
    boolean single =
        t.is(0, "UPDATE")
            ? t.is(i, "SET")
            : t.is(1, "FROM") || t.is(2, "FROM") || t.is(3, "FROM") || t.is(4, "FROM");
    if (single && t.is(0, "DELETE")) {
      single = i == t.count() || t.isAny(i, "WHERE", "ORDER", "LIMIT");
    }
    if (!single) {
      throw Errors.unsupported(
          t.upper(0)
              + " of several tables, one of them temporary, is not supported; write to them one by one");
    }
  }

  private Builder drop(Tokens t, String schema, Set<TableName> known) throws SQLException {
    boolean keyword = t.is(1, "TEMPORARY");
    int i = keyword ? 2 : 1;
    if (!t.isAny(i, "TABLE", "TABLES")) {
      return definition(t, schema, known);
    }
    int list = DdlAnalysis.skipExists(t, i + 1);
    Set<TableName> dropped = new LinkedHashSet<>();
    int others = 0;
    int k = list;
    while (true) {
      Names.Ref ref = names.read(t, k, "a table");
      if (keyword || temporary(ref, schema, known)) {
        dropped.add(full(ref, schema));
      } else {
        others++;
      }
      k = ref.next();
      if (!t.op(k, ',')) {
        break;
      }
      k++;
    }
    if (dropped.isEmpty()) {
      return null;
    }
    if (others > 0) {
      throw Errors.unsupported(
          "DROP of temporary and other tables in one statement is not supported; drop them one by one");
    }
    Builder b = local(t, schema, !keyword);
    b.dropped.addAll(dropped);
    if (mysql && !keyword) {
      // Whatever happens, no other table of that name goes with it.
      b.localSql = "DROP TEMPORARY " + t.sql.substring(t.start(i), t.end(t.count() - 1));
    }
    return b;
  }

  private Builder definition(Tokens t, String schema, Set<TableName> known) throws SQLException {
    int named = -1;
    for (int i = 1; i < t.count(); i++) {
      if (t.identifier(i) && known(Names.unquote(t.text(i)), known)) {
        named = i;
        break;
      }
    }
    if (named < 0) {
      return null;
    }
    int at = -1;
    if (t.sequence(0, "ALTER", "TABLE")) {
      at = DdlAnalysis.skipExists(t, 2);
    } else if (mysql && t.isAny(0, "CREATE", "DROP")) {
      for (int i = 1; i < t.count() && at < 0; i++) {
        at = t.is(i, "ON") && t.isAny(1, "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL") ? i + 1 : -1;
      }
    }
    boolean renames = false;
    for (int i = 1; i < t.count(); i++) {
      renames |= t.is(i, "RENAME") && !t.isAny(i + 1, "COLUMN", "INDEX", "KEY");
      renames |= t.isAny(i, "REFERENCES", "EXCHANGE");
    }
    if (at < 0 || renames || !temporary(names.read(t, at, "a table"), schema, known)) {
      throw Errors.unsupported(
          "the statement names "
              + t.text(named)
              + ", which is a temporary table of this session, and is not surely about that one"
              + " alone; drop the temporary table first");
    }
    return local(t, schema, true);
  }

  private static boolean known(String name, Set<TableName> known) {
    return known.stream().anyMatch(k -> k.name().equalsIgnoreCase(name));
  }

  /**
   * Whether the name is a temporary table. The server may or may not tell upper from lower case.
   */
  private boolean temporary(Names.Ref ref, String schema, Set<TableName> known)
      throws SQLException {
    TableName name = full(ref, schema);
    if (known.contains(name)) {
      return true;
    }
    for (TableName k : known) {
      if (k.name().equalsIgnoreCase(name.name()) && k.schema().equalsIgnoreCase(name.schema())) {
        throw Errors.unsupported(
            "the name "
                + ref
                + " may or may not be the temporary table "
                + k
                + "; write it as it was created");
      }
    }
    return false;
  }

  private TableName full(Names.Ref ref, String current) throws SQLException {
    names.requireSchema(ref, current);
    String schema =
        ref.schema() != null
            ? names.fold(ref.schema(), ref.schemaQuoted())
            : current != null ? current : "PUBLIC";
    return new TableName(schema, names.fold(ref.name(), ref.nameQuoted()));
  }

  private static Builder local(Tokens t, String schema, boolean commits) {
    Builder b = new Builder(Kind.LOCAL, t, schema);
    b.commits = commits;
    return b;
  }
}
