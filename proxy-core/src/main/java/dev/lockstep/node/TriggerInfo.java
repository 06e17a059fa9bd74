package dev.lockstep.node;

/**
 * A trigger as the catalogue describes it.
 *
 * @param before BEFORE, as opposed to AFTER
 * @param event INSERT, UPDATE or DELETE; where the catalogue cannot tell, null: any of them
 * @param body its statement, or null where there is no text (a Java class on H2)
 * @param sqlMode the mode that it runs under, comma-separated; empty where there is none
 */
public record TriggerInfo(String name, boolean before, String event, String body, String sqlMode) {}
