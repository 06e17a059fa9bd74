package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * H2's MERGE, see {@link MergedRows}. Immutable.
 *
 * @param table the target
 * @param text the statement in pieces between placeholders
 * @param reads tables that it reads
 * @param readsAll whether it may read any
 */
record MergeWrite(TableInfo table, String[] text, Set<TableName> reads, boolean readsAll)
    implements Write {
  @Override
  public boolean autoIncrement() {
    return table.autoIncrement() != null;
  }

  /** {@link MergeAnalysis} lets no column pass that a foreign key hands on. */
  @Override
  public List<ColumnInfo> changes() {
    return List.of();
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    StringBuilder sql = new StringBuilder(text[0]);
    for (int i = 1; i < text.length; i++) {
      Template.text(sql, binding.render(new Slot.Placeholder(i - 1)), text[i]);
      sql.append(text[i]);
    }
    return BoundWrite.merged(table.name(), new MergedRows(table, sql.toString(), binding));
  }
}
