package dev.lockstep.sql;

import dev.lockstep.node.TableInfo;

/**
 * A write as it stands in the text.
 *
 * @param verb the token UPDATE or DELETE; what is in front of it are common table expressions
 * @param afterRef the token behind the table's name
 * @param from SET, or what follows the table of a DELETE
 * @param ignore whether rows that cannot be written are left out
 */
record WriteText(
    Tokens t,
    int verb,
    boolean update,
    TableInfo table,
    String alias,
    int afterRef,
    int from,
    String schema,
    boolean time,
    boolean ignore) {
  String aliasSql() {
    return alias == null ? "" : " " + t.sql.substring(t.start(afterRef), t.end(from - 1));
  }

  StringBuilder key(long generation, char kind) {
    StringBuilder key =
        new StringBuilder()
            .append(generation)
            .append(kind)
            .append('\u0000')
            .append(table.name())
            .append('\u0000');
    if (alias != null) {
      key.append(alias);
    }
    return key.append('\u0000');
  }
}
