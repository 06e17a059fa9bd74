package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.apache.calcite.config.Lex;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.fun.SqlCase;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.validate.SqlConformanceEnum;

/**
 * Calcite's part: parses normalised writes and checks that expressions consist of what is known to
 * be deterministic.
 */
final class Structure {
  private static final SqlParser.Config PARSER =
      SqlParser.config()
          .withLex(Lex.MYSQL)
          .withConformance(SqlConformanceEnum.LENIENT)
          .withIdentifierMaxLength(512);

  /** What Calcite sees in place of VALUES(column) behind ON DUPLICATE KEY UPDATE. */
  static final String INSERTED = "$VALUES";

  private final TableInfo table;
  private final String alias;
  private final Functions functions;
  private final boolean columns;

  /**
   * @param alias the name that columns may be qualified with besides the table's own, or null
   * @param columns whether expressions may read columns of the row
   */
  Structure(TableInfo table, String alias, Functions functions, boolean columns) {
    this.table = table;
    this.alias = alias;
    this.functions = functions;
    this.columns = columns;
  }

  static String calcite(List<Element> elements) {
    StringBuilder out = new StringBuilder();
    for (Element e : elements) {
      out.append(e.calcite()).append(' ');
    }
    return out.toString();
  }

  static SqlNode parse(String text) throws SQLException {
    try {
      return SqlParser.create(text, PARSER).parseStmt();
    } catch (SqlParseException e) {
      int line = e.getPos() == null ? 1 : e.getPos().getLineNum();
      int column = e.getPos() == null ? 1 : e.getPos().getColumnNum();
      String rest = line == 1 && column <= text.length() ? text.substring(column - 1) : "";
      rest = rest.replace("`", "");
      throw Errors.unsupported(
          "this write is not understood near '"
              + (rest.length() > 40 ? rest.substring(0, 40) + "…" : rest.trim())
              + "'; use plain expressions, or compute the value first and send it as a parameter");
    }
  }

  /** Refuses whatever is not known to give the same result on every node. */
  void check(SqlNode node) throws SQLException {
    if (node == null || node instanceof SqlDynamicParam || node instanceof SqlLiteral) {
      return;
    }
    if (node instanceof SqlIdentifier id) {
      if (!columns) {
        throw Errors.unsupported(
            "the name " + id + " in the VALUES of an INSERT is not supported; send a value");
      }
      column(id);
      return;
    }
    if (node instanceof SqlNodeList list) {
      for (SqlNode n : list) {
        check(n);
      }
      return;
    }
    if (node instanceof SqlCase c) {
      check(c.getValueOperand());
      check(c.getWhenOperands());
      check(c.getThenOperands());
      check(c.getElseOperand());
      return;
    }
    if (!(node instanceof SqlCall call) || !(node instanceof SqlBasicCall)) {
      throw Errors.unsupported(describe(node) + " in a write is not supported");
    }
    SqlOperator operator = call.getOperator();
    if (operator instanceof SqlFunction && call.getKind() != SqlKind.CAST) {
      Functions.Effect effect =
          operator.getName().equals(INSERTED)
              ? Functions.Effect.DETERMINISTIC
              : functions.effect(operator.getName());
      if (effect != Functions.Effect.DETERMINISTIC && effect != Functions.Effect.TIME) {
        throw Errors.unsupported(
            "the function " + operator.getName() + " in a write is not supported");
      }
      if (call.getFunctionQuantifier() != null) {
        throw Errors.unsupported("DISTINCT or ALL in a function call in a write is not supported");
      }
    } else if (!plain(call.getKind(), operator.getName())) {
      throw Errors.unsupported(describe(node) + " in a write is not supported");
    }
    for (int i = 0; i < call.operandCount(); i++) {
      if (call.getKind() != SqlKind.CAST || i == 0) {
        check(call.operand(i));
      }
    }
  }

  private static boolean plain(SqlKind kind, String name) {
    return switch (kind) {
      case PLUS,
          MINUS,
          TIMES,
          DIVIDE,
          MOD,
          PLUS_PREFIX,
          MINUS_PREFIX,
          EQUALS,
          NOT_EQUALS,
          LESS_THAN,
          GREATER_THAN,
          LESS_THAN_OR_EQUAL,
          GREATER_THAN_OR_EQUAL,
          AND,
          OR,
          NOT,
          IS_NULL,
          IS_NOT_NULL,
          IS_TRUE,
          IS_FALSE,
          IS_NOT_TRUE,
          IS_NOT_FALSE,
          BETWEEN,
          IN,
          NOT_IN,
          LIKE,
          CAST ->
          true;
      case OTHER -> name.equals("||");
      default -> false;
    };
  }

  private static String describe(SqlNode node) {
    return switch (node.getKind()) {
      case SELECT, UNION, INTERSECT, EXCEPT, ORDER_BY, WITH, EXISTS, SCALAR_QUERY -> "a sub-query";
      case ROW -> "a row value";
      default ->
          "the construct " + node.getKind().toString().toLowerCase(Locale.ROOT).replace('_', ' ');
    };
  }

  /** The column that an identifier names; refuses names that are not columns of the table. */
  dev.lockstep.node.ColumnInfo column(SqlIdentifier id) throws SQLException {
    int n = id.names.size();
    boolean ours = !id.isStar();
    if (ours && n >= 2) {
      String qualifier = id.names.get(n - 2);
      ours =
          alias != null
              ? qualifier.equalsIgnoreCase(alias)
              : qualifier.equalsIgnoreCase(table.name().name());
    }
    if (ours && n >= 3) {
      ours = alias == null && n == 3 && id.names.get(0).equalsIgnoreCase(table.name().schema());
    }
    dev.lockstep.node.ColumnInfo column = ours ? table.column(id.names.get(n - 1)) : null;
    if (column == null) {
      throw new java.sql.SQLSyntaxErrorException(
          "Lockstep: unknown column '" + id + "' in " + table.name(), "42S22");
    }
    return column;
  }
}
