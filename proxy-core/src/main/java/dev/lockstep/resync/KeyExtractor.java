package dev.lockstep.resync;

import dev.lockstep.journal.Entry;
import java.util.List;

/** Tells which rows an entry of a write set touches. */
@FunctionalInterface
public interface KeyExtractor {
  /** Knows nothing: whole tables are compared. */
  KeyExtractor NONE = entry -> null;

  /**
   * The primary keys of all rows of {@link Entry#table} that the entry changes, each as SQL
   * literals in key order (old and new ones where it changes keys); null where that is not certain.
   */
  List<List<String>> keys(Entry entry);
}
