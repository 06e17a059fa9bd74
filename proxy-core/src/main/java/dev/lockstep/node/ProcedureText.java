package dev.lockstep.node;

/**
 * A stored procedure as {@code SHOW CREATE PROCEDURE} tells it.
 *
 * @param sql the statement that makes it, with its definer; null where the account may not see it
 * @param sqlMode the mode that it runs under, comma-separated; empty where there is none
 * @param charset the {@code character_set_client} that it runs under
 * @param collation the {@code collation_connection} that it runs under
 * @param databaseCollation of its variables where they name none
 */
public record ProcedureText(
    TableName name,
    String sql,
    String sqlMode,
    String charset,
    String collation,
    String databaseCollation) {}
