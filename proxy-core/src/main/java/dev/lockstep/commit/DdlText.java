package dev.lockstep.commit;

import java.util.regex.Pattern;

/** What the text of a DDL statement alone tells. */
public final class DdlText {
  private static final Pattern TRACELESS =
      Pattern.compile("\\btruncate\\b|\\b(alter|replace)\\s+sequence\\b", Pattern.CASE_INSENSITIVE);

  private DdlText() {}

  /**
   * Whether it may change data and leave the definition as it was, so that signatures cannot tell
   * whether it ran: TRUNCATE in any form, and what sets the position of a sequence. Such a
   * statement may be run twice.
   */
  public static boolean keepsDefinition(String sql) {
    return TRACELESS.matcher(sql).find();
  }
}
