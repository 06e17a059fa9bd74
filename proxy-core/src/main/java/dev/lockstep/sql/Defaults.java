package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;

/** What a column's default does to an INSERT that leaves the column out. */
final class Defaults {
  private final Vendor vendor;
  private final Functions functions;

  Defaults(Vendor vendor, Functions functions) {
    this.vendor = vendor;
    this.functions = functions;
  }

  /**
   * @param usesTime the value comes from the statement's time, which SET TIMESTAMP fixes
   * @param replacement the function, or draw from a sequence, to replace by a literal, or null
   */
  record Effect(boolean usesTime, Slot replacement) {}

  private static final Effect CONSTANT = new Effect(false, null);
  private static final Effect TIME = new Effect(true, null);

  /** Refuses defaults that cannot be made the same on every node. */
  Effect of(TableInfo table, ColumnInfo column) throws SQLException {
    if (!column.volatileDefault() || column.defaultExpression() == null) {
      return CONSTANT;
    }
    Tokens t = Lexer.tokenize(column.defaultExpression(), vendor);
    int from = 0;
    int to = t.count();
    while (t.op(from, '(') && t.closing(from) == to - 1) {
      from++;
      to--;
    }
    TableName sequence = SequenceCall.ofDefault(t, from, to, vendor.mysqlFamily());
    if (sequence != null) {
      return new Effect(false, new Slot.Draw(sequence));
    }
    String name = t.upper(from);
    boolean bare = to - from == 1;
    boolean call = t.op(from + 1, '(') && t.closing(from + 1) == to - 1;
    if (t.type(from) == Tokens.WORD
        && (bare || call)
        && functions.effect(name) == Functions.Effect.VOLATILE) {
      int args = bare ? 0 : to - from - 3;
      if (args == 0) {
        return new Effect(false, new Slot.Volatile(name, -1));
      }
      if (args == 1
          && t.type(from + 2) == Tokens.NUMBER
          && Elements.timeFunction(name)
          && t.text(from + 2).length() == 1) {
        return new Effect(false, new Slot.Volatile(name, t.text(from + 2).charAt(0) - '0'));
      }
      throw refused(table, column);
    }
    boolean time = false;
    for (int i = from; i < to; i++) {
      byte type = t.type(i);
      boolean function = t.identifier(i) && t.op(i + 1, '(');
      if (type == Tokens.USER_VARIABLE
          || type == Tokens.SYSTEM_VARIABLE
          || (t.is(i, "NEXT") && t.is(i + 1, "VALUE"))) {
        throw refused(table, column);
      }
      if (!function && !(type == Tokens.WORD && functions.bare(t.upper(i)))) {
        continue;
      }
      Functions.Effect effect = functions.effect(Names.unquote(t.text(i)));
      if (effect == Functions.Effect.TIME) {
        time = true;
      } else if (effect != Functions.Effect.DETERMINISTIC) {
        throw refused(table, column);
      }
    }
    return time ? TIME : CONSTANT;
  }

  private static SQLException refused(TableInfo table, ColumnInfo column) {
    return Errors.unsupported(
        "the default of column "
            + column.name()
            + " of "
            + table.name()
            + " ("
            + column.defaultExpression()
            + ") may differ from node to node; give the column a value");
  }
}
