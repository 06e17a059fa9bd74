package dev.lockstep.consistency;

import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** H2: all schemas of the one database but its own and the cluster's. */
final class H2UserCatalogue extends UserCatalogue {
  static final H2UserCatalogue INSTANCE = new H2UserCatalogue();

  private static final Pattern AUTHORIZATION =
      Pattern.compile("^(CREATE SCHEMA .*?) AUTHORIZATION \"(?:[^\"]|\"\")*\"$");
  private static final Pattern RESTART = Pattern.compile("(START WITH -?\\d+) RESTART WITH -?\\d+");
  private static final Pattern EXHAUSTED = Pattern.compile("^(CREATE SEQUENCE .*) EXHAUSTED$");
  private static final Pattern STORAGE = Pattern.compile("^CREATE (?:MEMORY|CACHED) TABLE");

  /** Kinds that the server's own script makes again as they are, sequences with their position. */
  private static final Set<String> SCRIPTED = Set.of("sequence", "domain", "constant", "synonym");

  private static final Set<String> ELEMENTS =
      Set.of(
          "TINYINT",
          "SMALLINT",
          "INTEGER",
          "BIGINT",
          "NUMERIC",
          "REAL",
          "DOUBLE PRECISION",
          "BOOLEAN",
          "CHARACTER",
          "CHARACTER VARYING",
          "UUID");

  private H2UserCatalogue() {}

  private static String users(String column) {
    return column + " NOT IN ('INFORMATION_SCHEMA','LOCKSTEP')";
  }

  @Override
  public String quote(String identifier) {
    return "\"" + identifier.replace("\"", "\"\"") + "\"";
  }

  @Override
  public List<String> schemas(Connection c) throws SQLException {
    List<String> names = new ArrayList<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT SCHEMA_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE " + users("SCHEMA_NAME"))) {
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
    Map<TableName, String> columnProblems = columnProblems(c);
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, STORAGE_TYPE, TABLE_CLASS FROM"
                + " INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE NOT LIKE '%TEMPORARY%' AND "
                + users("TABLE_SCHEMA"))) {
      boolean plain = r[4] != null && r[4].endsWith(".MVTable");
      String problem =
          switch (r[2]) {
            case "BASE TABLE" ->
                plain
                    ? columnProblems.get(new TableName(r[0], r[1]))
                    : "stored as " + r[3] + ", outside of the database";
            case "VIEW" -> r[4] != null && r[4].contains("Materialized") ? "materialized" : null;
            default -> "not carried over";
          };
      String kind = r[2].equals("BASE TABLE") ? "table" : r[2].toLowerCase();
      all.add(new UserObject(kind, r[0], r[1], problem));
    }
    others(c, all, "trigger", "TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE", "TRIGGERS");
    others(c, all, "alias", "ROUTINE_SCHEMA, ROUTINE_NAME, NULL", "ROUTINES");
    others(c, all, "domain", "DOMAIN_SCHEMA, DOMAIN_NAME, NULL", "DOMAINS");
    others(c, all, "sequence", "SEQUENCE_SCHEMA, SEQUENCE_NAME, NULL", "SEQUENCES");
    others(c, all, "constant", "CONSTANT_SCHEMA, CONSTANT_NAME, NULL", "CONSTANTS");
    others(c, all, "synonym", "SYNONYM_SCHEMA, SYNONYM_NAME, NULL", "SYNONYMS");
    all.sort(Comparator.comparing(UserObject::toString));
    return all;
  }

  private static void others(
      Connection c, List<UserObject> all, String kind, String columns, String view)
      throws SQLException {
    String schema = columns.substring(0, columns.indexOf(','));
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT DISTINCT "
                + columns
                + " FROM INFORMATION_SCHEMA."
                + view
                + " WHERE "
                + users(schema))) {
      String problem = r[2] == null ? "not carried over" : "on table " + r[2];
      all.add(new UserObject(kind, r[0], r[1], SCRIPTED.contains(kind) ? null : problem));
    }
  }

  /** Tables with a column whose values JDBC does not carry over exactly. */
  private static Map<TableName, String> columnProblems(Connection c) throws SQLException {
    Map<TableName, String> problems = new HashMap<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.DATA_TYPE, e.DATA_TYPE FROM"
                + " INFORMATION_SCHEMA.COLUMNS k LEFT JOIN INFORMATION_SCHEMA.ELEMENT_TYPES e ON"
                + " e.OBJECT_SCHEMA=k.TABLE_SCHEMA AND e.OBJECT_NAME=k.TABLE_NAME AND"
                + " e.OBJECT_TYPE='TABLE' AND e.COLLECTION_TYPE_IDENTIFIER=k.DTD_IDENTIFIER WHERE"
                + " k.DATA_TYPE IN ('ROW','JAVA_OBJECT','ARRAY') AND "
                + users("k.TABLE_SCHEMA"))) {
      if (!r[3].equals("ARRAY") || !ELEMENTS.contains(String.valueOf(r[4]))) {
        problems.put(
            new TableName(r[0], r[1]),
            "column " + r[2] + " of type " + r[3] + (r[4] == null ? "" : " of " + r[4]));
      }
    }
    return problems;
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
    Map<TableName, List<UserColumn>> columns = new TreeMap<>(MysqlUserCatalogue.BY_NAME);
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.DATA_TYPE,"
                + " COALESCE(k.CHARACTER_MAXIMUM_LENGTH, 0), k.IS_GENERATED FROM"
                + " INFORMATION_SCHEMA.TABLES t JOIN INFORMATION_SCHEMA.COLUMNS k ON"
                + " k.TABLE_SCHEMA=t.TABLE_SCHEMA AND k.TABLE_NAME=t.TABLE_NAME WHERE t.TABLE_TYPE"
                + " ='BASE TABLE' AND "
                + users("t.TABLE_SCHEMA")
                + condition
                + " ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.ORDINAL_POSITION")) {
      boolean computed = "ALWAYS".equals(r[5]);
      columns
          .computeIfAbsent(new TableName(r[0], r[1]), t -> new ArrayList<>())
          .add(
              new UserColumn(
                  r[2], r[3].toLowerCase(), null, Long.parseLong(r[4]), computed, computed));
    }
    Map<TableName, List<String>> keys = new HashMap<>();
    Set<TableName> unique = new HashSet<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, k.COLUMN_NAME, t.INDEX_TYPE_NAME FROM"
                + " INFORMATION_SCHEMA.INDEXES t JOIN INFORMATION_SCHEMA.INDEX_COLUMNS k ON"
                + " k.INDEX_SCHEMA=t.INDEX_SCHEMA AND k.INDEX_NAME=t.INDEX_NAME AND"
                + " k.TABLE_SCHEMA=t.TABLE_SCHEMA AND k.TABLE_NAME=t.TABLE_NAME WHERE"
                + " (t.INDEX_TYPE_NAME='PRIMARY KEY' OR t.INDEX_TYPE_NAME LIKE 'UNIQUE%') AND "
                + users("t.TABLE_SCHEMA")
                + condition
                + " ORDER BY 1, 2, t.INDEX_NAME, k.ORDINAL_POSITION")) {
      TableName name = new TableName(r[0], r[1]);
      if (r[3].equals("PRIMARY KEY")) {
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

  @Override
  public List<ForeignKey> foreignKeys(Connection c) throws SQLException {
    List<ForeignKey> keys = new ArrayList<>();
    for (String[] r :
        MysqlUserCatalogue.rows(
            c,
            "SELECT f.TABLE_SCHEMA, f.TABLE_NAME, u.TABLE_SCHEMA, u.TABLE_NAME FROM"
                + " INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS r JOIN"
                + " INFORMATION_SCHEMA.TABLE_CONSTRAINTS f ON"
                + " f.CONSTRAINT_SCHEMA=r.CONSTRAINT_SCHEMA AND"
                + " f.CONSTRAINT_NAME=r.CONSTRAINT_NAME JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS u"
                + " ON u.CONSTRAINT_SCHEMA=r.UNIQUE_CONSTRAINT_SCHEMA AND"
                + " u.CONSTRAINT_NAME=r.UNIQUE_CONSTRAINT_NAME WHERE "
                + users("r.CONSTRAINT_SCHEMA"))) {
      keys.add(new ForeignKey(new TableName(r[0], r[1]), new TableName(r[2], r[3])));
    }
    return keys;
  }

  /** The statements that make everything but data, users, rights and settings. Commits. */
  static List<String> definitions(Connection c) throws SQLException {
    return script(
        c,
        "SCHEMA "
            + INSTANCE.schemas(c).stream().map(INSTANCE::quote).collect(Collectors.joining(", ")));
  }

  private static List<String> script(Connection c, String what) throws SQLException {
    List<String> statements = new ArrayList<>();
    for (String[] r : MysqlUserCatalogue.rows(c, "SCRIPT NODATA NOPASSWORDS NOSETTINGS " + what)) {
      String s = r[0].strip();
      if (s.startsWith("--") || s.startsWith("CREATE USER") || s.startsWith("GRANT ")) {
        continue;
      }
      s = s.endsWith(";") ? s.substring(0, s.length() - 1) : s;
      statements.add(AUTHORIZATION.matcher(s).replaceFirst("$1"));
    }
    return statements;
  }

  private static String canonical(List<String> statements) {
    return statements.stream()
        .map(s -> STORAGE.matcher(s).replaceFirst("CREATE TABLE"))
        .map(s -> EXHAUSTED.matcher(RESTART.matcher(s).replaceAll("$1")).replaceAll("$1"))
        // H2's statistics, which are no part of the definition
        .map(s -> s.replaceAll(" SELECTIVITY \\d+", ""))
        .sorted()
        .collect(Collectors.joining("\n\n"));
  }

  @Override
  public String signature(Connection c) throws SQLException {
    return canonical(definitions(c));
  }

  @Override
  public String tableSignature(Connection c, TableName name) throws SQLException {
    if (table(c, name) == null) {
      return sequenceSignature(c, name);
    }
    return canonical(script(c, "TABLE " + quote(name)));
  }

  /** The definition of a sequence without its position, or null where there is none. */
  private static String sequenceSignature(Connection c, TableName name) throws SQLException {
    List<String[]> rows =
        MysqlUserCatalogue.rows(
            c,
            "SELECT DATA_TYPE, START_VALUE, MINIMUM_VALUE, MAXIMUM_VALUE, \"INCREMENT\","
                + " CYCLE_OPTION, \"CACHE\" FROM INFORMATION_SCHEMA.SEQUENCES WHERE"
                + " SEQUENCE_SCHEMA="
                + text(name.schema())
                + " AND SEQUENCE_NAME="
                + text(name.name()));
    return rows.isEmpty() ? null : "sequence " + String.join(" ", rows.get(0));
  }

  @Override
  public boolean hasTriggers(Connection c, TableName name) throws SQLException {
    return !MysqlUserCatalogue.rows(
            c,
            "SELECT 1 FROM INFORMATION_SCHEMA.TRIGGERS WHERE EVENT_OBJECT_SCHEMA="
                + text(name.schema())
                + " AND EVENT_OBJECT_TABLE="
                + text(name.name()))
        .isEmpty();
  }

  @Override
  public boolean triggersWrite(Connection c) throws SQLException {
    return !MysqlUserCatalogue.rows(
            c,
            "SELECT 1 FROM INFORMATION_SCHEMA.TRIGGERS WHERE "
                + users("EVENT_OBJECT_SCHEMA")
                + " LIMIT 1")
        .isEmpty();
  }

  @Override
  public void dropAll(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      // Those that need others first, in whatever schema.
      for (String kind : List.of("view", "table", "domain")) {
        for (UserObject o : objects(c)) {
          if (o.kind().endsWith(kind)) {
            s.execute(
                "DROP "
                    + kind
                    + " IF EXISTS "
                    + quote(new TableName(o.schema(), o.name()))
                    + (kind.equals("view") ? "" : " CASCADE"));
          }
        }
      }
      for (String schema : schemas(c)) {
        if (!schema.equals("PUBLIC")) {
          s.execute("DROP SCHEMA " + quote(schema) + " CASCADE");
        }
      }
      // PUBLIC cannot be dropped, so its objects are.
      for (UserObject o : objects(c)) {
        if (!o.kind().equals("schema") && !o.kind().equals("trigger")) {
          s.execute(
              "DROP "
                  + o.kind().toUpperCase()
                  + " IF EXISTS "
                  + quote(new TableName(o.schema(), o.name())));
        }
      }
      if (!c.getAutoCommit()) {
        c.commit();
      }
    }
  }

  static String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }
}
