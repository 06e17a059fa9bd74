package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A DELETE from several tables of a join. Immutable.
 *
 * @param parts one for each table, all with the same query
 */
record SearchedDeletes(List<SearchedWrite> parts) implements Write {
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

  @Override
  public List<ColumnInfo> changes() {
    return null;
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    return BoundWrite.searched(
        table().name(),
        () -> {
          List<Search> searches = new ArrayList<>();
          for (SearchedWrite part : parts) {
            searches.add(part.search(binding));
          }
          return new SearchOfSeveral(searches);
        });
  }
}
