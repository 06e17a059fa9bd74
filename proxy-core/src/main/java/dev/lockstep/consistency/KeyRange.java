package dev.lockstep.consistency;

import java.util.ArrayList;
import java.util.List;

/**
 * A range of a primary key, as the server orders it.
 *
 * @param after literals of the key that the range begins after, in key order; null from the start
 * @param upTo literals of the last key of the range; null to the end
 */
public record KeyRange(List<String> after, List<String> upTo) {
  /** The whole table. */
  public static final KeyRange ALL = new KeyRange(null, null);

  /**
   * The condition for WHERE.
   *
   * @param key quoted columns of the primary key; may be empty for the whole table
   */
  public String condition(List<String> key) {
    List<String> parts = new ArrayList<>();
    if (after != null) {
      parts.add(beyond(key, after, ">", false));
    }
    if (upTo != null) {
      parts.add(beyond(key, upTo, "<", true));
    }
    return parts.isEmpty() ? "1=1" : String.join(" AND ", parts);
  }

  /** Written out by columns, because servers do not use an index for row comparisons. */
  private static String beyond(List<String> key, List<String> bound, String op, boolean orEqual) {
    StringBuilder s = new StringBuilder("(");
    if (key.size() > 1) {
      // Redundant, but lets the server see a plain range on the first column.
      s.append(key.get(0)).append(op).append("=").append(bound.get(0)).append(" AND (");
    }
    for (int i = 0; i < key.size(); i++) {
      if (i > 0) {
        s.append(" OR ");
      }
      s.append('(');
      for (int j = 0; j < i; j++) {
        s.append(key.get(j)).append('=').append(bound.get(j)).append(" AND ");
      }
      s.append(key.get(i)).append(op);
      s.append(orEqual && i == key.size() - 1 ? "=" : "").append(bound.get(i)).append(')');
    }
    return s.append(key.size() > 1 ? "))" : ")").toString();
  }
}
