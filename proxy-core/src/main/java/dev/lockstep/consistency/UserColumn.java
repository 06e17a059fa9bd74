package dev.lockstep.consistency;

/**
 * One column as far as copying and comparing its values needs it.
 *
 * @param name as the catalogue spells it
 * @param type the server's name of the type without its parameters, lower case
 * @param charset character set of a text column (MySQL, MariaDB), or null
 * @param length greatest length in characters or bytes, or 0 where there is none
 * @param computed the server computes it from other columns: it cannot be written
 * @param stored whether a computed column is stored
 */
public record UserColumn(
    String name, String type, String charset, long length, boolean computed, boolean stored) {}
