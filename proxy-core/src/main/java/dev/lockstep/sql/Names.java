package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.ProcedureText;
import dev.lockstep.node.RoutineInfo;
import dev.lockstep.node.ServerVersion;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

/** Reads names from tokens and looks tables up the way the vendor's server matches them. */
final class Names {
  private static final Set<String> MYSQL_SYSTEM =
      Set.of("mysql", "information_schema", "performance_schema", "sys", "lockstep");
  private static final Set<String> H2_SYSTEM = Set.of("information_schema", "lockstep");

  private final boolean mysql;
  private final Catalogue catalogue;

  Names(Vendor vendor, Catalogue catalogue) {
    this.mysql = vendor.mysqlFamily();
    this.catalogue = catalogue;
  }

  /**
   * A possibly qualified name in a statement.
   *
   * @param schema null where the statement gives none
   * @param next the token behind it
   */
  record Ref(String schema, boolean schemaQuoted, String name, boolean nameQuoted, int next) {
    @Override
    public String toString() {
      return schema == null ? name : schema + "." + name;
    }
  }

  /** The identifier's name without quotes. */
  static String unquote(String text) {
    char q = text.isEmpty() ? 0 : text.charAt(0);
    if (q == '`' || q == '"') {
      String inner = text.substring(1, text.length() - 1);
      String quote = String.valueOf(q);
      return inner.contains(quote) ? inner.replace(quote + quote, quote) : inner;
    }
    return text;
  }

  /** The name that starts at token {@code i}. */
  Ref read(Tokens t, int i, String what) throws SQLException {
    if (!t.identifier(i)) {
      throw Errors.unsupported("expected the name of " + what + " near '" + t.text(i) + "'");
    }
    String first = part(t, i);
    boolean firstQuoted = t.type(i) == Tokens.QUOTED;
    if (!t.op(i + 1, '.')) {
      return new Ref(null, false, first, firstQuoted, i + 1);
    }
    if (!t.identifier(i + 2) || t.op(i + 3, '.')) {
      throw Errors.unsupported(
          "names with more than two parts are not supported: '" + first + ".…'");
    }
    return new Ref(first, firstQuoted, part(t, i + 2), t.type(i + 2) == Tokens.QUOTED, i + 3);
  }

  private String part(Tokens t, int i) throws SQLException {
    String text = t.text(i);
    if (!mysql && text.charAt(0) == '`') {
      throw Errors.unsupported("names in backticks are not supported on H2; use double quotes");
    }
    return unquote(text);
  }

  /** The table, or null where the catalogue has none. */
  TableInfo find(Ref ref, String currentSchema) throws SQLException {
    if (mysql) {
      String schema = ref.schema() != null ? ref.schema() : currentSchema;
      return schema == null ? null : catalogue.table(schema, ref.name());
    }
    for (String schema : spellings(ref.schema(), ref.schemaQuoted(), currentSchema)) {
      for (String name : spellings(ref.name(), ref.nameQuoted(), null)) {
        TableInfo info = catalogue.table(schema, name);
        if (info != null) {
          return info;
        }
      }
    }
    return null;
  }

  /** Whether the servers know sequences: H2 and MariaDB, not MySQL. */
  boolean hasSequences() throws SQLException {
    if (!mysql) {
      return true;
    }
    ServerVersion version = catalogue.version();
    return version != null && version.mariadb();
  }

  /** The stored function of this name, or null where there is none. */
  RoutineInfo function(String schema, String name) throws SQLException {
    return mysql ? catalogue.function(schema, name) : null;
  }

  /** What the foreign keys of all tables join. */
  ForeignKeys foreignKeys() throws SQLException {
    return catalogue.foreignKeys();
  }

  /** The version of the primary where it is of the MySQL family, or null. */
  ServerVersion version() throws SQLException {
    return catalogue.version();
  }

  /** The table of this very name, or null. */
  TableInfo table(TableName name) throws SQLException {
    return catalogue.table(name.schema(), name.name());
  }

  /** The stored procedure of this name, or null where there is none. */
  ProcedureText procedure(TableName name) throws SQLException {
    return mysql ? catalogue.procedure(name) : null;
  }

  /** The statement that makes a view, or null where it is not known. */
  String viewText(TableName view) throws SQLException {
    return mysql ? catalogue.viewText(view) : null;
  }

  /** H2 stores unquoted names in upper case, or in lower case where the URL says so. */
  private static Set<String> spellings(String name, boolean quoted, String current) {
    Set<String> set = new java.util.LinkedHashSet<>();
    if (name == null) {
      set.add(current == null ? "PUBLIC" : current);
    } else if (quoted) {
      set.add(name);
    } else {
      set.add(name.toUpperCase(Locale.ROOT));
      set.add(name.toLowerCase(Locale.ROOT));
    }
    return set;
  }

  /** The table of a write. */
  TableInfo require(Ref ref, String currentSchema) throws SQLException {
    requireSchema(ref, currentSchema);
    TableInfo info = find(ref, currentSchema);
    if (info == null) {
      throw new java.sql.SQLSyntaxErrorException(
          "Lockstep: table " + stored(ref, currentSchema) + " doesn't exist", "42S02");
    }
    if (system(info.name().schema())) {
      throw Errors.unsupported(
          "writes to " + info.name() + " are not allowed: it belongs to the system or to Lockstep");
    }
    return info;
  }

  void requireSchema(Ref ref, String currentSchema) throws SQLException {
    if (mysql && ref.schema() == null && currentSchema == null) {
      throw new SQLException("Lockstep: no database selected", "3D000");
    }
  }

  /**
   * The full name that the statement means, as the catalogue spells it or as it would be created.
   */
  TableName stored(Ref ref, String currentSchema) throws SQLException {
    TableInfo info = find(ref, currentSchema);
    if (info != null) {
      return info.name();
    }
    String schema = ref.schema() == null ? currentSchema : fold(ref.schema(), ref.schemaQuoted());
    if (schema == null) {
      schema = mysql ? "" : "PUBLIC";
    }
    return new TableName(schema, fold(ref.name(), ref.nameQuoted()));
  }

  String fold(String name, boolean quoted) {
    return mysql || quoted ? name : name.toUpperCase(Locale.ROOT);
  }

  boolean system(String schema) {
    return schema != null
        && (mysql ? MYSQL_SYSTEM : H2_SYSTEM).contains(schema.toLowerCase(Locale.ROOT));
  }
}
