package dev.lockstep.journal;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One committed transaction or one step of DDL.
 *
 * @param group number of its group; grows over the whole life of the cluster
 * @param index place in the group, from 0
 * @param epoch epoch of the view that it was committed in
 * @param tx the transaction's id, unique
 * @param kind what it is
 * @param at milliseconds since 1970 when its group was made
 * @param tables schema.table names, separated by commas
 * @param format format of the payload
 * @param payload the write set
 */
public record JournalRow(
    long group,
    int index,
    long epoch,
    String tx,
    Kind kind,
    long at,
    String tables,
    int format,
    byte[] payload) {

  /** The values of column {@code kind}, by ordinal. */
  public enum Kind {
    TRANSACTION,
    DDL_INTENT,
    DDL_DONE
  }

  /** How many {@link JournalParts} hold its write set; 0 where it is in the row itself. */
  public int parts() {
    return format == WriteSetCodec.PARTS
        ? Integer.parseInt(new String(payload, StandardCharsets.US_ASCII))
        : 0;
  }

  /**
   * The decoded write set.
   *
   * @throws IllegalArgumentException where it is in {@link #parts}
   */
  public List<Entry> entries() {
    return WriteSetCodec.decode(format, payload);
  }
}
