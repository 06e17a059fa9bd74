package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * An UPDATE of several tables of a join, or a DELETE from them. Immutable.
 *
 * @param parts one for each table, all with the same query
 */
record SearchedTables(List<SearchedWrite> parts) implements Write {
  @Override
  public TableInfo table() {
    return parts.get(0).table();
  }

  @Override
  public List<TableInfo> targets() {
    return parts.stream().map(SearchedWrite::table).toList();
  }

  @Override
  public boolean autoIncrement() {
    return false;
  }

  @Override
  public Set<TableName> reads() {
    return parts.get(0).reads();
  }

  @Override
  public boolean readsAll() {
    return parts.get(0).readsAll();
  }

  /** Those of all tables together. */
  @Override
  public List<ColumnInfo> changes() {
    return parts.get(0).changes() == null
        ? null
        : parts.stream().flatMap(part -> part.changes().stream()).toList();
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    return BoundWrite.searched(
        table().name(),
        () -> {
          boolean time = false; // one for the whole statement
          for (SearchedWrite part : parts) {
            time |= part.needsTime(binding);
          }
          List<Search> searches = new ArrayList<>();
          for (SearchedWrite part : parts) {
            searches.add(part.search(binding, time));
          }
          return new SearchOfSeveral(searches);
        });
  }
}
