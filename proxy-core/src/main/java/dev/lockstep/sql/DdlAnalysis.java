package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.Set;

/**
 * Finds what DDL touches from its tokens, and refuses by name what is not replicated. Thread-safe.
 */
final class DdlAnalysis {
  private static final Set<String> NOT_CREATED =
      Set.of(
          "USER",
          "ROLE",
          "SERVER",
          "PACKAGE",
          "TABLESPACE",
          "LOGFILE",
          "RESOURCE",
          "SPATIAL_REFERENCE",
          "ALIAS",
          "AGGREGATE",
          "CONSTANT",
          "DOMAIN",
          "TYPE",
          "LINKED",
          "SYNONYM",
          "INSTANCE");

  private static final Set<String> REFUSED =
      Set.of(
          "GRANT",
          "REVOKE",
          "LOCK",
          "UNLOCK",
          "FLUSH",
          "LOAD",
          "CALL",
          "DO",
          "HANDLER",
          "XA",
          "PREPARE",
          "EXECUTE",
          "DEALLOCATE",
          "KILL",
          "SHUTDOWN",
          "INSTALL",
          "UNINSTALL",
          "OPTIMIZE",
          "REPAIR",
          "CHECK",
          "RESET",
          "PURGE",
          "CHANGE",
          "STOP",
          "CACHE",
          "IMPORT",
          "RESTART",
          "CLONE",
          "BINLOG",
          "SIGNAL",
          "RESIGNAL",
          "GET",
          "BACKUP",
          "SCRIPT",
          "RUNSCRIPT",
          "CHECKPOINT",
          "REFRESH",
          "EXEC",
          "DECLARE",
          "RETURN",
          "SLAVE",
          "DELIMITER",
          "COPY",
          "LISTEN",
          "NOTIFY",
          "VACUUM");

  private static final Set<String> SEQUENCE_OPTIONS =
      Set.of(
          "AS",
          "BIGINT",
          "INTEGER",
          "INT",
          "SMALLINT",
          "TINYINT",
          "START",
          "RESTART",
          "WITH",
          "INCREMENT",
          "BY",
          "MINVALUE",
          "MAXVALUE",
          "NO",
          "NOMINVALUE",
          "NOMAXVALUE",
          "CACHE",
          "NOCACHE",
          "CYCLE",
          "NOCYCLE",
          "ENGINE");

  private final boolean mysql;
  private final Names names;
  private final Functions functions;
  private final StoredDdl stored;

  DdlAnalysis(boolean mysql, Names names, Functions functions) {
    this.mysql = mysql;
    this.names = names;
    this.functions = functions;
    this.stored = new StoredDdl(names, functions);
  }

  /** Statements that are refused whatever they contain, even semicolons. */
  void refuseByName(Tokens t) throws SQLException {
    String word = t.upper(0);
    if (REFUSED.contains(word)
        && !(mysql && (t.isAny(0, "CALL", "LOAD") || t.sequence(0, "CHECK", "TABLE")))) {
      throw Errors.unsupported(word + " is not supported in this version" + hint(word));
    }
    if (t.isAny(0, "CREATE", "ALTER", "DROP")) {
      String object = t.upper(objectAt(t));
      if (NOT_CREATED.contains(object) || (!mysql && StoredDdl.is(object))) {
        throw Errors.unsupported(
            word + " " + object + " is not supported in this version" + hint(object));
      }
    } else if (t.is(0, "RENAME") && t.is(1, "USER")) {
      throw Errors.unsupported("RENAME USER is not supported" + hint("USER"));
    } else if (t.is(0, "BEGIN") && t.is(1, "NOT")) {
      throw Errors.unsupported("BEGIN NOT ATOMIC is not supported; send the statements one by one");
    }
  }

  private static String hint(String word) {
    return switch (word) {
      case "GRANT", "REVOKE", "USER", "ROLE" ->
          "; accounts and rights are set on each node, Lockstep does not replicate them";
      case "CALL", "EXEC", "DO" -> "; send the statements themselves";
      case "PREPARE", "EXECUTE", "DEALLOCATE" -> "; use a JDBC PreparedStatement";
      case "LOCK", "UNLOCK" -> "; use a transaction and SELECT … FOR UPDATE";
      case "LOAD", "COPY" -> "; use batches of INSERT … VALUES";
      case "XA" -> "; use ordinary transactions";
      case "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "ALIAS" ->
          "; do the work in the application";
      default -> "; run it on each node directly";
    };
  }

  /** DDL whose text may contain semicolons, or null where it is none. */
  Builder stored(Tokens t, String schema) throws SQLException {
    if (!mysql || !t.isAny(0, "CREATE", "ALTER", "DROP")) {
      return null;
    }
    int at = objectAt(t);
    return StoredDdl.is(t.upper(at)) ? stored.analyze(t, at, schema) : null;
  }

  /** The token that says what CREATE, ALTER or DROP works on. */
  private static int objectAt(Tokens t) {
    int i = 1;
    while (i < t.count()) {
      if (t.isAny(
              i,
              "OR",
              "REPLACE",
              "FORCE",
              "AGGREGATE",
              "ONLINE",
              "OFFLINE",
              "IGNORE",
              "CACHED",
              "MEMORY",
              "LOCAL",
              "GLOBAL",
              "UNIQUE",
              "FULLTEXT",
              "SPATIAL",
              "HASH",
              "NULLS",
              "NOT",
              "DISTINCT",
              "MATERIALIZED",
              "UNDO",
              "RECURSIVE",
              "BITMAP",
              "VECTOR")
          && !(t.is(i, "AGGREGATE") && !t.is(i + 1, "FUNCTION"))) {
        i++;
      } else if (t.isAny(i, "ALGORITHM", "DEFINER") && t.op(i + 1, '=')) {
        i += 3;
        if (t.type(i) == Tokens.USER_VARIABLE || t.op(i, '(')) {
          i += t.op(i, '(') ? 2 : 1;
        }
      } else if (t.sequence(i, "SQL", "SECURITY")) {
        i += 3;
      } else {
        return i;
      }
    }
    return i;
  }

  Builder analyze(Tokens t, String schema) throws SQLException {
    Builder b = new Builder(Kind.DDL, t, schema);
    String word = t.upper(0);
    if (t.parameterCount() > 0) {
      throw Errors.unsupported("DDL with ? parameters is not supported");
    }
    switch (word) {
      case "CREATE", "ALTER", "DROP" -> object(t, schema, b, word);
      case "TRUNCATE" -> add(t, t.is(1, "TABLE") ? 2 : 1, schema, b);
      case "RENAME" -> {
        if (!t.isAny(1, "TABLE", "TABLES")) {
          throw Classifier.notRead(t, 1);
        }
        renames(t, schema, b);
      }
      case "COMMENT" -> {
        if (mysql || !t.is(1, "ON")) {
          throw Classifier.notRead(t, 1);
        }
        b.allTables = true;
      }
      default ->
          throw Errors.unsupported(
              "the statement '"
                  + (t.text(0).length() > 30 ? t.text(0).substring(0, 30) : t.text(0))
                  + " …' is not known to Lockstep");
    }
    for (int i = 1; i < t.count(); i++) {
      if (t.is(i, "REFERENCES") && !t.op(i - 1, '.') && t.identifier(i + 1)) {
        add(t, i + 1, schema, b);
      }
    }
    return b;
  }

  private void object(Tokens t, String schema, Builder b, String word) throws SQLException {
    int at = objectAt(t);
    String object = t.upper(at);
    switch (object) {
      case "TEMPORARY" ->
          throw Errors.unsupported(
              word + " TEMPORARY TABLE is not supported in this version; use an ordinary table");
      case "TABLE", "TABLES" -> table(t, at, schema, b, word);
      case "DATABASE", "SCHEMA" -> {
        if (word.equals("ALTER") && !t.identifier(at + 1)) {
          throw Classifier.notRead(t, at);
        }
        int name = skipExists(t, at + 1);
        if (!t.identifier(name)) {
          throw Classifier.notRead(t, name);
        }
        b.schemaWide = true;
        b.allTables = true;
        b.renamesSchema = !mysql && word.equals("ALTER");
        b.name = names.fold(Names.unquote(t.text(name)), t.type(name) == Tokens.QUOTED);
        refuseSystem(b.name);
      }
      case "VIEW" -> {
        int i = skipExists(t, at + 1);
        i = add(t, i, schema, b);
        while (word.equals("DROP") && t.op(i, ',')) {
          i = add(t, i + 1, schema, b);
        }
        b.allTables = !word.equals("DROP") || t.is(i, "CASCADE");
        if (SequenceCall.any(t, mysql)) {
          throw Errors.unsupported(
              "a view that draws from a sequence is not supported; draw the value with a query of"
                  + " its own");
        }
        if (mysql && !word.equals("DROP")) {
          stored.view(t, schema, b);
        }
      }
      case "INDEX" -> index(t, at, schema, b);
      case "SEQUENCE" -> sequence(t, at, schema, b, word);
      default ->
          throw Errors.unsupported(
              word
                  + " "
                  + (object.isEmpty() ? t.text(at) : object)
                  + " is not supported in this version; run it on each node directly");
    }
  }

  /**
   * Its options are numbers: those that could fit the position on one node and not the one on
   * another need a new position with them.
   */
  private void sequence(Tokens t, int at, String schema, Builder b, String word)
      throws SQLException {
    int i = add(t, skipExists(t, at + 1), schema, b);
    if (word.equals("DROP")) {
      while (mysql && t.op(i, ',')) {
        i = add(t, i + 1, schema, b);
      }
      if (i < t.count()) {
        throw Classifier.notRead(t, i);
      }
      return;
    }
    engine(t, i, t.count());
    boolean restart = false;
    boolean bounds = false;
    for (; i < t.count(); i++) {
      boolean known =
          SEQUENCE_OPTIONS.contains(t.upper(i))
              || t.type(i) == Tokens.NUMBER
              || t.op(i, '=')
              || t.op(i, '-')
              || t.op(i, '+')
              || (t.is(i - 1, "ENGINE") || t.is(i - 2, "ENGINE")) && t.identifier(i);
      if (!known) {
        throw Classifier.notRead(t, i);
      }
      restart |= t.is(i, "RESTART");
      bounds |= t.isAny(i, "MINVALUE", "MAXVALUE", "NOMINVALUE", "NOMAXVALUE", "INCREMENT");
      if (t.is(i, "INCREMENT")) {
        int number = i + 1;
        while (t.is(number, "BY") || t.op(number, '=') || t.op(number, '+')) {
          number++;
        }
        if (t.text(number).equals("0")) {
          throw Errors.unsupported("a sequence with INCREMENT 0 is not supported");
        }
      }
    }
    if (word.equals("ALTER") && bounds && !restart) {
      throw Errors.unsupported(
          "ALTER SEQUENCE of limits or increment needs a new position too; add RESTART WITH …");
    }
    b.placesSequence = true;
  }

  private void index(Tokens t, int at, String schema, Builder b) throws SQLException {
    for (int i = at + 1; i < t.count(); i++) {
      if (t.is(i, "ON") && !t.op(i - 1, '.')) {
        add(t, i + 1, schema, b);
        return;
      }
    }
    int name = skipExists(t, at + 1);
    if (t.op(name + 1, '.')) {
      refuseSystem(Names.unquote(t.text(name)));
    }
    b.allTables = true;
  }

  private void table(Tokens t, int at, String schema, Builder b, String word) throws SQLException {
    int i = skipExists(t, at + 1);
    i = add(t, i, schema, b);
    while (word.equals("DROP") && t.op(i, ',')) {
      i = add(t, i + 1, schema, b);
    }
    if (word.equals("DROP")) {
      b.allTables = t.is(i, "CASCADE") && !mysql;
      return;
    }
    engine(t, i, t.count());
    if (word.equals("CREATE")) {
      create(t, i, schema, b);
    } else {
      alter(t, i, schema, b);
    }
  }

  static void engine(Tokens t, int from, int end) throws SQLException {
    int depth = 0;
    for (int i = from; i < end; i++) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      boolean assigned = t.op(i + 1, '=');
      boolean option =
          (t.is(i, "ENGINE") && assigned)
              || (depth == 0 && t.is(i, "TYPE") && assigned)
              || (depth == 0
                  && t.is(i, "ENGINE")
                  && (t.identifier(i + 1) || t.type(i + 1) == Tokens.STRING)
                  && !t.isAny(
                      i - 1, "ADD", "COLUMN", "MODIFY", "CHANGE", "DROP", "EXISTS", "BY", "TO",
                      "AFTER", "ALTER"));
      if (option && !t.op(i - 1, '.')) {
        String engine = t.text(assigned ? i + 2 : i + 1).replaceAll("['\"`]", "");
        if (!engine.equalsIgnoreCase("InnoDB")) {
          throw Errors.unsupported(
              "tables of ENGINE " + engine + " are not replicated; use ENGINE=InnoDB");
        }
      }
    }
  }

  private void create(Tokens t, int from, String schema, Builder b) throws SQLException {
    int depth = 0;
    for (int i = from; i < t.count(); i++) {
      if (t.op(i, '(')) {
        depth++;
      } else if (t.op(i, ')')) {
        depth--;
      } else if (t.type(i) == Tokens.WORD && !t.op(i - 1, '.')) {
        boolean query =
            t.is(i, "SELECT")
                || (depth == 0 && t.is(i, "AS"))
                || (depth == 0
                    && t.isAny(i, "TABLE", "ROW", "WITH", "VALUES")
                    && !t.is(i, "WITH")
                    && !t.is(i + 1, "LESS"));
        if (query && !generatedAlways(t, i)) {
          throw Errors.unsupported(
              "CREATE TABLE … AS SELECT is not supported in this version; create the table, then insert the rows");
        }
        if (t.is(i, "LIKE")
            && t.identifier(i + 1)
            && (i == from || (i == from + 1 && t.op(from, '(')))) {
          add(t, i + 1, schema, b);
        }
        if (depth == 0 && t.sequence(i, "NOT", "PERSISTENT")) {
          throw Errors.unsupported("tables that are NOT PERSISTENT are not replicated");
        }
      }
    }
  }

  private static boolean generatedAlways(Tokens t, int i) {
    return t.is(i, "AS") && t.is(i - 1, "ALWAYS");
  }

  private void alter(Tokens t, int from, String schema, Builder b) throws SQLException {
    boolean adds = false;
    boolean changes = false;
    for (int i = from; i < t.count(); i++) {
      if (t.type(i) != Tokens.WORD || t.op(i - 1, '.')) {
        continue;
      }
      if (i == from) {
        requireNoSequence(t, schema, b);
      }
      adds |= t.is(i, "ADD");
      changes |= t.isAny(i, "ADD", "MODIFY", "CHANGE");
      if (t.isAny(i, "RENAME") && t.isAny(i + 1, "TO", "AS")) {
        add(t, i + 2, schema, b);
      } else if (mysql
          && t.is(i, "RENAME")
          && t.identifier(i + 1)
          && !t.isAny(i + 1, "COLUMN", "INDEX", "KEY", "CONSTRAINT")) {
        add(t, i + 1, schema, b);
      } else if (t.is(i, "EXCHANGE") && t.is(i + 1, "PARTITION")) {
        throw Errors.unsupported(
            "ALTER TABLE … EXCHANGE PARTITION is not supported in this version");
      } else if (t.isAny(i, "DISCARD", "IMPORT") && t.is(i + 1, "TABLESPACE")) {
        throw Errors.unsupported("ALTER TABLE … TABLESPACE is not supported");
      } else if (adds
          && t.isAny(i, "AUTO_INCREMENT", "IDENTITY", "AUTO_INCREMENT")
          && !t.op(i + 1, '=')) {
        throw Errors.unsupported(
            "ALTER TABLE … ADD of a numbered column is not supported: existing rows may be numbered differently on each"
                + " node; create a new table and copy the rows");
      } else if (changes && volatileCall(t, i)) {
        throw Errors.unsupported(
            "ALTER TABLE with "
                + t.text(i)
                + " is not supported: existing rows may get different values on each node; add the column without it,"
                + " then set the default with ALTER TABLE … ALTER COLUMN … SET DEFAULT");
      }
    }
  }

  /** On MariaDB a sequence is a table too; what is known of its position goes with its name. */
  private void requireNoSequence(Tokens t, String schema, Builder b) throws SQLException {
    for (dev.lockstep.node.TableName name :
        mysql ? b.tables : Set.<dev.lockstep.node.TableName>of()) {
      dev.lockstep.node.TableInfo info =
          names.find(new Names.Ref(name.schema(), true, name.name(), true, 0), schema);
      if (info != null && !info.baseTable() && info.column("next_not_cached_value") != null) {
        throw Errors.unsupported(
            name + " is a sequence; it can be altered with ALTER SEQUENCE, but not be renamed");
      }
    }
  }

  private boolean volatileCall(Tokens t, int i) {
    if (t.is(i, "NEXT") && t.is(i + 1, "VALUE")) {
      return true;
    }
    if (!t.op(i + 1, '(') && !functions.bare(t.upper(i))) {
      return false;
    }
    Functions.Effect effect = functions.effect(t.upper(i));
    return effect == Functions.Effect.TIME
        || effect == Functions.Effect.VOLATILE
        || effect == Functions.Effect.SESSION
        || effect == Functions.Effect.FORBIDDEN
        || (effect == Functions.Effect.UNKNOWN && functions.bare(t.upper(i)));
  }

  private void renames(Tokens t, String schema, Builder b) throws SQLException {
    int i = skipExists(t, 2);
    while (true) {
      i = add(t, i, schema, b);
      requireNoSequence(t, schema, b);
      if (t.isAny(i, "WAIT", "NOWAIT")) {
        i += t.is(i, "WAIT") ? 2 : 1;
      }
      if (!t.is(i, "TO")) {
        throw Classifier.notRead(t, i);
      }
      i = add(t, i + 1, schema, b);
      if (!t.op(i, ',')) {
        return;
      }
      i++;
    }
  }

  static int skipExists(Tokens t, int i) {
    if (t.sequence(i, "IF", "NOT", "EXISTS")) {
      return i + 3;
    }
    return t.sequence(i, "IF", "EXISTS") ? i + 2 : i;
  }

  private int add(Tokens t, int i, String schema, Builder b) throws SQLException {
    Names.Ref ref = names.read(t, i, "a table");
    names.requireSchema(ref, schema);
    dev.lockstep.node.TableName name = names.stored(ref, schema);
    refuseSystem(name.schema());
    b.tables.add(name);
    return ref.next();
  }

  private void refuseSystem(String schema) throws SQLException {
    if (names.system(schema)) {
      throw Errors.unsupported(
          "the schema " + schema + " belongs to the system or to Lockstep and cannot be changed");
    }
  }
}
