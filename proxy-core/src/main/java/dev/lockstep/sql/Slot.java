package dev.lockstep.sql;

import dev.lockstep.node.TableName;

/** A place in a statement whose value is not part of the normalised text. */
sealed interface Slot {
  /** A {@code ?} of the application, counted from 0. */
  record Placeholder(int index) implements Slot {}

  /** A literal that stood in the text, kept as written. */
  record Literal(Type type, String text) implements Slot {
    enum Type {
      NULL('n'),
      BOOLEAN('b'),
      NUMBER('#'),
      STRING('s'),
      HEX('x'),
      DATE('d'),
      TIME('t'),
      TIMESTAMP('z'),
      UUID('u'),
      OTHER('o');

      final char mark;

      Type(char mark) {
        this.mark = mark;
      }
    }
  }

  /**
   * A function call whose value is chosen before execution.
   *
   * @param function upper case
   * @param precision digits of the fraction for time functions, or -1 for the function's default
   */
  record Volatile(String function, int precision) implements Slot {}

  /** The next value of a sequence, drawn on the primary before the write runs. */
  record Draw(TableName sequence) implements Slot {}

  /** A value that is looked for together with the rows that get it, counted from 0. */
  record Found(int index) implements Slot {}
}
