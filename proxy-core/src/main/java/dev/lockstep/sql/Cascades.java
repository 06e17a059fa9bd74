package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.ForeignKeys.Effect;
import dev.lockstep.node.ForeignKeys.Key;
import dev.lockstep.node.ForeignKeys.Rule;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What foreign keys change when a write is executed (CASCADE, SET NULL, SET DEFAULT). Each node
 * does that by itself for the statement of the entry; here it is proved that it does the same
 * everywhere, and told what must not happen at the same time. Thread-safe.
 *
 * <p>InnoDB: whoever makes a row refer to a parent locks the parent's row, in its primary key, so
 * that a cascade sees all rows that refer to it, and none that could commit before it; triggers do
 * not fire. Not so where the foreign key refers to another unique key, whose index the cascade
 * locks only afterwards, where a session does not check foreign keys, and on H2, which locks no
 * parent: there the session holds the tables ({@link StatementPlan#cascaded}).
 */
final class Cascades {
  private final boolean mysql;
  private final Names names;

  Cascades(boolean mysql, Names names) {
    this.mysql = mysql;
    this.names = names;
  }

  /** Whether deleting a row of the table may delete others of it. */
  static boolean toItself(Names names, TableInfo table) throws SQLException {
    for (Effect e : names.foreignKeys().effects(table.name(), null)) {
      if (e.deletes() && e.key().child().equals(table.name())) {
        return true;
      }
    }
    return false;
  }

  /** Whether deleting rows of some of these tables may delete rows of others of them. */
  static boolean amongThem(Names names, List<TableInfo> tables) throws SQLException {
    for (TableInfo table : tables) {
      for (Effect e : names.foreignKeys().effects(table.name(), null)) {
        if (e.deletes() && tables.stream().anyMatch(t -> t.name().equals(e.key().child()))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether updating such columns changes rows of some of these tables by foreign keys. */
  static boolean amongThem(
      Names names, TableInfo table, List<ColumnInfo> assigned, Collection<TableInfo> tables)
      throws SQLException {
    for (Effect e : names.foreignKeys().effects(table.name(), changed(assigned, table))) {
      if (tables.stream().anyMatch(t -> t.name().equals(e.key().child()))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether foreign keys hand on what an UPDATE assigns. On H2 each row is then changed by a
   * statement of its own: children could otherwise be moved twice, in an order that nothing gives.
   */
  static boolean ofUpdate(Names names, TableInfo table, List<ColumnInfo> assigned)
      throws SQLException {
    List<String> columns = assigned.stream().map(ColumnInfo::name).toList();
    return !names.foreignKeys().effects(table.name(), columns).isEmpty();
  }

  /**
   * Completes the plan of a write.
   *
   * @throws SQLException 0A001 where it is not proved to be the same on all nodes
   */
  void complete(StatementPlan.Builder b) throws SQLException {
    ForeignKeys keys = names.foreignKeys();
    if (!keys.anyCascades()) {
      return;
    }
    Set<TableName> changed = new LinkedHashSet<>();
    Set<TableName> written = new LinkedHashSet<>(b.alsoWrites);
    for (TableInfo table : b.write.targets()) {
      written.add(table.name());
      for (Effect e : keys.effects(table.name(), changed(b.write.changes(), table))) {
        check(e, table);
        changed.add(e.key().child());
        b.cascadesAlone |= !locks(e.key());
      }
      boolean replaces = b.write instanceof InsertWrite && b.write.changes() == null;
      if (replaces && table.otherUnique() && toItself(names, table)) {
        throw refused(table, "a row of it deletes others of it, which REPLACE may have to find");
      }
    }
    Set<TableName> unchecked = new HashSet<>();
    Set<TableName> unlocked = new HashSet<>();
    for (TableName t : written) {
      for (Key k : keys.changing(t)) {
        unchecked.add(t);
        if (!locks(k)) {
          unlocked.add(t);
        }
      }
    }
    b.cascades = Set.copyOf(changed);
    b.unchecked = Set.copyOf(unchecked);
    b.unlocked = Set.copyOf(unlocked);
    if (!b.cascades.isEmpty()) {
      Set<TableName> more = new LinkedHashSet<>(b.alsoWrites);
      more.addAll(b.cascades);
      b.alsoWrites = Set.copyOf(more);
      b.tables.addAll(b.cascades);
    }
  }

  /** Columns that get new values; null where rows may be deleted. */
  private static Collection<String> changed(List<ColumnInfo> changes, TableInfo table) {
    if (changes == null) {
      return null;
    }
    if (changes.isEmpty()) {
      return List.of();
    }
    boolean any = Triggers.any(table, "UPDATE");
    return table.columns().stream()
        .filter(c -> any || c.generated() || changes.contains(c))
        .map(ColumnInfo::name)
        .toList();
  }

  /** Whether a row that comes to refer to a parent locks what the cascade begins with. */
  private boolean locks(Key key) throws SQLException {
    TableInfo parent = names.table(key.parent());
    // In this order: another order would need, and lock, another index.
    return mysql
        && parent != null
        && String.join("\u0000", key.parentColumns())
            .equalsIgnoreCase(String.join("\u0000", parent.primaryKey()));
  }

  private static boolean same(List<String> some, List<String> others) {
    return lowerCase(some).equals(lowerCase(others));
  }

  private static Set<String> lowerCase(List<String> columns) {
    Set<String> all = new HashSet<>();
    columns.forEach(c -> all.add(c.toLowerCase(Locale.ROOT)));
    return all;
  }

  private void check(Effect e, TableInfo written) throws SQLException {
    Key key = e.key();
    TableInfo parent = names.table(key.parent());
    TableInfo child = names.table(key.child());
    if (parent == null || child == null || !child.baseTable() || !child.transactional()) {
      throw refused(written, key.child() + " is no plain transactional table");
    }
    for (String name : key.parentColumns()) {
      ColumnInfo c = parent.column(name);
      if (c == null || c.generated()) {
        throw refused(written, "the column " + name + " of " + parent.name() + " is computed");
      }
    }
    List<String> computed =
        child.columns().stream().filter(ColumnInfo::generated).map(ColumnInfo::name).toList();
    if (!e.deletes() && !names.foreignKeys().effects(child.name(), computed).isEmpty()) {
      throw refused(written, "a foreign key refers to a computed column of " + child.name());
    }
    if (mysql) {
      boolean unique = same(key.parentColumns(), parent.primaryKey());
      for (List<String> u : parent.uniqueKeys()) {
        unique |= same(key.parentColumns(), u);
      }
      if (!unique) {
        throw refused(written, "the columns of " + parent.name() + " are no unique key");
      }
      if (e.rule() == Rule.SET_DEFAULT) {
        throw refused(written, "SET DEFAULT is not the same on all servers");
      }
      return;
    }
    if (!child.triggers().isEmpty()) {
      throw refused(written, child.name() + " has triggers");
    }
    if (e.deletes()) {
      return;
    }
    if (child.name().equals(written.name())) {
      throw refused(written, "it changes other rows of the table itself");
    }
    for (ColumnInfo c : child.columns()) {
      boolean ofKey = key.columns().contains(c.name());
      if (c.onUpdateNow()) {
        throw refused(written, "it sets the time of the change in " + c.name());
      }
      if (ofKey && e.rule() == Rule.SET_DEFAULT && (c.volatileDefault() || c.autoIncrement())) {
        throw refused(written, "the default of " + c.name() + " is another one on each node");
      }
    }
  }

  private static SQLException refused(TableInfo table, String why) {
    return Errors.unsupported(
        "this write to "
            + table.name()
            + " is not supported: foreign keys change other rows with it (CASCADE, SET NULL or SET"
            + " DEFAULT), and "
            + why
            + "; delete or change the dependent rows yourself, and use a foreign key without that");
  }
}
