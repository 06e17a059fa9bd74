package dev.lockstep.sql;

import java.util.ArrayList;
import java.util.List;

/** Text with holes: rendering appends segments and values in turn. Immutable. */
final class Template {
  private final String[] texts;
  private final int[] slots;

  private Template(String[] texts, int[] slots) {
    this.texts = texts;
    this.slots = slots;
  }

  void append(StringBuilder out, String[] values, int base) {
    for (int i = 0; i < slots.length; i++) {
      text(out.append(texts[i]), values[base + slots[i]], texts[i + 1]);
    }
    out.append(texts[slots.length]);
  }

  /**
   * Appends a value so that it stays a token of its own: {@code n-?} with a negative number must
   * not become a comment, nor {@code LIMIT?} a word.
   *
   * @param next what will stand behind it
   */
  static void text(StringBuilder out, String value, String next) {
    char before = out.length() == 0 ? ' ' : out.charAt(out.length() - 1);
    if (before == '-' && value.startsWith("-")) {
      out.append('(').append(value).append(')');
    } else {
      out.append(before == '_' || Character.isLetterOrDigit(before) ? " " : "").append(value);
    }
    if (!next.isEmpty() && (next.charAt(0) == '_' || Character.isLetterOrDigit(next.charAt(0)))) {
      out.append(' ');
    }
  }

  /** Collects text and holes in order. */
  static final class Builder {
    private final List<String> texts = new ArrayList<>();
    private final List<Integer> slots = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    Builder text(String s) {
      text.append(s);
      return this;
    }

    Builder slot(int index) {
      texts.add(text.toString());
      text.setLength(0);
      slots.add(index);
      return this;
    }

    Template build() {
      texts.add(text.toString());
      return new Template(
          texts.toArray(new String[0]), slots.stream().mapToInt(Integer::intValue).toArray());
    }
  }
}
