package dev.lockstep.consistency;

import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** MySQL and MariaDB. */
@SuppressWarnings("try") // session variables are closed, not read
final class MysqlUserCatalogue extends UserCatalogue {
  static final MysqlUserCatalogue INSTANCE = new MysqlUserCatalogue();

  private static final Pattern COUNTER =
      Pattern.compile("^(\\) ENGINE=\\w+) AUTO_INCREMENT=\\d+", Pattern.MULTILINE);

  /**
   * MySQL 8 shows the character set beside a collation only where the statement that made the
   * column named one of them, so that a table made from what it shows is shown in another way.
   */
  private static final Pattern IMPLIED = Pattern.compile(" CHARACTER SET \\w+(?= COLLATE )");

  /** How MariaDB ends the definition of the table that a sequence is. */
  private static final String SEQUENCE = " SEQUENCE=1";

  private MysqlUserCatalogue() {}

  /**
   * The condition that a schema is a user's; '#mysql50#' is a foreign folder in the data folder.
   */
  static String users(String column) {
    return "LOWER("
        + column
        + ") NOT IN ('mysql','information_schema','performance_schema','sys','lockstep') AND "
        + column
        + " NOT LIKE '#mysql50#%'";
  }

  /** What the text of SHOW CREATE depends on. */
  private static SessionVariables plainText(Connection c) throws SQLException {
    return SessionVariables.set(c, "sql_mode", "''", "sql_quote_show_create", "1");
  }

  @Override
  public String quote(String identifier) {
    return "`" + identifier.replace("`", "``") + "`";
  }

  @Override
  public List<String> schemas(Connection c) throws SQLException {
    List<String> names = new ArrayList<>();
    for (String[] r :
        rows(
            c,
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE " + users("SCHEMA_NAME"))) {
      names.add(r[0]);
    }
    names.sort(null);
    return names;
  }

  @Override
  public List<UserObject> objects(Connection c) throws SQLException {
    List<UserObject> all = new ArrayList<>();
    for (String schema : schemas(c)) {
      all.add(new UserObject("schema", null, schema, null));
    }
    for (String[] r :
        rows(
            c,
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES"
                + " WHERE TABLE_TYPE NOT LIKE 'TEMPORARY%' AND "
                + users("TABLE_SCHEMA"))) {
      all.add(
          switch (r[2]) {
            case "VIEW" -> new UserObject("view", r[0], r[1], null);
            case "BASE TABLE" -> new UserObject("table", r[0], r[1], engineProblem(r[3]));
            case "SYSTEM VERSIONED" ->
                new UserObject("table", r[0], r[1], "system-versioned: its history is not copied");
            case "SEQUENCE" -> new UserObject("sequence", r[0], r[1], engineProblem(r[3]));
            default -> new UserObject(r[2].toLowerCase(), r[0], r[1], "not carried over");
          });
    }
    for (StoredObject o : MysqlStoredObjects.triggers(c)) {
      String problem = o.problem();
      all.add(
          new UserObject(
              o.kind(),
              o.name().schema(),
              o.name().name(),
              problem == null ? null : "on table " + o.table() + ": " + problem));
    }
    for (StoredObject o : MysqlStoredObjects.routines(c)) {
      all.add(new UserObject(o.kind(), o.name().schema(), o.name().name(), o.problem()));
    }
    for (String[] r :
        rows(
            c,
            "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES"
                + " WHERE ROUTINE_TYPE NOT IN ('PROCEDURE','FUNCTION') AND "
                + users("ROUTINE_SCHEMA"))) {
      all.add(new UserObject(r[2].toLowerCase(), r[0], r[1], "not carried over"));
    }
    for (String[] r :
        rows(
            c,
            "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE "
                + users("EVENT_SCHEMA"))) {
      all.add(
          new UserObject(
              "event", r[0], r[1], "each node would run it by itself; run it in the application"));
    }
    all.sort(Comparator.comparing(UserObject::toString));
    return all;
  }

  private static String engineProblem(String engine) {
    if (engine == null) {
      return "the server cannot open it";
    }
    return engine.equalsIgnoreCase("InnoDB") ? null : "engine " + engine + " is not transactional";
  }

  @Override
  public List<UserTable> tables(Connection c) throws SQLException {
    return tables(c, "");
  }

  @Override
  public UserTable table(Connection c, TableName name) throws SQLException {
    List<UserTable> found =
        tables(
            c,
            " AND t.TABLE_SCHEMA="
                + text(name.schema())
                + " AND t.TABLE_NAME="
                + text(name.name()));
    return found.isEmpty() ? null : found.get(0);
  }

  private static List<UserTable> tables(Connection c, String condition) throws SQLException {
    Map<TableName, List<UserColumn>> columns = new TreeMap<>(BY_NAME);
    for (String[] r :
        rows(
            c,
            "SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.DATA_TYPE,"
                + " k.CHARACTER_SET_NAME, k.CHARACTER_OCTET_LENGTH, k.EXTRA FROM"
                + " information_schema.TABLES t JOIN information_schema.COLUMNS k ON"
                + " k.TABLE_SCHEMA=t.TABLE_SCHEMA AND k.TABLE_NAME=t.TABLE_NAME WHERE t.TABLE_TYPE"
                + " IN ('BASE TABLE','SYSTEM VERSIONED') AND "
                + users("t.TABLE_SCHEMA")
                + condition
                + " ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.ORDINAL_POSITION")) {
      String extra = r[6].toUpperCase();
      boolean stored = extra.contains("STORED GENERATED") || extra.contains("PERSISTENT");
      boolean computed = stored || extra.contains("VIRTUAL");
      columns
          .computeIfAbsent(new TableName(r[0], r[1]), t -> new ArrayList<>())
          .add(
              new UserColumn(
                  r[2],
                  r[3].toLowerCase(),
                  r[4],
                  r[5] == null ? 0 : Long.parseUnsignedLong(r[5]),
                  computed,
                  stored));
    }
    Map<TableName, List<String>> keys = new LinkedHashMap<>();
    Set<TableName> unique = new HashSet<>();
    for (String[] r :
        rows(
            c,
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.COLUMN_NAME, t.INDEX_NAME FROM"
                + " information_schema.STATISTICS t WHERE t.NON_UNIQUE=0 AND "
                + users("t.TABLE_SCHEMA")
                + condition
                + " ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME, t.INDEX_NAME, t.SEQ_IN_INDEX")) {
      TableName name = new TableName(r[0], r[1]);
      if (r[3].equals("PRIMARY")) {
        keys.computeIfAbsent(name, t -> new ArrayList<>()).add(r[2]);
      } else {
        unique.add(name);
      }
    }
    List<UserTable> tables = new ArrayList<>();
    columns.forEach(
        (name, list) ->
            tables.add(
                new UserTable(
                    name,
                    List.copyOf(list),
                    List.copyOf(keys.getOrDefault(name, List.of())),
                    unique.contains(name))));
    return tables;
  }

  static final Comparator<TableName> BY_NAME =
      Comparator.comparing(TableName::schema).thenComparing(TableName::name);

  @Override
  public List<ForeignKey> foreignKeys(Connection c) throws SQLException {
    List<ForeignKey> keys = new ArrayList<>();
    for (String[] r :
        rows(
            c,
            "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME"
                + " FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                + users("CONSTRAINT_SCHEMA"))) {
      keys.add(new ForeignKey(new TableName(r[0], r[1]), new TableName(r[2], r[3])));
    }
    return keys;
  }

  @Override
  public String tableSignature(Connection c, TableName name) throws SQLException {
    try (SessionVariables plain = plainText(c)) {
      String create = comparable(showCreate(c, name));
      if (create == null) {
        return null;
      }
      if (create.endsWith(SEQUENCE)) {
        return showCreateSequence(c, name);
      }
      StringBuilder b = new StringBuilder(create);
      for (StoredObject o : MysqlStoredObjects.triggers(c, name)) {
        b.append("\n\n").append(o.signature());
      }
      return b.toString();
    }
  }

  @Override
  public boolean hasTriggers(Connection c, TableName name) throws SQLException {
    return !rows(
            c,
            "SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA="
                + text(name.schema())
                + " AND EVENT_OBJECT_TABLE="
                + text(name.name())
                + " LIMIT 1")
        .isEmpty();
  }

  @Override
  public boolean triggersWrite(Connection c) throws SQLException {
    // By words that may as well be functions: none of them means that it does not.
    return !rows(
            c,
            "SELECT 1 FROM information_schema.TRIGGERS WHERE "
                + users("EVENT_OBJECT_SCHEMA")
                + " AND LOWER(ACTION_STATEMENT) REGEXP"
                + " 'insert|replace|update|delete|call|select|load|execute|handler|do' LIMIT 1")
        .isEmpty();
  }

  /** SHOW CREATE TABLE as the session shows it, or null where there is no such table. */
  static String showCreate(Connection c, TableName name) throws SQLException {
    try {
      return rows(c, "SHOW CREATE TABLE " + INSTANCE.quote(name)).get(0)[1];
    } catch (SQLException e) {
      if (e.getErrorCode() == 1146 || e.getErrorCode() == 1049) {
        return null;
      }
      throw e;
    }
  }

  /** CREATE SEQUENCE without its position. MariaDB only. */
  static String showCreateSequence(Connection c, TableName name) throws SQLException {
    return rows(c, "SHOW CREATE SEQUENCE " + INSTANCE.quote(name)).get(0)[1];
  }

  /** The definition without what may differ between equal tables. */
  private static String comparable(String create) {
    return create == null
        ? null
        : IMPLIED.matcher(COUNTER.matcher(create).replaceFirst("$1")).replaceAll("");
  }

  @Override
  public String signature(Connection c) throws SQLException {
    List<String> parts = new ArrayList<>();
    String current = c.getCatalog();
    try (SessionVariables plain = plainText(c)) {
      for (String[] r :
          rows(
              c,
              "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM"
                  + " information_schema.SCHEMATA WHERE "
                  + users("SCHEMA_NAME"))) {
        parts.add("schema " + r[0] + " " + r[1] + " " + r[2]);
      }
      for (UserObject o : objects(c)) {
        TableName name = new TableName(o.schema(), o.name());
        switch (o.kind()) {
          case "schema" -> {}
          case "table" -> parts.add("table " + name + "\n" + comparable(showCreate(c, name)));
          case "view" -> {
            // The text depends on the current database.
            parts.add(MysqlStoredObjects.view(c, name).signature());
          }
          case "sequence" -> parts.add("sequence " + name + "\n" + showCreateSequence(c, name));
          case "trigger", "procedure", "function" -> {} // see below
          default -> parts.add(o.kind() + " " + name);
        }
      }
      for (StoredObject o : MysqlStoredObjects.triggers(c)) {
        parts.add(o.signature());
      }
      for (StoredObject o : MysqlStoredObjects.routines(c)) {
        parts.add(o.signature());
      }
    } finally {
      if (current != null && !current.isEmpty() && !c.isClosed()) {
        c.setCatalog(current);
      }
    }
    parts.sort(null);
    return String.join("\n\n", parts);
  }

  @Override
  public void dropAll(Connection c) throws SQLException {
    try (SessionVariables off = SessionVariables.set(c, "foreign_key_checks", "0");
        Statement s = c.createStatement()) {
      for (String schema : schemas(c)) {
        s.execute("DROP DATABASE " + quote(schema));
      }
    }
  }

  static String text(String value) {
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
  }

  static List<String[]> rows(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet rs = s.executeQuery(sql)) {
      int n = rs.getMetaData().getColumnCount();
      List<String[]> all = new ArrayList<>();
      while (rs.next()) {
        String[] r = new String[n];
        for (int i = 0; i < n; i++) {
          r[i] = rs.getString(i + 1);
        }
        all.add(r);
      }
      return all;
    }
  }

  /** The statement that makes a database, from the server. */
  static String showCreateSchema(Connection c, String schema) throws SQLException {
    return rows(c, "SHOW CREATE DATABASE " + INSTANCE.quote(schema)).get(0)[1];
  }

  /** All views of a list of objects. */
  static List<TableName> views(Collection<UserObject> objects) {
    return objects.stream()
        .filter(o -> o.kind().equals("view"))
        .map(o -> new TableName(o.schema(), o.name()))
        .toList();
  }
}
