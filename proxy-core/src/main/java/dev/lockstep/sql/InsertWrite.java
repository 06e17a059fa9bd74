package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * INSERT … VALUES, also with ON DUPLICATE KEY UPDATE, and REPLACE: a head and one shape per row.
 * Immutable.
 */
final class InsertWrite implements Write {
  /**
   * ON DUPLICATE KEY UPDATE.
   *
   * @param text null where it changes nothing
   * @param changed columns that it may change
   * @param lastInsertId the numbered column where it says {@code column = LAST_INSERT_ID(column)};
   *     else null
   */
  record Upsert(SlottedText text, Slot[] slots, List<ColumnInfo> changed, ColumnInfo lastInsertId) {
    Upsert with(List<ColumnInfo> columns, ColumnInfo lastInsertIdOf) {
      return new Upsert(text, slots, columns, lastInsertIdOf);
    }

    /** Whether the text cannot go to the other nodes as it is. */
    boolean rowwise() {
      return text == null || lastInsertId != null;
    }

    /** Appends its text; tells whether the statement's time is needed. */
    boolean append(StringBuilder sql, Binding binding) throws SQLException {
      String[] values = text.values(slots, binding);
      for (int i = 0; i < slots.length; i++) {
        values[i] = binding.render(slots[i]);
      }
      text.template().append(sql, values, 0);
      return text.needsTime(slots, binding);
    }
  }

  private final InsertHead head;
  private final RowShape[] shapes;
  private final Slot[][] slots;
  private final boolean mysql;
  private final int slotCount;
  private final Upsert upsert;
  private final boolean draws;

  InsertWrite(InsertHead head, RowShape[] shapes, Slot[][] slots, boolean mysql, Upsert upsert) {
    this.upsert = upsert;
    this.head = head;
    this.shapes = shapes;
    this.slots = slots;
    this.mysql = mysql;
    int n = 0;
    boolean any = false;
    for (RowShape s : shapes) {
      n += s.slotCount();
      any |= !s.draws().isEmpty();
    }
    this.draws = any;
    this.slotCount = n;
  }

  @Override
  public TableInfo table() {
    return head.table;
  }

  @Override
  public boolean autoIncrement() {
    for (RowShape s : shapes) {
      if (s.mayGenerate()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Set<TableName> reads() {
    Set<TableName> sequences = Set.of();
    for (RowShape s : shapes) {
      for (RowShape.Draw draw : s.draws()) {
        sequences = sequences.isEmpty() ? new LinkedHashSet<>() : sequences;
        sequences.add(draw.sequence());
      }
    }
    return sequences;
  }

  /** Draws what the rows need from sequences: once, however often the rows are rendered. */
  private void draw(Binding binding) throws SQLException {
    Map<TableName, Integer> counts = new LinkedHashMap<>();
    for (RowShape shape : shapes) {
      Set<TableName> before = new HashSet<>();
      for (RowShape.Draw draw : shape.draws()) {
        if (!again(draw, before)) {
          counts.merge(draw.sequence(), 1, Integer::sum);
        }
      }
    }
    Map<TableName, Iterator<String>> values = new HashMap<>();
    for (Map.Entry<TableName, Integer> e : counts.entrySet()) {
      values.put(e.getKey(), binding.draw(e.getKey(), e.getValue()).iterator());
    }
    for (int r = 0; r < shapes.length; r++) {
      Set<TableName> before = new HashSet<>();
      Map<TableName, String> last = new HashMap<>();
      List<String> drawn = new ArrayList<>();
      for (RowShape.Draw draw : shapes[r].draws()) {
        if (!again(draw, before)) {
          last.put(draw.sequence(), values.get(draw.sequence()).next());
        }
        drawn.add(last.get(draw.sequence()));
      }
      binding.drawn(slots[r], drawn);
    }
  }

  /** Whether it has the value that the row has drawn before: in H2, where the text says it. */
  private boolean again(RowShape.Draw draw, Set<TableName> before) {
    return !mysql && !draw.fallback() && !before.add(draw.sequence());
  }

  @Override
  public List<ColumnInfo> changes() {
    return head.replaces ? null : upsert == null ? List.of() : upsert.changed;
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    if (draws) {
      draw(binding);
    }
    if (head.ignores) {
      return rowwise(binding, RowwiseInsert.Kind.IGNORE);
    }
    boolean mayMeet = head.replaces || upsert != null;
    if (mayMeet && (head.table.otherUnique() || (upsert != null && upsert.rowwise()))) {
      return rowwise(binding, kind());
    }
    BoundWrite together = together(binding);
    if (together == null && mayMeet) {
      return rowwise(binding, kind());
    }
    if (together == null) {
      throw Errors.unsupported(
          "an INSERT that gives the numbered column "
              + head.auto.name()
              + " in some rows and leaves it to the database in others is not supported; use two statements");
    }
    return together;
  }

  /** All rows in one statement, or null where they have to go one by one. */
  private BoundWrite together(Binding binding) throws SQLException {
    boolean mayMeet = head.replaces || upsert != null;
    String[] values = new String[slotCount];
    StringBuilder sql =
        new StringBuilder(head.primary.length() + 32 * shapes.length + 12 * slotCount);
    sql.append(head.primary);
    int base = 0;
    int generated = 0;
    boolean time = false;
    for (int r = 0; r < shapes.length; r++) {
      RowShape shape = shapes[r];
      if (shape.fill(binding, slots[r], values, base, mysql)) {
        generated++;
      }
      time |= shape.needsTime(binding, slots[r], mysql);
      if (r > 0) {
        sql.append(", ");
      }
      shape.append(sql, values, base);
      base += shape.slotCount();
    }
    if (mayMeet ? generated > 0 : generated != 0 && generated != shapes.length) {
      return null;
    }
    if (upsert != null) {
      if (upsert.text.usesVolatile() && shapes.length > 1) {
        return null;
      }
      time |= upsert.append(sql, binding);
    }
    return new BoundWrite(
        head.table.name(),
        true,
        sql.toString(),
        time ? binding.setTimestamp() : null,
        mayMeet ? BoundWrite.ANY_COUNT : shapes.length,
        generated > 0 ? head.auto.name() : null,
        generated > 0 ? keys -> entry(values, keys) : null);
  }

  private RowwiseInsert.Kind kind() {
    return upsert != null ? RowwiseInsert.Kind.UPDATE : RowwiseInsert.Kind.REPLACE;
  }

  private BoundWrite rowwise(Binding binding, RowwiseInsert.Kind kind) {
    return BoundWrite.rowwise(
        head.table.name(),
        new RowwiseInsert(kind, this::together, head, shapes, slots, upsert, binding));
  }

  private String entry(String[] values, long[] keys) {
    StringBuilder sql =
        new StringBuilder(head.entry.length() + 32 * shapes.length + 12 * slotCount)
            .append(head.entry);
    int base = 0;
    for (int r = 0; r < shapes.length; r++) {
      if (r > 0) {
        sql.append(", ");
      }
      shapes[r].append(sql, values, base, head.number(keys[r]));
      base += shapes[r].slotCount();
    }
    return sql.toString();
  }
}
