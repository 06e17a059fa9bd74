package dev.lockstep.resync;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an H2 database that was killed may hold beside wrong rows: a table and its indexes are
 * stored in maps of their own, so a row may have no entry in an index, and an entry no row. Queries
 * by the index then give other answers than those without, and such rows cannot be deleted: the
 * tables have to be created or emptied anew. Stateless.
 */
public final class H2Leftovers {
  private static final int NO_ENTRY = 90112;
  private static final int NO_ROW = 90143;
  private static final int LOCK_TIMEOUT = 50200;

  private static final List<String> OWN =
      List.of(
          "lockstep.journal",
          "lockstep.journal_part",
          "lockstep.key_reserve",
          "lockstep.sequence_reserve");

  private record Index(String table, String name) {}

  private H2Leftovers() {}

  /**
   * Whether H2 may have met an entry without a row, or the other way round: it takes both for the
   * work of another session, tries again, and at last tells of a lock.
   */
  static boolean met(SQLException e) {
    int code = e.getErrorCode();
    return code == NO_ENTRY || code == NO_ROW || code == LOCK_TIMEOUT;
  }

  /** The first index that does not fit its table, or null. */
  public static String damage(Connection c) throws SQLException {
    for (Map.Entry<Index, List<String>> e : indexes(c).entrySet()) {
      Index i = e.getKey();
      String first = e.getValue().get(0);
      String least = first + " >= (SELECT MIN(" + first + ") FROM " + i.table() + ")";
      if (!sums(c, i.table(), i.name(), e.getValue(), least)
              .equals(sums(c, i.table(), "", e.getValue(), first + " IS NOT NULL"))
          || !sums(c, i.table(), i.name(), e.getValue(), first + " IS NULL")
              .equals(sums(c, i.table(), "", e.getValue(), first + " IS NULL"))) {
        return "index " + i.name() + " does not fit table " + i.table();
      }
    }
    return null;
  }

  /** Its number of rows and a hash of each column; H2 takes the values from the index itself. */
  private static List<String> sums(
      Connection c, String table, String index, List<String> columns, String where)
      throws SQLException {
    StringBuilder sql = new StringBuilder("SELECT COUNT(*)");
    for (String column : columns) {
      sql.append(", SUM(ORA_HASH(CAST(")
          .append(column)
          .append(" AS VARCHAR), 4294967295, _ROWID_))");
    }
    sql.append(" FROM ").append(table).append(" USE INDEX (").append(index).append(") WHERE ");
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql + where)) {
      r.next();
      List<String> sums = new ArrayList<>();
      for (int i = 1; i <= columns.size() + 1; i++) {
        sums.add(r.getString(i));
      }
      return sums;
    } catch (SQLException e) {
      if (met(e)) {
        return List.of(e.getMessage());
      }
      throw e;
    }
  }

  /** The columns of all indexes with maps of their own; of Lockstep's tables those that matter. */
  private static Map<Index, List<String>> indexes(Connection c) throws SQLException {
    Map<Index, List<String>> all = new LinkedHashMap<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT I.TABLE_SCHEMA, I.TABLE_NAME, I.INDEX_SCHEMA, I.INDEX_NAME, C.COLUMN_NAME"
                    + " FROM INFORMATION_SCHEMA.INDEXES I JOIN INFORMATION_SCHEMA.INDEX_COLUMNS C ON"
                    + " I.INDEX_SCHEMA = C.INDEX_SCHEMA AND I.INDEX_NAME = C.INDEX_NAME AND"
                    + " I.TABLE_NAME = C.TABLE_NAME WHERE"
                    + " I.INDEX_CLASS = 'org.h2.mvstore.db.MVSecondaryIndex' ORDER BY"
                    + " I.INDEX_SCHEMA, I.INDEX_NAME, C.ORDINAL_POSITION")) {
      while (r.next()) {
        String table = quote(r.getString(1)) + "." + quote(r.getString(2));
        boolean own = r.getString(1).equals("LOCKSTEP");
        if (!own || OWN.contains(table.replace("\"", "").toLowerCase(Locale.ROOT))) {
          all.computeIfAbsent(new Index(table, quote(r.getString(4))), k -> new ArrayList<>())
              .add(quote(r.getString(5)));
        }
      }
    }
    return all;
  }

  private static String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  /** Like {@link #damage}, for a node that is to be compared. */
  static void requireNone(Connection c) throws SQLException {
    String damage = damage(c);
    if (damage != null) {
      throw new CopyNeededException(damage);
    }
  }

  /**
   * Empties the journal and what goes with it, which is to be written anew. The incomplete mark is
   * set.
   */
  static void emptyJournal(Connection target) throws SQLException {
    try (Statement s = target.createStatement()) {
      for (String table : OWN) {
        s.execute("TRUNCATE TABLE " + table);
      }
    }
  }
}
