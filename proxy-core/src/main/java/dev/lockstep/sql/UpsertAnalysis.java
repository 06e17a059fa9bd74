package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands behind ON DUPLICATE KEY UPDATE. Assignments that change nothing, {@code id = id} and
 * {@code id = LAST_INSERT_ID(id)}, are taken out here; the others are like those of an UPDATE.
 * Thread-safe.
 */
final class UpsertAnalysis {
  private final Vendor vendor;
  private final KeyedAnalysis keyed;

  UpsertAnalysis(Vendor vendor, KeyedAnalysis keyed) {
    this.vendor = vendor;
    this.keyed = keyed;
  }

  /**
   * @param from the first token of the assignments, which go up to the end
   */
  InsertWrite.Upsert analyze(Tokens t, int from, TableInfo table, long generation)
      throws SQLException {
    int params = 0;
    for (int k = 0; k < from; k++) {
      params += t.type(k) == Tokens.PARAM ? 1 : 0;
    }
    List<ColumnInfo> changed = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    ColumnInfo lastInsertId = null;
    boolean removed = false;
    for (int i = from; i < t.count(); ) {
      int end = end(t, i);
      ColumnInfo column = column(t, i, table);
      int value = value(t, i);
      boolean itself = column != null && names(t, value, end, column, table);
      boolean last =
          column != null
              && column.autoIncrement()
              && t.is(value, "LAST_INSERT_ID")
              && t.op(value + 1, '(')
              && t.op(end - 1, ')')
              && names(t, value + 2, end - 1, column, table);
      if (itself || last) {
        removed = true;
        lastInsertId = last ? column : lastInsertId;
      } else {
        kept.add(t.sql.substring(t.start(i), t.end(end - 1)));
        if (column != null && !column.generated()) {
          changed.add(column);
        }
      }
      i = end + 1;
    }
    if (kept.isEmpty() && removed) {
      return new InsertWrite.Upsert(null, new Slot[0], changed, lastInsertId);
    }
    for (ColumnInfo c : table.columns()) {
      if (c.onUpdateNow() && !changed.contains(c)) {
        changed.add(c);
      }
    }
    Tokens shorter = t;
    if (removed) {
      // Some text stands before it, as in the whole statement.
      shorter = Lexer.tokenize("ON DUPLICATE KEY UPDATE " + String.join(", ", kept), vendor);
      shorter.bindVariables();
    }
    InsertWrite.Upsert upsert =
        keyed.upsert(shorter, removed ? 4 : from, table, params, generation);
    return upsert.with(changed, lastInsertId);
  }

  /** The comma behind the assignment, or the end. */
  private static int end(Tokens t, int from) {
    int depth = 0;
    int i = from;
    while (i < t.count() && !(depth == 0 && t.op(i, ',') && i > from)) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      i++;
    }
    return i;
  }

  /** The token behind the equals sign. */
  private static int value(Tokens t, int i) {
    int k = i;
    while (t.op(k + 1, '.')) {
      k += 2;
    }
    return k + 2;
  }

  private static ColumnInfo column(Tokens t, int i, TableInfo table) {
    int equals = value(t, i) - 1;
    return t.op(equals, '=') && t.identifier(equals - 1)
        ? table.column(Names.unquote(t.text(equals - 1)))
        : null;
  }

  /** Whether the tokens are the column's name, also with that of the table. */
  private static boolean names(Tokens t, int from, int to, ColumnInfo column, TableInfo table) {
    boolean qualified = to - from == 3 && t.op(from + 1, '.');
    return (to - from == 1 || qualified)
        && t.identifier(to - 1)
        && Names.unquote(t.text(to - 1)).equalsIgnoreCase(column.name())
        && (!qualified || Names.unquote(t.text(from)).equalsIgnoreCase(table.name().name()));
  }
}
