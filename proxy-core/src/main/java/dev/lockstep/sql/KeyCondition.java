package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;

/** Reads a WHERE that must be exactly the full primary key. Used by one thread. */
final class KeyCondition {
  private final Structure structure;
  private final TableInfo table;
  private final ColumnInfo[] keyColumn;
  private final List<ColumnInfo> seen = new ArrayList<>();

  KeyCondition(Structure structure, TableInfo table, ColumnInfo[] keyColumn) {
    this.structure = structure;
    this.table = table;
    this.keyColumn = keyColumn;
  }

  /** Returns whether it is an IN list. */
  boolean read(SqlNode condition) throws SQLException {
    boolean in = condition != null && condition.getKind() == SqlKind.IN;
    if (in) {
      SqlCall call = (SqlCall) condition;
      if (!(call.operand(0) instanceof SqlIdentifier id)
          || !(call.operand(1) instanceof SqlNodeList list)) {
        throw notKey();
      }
      ColumnInfo c = structure.column(id);
      for (SqlNode value : list) {
        value(c, value);
      }
      seen.add(c);
    } else {
      and(condition);
    }
    if (seen.size() != table.primaryKey().size()) {
      throw notKey();
    }
    for (String k : table.primaryKey()) {
      if (!seen.contains(table.column(k))) {
        throw notKey();
      }
    }
    return in;
  }

  private void and(SqlNode node) throws SQLException {
    if (!(node instanceof SqlCall call) || call.operandCount() != 2) {
      throw notKey();
    }
    SqlNode left = call.operand(0);
    SqlNode right = call.operand(1);
    if (call.getKind() == SqlKind.AND) {
      and(left);
      and(right);
    } else if (call.getKind() == SqlKind.EQUALS) {
      boolean swap = right instanceof SqlIdentifier;
      if (!((swap ? right : left) instanceof SqlIdentifier id)) {
        throw notKey();
      }
      ColumnInfo c = structure.column(id);
      if (seen.contains(c)) {
        throw notKey();
      }
      seen.add(c);
      value(c, swap ? left : right);
    } else {
      throw notKey();
    }
  }

  private void value(ColumnInfo column, SqlNode node) throws SQLException {
    if (!(node instanceof SqlDynamicParam p)) {
      throw notKey();
    }
    keyColumn[p.getIndex()] = column;
  }

  private SQLException notKey() {
    return WriteAnalysis.refused(
        "a WHERE that is not exactly the primary key of "
            + table.name()
            + " ("
            + String.join(", ", table.primaryKey())
            + ")",
        "select the keys first (SELECT … FOR UPDATE), then write each row by its key");
  }
}
