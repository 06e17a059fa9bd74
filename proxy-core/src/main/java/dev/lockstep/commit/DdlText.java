package dev.lockstep.commit;

import java.util.regex.Pattern;

/** What the text of a DDL statement alone tells. */
public final class DdlText {
  private static final Pattern TRUNCATE =
      Pattern.compile("\\btruncate\\b", Pattern.CASE_INSENSITIVE);

  private DdlText() {}

  /**
   * Whether it may change data and leave the definition as it was, so that signatures cannot tell
   * whether it ran: TRUNCATE in any form. Such a statement may be run twice.
   */
  public static boolean keepsDefinition(String sql) {
    return TRUNCATE.matcher(sql).find();
  }
}
