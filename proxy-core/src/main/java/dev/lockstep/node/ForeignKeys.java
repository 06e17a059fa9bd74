package dev.lockstep.node;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tables a server may lock, beside the one that a statement names, because foreign keys join
 * them. Immutable.
 */
public final class ForeignKeys {
  /** No foreign keys. */
  public static final ForeignKeys NONE = new ForeignKeys(List.of(), false);

  /** How many levels up a server looks: it locks the parent's row, and DDL locks its children. */
  private static final int LEVELS_UP = 2;

  /**
   * A foreign key.
   *
   * @param child the table that has it
   * @param parent the table that it refers to
   * @param cascades whether it changes rows of the child when rows of the parent change
   */
  public record Key(TableName child, TableName parent, boolean cascades) {}

  private final Map<TableName, Set<TableName>> parents = new HashMap<>();
  private final Map<TableName, Set<TableName>> children = new HashMap<>();
  private final Map<TableName, Set<TableName>> cascades = new HashMap<>();

  private final boolean readsJoin;

  /**
   * @param readsJoin whether DDL waits for those that have only read a table joined with its own,
   *     as on MySQL, where it locks their definitions too
   */
  public ForeignKeys(List<Key> keys, boolean readsJoin) {
    this.readsJoin = readsJoin;
    for (Key k : keys) {
      parents.computeIfAbsent(k.child(), t -> new HashSet<>()).add(k.parent());
      children.computeIfAbsent(k.parent(), t -> new HashSet<>()).add(k.child());
      if (k.cascades()) {
        cascades.computeIfAbsent(k.parent(), t -> new HashSet<>()).add(k.child());
      }
    }
  }

  /**
   * The other tables that may be locked until the transaction ends, or whose definition cannot be
   * changed until then. Rather too many than too few.
   *
   * @param locks whether rows of this one are written or locked, not only read
   */
  public Set<TableName> related(TableName table, boolean locks) {
    boolean joined = parents.containsKey(table) || children.containsKey(table);
    if (!joined || !locks && !readsJoin) {
      return Set.of();
    }
    Set<TableName> all = new HashSet<>();
    if (!locks) {
      all.addAll(parents.getOrDefault(table, Set.of()));
      all.addAll(children.getOrDefault(table, Set.of()));
      all.remove(table);
      return Set.copyOf(all);
    }
    for (TableName changed : changed(table)) {
      all.add(changed);
      all.addAll(children.getOrDefault(changed, Set.of()));
      addParents(changed, LEVELS_UP, all);
    }
    all.remove(table);
    return Set.copyOf(all);
  }

  /** The table, and those that its foreign keys may change with it. */
  private Set<TableName> changed(TableName table) {
    Set<TableName> found = new HashSet<>(Set.of(table));
    Deque<TableName> open = new ArrayDeque<>(found);
    while (!open.isEmpty()) {
      for (TableName child : cascades.getOrDefault(open.remove(), Set.of())) {
        if (found.add(child)) {
          open.add(child);
        }
      }
    }
    return found;
  }

  private void addParents(TableName table, int levels, Set<TableName> all) {
    if (levels > 0) {
      for (TableName parent : parents.getOrDefault(table, Set.of())) {
        all.add(parent);
        addParents(parent, levels - 1, all);
      }
    }
  }
}
