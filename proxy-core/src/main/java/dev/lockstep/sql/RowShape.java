package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlNode;

/** One row of an INSERT without its values: shared by all rows that look alike. Immutable. */
final class RowShape {
  /** How the numbered column gets its value. */
  private enum Auto {
    NONE,
    GENERATED,
    BY_VALUE
  }

  private final InsertHead head;
  private final Template row;
  private final Template beforeAuto;
  private final Template afterAuto;
  private final Auto auto;
  private final int autoSlot;
  private final int ownSlots;
  private final List<Slot> extra = new ArrayList<>();
  private final boolean usesTime;

  /**
   * A value that the row draws.
   *
   * @param fallback whether it is a column's default
   */
  record Draw(TableName sequence, int slot, boolean fallback) {}

  private final List<Draw> draws = new ArrayList<>();

  /** For each column of the head the slot that is its whole value, or -1. */
  private final int[] wholeSlot;

  /** Slots where NULL would make the server take the current time. */
  private final List<Integer> nullMeansNow = new ArrayList<>();

  /**
   * @param values the elements of each value
   * @param time whether a function of the statement's time is among them
   */
  RowShape(
      InsertHead head, List<List<Element>> values, boolean time, boolean mysql, Functions functions)
      throws SQLException {
    this.head = head;
    if (values.size() != head.columns.size()) {
      throw Errors.unsupported(
          "the INSERT into "
              + head.table.name()
              + " has "
              + values.size()
              + " values for "
              + head.columns.size()
              + " columns; name the columns");
    }
    parse(values, functions);
    int slots = 0;
    for (List<Element> value : values) {
      for (Element e : value) {
        slots += e.slot() != null ? 1 : 0;
      }
    }
    ownSlots = slots;
    wholeSlot = new int[values.size()];
    boolean usesNow = time || head.usesTime;
    Auto kind = head.auto == null ? Auto.NONE : Auto.GENERATED;
    int autoAt = -1;
    Template.Builder all = new Template.Builder().text("(");
    Template.Builder before = new Template.Builder().text("(");
    Template.Builder after = new Template.Builder();
    int slot = 0;
    for (int j = 0; j < values.size(); j++) {
      List<Element> value = values.get(j);
      ColumnInfo column = head.columns.get(j);
      boolean isDefault = value.size() == 1 && value.get(0).keyword("DEFAULT");
      boolean single = value.size() == 1 && value.get(0).slot() != null;
      boolean isAuto = j == head.autoPosition;
      wholeSlot[j] = single ? slot : -1;
      if (!isDefault && column.generated()) {
        throw Errors.unsupported(
            "the column " + column.name() + " is computed and cannot be written");
      }
      if (isAuto && !isDefault) {
        if (!single
            || value.get(0).slot() instanceof Slot.Volatile
            || value.get(0).slot() instanceof Slot.Draw) {
          throw Errors.unsupported(
              "the numbered column "
                  + column.name()
                  + " needs a plain number, NULL or DEFAULT as its value");
        }
        kind = Auto.BY_VALUE;
        autoAt = slot;
      }
      if (j > 0) {
        all.text(", ");
        (j <= head.autoPosition || head.autoPosition < 0 ? before : after).text(", ");
      }
      Template.Builder part =
          head.autoPosition < 0 || j < head.autoPosition ? before : isAuto ? null : after;
      if (isDefault && !isAuto && !column.generated()) {
        Defaults.Effect effect = head.defaults.of(head.table, column);
        usesNow |= effect.usesTime();
        if (effect.replacement() != null) {
          int s = ownSlots + extra.size();
          extra.add(effect.replacement());
          noteDraw(effect.replacement(), s);
          all.slot(s);
          part.slot(s);
          continue;
        }
      }
      boolean timestamp =
          !column.nullable()
              && (mysql ? column.kind() == ColumnInfo.Kind.TIMESTAMP : column.volatileDefault())
              && !isDefault;
      if (timestamp && single) {
        nullMeansNow.add(slot);
      } else if (timestamp) {
        if (!mysql) {
          throw Errors.unsupported(
              "the column "
                  + column.name()
                  + " needs a plain value, because its default is not constant");
        }
        usesNow = true;
      }
      boolean first = true;
      for (Element e : value) {
        String gap = e.gap() && !first ? " " : "";
        first = false;
        if (e.slot() != null) {
          noteDraw(e.slot(), slot);
          all.text(gap).slot(slot);
          if (part != null) {
            part.text(gap).slot(slot);
          }
          slot++;
        } else {
          if (e.keyword("DEFAULT") && !isDefault) {
            throw Errors.unsupported("DEFAULT inside an expression is not supported");
          }
          all.text(gap).text(e.text());
          if (part != null) {
            part.text(gap).text(e.text());
          }
        }
      }
    }
    boolean any = !values.isEmpty();
    for (Slot v : head.appended) {
      int s = ownSlots + extra.size();
      extra.add(v);
      noteDraw(v, s);
      all.text(any ? ", " : "").slot(s);
      (head.autoPosition < 0 ? before : after).text(any ? ", " : "").slot(s);
      any = true;
    }
    if (head.auto != null && head.autoPosition < 0 && any) {
      before.text(", ");
    }
    if (!mysql) {
      // Stable: H2 evaluates what the text says before defaults.
      draws.sort(Comparator.comparing(Draw::fallback));
    }
    row = all.text(")").build();
    beforeAuto = before.build();
    afterAuto = after.text(")").build();
    auto = kind;
    autoSlot = autoAt;
    usesTime = usesNow;
  }

  private void noteDraw(Slot s, int index) {
    if (s instanceof Slot.Draw draw) {
      draws.add(new Draw(draw.sequence(), index, index >= ownSlots));
    }
  }

  /** What the row draws, in the order in which the server would. */
  List<Draw> draws() {
    return draws;
  }

  private void parse(List<List<Element>> values, Functions functions) throws SQLException {
    if (values.isEmpty()) {
      return;
    }
    StringBuilder text = new StringBuilder("INSERT INTO `T` VALUES (");
    for (int j = 0; j < values.size(); j++) {
      if (values.get(j).isEmpty()) {
        throw Errors.unsupported("a value is missing in the VALUES of an INSERT");
      }
      text.append(j == 0 ? "" : ", ").append(Structure.calcite(values.get(j)));
    }
    SqlNode node = Structure.parse(text.append(")").toString());
    SqlCall rows =
        node instanceof SqlInsert insert && insert.getSource() instanceof SqlCall c ? c : null;
    if (rows == null || rows.operandCount() != 1 || !(rows.operand(0) instanceof SqlCall one)) {
      throw Errors.unsupported("this INSERT is not understood");
    }
    if (one.operandCount() != values.size()) {
      throw Errors.unsupported("this INSERT is not understood: its values cannot be told apart");
    }
    Structure structure = new Structure(head.table, null, functions, false);
    for (SqlNode value : one.getOperandList()) {
      structure.check(value);
    }
  }

  /** Slots of its own text plus those that Lockstep adds. */
  int slotCount() {
    return ownSlots + extra.size();
  }

  /**
   * The index among this row's slots of the one that is the whole value of a column, or -1 where
   * there is none.
   */
  int slotOf(ColumnInfo column) {
    int j = head.columns.indexOf(column);
    return j < 0 ? -1 : wholeSlot[j];
  }

  boolean mayGenerate() {
    return auto != Auto.NONE;
  }

  /**
   * Renders this row's values into {@code values} from {@code base} on; tells whether the key is
   * generated.
   */
  boolean fill(Binding binding, Slot[] slots, String[] values, int base, boolean mysql)
      throws SQLException {
    for (int i = 0; i < ownSlots; i++) {
      values[base + i] = slots[i] instanceof Slot.Draw ? null : binding.render(slots[i]);
    }
    for (int i = 0; i < extra.size(); i++) {
      Slot s = extra.get(i);
      values[base + ownSlots + i] = s instanceof Slot.Draw ? null : binding.render(s);
    }
    for (int i = 0; i < draws.size(); i++) {
      values[base + draws.get(i).slot()] = binding.drawn(slots).get(i);
    }
    if (auto == Auto.NONE || auto == Auto.GENERATED) {
      return auto == Auto.GENERATED;
    }
    return generated(binding, slots[autoSlot], values, base + autoSlot, mysql);
  }

  private boolean generated(Binding binding, Slot slot, String[] values, int at, boolean mysql)
      throws SQLException {
    if (binding.isNull(slot)) {
      return true;
    }
    String number = Keys.integer(slot, binding.parameter(slot));
    if (number == null) {
      throw Errors.unsupported(
          "the numbered column "
              + head.auto.name()
              + " needs a whole number, NULL or DEFAULT, not "
              + values[at]);
    }
    values[at] = number;
    return mysql && number.equals("0");
  }

  /**
   * Whether SET TIMESTAMP is needed; refuses a NULL that would become a time that differs between
   * nodes.
   */
  boolean needsTime(Binding binding, Slot[] slots, boolean mysql) throws SQLException {
    if (usesTime) {
      return true;
    }
    for (int s : nullMeansNow) {
      if (binding.isNull(slots[s]) || slots[s] instanceof Slot.Volatile) {
        if (!mysql) {
          throw Errors.unsupported(
              "NULL for a column whose default is not constant is not supported; send a value");
        }
        return true;
      }
    }
    return false;
  }

  void append(StringBuilder out, String[] values, int base) {
    row.append(out, values, base);
  }

  void append(StringBuilder out, String[] values, int base, String key) {
    beforeAuto.append(out, values, base);
    out.append(key);
    afterAuto.append(out, values, base);
  }
}
