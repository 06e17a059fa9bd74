package dev.lockstep.sql;

import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What one statement text means for replication. Immutable and shared. */
public final class StatementPlan {
  /** What a statement is. */
  public enum Kind {
    /** Reads rows; takes no locks, changes nothing. */
    READ,
    /** Reads rows and locks them. */
    LOCKING_READ,
    /** INSERT, UPDATE or DELETE: bind it. */
    WRITE,
    /**
     * INSERT … SELECT and LOAD DATA: {@link #bindQuery} gives the query for the primary, {@link
     * #insertOf} the inserts of what it finds.
     */
    COPY,
    /** A write that returns its rows: see {@link #returning}. */
    RETURNING,
    /** CREATE TABLE … AS SELECT: see {@link #createAs}. */
    CREATE_AS,
    /** Changes definitions, or TRUNCATE: runs on all nodes, commits by itself. */
    DDL,
    /** Calls a stored procedure or function: see {@link #call()}. */
    CALL,
    BEGIN,
    COMMIT,
    ROLLBACK,
    SAVEPOINT,
    ROLLBACK_TO_SAVEPOINT,
    RELEASE_SAVEPOINT,
    /** Changes settings: see {@link #assignments()}. */
    SET,
    /** Changes the current database or schema: see {@link #name()}. */
    USE,
    /**
     * Reads (or changes) what belongs to the session or the server: runs on the session's own
     * connection.
     */
    SESSION_READ,
    /** Concerns temporary tables only: runs on the session's own connection. */
    LOCAL,
    /** Nothing but comments and white space. */
    EMPTY
  }

  private final Builder b;
  private final StatementAnalyzer owner;
  private final long generation;
  private final Set<TableName> tables;
  private final List<Assignment> assignments;

  /** Collects a plan's facts. */
  static final class Builder {
    final Kind kind;
    String sql;
    final String schema;
    int parameterCount;
    java.util.LinkedHashSet<TableName> tables = new java.util.LinkedHashSet<>();
    Set<TableName> related = Set.of();
    boolean allTables;
    boolean schemaWide;

    /** A stored function in it, or in a view that it reads, reads tables. */
    boolean callsReading;

    /** It reads a view that is made a table first, whose rows no lock of the query reaches. */
    boolean materialized;

    boolean returnsRows;
    boolean pinsSession;
    List<Assignment> assignments = List.of();
    String name;
    Set<TableName> alsoWrites = Set.of();
    Set<TableName> cascades = Set.of();
    boolean cascadesAlone;
    Set<TableName> unchecked = Set.of();
    Set<TableName> unlocked = Set.of();
    boolean keepsSession;
    int definerFrom = -1;
    int definerTo = -1;

    /** For each placeholder the user variable that it stands for or null; null without any. */
    List<String> variables;

    /** The user variables that the statement sets. */
    List<String> sets = List.of();

    /** Temporary tables that the statement makes and drops. */
    final Set<TableName> created = new java.util.LinkedHashSet<>();

    final Set<TableName> dropped = new java.util.LinkedHashSet<>();

    /** Of a query: what it does with sequences. */
    List<SequenceUse> sequences = List.of();

    /** DDL that makes a sequence, or may set its position. */
    boolean placesSequence;

    boolean renamesSchema;

    boolean commits;
    String localSql;
    Write write;
    CopyAnalysis.Copy copy;
    Call call;
    Program program;
    CreateAs createAs;
    Returning returning;

    Builder(Kind kind, Tokens t, String schema) {
      this.kind = kind;
      this.sql = t.sql;
      this.schema = schema;
      this.parameterCount = t.parameterCount();
    }
  }

  StatementPlan(Builder builder, StatementAnalyzer owner, long generation) {
    this.b = builder;
    this.owner = owner;
    this.generation = generation;
    this.tables = java.util.Collections.unmodifiableSet(builder.tables);
    this.assignments = List.copyOf(builder.assignments);
  }

  /** What a query, also that of a COPY, does with sequences; empty for most. */
  public List<SequenceUse> sequences() {
    return b.sequences;
  }

  /** DDL that makes the sequence that it names, or may set its position. */
  public boolean placesSequence() {
    return b.placesSequence;
  }

  /** ALTER SCHEMA of the schema {@link #name()}. */
  public boolean renamesSchema() {
    return b.renamesSchema;
  }

  public Kind kind() {
    return b.kind;
  }

  /** The text as given. */
  public String sql() {
    return b.sql;
  }

  /** The current database or schema that the text was analysed in, or null. */
  public String schema() {
    return b.schema;
  }

  /** Number of {@code ?} placeholders. */
  public int parameterCount() {
    return b.variables == null ? b.parameterCount : (int) own(b.variables);
  }

  private static long own(List<String> variables) {
    return variables.stream().filter(v -> v == null).count();
  }

  /** Whether DDL has run since the analysis, so that the text must be analysed again. */
  public boolean stale() {
    return generation != owner.generation();
  }

  /** Tables read, written or changed; for DDL also those that its foreign keys point at. */
  public Set<TableName> tables() {
    return tables;
  }

  /**
   * Refuses a write, also by a trigger, to a table that a temporary one of the session hides: on
   * the primary it would go there.
   */
  void requireNoneWritten(Set<TableName> temporary) throws SQLException {
    Set<TableName> written = new java.util.HashSet<>(b.alsoWrites);
    if (b.write != null) {
      b.write.targets().forEach(target -> written.add(target.name()));
    }
    if (b.copy != null) {
      written.add(b.copy.table().name());
    }
    for (TableName w : written) {
      for (TableName t : temporary) {
        if (w.name().equalsIgnoreCase(t.name()) && w.schema().equalsIgnoreCase(t.schema())) {
          throw dev.lockstep.config.Errors.unsupported(
              "a write to "
                  + w
                  + ", which this session hides by a temporary table of that name, is not"
                  + " supported; drop the temporary table or give it another name");
        }
      }
    }
  }

  /** WRITE: the tables that foreign keys change with it. */
  public Set<TableName> cascades() {
    return b.cascades;
  }

  /**
   * Whether nobody else may have written to {@link #cascades()} in a transaction that is still
   * open, because row locks do not put that into an order.
   */
  public boolean cascadesAlone() {
    return b.cascadesAlone;
  }

  /**
   * WRITE: the tables among those that it writes that cascades of others may change without being
   * put into an order with it by row locks.
   *
   * @param checked whether the session checks foreign keys
   */
  public Set<TableName> cascaded(boolean checked) {
    return checked ? b.unlocked : b.unchecked;
  }

  /**
   * WRITE and COPY: the tables that triggers and foreign keys change besides the statement's own.
   */
  public Set<TableName> alsoWrites() {
    return b.alsoWrites;
  }

  /**
   * What may be locked beside {@link #tables()} until the transaction ends, because foreign keys
   * join it with those.
   */
  public Set<TableName> related() {
    return b.related;
  }

  /** Whether it writes or locks rows. */
  public boolean locks() {
    return b.kind == Kind.WRITE || b.kind == Kind.COPY || b.kind == Kind.LOCKING_READ;
  }

  /** It may touch any table: treat it as touching all. */
  public boolean allTables() {
    return b.allTables;
  }

  /** Whether it touches any table. */
  public boolean usesTables() {
    return b.allTables || !tables().isEmpty();
  }

  /** DDL on a whole database or schema, whose name is {@link #name()}. */
  public boolean schemaWide() {
    return b.schemaWide;
  }

  /** Whether it gives a result set. */
  public boolean returnsRows() {
    return b.returnsRows;
  }

  /**
   * It leaves something on the server connection that cannot be rebuilt on another one: named locks
   * and the like; not user variables.
   */
  public boolean pinsSession() {
    return b.pinsSession;
  }

  /** LOCAL: the temporary tables that it makes. */
  public Set<TableName> createsTemporary() {
    return b.created;
  }

  /** LOCAL: the temporary tables that it drops. */
  public Set<TableName> dropsTemporary() {
    return b.dropped;
  }

  /** Whether it commits an open transaction first, as the server does. */
  public boolean commitsFirst() {
    return b.commits;
  }

  /** What is sent to the server for a read or a LOCAL statement: mostly the text as given. */
  public String serverSql() {
    return b.localSql == null ? b.sql : b.localSql;
  }

  /** User variables that a query sets, in lower case with their {@code @}. */
  public List<String> setsVariables() {
    return b.sets;
  }

  /**
   * SET: what it assigns, in order. BEGIN: {@code transaction read only}, where the statement says
   * so.
   */
  public List<Assignment> assignments() {
    return assignments;
  }

  /**
   * The savepoint, the database of USE, or the database or schema that DDL creates or drops; else
   * null.
   */
  public String name() {
    return b.name;
  }

  /** DDL of an object with which the server keeps settings of the session. */
  public boolean keepsSession() {
    return b.keepsSession;
  }

  /**
   * DDL of an object that has a definer, which is the executing account unless the text names one.
   */
  public boolean definedByCaller() {
    return b.definerFrom >= 0;
  }

  /**
   * The text with this account as the definer.
   *
   * @param account as SQL text
   */
  public String definedBy(String account) {
    return b.sql.substring(0, b.definerFrom)
        + "DEFINER="
        + account
        + " "
        + b.sql.substring(b.definerTo);
  }

  /** INSERT in which the database will or may choose key values. */
  public boolean autoIncrementInsert() {
    return b.write != null && b.write.autoIncrement();
  }

  /**
   * The write with these parameters. A stale plan binds too, by the old definition of the table:
   * look at {@link #stale()} once DDL on the table can no longer come between.
   *
   * @param params one for each placeholder
   * @throws SQLException 0A001 where the values make it unsafe, 07001 where parameters are missing
   */
  public BoundWrite bind(List<Parameter> params, BindContext context) throws SQLException {
    if (b.write == null) {
      throw new IllegalStateException(b.kind + " is no write");
    }
    boolean complete = params.size() == parameterCount();
    for (int i = 0; complete && i < params.size(); i++) {
      complete = params.get(i) != null;
    }
    if (!complete) {
      throw new SQLException(
          "Lockstep: the statement has "
              + parameterCount()
              + " parameters; not all of them are set",
          "07001");
    }
    return owner.bind(b.write, withVariables(params, context), context);
  }

  /** The values of user variables where they stand in the text: replicas do not know them. */
  private List<Parameter> withVariables(List<Parameter> params, BindContext context)
      throws SQLException {
    if (b.variables == null) {
      return params;
    }
    List<Parameter> all = new ArrayList<>(b.variables.size());
    int next = 0;
    for (String variable : b.variables) {
      all.add(variable == null ? params.get(next++) : context.userVariable(variable));
    }
    return all;
  }

  /**
   * COPY: the query, with literals only, to be executed on the primary.
   *
   * @param params one for each placeholder
   */
  public String bindQuery(List<Parameter> params, BindContext context) throws SQLException {
    return owner.bindQuery(b.copy, withVariables(params, context), context);
  }

  /** CALL: its placeholders; else null. */
  public Call call() {
    return b.call;
  }

  /** CALL of a procedure that writes: what it does; else null. */
  public Program program() {
    return b.program;
  }

  /**
   * CALL: what goes to the primary.
   *
   * @param params one for each placeholder
   */
  public Call.Bound bindCall(List<Parameter> params, BindContext context) throws SQLException {
    return owner.bindCall(b.call, params, context);
  }

  /** COPY on MySQL and MariaDB: where the rows of the query go first. */
  public Stage stage(String query) throws SQLException {
    return owner.stage(b.copy, query);
  }

  /** COPY: whether its own statement fills the stage, and gives the warnings about values. */
  public boolean filled() {
    return b.copy != null && b.copy.source() != CopyAnalysis.Source.QUERY;
  }

  /**
   * COPY: the rows of one insert each, in order. What fills the stage itself may leave some numbers
   * to the database and give others, which are not told apart in one insert.
   */
  public List<List<List<Parameter>>> runs(List<List<Parameter>> rows) {
    dev.lockstep.node.ColumnInfo auto = filled() ? b.copy.table().autoIncrement() : null;
    int at = auto == null ? -1 : b.copy.columns().indexOf(auto);
    if (at < 0) {
      return List.of(rows);
    }
    List<List<List<Parameter>>> runs = new ArrayList<>();
    int from = 0;
    for (int i = 1; i <= rows.size(); i++) {
      if (i == rows.size() || numbered(rows.get(i).get(at)) != numbered(rows.get(from).get(at))) {
        runs.add(rows.subList(from, i));
        from = i;
      }
    }
    return runs;
  }

  private static boolean numbered(Parameter value) {
    return value.value() == null || "0".equals(value.value());
  }

  /** COPY: whether it reads a file, or a stream of the application, which cannot be read again. */
  public boolean loads() {
    return b.copy != null && b.copy.source() == CopyAnalysis.Source.FILE;
  }

  /**
   * WRITE: how to look for its rows, also where it names their keys; UPDATE and DELETE only.
   *
   * @param params as for {@link #bind}
   */
  public BoundWrite bindSearching(List<Parameter> params, BindContext context) throws SQLException {
    bind(params, context); // refuses what it has to
    return owner.bindSearching(b.write, withVariables(params, context), context);
  }

  /** RETURNING: the write and what it returns. */
  public Returning returning() {
    return b.returning;
  }

  /** CREATE_AS: the parts of the text. */
  public CreateAs createAs() {
    return b.createAs;
  }

  /** COPY: the text of an insert of so many rows of so many columns, all of them placeholders. */
  public String insertOf(int rows, int columns) {
    String row = "(" + "?,".repeat(columns - 1) + "?)";
    return b.copy.head() + (row + ",").repeat(rows - 1) + row + b.copy.end();
  }
}
