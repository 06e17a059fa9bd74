package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Where the rows of an INSERT … SELECT are put on MySQL and MariaDB before they are inserted as
 * values: a temporary table with the columns of the target. So it is the server that converts, as
 * it would without Lockstep: a quotient has more digits than its text, and which locks are taken
 * depends on the kind of the statement. One execution; used by one thread.
 */
public final class Stage {
  private static final Set<String> SPATIAL =
      Set.of(
          "geometry",
          "point",
          "linestring",
          "polygon",
          "multipoint",
          "multilinestring",
          "multipolygon",
          "geometrycollection",
          "geomcollection");

  /** Numbers the rows in the order in which the query gave them. */
  private static final String ROW = "lockstep_row";

  private final TableInfo table;
  private final Literals literals;
  private final String name;
  private final List<ColumnInfo> columns;
  private final String create;
  private final String fill;
  private final String list;
  private final boolean timestamps;

  /**
   * @param source what the query is
   */
  Stage(
      TableInfo table,
      List<ColumnInfo> columns,
      String query,
      CopyAnalysis.Source source,
      Literals literals)
      throws SQLException {
    boolean load = source != CopyAnalysis.Source.QUERY;
    this.table = table;
    this.literals = literals;
    this.columns = columns;
    String schema = literals.name(table.name().schema()) + ".";
    this.name = schema + literals.name("lockstep_copy");
    List<String> plain = new ArrayList<>();
    List<String> types = new ArrayList<>();
    List<String> exact = new ArrayList<>();
    List<String> unambiguous = new ArrayList<>();
    for (ColumnInfo c : columns) {
      String n = literals.name(c.name());
      plain.add(n);
      types.add(SearchStage.withoutDefault(c, "t." + n) + " AS " + n);
      exact.add(spatial(c) ? n : exact(c, n, "INSERT … SELECT into"));
      if (c.kind() == ColumnInfo.Kind.TIMESTAMP) {
        unambiguous.add(unambiguous(n));
      }
    }
    this.timestamps = !unambiguous.isEmpty();
    if (timestamps) {
      exact.add(String.join(" AND ", unambiguous));
    }
    this.create =
        load
            ? null
            : "CREATE TEMPORARY TABLE "
                + name
                + " ("
                + ROW
                + " BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB SELECT "
                + String.join(", ", types)
                // Of the inner side of an outer join, so that the stage takes NULL.
                + " FROM (SELECT 1 AS one) d LEFT JOIN "
                + schema
                + literals.name(table.name().name())
                + " t ON 1 = 0 LIMIT 0";
    this.fill =
        load ? query : "INSERT INTO " + name + " (" + String.join(", ", plain) + ") " + query;
    this.list = String.join(", ", exact);
  }

  /** Whether a TIMESTAMP's text means one instant only, as SQL. */
  static String unambiguous(String name) {
    return "(UNIX_TIMESTAMP(CAST(" + name + " AS DATETIME(6)))<=>UNIX_TIMESTAMP(" + name + "))";
  }

  static SQLException ambiguous(String what) {
    return Errors.unsupported(
        what
            + " of a time that comes twice because clocks are set back is not supported"
            + " in this time zone; SET time_zone = '+00:00'");
  }

  /** What to select of a column so that {@link #value} loses nothing. */
  static String exact(ColumnInfo c, String name, String what) throws SQLException {
    boolean set = c.typeName() != null && c.typeName().startsWith("set(");
    return switch (c.kind()) {
      case FLOAT -> name + "*1e0"; // all digits
      case BIT -> name + "+0";
      case OTHER -> {
        boolean address = "inet6".equals(c.typeName()) || "inet4".equals(c.typeName());
        if (!set && !address) {
          throw Errors.unsupported(
              what
                  + " the column "
                  + c.name()
                  + " ("
                  + c.typeName()
                  + ") is not supported; read the values and send them");
        }
        yield name;
      }
      default -> name;
    };
  }

  private static boolean spatial(ColumnInfo c) {
    return c.typeName() != null && SPATIAL.contains(c.typeName());
  }

  /**
   * Makes and fills it; where that fails it may be there or not.
   *
   * @return its warnings where the inserts do not give them again, else null
   */
  public SQLWarning fill(Statement s) throws SQLException {
    s.execute(drop());
    s.execute(create != null ? create : createForLoad(s));
    // The numbers of the stage are not the application's.
    s.execute("SET @lockstep_last_id=LAST_INSERT_ID()");
    s.execute(fill);
    SQLWarning warnings = create == null ? ofTarget(s.getWarnings()) : null;
    s.execute("SET last_insert_id=@lockstep_last_id");
    return warnings;
  }

  /** The same without the stage's name. */
  private SQLWarning ofTarget(SQLWarning given) {
    SQLWarning first = null;
    for (SQLWarning w = given; w != null; w = w.getNextWarning()) {
      String text = w.getMessage().replace("`lockstep_copy`", literals.name(table.name().name()));
      SQLWarning own = new SQLWarning(text, w.getSQLState(), w.getErrorCode());
      if (first == null) {
        first = own;
      } else {
        first.setNextWarning(own);
      }
    }
    return first;
  }

  private String createForLoad(Statement s) throws SQLException {
    try (ResultSet r = s.executeQuery(LoadStage.definition(table, literals))) {
      return LoadStage.create(table, ROW + " BIGINT AUTO_INCREMENT PRIMARY KEY", r, literals);
    }
  }

  /**
   * Reads some rows, which go to {@link #row}, in their order.
   *
   * @param after what {@link #number} gave for the row before them; 0 for the first
   */
  public String read(long after, int most) {
    return "SELECT "
        + ROW
        + ", "
        + list
        + " FROM "
        + name
        + " WHERE "
        + ROW
        + ">"
        + after
        + " ORDER BY "
        + ROW
        + " LIMIT "
        + most;
  }

  /** The place of the row on which the result set stands. */
  public long number(ResultSet rows) throws SQLException {
    return rows.getLong(1);
  }

  /** Throws it away. */
  public String drop() {
    return "DROP TEMPORARY TABLE IF EXISTS " + name;
  }

  /** The values of the row on which the result set stands. */
  public List<Parameter> row(ResultSet rows) throws SQLException {
    List<Parameter> row = new ArrayList<>(columns.size());
    for (int i = 1; i <= columns.size(); i++) {
      ColumnInfo c = columns.get(i - 1);
      // The server's own form of a spatial value, which it takes as well.
      row.add(
          spatial(c)
              ? Parameter.of(Parameter.Kind.BYTES, rows.getBytes(i + 1))
              : value(rows, i + 1, c.kind()));
    }
    if (timestamps && !rows.getBoolean(columns.size() + 2)) {
      throw ambiguous("INSERT … SELECT");
    }
    return row;
  }

  /** The server's own text of a value, which it reads again without loss. */
  static Parameter value(ResultSet rows, int i, ColumnInfo.Kind kind) throws SQLException {
    return switch (kind) {
      case BINARY -> Parameter.of(Parameter.Kind.BYTES, rows.getBytes(i));
      case STRING, ENUM, JSON, UUID, OTHER ->
          Parameter.of(Parameter.Kind.STRING, rows.getString(i));
      default -> {
        byte[] text = rows.getBytes(i);
        String s = text == null ? null : new String(text, StandardCharsets.US_ASCII);
        yield kind == ColumnInfo.Kind.BIT && s != null
            ? Parameter.of(Parameter.Kind.BIG_INTEGER, new java.math.BigInteger(s))
            : Parameter.of(Parameter.Kind.STRING, s);
      }
    };
  }
}
