package dev.lockstep.sql;

/**
 * One unit of an expression region after normalising: a token, or several that mean one thing.
 *
 * @param kind what it is
 * @param text as it is rendered again (unused for slots)
 * @param calcite as Calcite gets to see it
 * @param gap whether white space stands before it
 * @param slot for slots only
 */
record Element(Kind kind, String text, String calcite, boolean gap, Slot slot) {
  enum Kind {
    KEYWORD,
    NAME,
    FUNCTION,
    OP,
    SLOT
  }

  boolean keyword(String word) {
    return kind == Kind.KEYWORD && text.equalsIgnoreCase(word);
  }

  boolean op(String op) {
    return kind == Kind.OP && text.equals(op);
  }

  /** Appends the element's part of the normalised text. */
  void appendKey(StringBuilder key) {
    if (gap) {
      key.append(' ');
    }
    if (slot == null) {
      key.append(text);
    } else if (slot instanceof Slot.Placeholder) {
      key.append("\u0001?");
    } else if (slot instanceof Slot.Literal l) {
      key.append('\u0001').append(l.type().mark);
    } else if (slot instanceof Slot.Found f) {
      key.append("\u0001f").append(f.index()).append('\u0002');
    } else if (slot instanceof Slot.Draw d) {
      key.append("\u0001q").append(d.sequence()).append('\u0002');
    } else {
      Slot.Volatile v = (Slot.Volatile) slot;
      key.append('\u0001').append(v.function()).append(v.precision()).append('\u0002');
    }
  }
}
