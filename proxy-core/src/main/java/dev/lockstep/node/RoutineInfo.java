package dev.lockstep.node;

/**
 * A stored function as the catalogue describes it.
 *
 * @param body its statement, or null where the account may not see it
 * @param sqlMode the mode that it runs under, comma-separated; empty where there is none
 */
public record RoutineInfo(TableName name, String body, String sqlMode) {}
