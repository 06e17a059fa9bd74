package dev.lockstep.cli;

import java.io.PrintWriter;
import java.util.List;

/** Prints rows in columns as wide as their widest value. */
final class TextTable {
  private TextTable() {}

  /** Right-aligned where {@code right} says so; the last column is not padded. */
  static void print(
      PrintWriter out, List<String> header, boolean[] right, Iterable<String[]> rows) {
    int[] widths = widths(header, rows);
    line(out, header.toArray(new String[0]), right, widths);
    for (String[] row : rows) {
      line(out, row, right, widths);
    }
  }

  static int[] widths(List<String> header, Iterable<String[]> rows) {
    int[] widths = new int[header.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = length(header.get(i));
    }
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], length(row[i]));
      }
    }
    return widths;
  }

  static void line(PrintWriter out, String[] row, boolean[] right, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.length; i++) {
      if (i > 0) {
        line.append("  ");
      }
      String pad = " ".repeat(Math.max(0, widths[i] - length(row[i])));
      line.append(right[i] ? pad + row[i] : row[i] + pad);
    }
    out.println(line.toString().stripTrailing());
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
