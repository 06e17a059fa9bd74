package dev.lockstep.sql;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.function.Function;

/** One write, ready to run: text with literals only. Immutable. */
public final class BoundWrite {
  /** {@link #expectedRows} where only the primary can tell: an upsert. */
  public static final int ANY_COUNT = -1;

  private final TableName table;
  private final boolean insert;
  private final String sql;
  private final String elsewhere;
  private final String before;
  private final int expectedRows;
  private final String generatedColumn;
  private final Function<long[], String> entry;
  private final Search.Source search;
  private final RowwiseInsert rowwise;
  private final MergedRows merged;
  private final boolean mayBeGone;

  BoundWrite(
      TableName table,
      boolean insert,
      String sql,
      String before,
      int expectedRows,
      String generatedColumn,
      Function<long[], String> entry) {
    this(
        table,
        insert,
        sql,
        sql,
        before,
        expectedRows,
        generatedColumn,
        entry,
        null,
        null,
        null,
        false);
  }

  /** An insert that goes row by row. */
  static BoundWrite rowwise(TableName table, RowwiseInsert rows) {
    return new BoundWrite(
        table, true, null, null, null, ANY_COUNT, null, null, null, rows, null, false);
  }

  /** A MERGE of H2. */
  static BoundWrite merged(TableName table, MergedRows rows) {
    return new BoundWrite(
        table, true, null, null, null, ANY_COUNT, null, null, null, null, rows, false);
  }

  /** A write whose rows have to be looked for. */
  static BoundWrite searched(TableName table, Search.Source search) {
    return new BoundWrite(
        table, false, null, null, null, -1, null, null, search, null, null, false);
  }

  /** The same write, for which the primary executes another text than the other nodes. */
  BoundWrite onPrimary(String text) {
    return new BoundWrite(
        table,
        insert,
        text,
        elsewhere,
        before,
        expectedRows,
        generatedColumn,
        entry,
        search,
        rowwise,
        merged,
        mayBeGone);
  }

  /** The same write; where it finds fewer rows than keys, the search finds those that are there. */
  BoundWrite orElse(Search.Source otherwise) {
    return new BoundWrite(
        table,
        insert,
        sql,
        elsewhere,
        before,
        expectedRows,
        generatedColumn,
        entry,
        otherwise,
        null,
        null,
        false);
  }

  /** The same write of one row, which may be gone by foreign keys, or be left out. */
  BoundWrite maybeGone() {
    return new BoundWrite(
        table,
        insert,
        sql,
        elsewhere,
        before,
        expectedRows,
        generatedColumn,
        entry,
        search,
        rowwise,
        merged,
        true);
  }

  private BoundWrite(
      TableName table,
      boolean insert,
      String sql,
      String elsewhere,
      String before,
      int expectedRows,
      String generatedColumn,
      Function<long[], String> entry,
      Search.Source search,
      RowwiseInsert rowwise,
      MergedRows merged,
      boolean mayBeGone) {
    this.table = table;
    this.insert = insert;
    this.sql = sql;
    this.elsewhere = elsewhere;
    this.before = before;
    this.expectedRows = expectedRows;
    this.generatedColumn = generatedColumn;
    this.entry = entry;
    this.search = search;
    this.rowwise = rowwise;
    this.merged = merged;
    this.mayBeGone = mayBeGone;
  }

  /**
   * Whether its rows have to be looked for first: {@link #search} then gives the writes to execute,
   * and this one has no text.
   */
  public boolean mustSearch() {
    return search != null && sql == null;
  }

  /** Whether its rows can be looked for where it has not found as many as it names. */
  public boolean canSearch() {
    return search != null;
  }

  /** How to look for its rows; only where it {@link #canSearch}. */
  public Search search() throws SQLException {
    return search.get();
  }

  /**
   * How it is executed where its text does not tell which rows it touches; then this one has no
   * text. Else null.
   */
  public RowwiseInsert rowwise() {
    return rowwise;
  }

  /** How it is executed where it is a MERGE; then this one has no text. Else null. */
  public MergedRows merged() {
    return merged;
  }

  /** Whether it may find its row deleted by the same statement. */
  public boolean mayBeGone() {
    return mayBeGone;
  }

  /** The table that it changes. */
  public TableName table() {
    return table;
  }

  /** INSERT, as opposed to UPDATE or DELETE. */
  public boolean insert() {
    return insert;
  }

  /**
   * For the primary: the table's name in full, literals only. Run it without JDBC escape
   * processing.
   */
  public String sql() {
    return sql;
  }

  /** Whether all nodes execute the same text. */
  public boolean sameEverywhere() {
    return generatedColumn == null && sql.equals(elsewhere);
  }

  /** A statement to run before {@link #sql()} and before the entry on each node, or null. */
  public String before() {
    return before;
  }

  /** A statement to run after it, also after an error, or null. */
  public String after() {
    return before == null ? null : "SET TIMESTAMP=DEFAULT";
  }

  /**
   * INSERT: the rows in VALUES. UPDATE and DELETE: the number of distinct keys named; an entry may
   * be shipped only where as many rows were found. {@link #ANY_COUNT} for an upsert, which locks
   * each row that it names, whatever it does with it.
   */
  public int expectedRows() {
    return expectedRows;
  }

  /** Whether the write did what the text says where the primary counted so many rows. */
  public boolean accepts(long count) {
    return expectedRows == ANY_COUNT || count == expectedRows;
  }

  /**
   * Whether the database chooses AUTO_INCREMENT or identity values; ask for them under {@link
   * #generatedColumn()}.
   */
  public boolean generatesKeys() {
    return generatedColumn != null;
  }

  /** The column whose values the database chooses, or null. */
  public String generatedColumn() {
    return generatedColumn;
  }

  /**
   * The text for replicas and journal.
   *
   * @param generatedKeys where {@link #generatesKeys()}: the chosen value of each row, in order;
   *     else ignored
   */
  public String entrySql(long[] generatedKeys) {
    if (generatedColumn == null) {
      return elsewhere;
    }
    if (generatedKeys == null || generatedKeys.length != expectedRows) {
      throw new IllegalArgumentException(
          "expected "
              + expectedRows
              + " generated keys, got "
              + (generatedKeys == null ? 0 : generatedKeys.length));
    }
    return entry.apply(generatedKeys);
  }
}
