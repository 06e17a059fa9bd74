package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;

/**
 * INSERT … VALUES, also with ON DUPLICATE KEY UPDATE, and REPLACE: a head and one shape per row.
 * Immutable.
 */
final class InsertWrite implements Write {
  /**
   * ON DUPLICATE KEY UPDATE.
   *
   * @param extra slots that Lockstep adds behind the text's own
   * @param nullMeansNow slots where NULL makes the server take the current time
   */
  record Upsert(
      Template template,
      Slot[] slots,
      Slot.Volatile[] extra,
      int[] nullMeansNow,
      boolean usesTime,
      boolean usesVolatile) {
    /** Appends its text; tells whether the statement's time is needed. */
    boolean append(StringBuilder sql, Binding binding) throws SQLException {
      String[] values = new String[slots.length + extra.length];
      for (int i = 0; i < slots.length; i++) {
        values[i] = binding.render(slots[i]);
      }
      for (int i = 0; i < extra.length; i++) {
        values[slots.length + i] = binding.render(extra[i]);
      }
      template.append(sql, values, 0);
      boolean time = usesTime;
      for (int s : nullMeansNow) {
        time |= binding.isNull(slots[s]) || slots[s] instanceof Slot.Volatile;
      }
      return time;
    }
  }

  private final InsertHead head;
  private final RowShape[] shapes;
  private final Slot[][] slots;
  private final boolean mysql;
  private final int slotCount;
  private final Upsert upsert;

  InsertWrite(InsertHead head, RowShape[] shapes, Slot[][] slots, boolean mysql, Upsert upsert) {
    this.upsert = upsert;
    this.head = head;
    this.shapes = shapes;
    this.slots = slots;
    this.mysql = mysql;
    int n = 0;
    for (RowShape s : shapes) {
      n += s.slotCount();
    }
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
  public BoundWrite bind(Binding binding) throws SQLException {
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
    if (generated != 0 && generated != shapes.length) {
      throw Errors.unsupported(
          "an INSERT that gives the numbered column "
              + head.auto.name()
              + " in some rows and leaves it to the database in others is not supported; use two statements");
    }
    boolean mayReplace = upsert != null || head.replaces;
    if (mayReplace && generated != 0) {
      throw Errors.unsupported(
          "the numbered column "
              + head.auto.name()
              + " needs a value of yours with REPLACE and ON DUPLICATE KEY UPDATE");
    }
    if (upsert != null) {
      if (upsert.usesVolatile && shapes.length > 1) {
        throw Errors.unsupported(
            "UUID() or RAND() behind ON DUPLICATE KEY UPDATE of several rows is not supported; write one row at a time");
      }
      time |= upsert.append(sql, binding);
    }
    return new BoundWrite(
        head.table.name(),
        true,
        sql.toString(),
        time ? binding.setTimestamp() : null,
        mayReplace ? BoundWrite.ANY_COUNT : shapes.length,
        generated > 0 ? head.auto.name() : null,
        generated > 0 ? keys -> entry(values, keys) : null);
  }

  private String entry(String[] values, long[] keys) {
    boolean unsigned = head.auto.typeName() != null && head.auto.typeName().contains("unsigned");
    StringBuilder sql =
        new StringBuilder(head.entry.length() + 32 * shapes.length + 12 * slotCount)
            .append(head.entry);
    int base = 0;
    for (int r = 0; r < shapes.length; r++) {
      if (r > 0) {
        sql.append(", ");
      }
      String key = unsigned ? Long.toUnsignedString(keys[r]) : Long.toString(keys[r]);
      shapes[r].append(sql, values, base, key);
      base += shapes[r].slotCount();
    }
    return sql.toString();
  }
}
