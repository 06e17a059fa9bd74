package dev.lockstep.resync;

import dev.lockstep.journal.JournalRow;

/**
 * What a replay did.
 *
 * @param applied rows applied
 * @param skipped rows that the target already had
 * @param position the newest group that the target now has completely, or the position before where
 *     there was nothing to do
 * @param openDdl the beginning of DDL that the target has and whose end the source does not have
 *     yet, or null
 */
public record ReplayResult(long applied, long skipped, long position, JournalRow openDdl) {}
