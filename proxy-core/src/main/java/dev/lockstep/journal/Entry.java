package dev.lockstep.journal;

import dev.lockstep.node.TableName;

/**
 * One statement of a write set as the replicas run it: text with literals only.
 *
 * @param context statements that must have been run on the lane before (session variables that
 *     change the meaning, such as {@code SET time_zone='+01:00'}), or the empty string for a lane's
 *     defaults
 * @param before statement right before (such as {@code SET TIMESTAMP=…}), or null
 * @param sql the statement
 * @param after statement right after, or null
 * @param expectedRows the count that the primary answered
 * @param table the table that it writes
 */
public record Entry(
    String context, String before, String sql, String after, long expectedRows, TableName table) {}
