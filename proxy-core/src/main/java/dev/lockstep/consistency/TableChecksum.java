package dev.lockstep.consistency;

/**
 * What a table, or a key range of it, holds.
 *
 * @param rows number of rows
 * @param hash independent of the order of the rows; equal contents have equal hashes, and different
 *     contents differ in it but for a chance of about 2<sup>-64</sup> or less
 */
public record TableChecksum(long rows, String hash) {}
