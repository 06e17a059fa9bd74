package dev.lockstep.resync;

/**
 * What a full copy may use.
 *
 * @param streams how many copy at the same time, where the database can
 * @param bytesPerSecond how much may be sent, over all streams; 0: no limit
 * @param momentMillis how long the source may take to begin a snapshot while writers wait
 */
public record CopyLimits(int streams, long bytesPerSecond, int momentMillis) {}
