package dev.lockstep.sql;

import dev.lockstep.node.ColumnInfo;
import java.sql.SQLException;
import java.util.List;

/**
 * The text of assignments with slots for values, those that Lockstep adds among them, and what the
 * server would put in by itself. Shared by all texts of the same form. Immutable.
 *
 * @param template the text
 * @param extra slots that Lockstep adds behind the text's own
 * @param nullMeansNow slots where NULL makes the server take the current time
 * @param usesTime whether the statement's time is needed in any case
 * @param usesVolatile whether each row gets values of its own
 * @param assigned columns that get values; null for a DELETE
 * @param cascadesByRow whether foreign keys change so much that each row needs a statement of its
 *     own
 */
record SlottedText(
    Template template,
    Slot.Volatile[] extra,
    int[] nullMeansNow,
    boolean usesTime,
    boolean usesVolatile,
    List<ColumnInfo> assigned,
    boolean cascadesByRow) {

  /** Whether each row needs a statement of its own. */
  boolean oneByOne() {
    return usesVolatile || cascadesByRow;
  }

  /** As many values as the template takes, with the text's own still to be filled in. */
  String[] values(Slot[] slots, Binding binding) throws SQLException {
    String[] values = new String[slots.length + extra.length];
    for (int i = 0; i < extra.length; i++) {
      values[slots.length + i] = binding.render(extra[i]);
    }
    return values;
  }

  /** Whether SET TIMESTAMP is needed. */
  boolean needsTime(Slot[] slots, Binding binding) {
    boolean time = usesTime;
    for (int s : nullMeansNow) {
      time |=
          binding.isNull(slots[s])
              || slots[s] instanceof Slot.Volatile
              || slots[s] instanceof Slot.Found;
    }
    return time;
  }
}
