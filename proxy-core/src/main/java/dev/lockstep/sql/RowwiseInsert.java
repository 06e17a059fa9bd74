package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * INSERT IGNORE, REPLACE and ON DUPLICATE KEY UPDATE of MySQL and MariaDB where the text does not
 * tell which rows they touch: because of other unique keys, or of numbers that the database
 * chooses. The primary executes them row by row, and what each of them did goes to the other nodes:
 * a plain INSERT, or writes of rows named by their primary key.
 *
 * <ul>
 *   <li>IGNORE: the count of the one row tells whether it was inserted; then it is repeated as it
 *       is (it may convert values as no other statement does), else there is nothing to repeat.
 *   <li>ON DUPLICATE KEY UPDATE runs as it is, with assignments of the key to itself that leave it
 *       in user variables: set where a row was updated, and only there. The server itself so tells
 *       which row it has met, by its own idea of equality and order of indexes, and holds its lock;
 *       the changed columns are then read and written by value.
 *   <li>REPLACE: a locking query for each unique key finds the rows in the way; they are deleted by
 *       key, and the row is inserted. What the query can miss (another session's row, a value that
 *       is converted) makes the plain INSERT fail with a duplicate key, so it is noticed; and it
 *       finds no wrong row, because only values of the column's own kind are compared.
 * </ul>
 *
 * One execution; used by one thread.
 */
public final class RowwiseInsert {
  /** What happens where a row is there already. */
  public enum Kind {
    IGNORE,
    REPLACE,
    UPDATE
  }

  /**
   * One row's ON DUPLICATE KEY UPDATE.
   *
   * @param insert what it has done where it has inserted
   * @param before to be executed before it, in order
   * @param sql the statement for the primary
   * @param after to be executed after it, or null
   */
  public record Step(BoundWrite insert, List<String> before, String sql, String after) {}

  /**
   * What the statement has met.
   *
   * @param found whether a row was there
   * @param update what has happened to it; null where nothing can have changed
   */
  public record Met(boolean found, BoundWrite update) {}

  private static final Pattern DAY = Pattern.compile("\\d{4}-\\d\\d-\\d\\d");
  private static final Pattern MOMENT =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?");
  private static final String VARIABLE = "@lockstep_key_";

  /** The whole statement as it is. */
  interface Whole {
    BoundWrite bind(Binding binding) throws SQLException;
  }

  private final Kind kind;
  private final Whole whole;
  private final InsertHead head;
  private final RowShape[] shapes;
  private final Slot[][] slots;
  private final InsertWrite.Upsert upsert;
  private final Binding binding;

  RowwiseInsert(
      Kind kind,
      Whole whole,
      InsertHead head,
      RowShape[] shapes,
      Slot[][] slots,
      InsertWrite.Upsert upsert,
      Binding binding) {
    this.kind = kind;
    this.whole = whole;
    this.head = head;
    this.shapes = shapes;
    this.slots = slots;
    this.upsert = upsert;
    this.binding = binding;
  }

  /** What happens where a row is there already. */
  public Kind kind() {
    return kind;
  }

  /** The rows in VALUES. */
  public int rows() {
    return shapes.length;
  }

  /** The column that the database numbers, or null. */
  public String numbered() {
    return head.auto == null ? null : head.auto.name();
  }

  /** Whether {@code LAST_INSERT_ID()} gets the number of the row that was updated. */
  public boolean setsLastInsertId() {
    return upsert != null && upsert.lastInsertId() != null;
  }

  /** All rows in one statement, or null where only some of them are numbered by the database. */
  public BoundWrite together() throws SQLException {
    return whole.bind(binding);
  }

  /** One row inserted, with IGNORE where that is the kind. */
  public BoundWrite row(int row) throws SQLException {
    return row(row, "", false);
  }

  /**
   * @param end what stands behind it, on all nodes
   * @param usesTime whether that needs the statement's time
   */
  private BoundWrite row(int row, String end, boolean usesTime) throws SQLException {
    RowShape shape = shapes[row];
    String[] values = new String[shape.slotCount()];
    boolean generated = shape.fill(binding, slots[row], values, 0, true);
    StringBuilder sql = new StringBuilder(head.plain(head.primary));
    shape.append(sql, values, 0);
    return new BoundWrite(
        head.table.name(),
        true,
        sql.append(end).toString(),
        usesTime || shape.needsTime(binding, slots[row], true) ? binding.setTimestamp() : null,
        1,
        generated ? head.auto.name() : null,
        generated ? keys -> numbered(shape, values, keys[0]) + end : null);
  }

  private String numbered(RowShape shape, String[] values, long key) {
    StringBuilder sql = new StringBuilder(head.plain(head.entry));
    shape.append(sql, values, 0, head.number(key));
    return sql.toString();
  }

  // ---- ON DUPLICATE KEY UPDATE ----

  /** One row with all that follows it. */
  public Step step(int row) throws SQLException {
    StringBuilder end = new StringBuilder();
    boolean usesTime = upsert.text() != null && upsert.append(end, binding);
    // Also where it inserts, what stands behind it matters: a column that only VALUES(…) names
    // needs no default.
    BoundWrite insert = row(row, end.toString(), usesTime);
    boolean time = insert.before() != null;
    StringBuilder sql = new StringBuilder(insert.sql());
    sql.append(end.length() == 0 ? " ON DUPLICATE KEY UPDATE " : ", ");
    StringBuilder reset = new StringBuilder();
    int n = 0;
    List<ColumnInfo> named = keyColumns();
    if (setsLastInsertId() && !named.contains(upsert.lastInsertId())) {
      String name = binding.literals().name(upsert.lastInsertId().name());
      sql.append(name).append("=LAST_INSERT_ID(").append(name).append("), ");
    }
    for (ColumnInfo c : named) {
      String variable = variable(c, ++n);
      String name = binding.literals().name(c.name());
      // The value is the column itself, so it keeps its type. (MySQL does not evaluate IS NULL.)
      String same = "IF((" + variable + ":=" + name + ")=" + name + "," + name + "," + name + ")";
      sql.append(n == 1 ? "" : ", ").append(name).append('=');
      sql.append(c.equals(upsert.lastInsertId()) ? "LAST_INSERT_ID(" + same + ")" : same);
      reset.append(n == 1 ? "SET " : ", ").append(variable).append("=NULL");
    }
    return new Step(
        insert,
        time ? List.of(reset.toString(), binding.setTimestamp()) : List.of(reset.toString()),
        sql.toString(),
        time ? "SET TIMESTAMP=DEFAULT" : null);
  }

  /** A variable set to NULL keeps the type of its last value, so each type has its own. */
  private static String variable(ColumnInfo c, int n) {
    return VARIABLE + c.kind().name().toLowerCase(Locale.ROOT) + "_" + n;
  }

  private List<ColumnInfo> keyColumns() throws SQLException {
    List<ColumnInfo> key = new ArrayList<>();
    for (String k : head.table.primaryKey()) {
      ColumnInfo c = head.table.column(k);
      switch (c.kind()) {
        case INTEGER, DECIMAL, STRING, BINARY, DATE, DATETIME, UUID -> key.add(c);
        default ->
            throw Errors.unsupported(
                "INSERT … ON DUPLICATE KEY UPDATE into "
                    + head.table.name()
                    + " is not supported, as its key column "
                    + c.name()
                    + " is of type "
                    + c.typeName()
                    + "; insert, and on a duplicate key (SQLState 23000) update");
      }
    }
    return key;
  }

  /** The query on the primary that tells what the last {@link #step} has met. */
  public String met() throws SQLException {
    StringBuilder sql =
        new StringBuilder("SELECT ")
            .append(Search.selectList(head.table, binding.literals(), true, ""))
            .append(", ")
            .append(variable(keyColumns().get(0), 1))
            .append(" IS NOT NULL");
    StringBuilder unambiguous = new StringBuilder();
    for (ColumnInfo c : upsert.changed()) {
      if (c.kind() == ColumnInfo.Kind.JSON) {
        throw notExact(c);
      }
      sql.append(", ").append(exact(c));
      if (c.kind() == ColumnInfo.Kind.TIMESTAMP) {
        unambiguous.append(unambiguous.length() == 0 ? ", " : " AND ");
        unambiguous.append(Stage.unambiguous(binding.literals().name(c.name())));
      }
    }
    sql.append(unambiguous).append(" FROM (SELECT 1 AS lockstep_one) AS lockstep_any LEFT JOIN ");
    sql.append(tableText());
    int n = 0;
    for (ColumnInfo c : keyColumns()) {
      sql.append(n++ == 0 ? " ON " : " AND ").append(binding.literals().name(c.name()));
      String variable = variable(c, n);
      sql.append('=');
      sql.append(c.kind() == ColumnInfo.Kind.UUID ? "CAST(" + variable + " AS CHAR)" : variable);
    }
    return sql.append(" FOR UPDATE").toString();
  }

  private String exact(ColumnInfo c) throws SQLException {
    try {
      return Stage.exact(c, binding.literals().name(c.name()), "an upsert that changes");
    } catch (SQLException e) {
      throw notExact(c);
    }
  }

  private SQLException notExact(ColumnInfo c) {
    return Errors.unsupported(
        "ON DUPLICATE KEY UPDATE of the column "
            + c.name()
            + " ("
            + c.typeName()
            + ") of "
            + head.table.name()
            + " is not supported, because it has unique keys besides its primary key, or a numbered"
            + " one; insert, and on a duplicate key (SQLState 23000) update");
  }

  private String tableText() {
    return binding.literals().name(head.table.name().schema())
        + "."
        + binding.literals().name(head.table.name().name());
  }

  /** What the one row of {@link #met} tells. */
  public Met met(ResultSet rows) throws SQLException {
    TableInfo table = head.table;
    int at = table.primaryKey().size() + 1;
    if (!rows.next() || !rows.getBoolean(at)) {
      return new Met(false, null);
    }
    if (rows.getString(1) == null) {
      throw new IllegalStateException("the row that was updated is not found by its key");
    }
    if (upsert.changed().isEmpty()) {
      return new Met(true, null);
    }
    Search names =
        new Search(table, binding.literals(), true, null, null, false, Search.TOGETHER, null);
    StringBuilder sql = new StringBuilder("UPDATE ").append(tableText()).append(" SET ");
    boolean timestamps = false;
    int first = at;
    for (ColumnInfo c : upsert.changed()) {
      timestamps |= c.kind() == ColumnInfo.Kind.TIMESTAMP;
      Parameter value = Stage.value(rows, ++at, c.kind());
      sql.append(at == first + 1 ? "" : ", ").append(binding.literals().name(c.name())).append('=');
      sql.append(binding.literals().render(value, binding.zone()));
    }
    if (timestamps && !rows.getBoolean(at + 1)) {
      throw Errors.unsupported(
          "ON DUPLICATE KEY UPDATE of a time that comes twice because clocks are set back is not"
              + " supported in this time zone; SET time_zone = '+00:00'");
    }
    sql.append(" WHERE ");
    if (table.primaryKey().size() == 1) {
      sql.append(binding.literals().name(table.column(table.primaryKey().get(0)).name()));
      sql.append('=');
    }
    sql.append(names.key(rows, 0));
    return new Met(true, new BoundWrite(table.name(), false, sql.toString(), null, 1, null, null));
  }

  // ---- REPLACE ----

  /** The queries that find and lock the rows in the way of one row; all make the same deletes. */
  public List<Search> obstacles(int row) throws SQLException {
    List<List<String>> keys = new ArrayList<>(head.table.uniqueKeys());
    keys.add(0, head.table.primaryKey());
    List<Search> all = new ArrayList<>();
    for (List<String> key : keys) {
      String condition = condition(row, key);
      if (condition != null) {
        String query =
            "SELECT "
                + Search.selectList(head.table, binding.literals(), true, "")
                + " FROM "
                + tableText()
                + " WHERE "
                + condition
                + " FOR UPDATE";
        all.add(
            new Search(
                head.table,
                binding.literals(),
                true,
                () -> query,
                null,
                false,
                Search.TOGETHER,
                (rows, count, values) ->
                    new BoundWrite(
                        head.table.name(),
                        false,
                        "DELETE FROM " + tableText() + " WHERE " + rows,
                        null,
                        count,
                        null,
                        null)));
      }
    }
    return all;
  }

  /** What collides with the row on one key, or null where that cannot be asked, or nothing can. */
  private String condition(int row, List<String> key) throws SQLException {
    StringBuilder condition = new StringBuilder();
    for (String k : key) {
      ColumnInfo c = head.table.column(k);
      int s = shapes[row].slotOf(c);
      if (s < 0 || c.kind() == ColumnInfo.Kind.FLOAT || c.kind() == ColumnInfo.Kind.TIMESTAMP) {
        return null;
      }
      Slot slot = slots[row][s];
      if (binding.isNull(slot)
          || !comparable(c, slot)
          || (c.typeName() != null && c.typeName().startsWith("year")) // 0 is '0000', '0' is 2000
          || (c.autoIncrement() && Keys.render(c, slot, binding).equals("0"))) {
        return null;
      }
      condition.append(condition.length() == 0 ? "" : " AND ");
      condition.append(binding.literals().name(c.name())).append('=');
      condition.append(Keys.render(c, slot, binding));
    }
    return condition.toString();
  }

  /** Whether comparing the column with the value finds no row but one that holds it. */
  private boolean comparable(ColumnInfo c, Slot slot) {
    if (Keys.fits(c, slot, binding)) {
      return true;
    }
    Parameter p = binding.parameter(slot);
    String text =
        slot instanceof Slot.Literal l && l.type() == Slot.Literal.Type.STRING
            ? l.text().substring(1, l.text().length() - 1)
            : p != null && p.kind() == Parameter.Kind.STRING ? (String) p.value() : null;
    return text != null
        && switch (c.kind()) {
          case DATE -> DAY.matcher(text).matches();
          case DATETIME -> MOMENT.matcher(text).matches();
          default -> false;
        };
  }

  /** One row's own REPLACE, for the primary. */
  public static String replacing(BoundWrite row) {
    return "REPLACE" + row.sql().substring("INSERT".length());
  }
}
