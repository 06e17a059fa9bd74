package dev.lockstep.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which tables a server may lock or change, beside the one that a statement names, because foreign
 * keys join them. Immutable.
 */
public final class ForeignKeys {
  /** No foreign keys. */
  public static final ForeignKeys NONE = new ForeignKeys(List.of(), false);

  /** How many levels up a server looks: it locks the parent's row, and DDL locks its children. */
  private static final int LEVELS_UP = 2;

  /** What a foreign key does to the child's rows when the parent's row changes. */
  public enum Rule {
    NOTHING,
    CASCADE,
    SET_NULL,
    SET_DEFAULT
  }

  /**
   * A foreign key.
   *
   * @param child the table that has it
   * @param columns of the child, in the order of the key
   * @param parent the table that it refers to
   * @param parentColumns what they refer to, in the same order
   */
  public record Key(
      TableName child,
      List<String> columns,
      TableName parent,
      List<String> parentColumns,
      Rule onDelete,
      Rule onUpdate) {
    /** Whether it changes rows of the child when rows of the parent change. */
    public boolean cascades() {
      return onDelete != Rule.NOTHING || onUpdate != Rule.NOTHING;
    }

    private boolean refersToOneOf(Set<String> names) {
      return parentColumns.stream().anyMatch(c -> names.contains(c.toLowerCase(Locale.ROOT)));
    }
  }

  /**
   * What happens to rows of a table.
   *
   * @param columns in lower case, that get new values; null where the rows are deleted
   */
  private record Change(TableName table, Set<String> columns) {}

  /**
   * What a foreign key may do to its child.
   *
   * @param rule not NOTHING; CASCADE of a deletion deletes
   * @param deletes whether it deletes rows; else it changes the key's columns
   */
  public record Effect(Key key, Rule rule, boolean deletes) {}

  private final Map<TableName, Set<TableName>> parents = new HashMap<>();
  private final Map<TableName, Set<TableName>> children = new HashMap<>();
  private final Map<TableName, Set<TableName>> cascades = new HashMap<>();
  private final Map<TableName, List<Key>> cascading = new HashMap<>();
  private final Map<TableName, List<Key>> cascaded = new HashMap<>();

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
        cascading.computeIfAbsent(k.parent(), t -> new ArrayList<>()).add(k);
        cascaded.computeIfAbsent(k.child(), t -> new ArrayList<>()).add(k);
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

  /** Whether any foreign key changes rows of its child. */
  public boolean anyCascades() {
    return !cascading.isEmpty();
  }

  /** The foreign keys of this table that change its rows when those of another table change. */
  public List<Key> changing(TableName child) {
    return cascaded.getOrDefault(child, List.of());
  }

  /**
   * All that foreign keys may do, one after the other, when rows of a table change.
   *
   * @param columns that get new values; null where rows are deleted
   */
  public Set<Effect> effects(TableName table, Collection<String> columns) {
    if (!cascading.containsKey(table)) {
      return Set.of();
    }
    Set<Effect> effects = new LinkedHashSet<>();
    Deque<Change> open = new ArrayDeque<>();
    open.add(new Change(table, columns == null ? null : lowerCase(columns)));
    Set<Change> seen = new HashSet<>(open);
    while (!open.isEmpty()) {
      Change change = open.remove();
      boolean deleted = change.columns() == null;
      for (Key k : cascading.getOrDefault(change.table(), List.of())) {
        Rule rule = deleted ? k.onDelete() : k.onUpdate();
        if (rule == Rule.NOTHING || !deleted && !k.refersToOneOf(change.columns())) {
          continue;
        }
        boolean deletes = deleted && rule == Rule.CASCADE;
        effects.add(new Effect(k, rule, deletes));
        Change next = new Change(k.child(), deletes ? null : lowerCase(k.columns()));
        if (seen.add(next)) {
          open.add(next);
        }
      }
    }
    return effects;
  }

  private static Set<String> lowerCase(Collection<String> names) {
    Set<String> all = new HashSet<>();
    names.forEach(n -> all.add(n.toLowerCase(Locale.ROOT)));
    return all;
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
