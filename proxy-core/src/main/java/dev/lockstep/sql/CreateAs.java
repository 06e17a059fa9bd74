package dev.lockstep.sql;

import dev.lockstep.node.TableName;

/**
 * The parts of CREATE TABLE … AS SELECT.
 *
 * @param table what is to be created
 * @param exists whether it is there already
 * @param ifNotExists whether that is no error
 * @param head what stands before TABLE
 * @param definition what stands behind the name, with the query
 * @param query the query alone
 */
public record CreateAs(
    TableName table,
    boolean exists,
    boolean ifNotExists,
    String head,
    String definition,
    String query) {}
