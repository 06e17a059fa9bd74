package dev.lockstep.node;

/**
 * One column as the catalogue describes it.
 *
 * @param name the name as stored
 * @param kind what family of literal fits it
 * @param typeName the server's own full type, lower case, such as {@code bigint(20) unsigned}
 * @param nullable whether NULL is allowed
 * @param defaultExpression the default as the catalogue prints it, or null
 * @param autoIncrement AUTO_INCREMENT or identity: the database chooses a value where none is given
 * @param alwaysIdentity GENERATED ALWAYS AS IDENTITY
 * @param generated a computed column, which cannot be written
 * @param onUpdateNow MySQL's ON UPDATE CURRENT_TIMESTAMP (or the like on H2)
 * @param volatileDefault the default is not a constant (time, UUID, random, sequence, …)
 */
public record ColumnInfo(
    String name,
    Kind kind,
    String typeName,
    boolean nullable,
    String defaultExpression,
    boolean autoIncrement,
    boolean alwaysIdentity,
    boolean generated,
    boolean onUpdateNow,
    boolean volatileDefault) {

  /**
   * The family of a type, coarse enough to decide whether a literal is of the column's own type.
   */
  public enum Kind {
    INTEGER,
    DECIMAL,
    FLOAT,
    STRING,
    BINARY,
    BOOLEAN,
    DATE,
    TIME,
    DATETIME,
    TIMESTAMP,
    UUID,
    BIT,
    ENUM,
    JSON,
    OTHER
  }
}
