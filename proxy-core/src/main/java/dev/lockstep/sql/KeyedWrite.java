package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** UPDATE or DELETE by full primary key: a shape and this text's values. Immutable. */
final class KeyedWrite implements Write {
  /**
   * What all texts of the same form share.
   *
   * @param keyColumn for each slot the key column that it is compared with, or null
   * @param list whether several keys are named
   */
  record Shape(TableInfo table, SlottedText text, ColumnInfo[] keyColumn, boolean list) {}

  /** Makes the same write in the form that looks for its rows. */
  interface Otherwise {
    SearchedWrite get() throws SQLException;
  }

  private final Shape shape;
  private final Slot[] slots;
  private final Otherwise otherwise;
  private volatile SearchedWrite searched;

  KeyedWrite(Shape shape, Slot[] slots, Otherwise otherwise) {
    this.shape = shape;
    this.slots = slots;
    this.otherwise = otherwise;
  }

  @Override
  public TableInfo table() {
    return shape.table;
  }

  @Override
  public boolean autoIncrement() {
    return false;
  }

  @Override
  public List<ColumnInfo> changes() {
    return shape.text.assigned();
  }

  @Override
  public BoundWrite bind(Binding binding) throws SQLException {
    String[] values = shape.text.values(slots, binding);
    Set<String> distinct = shape.list ? new HashSet<>() : null;
    boolean nullKey = false;
    for (int i = 0; i < slots.length; i++) {
      ColumnInfo key = shape.keyColumn[i];
      if (key == null) {
        values[i] = binding.render(slots[i]);
        continue;
      }
      if (!Keys.fits(key, slots[i], binding)) {
        return searched().bind(binding);
      }
      values[i] = Keys.render(key, slots[i], binding);
      if (values[i].equals("NULL")) {
        nullKey = true;
      } else if (distinct != null) {
        distinct.add(values[i]);
      }
    }
    int expected = distinct != null ? distinct.size() : nullKey ? 0 : 1;
    if (expected > 1 && shape.text.oneByOne()) {
      return searched().bind(binding);
    }
    StringBuilder sql = new StringBuilder(128 + 12 * values.length);
    shape.text.template().append(sql, values, 0);
    BoundWrite write =
        new BoundWrite(
            shape.table.name(),
            false,
            sql.toString(),
            shape.text.needsTime(slots, binding) ? binding.setTimestamp() : null,
            expected,
            null,
            null);
    return expected > 1 ? write.orElse(() -> searched().search(binding)) : write;
  }

  @Override
  public BoundWrite bindSearching(Binding binding) throws SQLException {
    return searched().bind(binding);
  }

  private SearchedWrite searched() throws SQLException {
    SearchedWrite s = searched;
    if (s == null) {
      s = otherwise.get();
      searched = s;
    }
    return s;
  }
}
