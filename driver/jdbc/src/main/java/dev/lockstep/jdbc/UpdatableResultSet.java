package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Dialect;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A result set whose rows can be changed where all its columns are of one table and the primary key
 * is among them. The vendor's own result set is read-only; changes are statements of this session
 * by primary key, and the changed row is read again. As thread-safe as its statement.
 */
final class UpdatableResultSet extends LockstepResultSet {
  private final ResultSet rows;
  private final LockstepStatement statement;
  private final Vendor vendor;

  /** Values that are not written yet, by column. */
  private final Map<Integer, Change> pending = new TreeMap<>();

  /** Rows that were read again, by their number. */
  private final Map<Integer, ResultSet> fresh = new HashMap<>();

  private final Set<Integer> deleted = new HashSet<>();
  private Target target;
  private boolean looked;
  private boolean inserting;

  UpdatableResultSet(ResultSet rows, LockstepStatement statement) {
    super(rows, statement);
    this.rows = rows;
    this.statement = statement;
    this.vendor = statement.session().vendor();
  }

  /**
   * What is changed.
   *
   * @param table its full name, quoted
   * @param columns their names, quoted, in the order of the result set
   * @param keys the places of the primary key
   */
  private record Target(String table, List<String> columns, List<Integer> keys) {}

  private Target target() throws SQLException {
    if (!looked) {
      target = look();
      looked = true;
    }
    return target;
  }

  /** Null where the rows cannot be changed. */
  private Target look() throws SQLException {
    ResultSetMetaData m = rows.getMetaData();
    Dialect d = Dialect.of(vendor);
    String table = m.getTableName(1);
    String schema = vendor.mysqlFamily() ? m.getCatalogName(1) : m.getSchemaName(1);
    if (table == null || table.isEmpty() || schema == null || schema.isEmpty()) {
      return null;
    }
    List<String> columns = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    for (int i = 1; i <= m.getColumnCount(); i++) {
      String of = vendor.mysqlFamily() ? m.getCatalogName(i) : m.getSchemaName(i);
      String name = m.getColumnName(i);
      if (!table.equals(m.getTableName(i))
          || !schema.equals(of)
          || name == null
          || places.put(name, i) != null) {
        return null;
      }
      columns.add(d.quote(name));
    }
    List<Integer> keys = new ArrayList<>();
    for (String key : primaryKey(schema, table)) {
      Integer at = places.get(key);
      if (at == null || !exact(m, at)) {
        return null;
      }
      keys.add(at);
    }
    return keys.isEmpty()
        ? null
        : new Target(d.quote(schema) + "." + d.quote(table), columns, keys);
  }

  private List<String> primaryKey(String schema, String table) throws SQLException {
    return statement
        .session()
        .withVendor(
            c -> {
              List<String> names = new ArrayList<>();
              try (ResultSet r =
                  vendor.mysqlFamily()
                      ? c.getMetaData().getPrimaryKeys(schema, null, table)
                      : c.getMetaData().getPrimaryKeys(null, schema, table)) {
                while (r.next()) {
                  names.add(r.getString("COLUMN_NAME"));
                }
              }
              return names;
            });
  }

  /** Whether a value of the column, as the driver gives it, names that value only. */
  private boolean exact(ResultSetMetaData m, int column) throws SQLException {
    String type = m.getColumnTypeName(column).toUpperCase(java.util.Locale.ROOT);
    return !type.startsWith("FLOAT")
        && !type.startsWith("DOUBLE")
        && !type.startsWith("REAL")
        && !type.startsWith("DECFLOAT")
        && !type.startsWith("BIT")
        && !(vendor.mysqlFamily() && (type.startsWith("TIME") || type.startsWith("YEAR")));
  }

  private Target required() throws SQLException {
    if (isClosed()) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the result set is closed");
    }
    Target t = target();
    if (t == null) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "the rows of this result set cannot be changed: its columns must be of one table, each"
              + " once, with the whole primary key among them");
    }
    return t;
  }

  @Override
  public int getConcurrency() throws SQLException {
    return target() == null ? CONCUR_READ_ONLY : CONCUR_UPDATABLE;
  }

  // ---- values ----

  @Override
  ResultSet at() throws SQLException {
    if (inserting) {
      throw Errors.unsupported("reading the row that is to be inserted is not supported");
    }
    if (fresh.isEmpty()) {
      return rows;
    }
    ResultSet again = fresh.get(rows.getRow());
    return again == null ? rows : again;
  }

  @Override
  void change(int column, Change change) throws SQLException {
    Target t = required();
    if (column < 1 || column > t.columns().size()) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "there is no column " + column);
    }
    if (!inserting) {
      onRow();
    }
    pending.put(column, change);
  }

  private void onRow() throws SQLException {
    if (inserting || rows.getRow() == 0 || deleted.contains(rows.getRow())) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "the result set is not on a row");
    }
  }

  @Override
  public void updateRow() throws SQLException {
    Target t = required();
    onRow();
    if (pending.isEmpty()) {
      return;
    }
    StringBuilder sql = new StringBuilder("UPDATE ").append(t.table()).append(" SET ");
    String separator = "";
    for (int column : pending.keySet()) {
      if (t.keys().contains(column)) {
        throw Errors.unsupported(
            "updateRow of a primary key is not supported; delete the row and insert another one");
      }
      sql.append(separator).append(t.columns().get(column - 1)).append("=?");
      separator = ", ";
    }
    try (PreparedStatement p = prepare(sql.append(where(t)).toString())) {
      int i = 0;
      for (Change c : pending.values()) {
        c.apply(p, ++i);
      }
      key(t, p, i);
      if (p.executeUpdate() == 0 && !vendor.mysqlFamily()) {
        throw new SQLException("No data is available", "02000", 2000);
      }
    }
    pending.clear();
    again(t);
  }

  @Override
  public void deleteRow() throws SQLException {
    Target t = required();
    onRow();
    try (PreparedStatement p = prepare("DELETE FROM " + t.table() + where(t))) {
      key(t, p, 0);
      if (p.executeUpdate() == 0 && !vendor.mysqlFamily()) {
        throw new SQLException("No data is available", "02000", 2000);
      }
    }
    pending.clear();
    if (vendor.mysqlFamily()) {
      deleted.add(rows.getRow());
    }
  }

  @Override
  public void insertRow() throws SQLException {
    Target t = required();
    if (!inserting) {
      throw Errors.of(SqlState.INVALID_ARGUMENT, "insertRow needs moveToInsertRow before it");
    }
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= t.columns().size(); i++) {
      // Connector/J gives the others NULL, H2 their default.
      if (vendor.mysqlFamily() || pending.containsKey(i)) {
        names.add(t.columns().get(i - 1));
      }
    }
    String sql =
        names.isEmpty()
            ? "INSERT INTO " + t.table() + " DEFAULT VALUES"
            : "INSERT INTO "
                + t.table()
                + " ("
                + String.join(", ", names)
                + ") VALUES ("
                + "?,".repeat(names.size() - 1)
                + "?)";
    try (PreparedStatement p = prepare(sql)) {
      int i = 0;
      for (int column = 1; column <= t.columns().size(); column++) {
        Change c = pending.get(column);
        if (c != null) {
          c.apply(p, ++i);
        } else if (vendor.mysqlFamily()) {
          p.setNull(++i, java.sql.Types.NULL);
        }
      }
      p.executeUpdate();
    }
    pending.clear();
    inserting = vendor.mysqlFamily();
  }

  @Override
  public void cancelRowUpdates() throws SQLException {
    required();
    pending.clear();
  }

  @Override
  public void moveToInsertRow() throws SQLException {
    required();
    pending.clear();
    inserting = true;
  }

  @Override
  public void moveToCurrentRow() throws SQLException {
    required();
    if (inserting) {
      pending.clear();
      inserting = false;
    }
  }

  @Override
  public void refreshRow() throws SQLException {
    Target t = required();
    onRow();
    pending.clear();
    if (!again(t)) {
      throw new SQLException("the row is not there any more", "02000");
    }
  }

  /** Reads the current row again; whether it is there. */
  private boolean again(Target t) throws SQLException {
    ResultSetMetaData m = rows.getMetaData();
    Dialect d = Dialect.of(vendor);
    List<String> list = new ArrayList<>();
    for (int i = 1; i <= t.columns().size(); i++) {
      list.add(t.columns().get(i - 1) + " AS " + d.quote(m.getColumnLabel(i)));
    }
    PreparedStatement p =
        prepare("SELECT " + String.join(", ", list) + " FROM " + t.table() + where(t));
    boolean there = false;
    try {
      key(t, p, 0);
      ResultSet r = p.executeQuery();
      there = r.next();
      if (there) {
        ResultSet before = fresh.put(rows.getRow(), r);
        if (before != null) {
          before.getStatement().close();
        }
      }
      return there;
    } finally {
      if (!there) {
        p.close();
      }
    }
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    return statement.connection.prepareStatement(sql);
  }

  private static String where(Target t) {
    StringBuilder where = new StringBuilder();
    for (int key : t.keys()) {
      where.append(where.length() == 0 ? " WHERE " : " AND ");
      where.append(t.columns().get(key - 1)).append("=?");
    }
    return where.toString();
  }

  private void key(Target t, PreparedStatement p, int before) throws SQLException {
    int i = before;
    for (int key : t.keys()) {
      Object value = at().getObject(key);
      // Connector/J makes true of each TINYINT(1) but 0.
      p.setObject(
          ++i, value instanceof Boolean && vendor.mysqlFamily() ? at().getLong(key) : value);
    }
  }

  // ---- moves ----

  private void leaveRow() {
    pending.clear();
    inserting = false;
    if (statement.shape.type() == TYPE_FORWARD_ONLY) {
      forget();
    }
  }

  private void forget() {
    for (ResultSet r : fresh.values()) {
      try {
        r.getStatement().close();
      } catch (SQLException e) {
        // Its connection is gone, and the row with it.
      }
    }
    fresh.clear();
  }

  private interface Move {
    boolean go() throws SQLException;
  }

  /** Goes on over rows that were deleted. */
  private boolean over(boolean there, Move move) throws SQLException {
    boolean on = there;
    while (on && deleted.contains(rows.getRow())) {
      on = move.go();
    }
    return on;
  }

  @Override
  public boolean next() throws SQLException {
    leaveRow();
    return over(super.next(), super::next);
  }

  @Override
  public boolean previous() throws SQLException {
    leaveRow();
    return over(super.previous(), super::previous);
  }

  @Override
  public boolean first() throws SQLException {
    leaveRow();
    return over(super.first(), super::next);
  }

  @Override
  public boolean last() throws SQLException {
    leaveRow();
    return over(super.last(), super::previous);
  }

  private void checkCounted() throws SQLException {
    if (!deleted.isEmpty()) {
      throw Errors.unsupported(
          "absolute and relative are not supported behind deleteRow; use next and previous");
    }
  }

  @Override
  public boolean absolute(int row) throws SQLException {
    checkCounted();
    leaveRow();
    return super.absolute(row);
  }

  @Override
  public boolean relative(int count) throws SQLException {
    checkCounted();
    leaveRow();
    return super.relative(count);
  }

  @Override
  public void beforeFirst() throws SQLException {
    leaveRow();
    super.beforeFirst();
  }

  @Override
  public void afterLast() throws SQLException {
    leaveRow();
    super.afterLast();
  }

  @Override
  public void close() throws SQLException {
    forget();
    super.close();
  }

  @Override
  void discard() {
    forget();
    super.discard();
  }
}
