package dev.lockstep.sql;

import dev.lockstep.node.TableName;

/**
 * What a query does with one sequence.
 *
 * @param sequence in full
 * @param draws how many values it draws at most; {@link #ANY} where only its rows tell; 0 where it
 *     draws none
 * @param last whether it asks for the value that this server connection has drawn last
 */
public record SequenceUse(TableName sequence, int draws, boolean last) {
  /** {@link #draws} where only the rows of the query tell. */
  public static final int ANY = -1;
}
