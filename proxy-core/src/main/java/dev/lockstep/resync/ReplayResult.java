package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;

/**
 * What a replay did.
 *
 * @param applied rows applied
 * @param skipped rows that the target already had
 * @param position the newest group that the target now has completely, or the position before where
 *     there was nothing to do
 * @param openDdl the intent at which the replay stopped because the source does not say yet how it
 *     ended, or null
 */
public record ReplayResult(long applied, long skipped, long position, JournalRow openDdl) {}
