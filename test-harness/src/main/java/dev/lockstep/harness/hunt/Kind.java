package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.Engine;

/** The types of columns. What their values look like is the matter of {@link Values}. */
enum Kind {
  INT("INT", "INT", Family.NUMBER),
  SMALLINT("SMALLINT", "SMALLINT", Family.NUMBER),
  BIGINT("BIGINT", "BIGINT", Family.NUMBER),
  UNSIGNED("NUMERIC(20)", "BIGINT UNSIGNED", Family.NUMBER),
  DECIMAL("DECIMAL(12,2)", "DECIMAL(12,2)", Family.NUMBER),
  LONG_DECIMAL("DECIMAL(30,10)", "DECIMAL(30,10)", Family.NUMBER),
  DOUBLE("DOUBLE PRECISION", "DOUBLE", Family.NUMBER),
  FLOAT("REAL", "FLOAT", Family.NUMBER),
  VARCHAR("VARCHAR(40)", "VARCHAR(40)", Family.TEXT),
  CHAR("CHAR(12)", "CHAR(12)", Family.TEXT),
  TEXT("CLOB", "TEXT", Family.TEXT),
  BINARY("BINARY(8)", "BINARY(8)", Family.BYTES),
  VARBINARY("VARBINARY(40)", "VARBINARY(40)", Family.BYTES),
  BLOB("BLOB", "BLOB", Family.BYTES),
  DATE("DATE", "DATE", Family.TIME),
  TIME("TIME(3)", "TIME(3)", Family.TIME),
  DATETIME("TIMESTAMP(0)", "DATETIME", Family.TIME),
  DATETIME6("TIMESTAMP(6)", "DATETIME(6)", Family.TIME),
  TIMESTAMP6("TIMESTAMP(6) WITH TIME ZONE", "TIMESTAMP(6)", Family.TIME),
  BOOLEAN("BOOLEAN", "BOOLEAN", Family.OTHER),
  ENUM("ENUM('red','green','blue')", "ENUM('red','green','blue')", Family.OTHER),
  UUID("UUID", "UUID", Family.OTHER);

  /** What can be calculated with. */
  enum Family {
    NUMBER,
    TEXT,
    BYTES,
    TIME,
    OTHER
  }

  final Family family;
  private final String h2;
  private final String mariaDb;

  Kind(String h2, String mariaDb, Family family) {
    this.h2 = h2;
    this.mariaDb = mariaDb;
    this.family = family;
  }

  String type(Engine engine) {
    if (this == UUID && engine == Engine.MYSQL) {
      return "CHAR(36)";
    }
    return engine == Engine.H2 ? h2 : mariaDb;
  }

  boolean large() {
    return this == TEXT || this == BLOB;
  }

  /** Whether it is exact, so that a primary key may have it. */
  boolean forKeys() {
    return switch (this) {
      case INT, BIGINT, UNSIGNED, DECIMAL, VARCHAR, CHAR, BINARY, VARBINARY, DATE, DATETIME6 ->
          true;
      default -> false;
    };
  }
}
