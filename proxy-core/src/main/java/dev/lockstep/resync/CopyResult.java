package dev.lockstep.resync;

/**
 * A finished copy.
 *
 * @param position what the copied data corresponds to in the source's journal
 * @param tables number of tables
 * @param rows number of rows
 * @param bytes bytes that were sent to the target
 * @param millis time it took
 */
public record CopyResult(
    SnapshotPosition position, int tables, long rows, long bytes, long millis) {}
