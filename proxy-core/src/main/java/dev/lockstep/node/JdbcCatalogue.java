package dev.lockstep.node;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads table definitions from {@code information_schema} and keeps them until {@link
 * #invalidate()}. Thread-safe; tables that do not exist are asked for each time.
 */
public final class JdbcCatalogue implements Catalogue {
  private static final int MAX_TABLES = 10_000;

  /**
   * @param generation so that an answer read before an invalidation is not found after it
   */
  private record Key(long generation, String schema, String name) {}

  private record Keys(long generation, ForeignKeys keys) {}

  private final Vendor vendor;
  private final ConnectionSource source;
  private final AtomicLong generation = new AtomicLong();
  private final Cache<Key, TableInfo> tables =
      Caffeine.newBuilder().maximumSize(MAX_TABLES).build();
  private final MysqlPrograms programs;
  private volatile Keys keys;

  /**
   * @param vendor MySQL, MariaDB or H2
   * @param source connections to the primary
   */
  public JdbcCatalogue(Vendor vendor, ConnectionSource source) {
    if (vendor == Vendor.POSTGRESQL) {
      throw new IllegalArgumentException("PostgreSQL is not supported yet");
    }
    this.vendor = vendor;
    this.source = source;
    this.programs = new MysqlPrograms(source);
  }

  @Override
  public TableInfo table(String schema, String name) throws SQLException {
    Key key = new Key(generation.get(), schema, name);
    TableInfo info = tables.getIfPresent(key);
    if (info == null) {
      info = read(schema, name);
      if (info != null) {
        tables.put(key, info);
      }
    }
    return info;
  }

  @Override
  public RoutineInfo function(String schema, String name) throws SQLException {
    return vendor.mysqlFamily() && schema != null ? programs.function(schema, name) : null;
  }

  @Override
  public ProcedureText procedure(TableName name) throws SQLException {
    return vendor.mysqlFamily() ? programs.procedure(name) : null;
  }

  @Override
  public String viewText(TableName view) throws SQLException {
    return vendor.mysqlFamily() ? programs.viewText(view) : null;
  }

  @Override
  public ForeignKeys foreignKeys() throws SQLException {
    long now = generation.get();
    Keys known = keys;
    if (known == null || known.generation() != now) {
      try (Connection c = source.get()) {
        known = new Keys(now, new ForeignKeys(readKeys(c), vendor.mysqlFamily() && !mariadb(c)));
      }
      keys = known;
    }
    return known.keys();
  }

  /** Asked for each time: few statements want to know, and the primary may be another one. */
  @Override
  public ServerVersion version() throws SQLException {
    if (!vendor.mysqlFamily()) {
      return null;
    }
    try (Connection c = source.get()) {
      return ServerVersion.of(c.getMetaData().getDatabaseProductVersion());
    }
  }

  private List<ForeignKeys.Key> readKeys(Connection c) throws SQLException {
    Map<String, ForeignKeys.Key> keys = new LinkedHashMap<>();
    try (PreparedStatement s =
            prepare(
                c,
                vendor.mysqlFamily()
                    ? "SELECT R.CONSTRAINT_SCHEMA, R.TABLE_NAME, K.REFERENCED_TABLE_SCHEMA,"
                        + " K.REFERENCED_TABLE_NAME, R.DELETE_RULE, R.UPDATE_RULE, R.CONSTRAINT_NAME,"
                        + " K.COLUMN_NAME, K.REFERENCED_COLUMN_NAME FROM"
                        + " information_schema.REFERENTIAL_CONSTRAINTS R JOIN"
                        + " information_schema.KEY_COLUMN_USAGE K ON K.CONSTRAINT_SCHEMA ="
                        + " R.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = R.CONSTRAINT_NAME AND"
                        + " K.TABLE_NAME = R.TABLE_NAME WHERE R.CONSTRAINT_SCHEMA <> 'lockstep' AND"
                        + " K.REFERENCED_COLUMN_NAME IS NOT NULL ORDER BY K.ORDINAL_POSITION"
                    : "SELECT K.TABLE_SCHEMA, K.TABLE_NAME, U.TABLE_SCHEMA, U.TABLE_NAME, R.DELETE_RULE,"
                        + " R.UPDATE_RULE, R.CONSTRAINT_NAME, K.COLUMN_NAME, U.COLUMN_NAME FROM"
                        + " INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R JOIN"
                        + " INFORMATION_SCHEMA.KEY_COLUMN_USAGE K ON K.CONSTRAINT_SCHEMA ="
                        + " R.CONSTRAINT_SCHEMA AND K.CONSTRAINT_NAME = R.CONSTRAINT_NAME JOIN"
                        + " INFORMATION_SCHEMA.KEY_COLUMN_USAGE U ON U.CONSTRAINT_SCHEMA ="
                        + " R.UNIQUE_CONSTRAINT_SCHEMA AND U.CONSTRAINT_NAME = R.UNIQUE_CONSTRAINT_NAME"
                        + " AND U.ORDINAL_POSITION = K.POSITION_IN_UNIQUE_CONSTRAINT ORDER BY"
                        + " K.ORDINAL_POSITION");
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        TableName child = new TableName(r.getString(1), r.getString(2));
        TableName parent = new TableName(r.getString(3), r.getString(4));
        ForeignKeys.Key key =
            new ForeignKeys.Key(
                child,
                new ArrayList<>(),
                parent,
                new ArrayList<>(),
                rule(r.getString(5)),
                rule(r.getString(6)));
        ForeignKeys.Key known = keys.putIfAbsent(child + "\u0000" + r.getString(7), key);
        key = known == null ? key : known;
        key.columns().add(r.getString(8));
        key.parentColumns().add(r.getString(9));
      }
    }
    return List.copyOf(keys.values());
  }

  private static ForeignKeys.Rule rule(String name) {
    return switch (name) {
      case "RESTRICT", "NO ACTION" -> ForeignKeys.Rule.NOTHING;
      default -> ForeignKeys.Rule.valueOf(name.replace(' ', '_'));
    };
  }

  @Override
  public void invalidate() {
    generation.incrementAndGet();
    tables.invalidateAll();
    programs.invalidate();
  }

  private TableInfo read(String schema, String name) throws SQLException {
    try (Connection c = source.get()) {
      return vendor.mysqlFamily() ? mysql(c, schema, name) : h2(c, schema, name);
    }
  }

  private static PreparedStatement prepare(Connection c, String sql, String... values)
      throws SQLException {
    PreparedStatement s = c.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      s.setString(i + 1, values[i]);
    }
    return s;
  }

  private static boolean any(Connection c, String sql, String... values) throws SQLException {
    try (PreparedStatement s = prepare(c, sql, values);
        ResultSet r = s.executeQuery()) {
      return r.next();
    }
  }

  // ---- MySQL, MariaDB ----

  private TableInfo mysql(Connection c, String schema, String name) throws SQLException {
    // The server matches names exactly, or by their lower case; the exact question is cheap, as it
    // opens one table.
    String[] row = mysqlTable(c, schema, name);
    if (row == null && any(c, "SELECT 1 FROM DUAL WHERE @@lower_case_table_names > 0")) {
      row = mysqlTable(c, schema.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
    }
    if (row == null) {
      return null;
    }
    TableName stored = new TableName(row[0], row[1]);
    // SYSTEM VERSIONED and SEQUENCE are other types.
    boolean base = "BASE TABLE".equals(row[2]);
    String engine = row[3];
    boolean mariadb = mariadb(c);
    List<ColumnInfo> columns = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA,"
                    + " GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
                    + " ORDER BY ORDINAL_POSITION",
                stored.schema(),
                stored.name());
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        columns.add(mysqlColumn(r, mariadb));
      }
    }
    List<String> key = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND"
                    + " INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
                stored.schema(),
                stored.name());
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        key.add(r.getString(1));
      }
    }
    List<TriggerInfo> triggers = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, SQL_MODE FROM"
                    + " information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?"
                    + " ORDER BY ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
                stored.schema(),
                stored.name());
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        triggers.add(
            new TriggerInfo(
                r.getString(1),
                "BEFORE".equals(r.getString(2)),
                r.getString(3),
                r.getString(4),
                r.getString(5)));
      }
    }
    boolean otherUnique =
        any(
            c,
            "SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0"
                + " AND INDEX_NAME <> 'PRIMARY' LIMIT 1",
            stored.schema(),
            stored.name());
    List<List<String>> uniqueKeys = otherUnique ? mysqlUniqueKeys(c, stored) : List.of();
    boolean transactional = engine != null && engine.equalsIgnoreCase("InnoDB");
    return new TableInfo(
        stored,
        List.copyOf(columns),
        List.copyOf(key),
        transactional || !base,
        List.copyOf(triggers),
        base,
        otherUnique,
        uniqueKeys);
  }

  /** Without those of a prefix or an expression. */
  private static List<List<String>> mysqlUniqueKeys(Connection c, TableName table)
      throws SQLException {
    Map<String, List<String>> keys = new LinkedHashMap<>();
    Set<String> others = new HashSet<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ?"
                    + " AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY' ORDER BY INDEX_NAME,"
                    + " SEQ_IN_INDEX",
                table.schema(),
                table.name());
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        if (r.getString(2) == null || r.getString(3) != null) {
          others.add(r.getString(1));
        } else {
          keys.computeIfAbsent(r.getString(1), k -> new ArrayList<>()).add(r.getString(2));
        }
      }
    }
    keys.keySet().removeAll(others);
    return keys.values().stream().map(List::copyOf).toList();
  }

  /** The server decides, not the word in the URL: both products are reached with either. */
  private static boolean mariadb(Connection c) throws SQLException {
    return c.getMetaData().getDatabaseProductVersion().toLowerCase(Locale.ROOT).contains("mariadb");
  }

  private static String[] mysqlTable(Connection c, String schema, String name) throws SQLException {
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA"
                    + " = ? AND TABLE_NAME = ?",
                schema,
                name);
        ResultSet r = s.executeQuery()) {
      return r.next()
          ? new String[] {r.getString(1), r.getString(2), r.getString(3), r.getString(4)}
          : null;
    }
  }

  private static ColumnInfo mysqlColumn(ResultSet r, boolean mariadb) throws SQLException {
    String type = r.getString(2).toLowerCase(Locale.ROOT);
    String fullType = r.getString(3).toLowerCase(Locale.ROOT);
    String defaultText = r.getString(5);
    String extra = r.getString(6) == null ? "" : r.getString(6).toLowerCase(Locale.ROOT);
    String generation = r.getString(7);
    Kind kind = mysqlKind(type);
    boolean generated = generation != null && !generation.isEmpty();
    if (defaultText != null && !mariadb && extra.contains("default_generated")) {
      defaultText = unescaped(defaultText);
    }
    boolean volatileDefault =
        defaultText != null
            && (extra.contains("default_generated") || !mysqlConstant(defaultText, kind, mariadb));
    return new ColumnInfo(
        r.getString(1),
        kind,
        fullType,
        "YES".equals(r.getString(4)),
        defaultText,
        extra.contains("auto_increment"),
        false,
        generated,
        extra.contains("on update"),
        volatileDefault);
  }

  /** MySQL prints an expression as if it were the content of a string. */
  private static String unescaped(String expression) {
    StringBuilder b = new StringBuilder(expression.length());
    for (int i = 0; i < expression.length(); i++) {
      char c = expression.charAt(i);
      if (c == '\\' && i + 1 < expression.length()) {
        c = expression.charAt(++i);
        c =
            switch (c) {
              case '0' -> '\0';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> c;
            };
      }
      b.append(c);
    }
    return b.toString();
  }

  /** Whether the default, as the catalogue prints it, is a literal. */
  private static boolean mysqlConstant(String text, Kind kind, boolean mariadb) {
    if (!mariadb) {
      // MySQL prints strings without quotes; expressions carry DEFAULT_GENERATED, except in 5.7's
      // CURRENT_TIMESTAMP.
      boolean time = kind == Kind.DATETIME || kind == Kind.TIMESTAMP;
      return !(time && text.toUpperCase(Locale.ROOT).startsWith("CURRENT_TIMESTAMP"));
    }
    return text.equals("NULL")
        || text.matches("-?[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?")
        || text.matches("(?s)[bxBX]?'([^']|'')*'")
        || text.equalsIgnoreCase("true")
        || text.equalsIgnoreCase("false");
  }

  private static Kind mysqlKind(String type) {
    return switch (type) {
      case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year" -> Kind.INTEGER;
      case "decimal", "numeric" -> Kind.DECIMAL;
      case "float", "double", "real" -> Kind.FLOAT;
      case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" -> Kind.STRING;
      case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob" -> Kind.BINARY;
      case "date" -> Kind.DATE;
      case "time" -> Kind.TIME;
      case "datetime" -> Kind.DATETIME;
      case "timestamp" -> Kind.TIMESTAMP;
      case "uuid" -> Kind.UUID;
      case "bit" -> Kind.BIT;
      case "enum" -> Kind.ENUM;
      case "json" -> Kind.JSON;
      default -> Kind.OTHER;
    };
  }

  // ---- H2 ----

  private TableInfo h2(Connection c, String schema, String name) throws SQLException {
    boolean base;
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT TABLE_TYPE, STORAGE_TYPE, TABLE_CLASS FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND"
                    + " TABLE_NAME = ?",
                schema,
                name);
        ResultSet r = s.executeQuery()) {
      if (!r.next()) {
        return null;
      }
      base =
          "BASE TABLE".equals(r.getString(1)) && !String.valueOf(r.getString(3)).contains("Link");
    }
    List<ColumnInfo> columns = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, COLUMN_DEFAULT, IS_IDENTITY, IDENTITY_GENERATION,"
                    + " IS_GENERATED, COLUMN_ON_UPDATE, DEFAULT_ON_NULL, IDENTITY_INCREMENT FROM"
                    + " INFORMATION_SCHEMA.COLUMNS WHERE"
                    + " TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
                schema,
                name);
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        columns.add(h2Column(r, schema, name));
      }
    }
    List<String> key = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT K.COLUMN_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS T JOIN"
                    + " INFORMATION_SCHEMA.KEY_COLUMN_USAGE K ON K.CONSTRAINT_SCHEMA = T.CONSTRAINT_SCHEMA AND"
                    + " K.CONSTRAINT_NAME = T.CONSTRAINT_NAME WHERE T.CONSTRAINT_TYPE = 'PRIMARY KEY' AND"
                    + " T.TABLE_SCHEMA = ? AND T.TABLE_NAME = ? ORDER BY K.ORDINAL_POSITION",
                schema,
                name);
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        key.add(r.getString(1));
      }
    }
    List<TriggerInfo> triggers = new ArrayList<>();
    try (PreparedStatement s =
            prepare(
                c,
                "SELECT DISTINCT TRIGGER_NAME FROM INFORMATION_SCHEMA.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND"
                    + " EVENT_OBJECT_TABLE = ?",
                schema,
                name);
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        triggers.add(new TriggerInfo(r.getString(1), false, null, null, ""));
      }
    }
    boolean otherUnique =
        any(
            c,
            "SELECT 1 FROM INFORMATION_SCHEMA.INDEXES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_TYPE_NAME LIKE"
                + " 'UNIQUE%' LIMIT 1",
            schema,
            name);
    return new TableInfo(
        new TableName(schema, name),
        List.copyOf(columns),
        List.copyOf(key),
        true,
        List.copyOf(triggers),
        base,
        otherUnique,
        List.of());
  }

  private static ColumnInfo h2Column(ResultSet r, String schema, String table) throws SQLException {
    String type = r.getString(2).toLowerCase(Locale.ROOT);
    String text = r.getString(4);
    boolean generated = "ALWAYS".equals(r.getString(7));
    boolean volatileDefault = !generated && text != null && !h2Constant(text);
    String onUpdate = r.getString(8);
    boolean onUpdateNow = false;
    if (onUpdate != null && !h2Constant(onUpdate)) {
      onUpdateNow =
          onUpdate.toUpperCase(Locale.ROOT).matches("(CURRENT_|LOCAL)TIMESTAMP(\\([0-9]\\))?");
      if (!onUpdateNow) {
        throw Errors.of(
            SqlState.NOT_SUPPORTED,
            "column "
                + r.getString(1)
                + " of "
                + schema
                + "."
                + table
                + " has ON UPDATE "
                + onUpdate
                + ", which is not supported");
      }
    }
    if (r.getLong(10) < 0) {
      throw Errors.of(
          SqlState.NOT_SUPPORTED,
          "column "
              + r.getString(1)
              + " of "
              + schema
              + "."
              + table
              + " is numbered downwards, which is not supported");
    }
    return new ColumnInfo(
        r.getString(1),
        h2Kind(type),
        type,
        // A column with DEFAULT ON NULL takes NULL to mean its default, like one that is NOT NULL
        // on MySQL.
        "YES".equals(r.getString(3)) && !r.getBoolean(9),
        text,
        "YES".equals(r.getString(5)),
        "ALWAYS".equals(r.getString(6)),
        generated,
        onUpdateNow,
        volatileDefault);
  }

  private static boolean h2Constant(String text) {
    return text.equals("NULL")
        || text.equals("TRUE")
        || text.equals("FALSE")
        || text.matches("-?[0-9]+(\\.[0-9]*)?([eE][+-]?[0-9]+)?")
        || text.matches(
            "(?s)(U&|X|DATE |TIME |TIMESTAMP |UUID |JSON |TIMESTAMP WITH TIME ZONE )?'([^']|'')*'");
  }

  private static Kind h2Kind(String type) {
    if (type.startsWith("timestamp")) {
      return Kind.TIMESTAMP;
    } else if (type.startsWith("time")) {
      return Kind.TIME;
    }
    return switch (type) {
      case "tinyint", "smallint", "integer", "bigint" -> Kind.INTEGER;
      case "numeric", "decfloat", "decimal" -> Kind.DECIMAL;
      case "real", "double precision", "float" -> Kind.FLOAT;
      case "character", "character varying", "character large object", "varchar_ignorecase" ->
          Kind.STRING;
      case "binary", "binary varying", "binary large object" -> Kind.BINARY;
      case "boolean" -> Kind.BOOLEAN;
      case "date" -> Kind.DATE;
      case "uuid" -> Kind.UUID;
      case "enum" -> Kind.ENUM;
      case "json" -> Kind.JSON;
      default -> Kind.OTHER;
    };
  }
}
