package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * H2's MERGE. The primary executes it once, as the application has written it, inside of FINAL
 * TABLE, which tells what each row is afterwards, and holds the rows' locks. The other nodes get
 * whole rows, by a MERGE with the primary key and literals: whether a row was inserted or updated
 * makes no difference to it. That needs statements that delete nothing and leave primary keys
 * alone, see {@link MergeAnalysis}. One execution; used by one thread.
 */
public final class MergedRows {
  private final TableInfo table;
  private final List<ColumnInfo> columns;
  private final String sql;
  private final Binding binding;

  MergedRows(TableInfo table, String statement, Binding binding) {
    this.table = table;
    this.binding = binding;
    this.columns = table.columns().stream().filter(c -> !c.generated()).toList();
    this.sql = "SELECT " + names(columns) + " FROM FINAL TABLE (" + statement + ")";
  }

  private String names(List<ColumnInfo> some) {
    return String.join(", ", some.stream().map(c -> binding.literals().name(c.name())).toList());
  }

  /** Executes the MERGE and gives its rows; literals only. */
  public String sql() {
    return sql;
  }

  /** The column that the database numbers, or null. */
  public String numbered() {
    return table.autoIncrement() == null ? null : table.autoIncrement().name();
  }

  /** The value of that column in a row. */
  public long number(List<Parameter> row) throws SQLException {
    Object value = row.get(columns.indexOf(table.autoIncrement())).value();
    if (value instanceof Number n) {
      return n.longValue();
    }
    throw Errors.unsupported("the numbered column " + numbered() + " has the value " + value);
  }

  /** What one row of the result is for the other nodes. */
  public BoundWrite row(List<Parameter> row) throws SQLException {
    List<String> values = new ArrayList<>(row.size());
    for (Parameter p : row) {
      values.add(binding.literals().render(p, binding.zone()));
    }
    List<ColumnInfo> key = table.primaryKey().stream().map(table::column).toList();
    String text =
        "MERGE INTO "
            + binding.literals().name(table.name().schema())
            + "."
            + binding.literals().name(table.name().name())
            + " ("
            + names(columns)
            + ") KEY ("
            + names(key)
            + ") VALUES ("
            + String.join(", ", values)
            + ")";
    return new BoundWrite(table.name(), true, text, null, 1, null, null);
  }
}
