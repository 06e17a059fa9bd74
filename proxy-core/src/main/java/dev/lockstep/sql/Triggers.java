package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.node.TriggerInfo;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Proves that the triggers of a table do the same on every node, where they run by themselves for
 * the same rows. What may stand in one:
 *
 * <ul>
 *   <li>{@code SET NEW.column = expression}, not of a key or numbered column;
 *   <li>{@code IF … THEN … ELSEIF … ELSE … END IF}, {@code BEGIN … END};
 *   <li>{@code SIGNAL} of a state of class 45, which no server error has;
 *   <li>{@code INSERT … VALUES} into a table that has no numbered column and no triggers.
 * </ul>
 *
 * Expressions consist of literals, columns of the row and deterministic functions. They are checked
 * word by word: the server has parsed them, and none of the words allowed can mean anything that
 * differs from node to node. The time is the statement's, which is the same on all nodes. Updates
 * and deletes in a trigger are refused: where they match no row on the primary they lock none, and
 * could change places with another transaction's insert.
 *
 * <p>Thread-safe.
 */
final class Triggers {
  /** What the triggers do besides changing the row. */
  record Effect(boolean usesTime, Set<TableName> writes) {
    static final Effect NONE = new Effect(false, Set.of());
  }

  private static final Set<String> WORDS =
      Set.of(
          "AND OR NOT XOR IS NULL TRUE FALSE BETWEEN IN LIKE CASE WHEN THEN ELSE END DIV MOD INTERVAL"
              .split(" "));

  /** Units of time, types in CAST, words inside the parentheses of functions. */
  private static final Set<String> INNER_WORDS =
      Set.of(
          ("MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR AS CHAR SIGNED UNSIGNED INTEGER DECIMAL DATE"
                  + " TIME DATETIME BINARY FROM FOR BOTH LEADING TRAILING")
              .split(" "));

  private static final Set<String> OPERATORS =
      Set.of("+ - * / % = < > <= >= <> != <=> ( ) , || && ! ~ & | ^ <<".split(" "));

  private final Vendor vendor;
  private final Names names;
  private final Functions functions;
  private final Defaults defaults;

  Triggers(Vendor vendor, Names names, Functions functions, Defaults defaults) {
    this.vendor = vendor;
    this.names = names;
    this.functions = functions;
    this.defaults = defaults;
  }

  /** Whether any fires for one of these events. */
  static boolean any(TableInfo table, String... events) {
    for (TriggerInfo trigger : table.triggers()) {
      for (String event : events) {
        if (fires(trigger, event)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean fires(TriggerInfo trigger, String event) {
    return trigger.event() == null || trigger.event().equals(event);
  }

  /**
   * What the triggers for this event do.
   *
   * @throws SQLException 0A001, naming the trigger, where one is not proved
   */
  Effect of(TableInfo table, String event) throws SQLException {
    Effect all = Effect.NONE;
    for (TriggerInfo trigger : table.triggers()) {
      if (!fires(trigger, event)) {
        continue;
      }
      Effect e = new Body(table, trigger).read();
      Set<TableName> writes = new LinkedHashSet<>(all.writes);
      writes.addAll(e.writes);
      all = new Effect(all.usesTime || e.usesTime, writes);
    }
    return all;
  }

  static SQLException refused(TableInfo table, String trigger, String why) {
    return Errors.unsupported(
        "writes to "
            + table.name()
            + " are not supported because of its trigger "
            + trigger
            + ", which is not proved to do the same on every node: "
            + why
            + "; do this in the application and drop the trigger");
  }

  /** One trigger's statement. For one use. */
  private final class Body {
    private final TableInfo table;
    private final TriggerInfo trigger;
    private final Set<TableName> writes = new LinkedHashSet<>();
    private boolean time;
    private Tokens t;
    private int i;

    Body(TableInfo table, TriggerInfo trigger) {
      this.table = table;
      this.trigger = trigger;
    }

    Effect read() throws SQLException {
      if (trigger.body() == null || !vendor.mysqlFamily()) {
        throw no("it is no SQL text");
      }
      for (String mode : trigger.sqlMode().split(",")) {
        if (!StoredFunctions.MODES.contains(mode)) {
          throw no("it was made under the sql_mode " + mode);
        }
      }
      try {
        t = Lexer.tokenize(trigger.body(), vendor);
      } catch (SQLException e) {
        throw no(e.getMessage());
      }
      if (t.hasExecutableComment() || t.hasSetVarHint()) {
        throw no("it has an executable comment or a hint");
      }
      statement();
      while (t.op(i, ';')) {
        i++;
      }
      if (i < t.count()) {
        throw near();
      }
      return new Effect(time, writes);
    }

    private SQLException no(String why) {
      return refused(table, trigger.name(), why);
    }

    private SQLException near() {
      String text = t.text(i);
      return no(
          "only SET NEW.…, IF, SIGNAL SQLSTATE '45…' and INSERT … VALUES with deterministic"
              + " expressions are known, not what stands at '"
              + (text.length() > 30 ? text.substring(0, 30) : text)
              + "'");
    }

    private void expect(String word) throws SQLException {
      if (!t.is(i, word)) {
        throw near();
      }
      i++;
    }

    private void expect(char op) throws SQLException {
      if (!t.op(i, op)) {
        throw near();
      }
      i++;
    }

    private void statement() throws SQLException {
      switch (t.upper(i)) {
        case "BEGIN" -> {
          i++;
          statements();
          expect("END");
        }
        case "IF" -> {
          do {
            i++;
            expression("THEN");
            expect("THEN");
            statements();
          } while (t.is(i, "ELSEIF"));
          if (t.is(i, "ELSE")) {
            i++;
            statements();
          }
          expect("END");
          expect("IF");
        }
        case "SET" -> set();
        case "SIGNAL" -> signal();
        case "INSERT" -> insert();
        default -> throw near();
      }
    }

    private void statements() throws SQLException {
      while (!t.isAny(i, "END", "ELSE", "ELSEIF")) {
        statement();
        expect(';');
      }
    }

    private void set() throws SQLException {
      do {
        i++;
        if (!trigger.before() || !t.is(i, "NEW") || !t.op(i + 1, '.')) {
          throw near();
        }
        i += 2;
        ColumnInfo c = column();
        for (String key : table.primaryKey()) {
          if (key.equalsIgnoreCase(c.name())) {
            throw no("it changes the key column " + c.name());
          }
        }
        if (c.autoIncrement()) {
          throw no("it changes the numbered column " + c.name());
        }
        i++;
        if (!t.op(i, '=') && !t.op(i, ":=")) {
          throw near();
        }
        i++;
        expression(null);
      } while (t.op(i, ','));
    }

    private ColumnInfo column() throws SQLException {
      ColumnInfo c = t.identifier(i) ? table.column(Names.unquote(t.text(i))) : null;
      if (c == null) {
        throw near();
      }
      return c;
    }

    private void signal() throws SQLException {
      i++;
      expect("SQLSTATE");
      i += t.is(i, "VALUE") ? 1 : 0;
      if (t.type(i) != Tokens.STRING || !t.text(i).matches("['\"]45[0-9A-Z]{3}['\"]")) {
        throw near();
      }
      i++;
      if (t.is(i, "SET")) {
        i++;
        expect("MESSAGE_TEXT");
        expect('=');
        if (t.type(i) != Tokens.STRING) {
          throw near();
        }
        i++;
      }
    }

    private void insert() throws SQLException {
      i++;
      i += t.is(i, "INTO") ? 1 : 0;
      Names.Ref ref = names.read(t, i, "a table");
      TableInfo target = names.find(ref, table.name().schema());
      if (target == null || names.system(target.name().schema())) {
        throw no("it inserts into " + ref + ", which is no table of a user");
      }
      requireInsertable(target);
      i = ref.next();
      Set<String> given = new LinkedHashSet<>();
      if (t.op(i, '(')) {
        do {
          i++;
          ColumnInfo c = t.identifier(i) ? target.column(Names.unquote(t.text(i))) : null;
          if (c == null || !given.add(c.name())) {
            throw near();
          }
          i++;
        } while (t.op(i, ','));
        expect(')');
      } else {
        target.columns().forEach(c -> given.add(c.name()));
      }
      for (ColumnInfo c : target.columns()) {
        if (!given.contains(c.name()) && !c.generated()) {
          omitted(target, c);
        }
      }
      if (!t.isAny(i, "VALUES", "VALUE")) {
        throw near();
      }
      do {
        i++;
        expect('(');
        while (!t.op(i, ')')) {
          expression(null);
          if (!t.op(i, ',')) {
            break;
          }
          i++;
        }
        expect(')');
      } while (t.op(i, ','));
      writes.add(target.name());
    }

    private void requireInsertable(TableInfo target) throws SQLException {
      if (!target.baseTable() || !target.transactional()) {
        throw no("it inserts into " + target.name() + ", which is no table of ENGINE=InnoDB");
      }
      if (target.autoIncrement() != null) {
        throw no(
            "it inserts into "
                + target.name()
                + ", whose column "
                + target.autoIncrement().name()
                + " each node would number by itself");
      }
      if (any(target, "INSERT")) {
        throw no("it inserts into " + target.name() + ", which has triggers too");
      }
    }

    private void omitted(TableInfo target, ColumnInfo c) throws SQLException {
      Defaults.Effect effect;
      try {
        effect = defaults.of(target, c);
      } catch (SQLException e) {
        if (SqlState.NOT_SUPPORTED.code().equals(e.getSQLState())) {
          throw no(e.getMessage());
        }
        throw e;
      }
      if (effect.replacement() != null) {
        throw no("the default of column " + c.name() + " of " + target.name() + " may differ");
      }
      time |= effect.usesTime();
    }

    /**
     * Reads an expression up to a semicolon, a comma or closing parenthesis of the statement, or
     * {@code end}.
     */
    private void expression(String end) throws SQLException {
      int depth = 0;
      int cases = 0;
      int from = i;
      while (i < t.count() && !t.op(i, ';')) {
        boolean outer = depth == 0 && cases == 0;
        if (outer && (t.op(i, ',') || t.op(i, ')') || (end != null && t.is(i, end)))) {
          break;
        }
        if (outer && t.isAny(i, "END", "ELSE", "THEN", "WHEN")) {
          throw near();
        }
        depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
        cases += t.is(i, "CASE") ? 1 : t.is(i, "END") ? -1 : 0;
        word();
        i++;
      }
      if (i == from || depth != 0 || cases != 0) {
        throw near();
      }
    }

    private void word() throws SQLException {
      switch (t.type(i)) {
        case Tokens.STRING, Tokens.NUMBER, Tokens.HEX -> {}
        case Tokens.OP -> {
          if (!OPERATORS.contains(t.text(i))) {
            throw near();
          }
        }
        case Tokens.WORD -> name();
        default -> throw near();
      }
    }

    /** Those that may stand before a parenthesis are reserved, so that no function has the name. */
    private boolean known(String upper) {
      return WORDS.contains(upper) || (INNER_WORDS.contains(upper) && !t.op(i + 1, '('));
    }

    private void name() throws SQLException {
      String upper = t.upper(i);
      if (t.isAny(i, "NEW", "OLD") && t.op(i + 1, '.')) {
        boolean isNew = t.is(i, "NEW");
        i += 2;
        ColumnInfo c = column();
        boolean numbered = c.autoIncrement() || (c.generated() && table.autoIncrement() != null);
        if (isNew && numbered && trigger.before() && !"UPDATE".equals(trigger.event())) {
          throw no(
              "it reads NEW."
                  + c.name()
                  + " before the row is numbered, when only replicas know the number");
        }
      } else if (upper.equals("COLLATE") && t.type(i + 1) == Tokens.WORD) {
        i++;
      } else if (t.op(i + 1, '(') && !t.gapBefore(i + 1) && !WORDS.contains(upper)) {
        Functions.Effect effect = functions.effect(upper);
        time |= effect == Functions.Effect.TIME;
        if (effect != Functions.Effect.DETERMINISTIC && effect != Functions.Effect.TIME) {
          if (!t.is(i - 1, "AS") || !INNER_WORDS.contains(upper)) {
            throw near();
          }
        }
      } else if (functions.bare(upper) && functions.effect(upper) == Functions.Effect.TIME) {
        time = true;
      } else if (t.is(i, "END") ? t.op(i + 1, '(') : !known(upper)) {
        throw near();
      }
    }
  }
}
