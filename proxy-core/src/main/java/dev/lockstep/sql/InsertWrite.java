package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;

/** INSERT … VALUES: a head and one shape per row. Immutable. */
final class InsertWrite implements Write {
  private final InsertHead head;
  private final RowShape[] shapes;
  private final Slot[][] slots;
  private final boolean mysql;
  private final int slotCount;

  InsertWrite(InsertHead head, RowShape[] shapes, Slot[][] slots, boolean mysql) {
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
    return new BoundWrite(
        head.table.name(),
        true,
        sql.toString(),
        time ? binding.setTimestamp() : null,
        shapes.length,
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
