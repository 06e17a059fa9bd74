package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.SharedClusters;
import dev.lockstep.harness.server.TestCluster;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.JdbcCatalogue;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Literals, catalogue and time against real servers. */
class RealServersTest {
  private static final class Context implements BindContext {
    long micros = Fixture.NOW;

    @Override
    public long nowMicros() {
      return micros;
    }

    @Override
    public ZoneId zone() {
      return ZoneId.systemDefault();
    }

    @Override
    public UUID randomUuid() {
      return UUID.randomUUID();
    }

    @Override
    public double random() {
      return Math.random();
    }
  }

  private final Context context = new Context();
  private DatabaseNode node;
  private boolean mysql;
  private String schema;
  private StatementAnalyzer analyzer;
  private JdbcCatalogue catalogue;

  private Connection open(Engine engine) throws SQLException {
    TestCluster cluster = SharedClusters.get(engine, 1);
    mysql = engine.mysqlFamily();
    cluster.createDatabase("shop");
    node = cluster.node(0);
    schema = mysql ? "shop" : "PUBLIC";
    Vendor vendor = Vendor.valueOf(engine.name());
    catalogue = new JdbcCatalogue(vendor, this::connect);
    analyzer = new StatementAnalyzer(vendor, catalogue, 100);
    return connect();
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(node.jdbcUrl("shop"), node.user(), node.password());
  }

  private String run(Connection c, String sql, Object... values) throws SQLException {
    List<Parameter> params = new ArrayList<>();
    for (Object v : values) {
      params.add(Parameter.of(v, 0));
    }
    BoundWrite w = analyzer.analyze(sql, schema).bind(params, context);
    String text = w.sql();
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      if (w.before() != null) {
        s.execute(w.before());
      }
      long[] keys = null;
      if (w.generatesKeys()) {
        s.executeUpdate(w.sql(), new String[] {w.generatedColumn()});
        keys = new long[w.expectedRows()];
        try (ResultSet r = s.getGeneratedKeys()) {
          for (int i = 0; i < keys.length; i++) {
            assertThat(r.next()).isTrue();
            keys[i] = r.getLong(1);
          }
        }
        text = w.entrySql(keys);
      } else {
        assertThat(s.executeUpdate(w.sql())).as(w.sql()).isEqualTo(w.expectedRows());
      }
      if (w.after() != null) {
        s.execute(w.after());
      }
    }
    return text;
  }

  private static void execute(Connection c, String... sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (String x : sql) {
        s.execute(x);
      }
    }
  }

  private static List<String> rows(Connection c, String sql) throws SQLException {
    List<String> out = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      while (r.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
          row.append(i > 1 ? "|" : "").append(r.getString(i));
        }
        out.add(row.toString());
      }
    }
    return out;
  }

  private Map<String, List<Object>> values() {
    Map<String, List<Object>> m = new LinkedHashMap<>();
    StringBuilder all = new StringBuilder();
    for (char ch = mysql ? (char) 0 : 1; ch < 0x250; ch++) {
      all.append(ch);
    }
    m.put(
        mysql ? "VARCHAR(2000) CHARACTER SET utf8mb4" : "VARCHAR(2000)",
        List.of(
            "",
            "it's",
            "a\\'b\\",
            "\"q\" ? -- ; /* */ NOW()",
            "line\r\n\t\u001a",
            "😀é漢 end",
            all.toString(),
            " pad ",
            5,
            -7L,
            true,
            new BigDecimal("1.2300")));
    m.put(
        "BIGINT",
        List.of(Long.MAX_VALUE, Long.MIN_VALUE, 0, (short) 3, (byte) -4, true, false, "42"));
    m.put(
        "DECIMAL(38,10)",
        List.of(
            new BigDecimal("1e20"),
            new BigDecimal("-0.0000000001"),
            new BigInteger("12345678901234567890"),
            new BigDecimal("99999999999999999999.5"),
            7));
    m.put(
        mysql ? "DOUBLE" : "DOUBLE PRECISION",
        List.of(
            0.1,
            -0.0,
            1e300,
            1.5e-310,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            123456789.123,
            0.1f,
            16777217f,
            1e17,
            3));
    m.put(mysql ? "FLOAT" : "REAL", List.of(0.1f, 3.4e38f, 1.1e-38f, 16777216f));
    m.put(
        mysql ? "VARBINARY(100)" : "VARBINARY(100)",
        List.of(new byte[0], new byte[] {0, -1, 39, 92, 63, 10}));
    m.put(
        "DATE",
        List.of(
            Date.valueOf("2024-02-29"),
            LocalDate.of(1970, 1, 1),
            Date.valueOf("1500-03-01"),
            Date.valueOf("1582-10-04"),
            Date.valueOf("1890-01-01"),
            Date.valueOf("0001-01-01"),
            Date.valueOf("1999-12-31"),
            LocalDate.of(9999, 12, 31)));
    m.put(
        mysql ? "TIME(6)" : "TIME(9)",
        List.of(
            Time.valueOf("23:59:58"),
            LocalTime.of(1, 2, 3),
            LocalTime.of(1, 2, 3, 456_789_000),
            LocalTime.of(1, 2, 3, 456_789_600),
            new Time(3_723_456L)));
    m.put(
        mysql ? "DATETIME(6)" : "TIMESTAMP(9)",
        List.of(
            Timestamp.valueOf("2024-02-29 12:34:56.123456789"),
            Timestamp.valueOf("1969-12-31 23:59:59.5"),
            Timestamp.valueOf("1500-03-01 10:00:00"),
            Timestamp.valueOf("1890-01-01 00:00:00"),
            Timestamp.valueOf("2024-10-27 02:30:00"),
            Timestamp.valueOf("2024-03-31 01:59:59.999999900"),
            LocalDateTime.of(2024, 1, 2, 3, 4, 5, 678_901_234),
            LocalDateTime.of(2024, 1, 2, 3, 4),
            new java.util.Date(1_700_000_000_123L),
            OffsetDateTime.parse("2024-06-01T10:00:00.123456+05:00"),
            OffsetDateTime.parse("2024-06-01T10:00:00Z"),
            OffsetDateTime.parse("2024-03-31T00:59:59.9999999Z"),
            LocalDate.of(2020, 1, 1)));
    if (mysql) {
      m.put(
          "TIMESTAMP(6) NULL",
          List.of(
              Timestamp.valueOf("2024-02-29 12:34:56.123456"),
              LocalDateTime.of(2024, 1, 2, 3, 4, 5, 678_901_999),
              OffsetDateTime.parse("2024-06-01T10:00:00.5+05:00")));
      m.put(
          "DATETIME",
          List.of(
              Timestamp.valueOf("2024-02-29 12:34:56.6"),
              LocalDateTime.of(2024, 1, 2, 3, 4, 5, 500_000_000)));
      m.put("TINYINT(1)", List.of(true, false, 1, 0));
    } else {
      m.put("BOOLEAN", List.of(true, false));
      m.put("UUID", List.of(UUID.randomUUID()));
      m.put(
          "TIMESTAMP(9) WITH TIME ZONE",
          List.of(
              OffsetDateTime.parse("2024-06-01T10:00:00.123456789+05:00"),
              java.time.Instant.parse("2024-06-01T10:00:00.5Z"),
              Timestamp.valueOf("2024-02-29 12:34:56.123456789")));
    }
    return m;
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void storesWhatTheVendorsDriverStores(Engine engine) throws SQLException {
    try (Connection c = open(engine)) {
      List<String> wrong = new ArrayList<>();
      for (Map.Entry<String, List<Object>> e : values().entrySet()) {
        analyzer.invalidate();
        execute(
            c,
            "DROP TABLE IF EXISTS lit",
            "CREATE TABLE lit (id INT PRIMARY KEY, v " + e.getKey() + ")");
        int id = 0;
        List<Object> list = new ArrayList<>(e.getValue());
        list.add(null);
        for (Object v : list) {
          id += 2;
          try (PreparedStatement p = c.prepareStatement("INSERT INTO lit (id, v) VALUES (?, ?)")) {
            p.setInt(1, id);
            p.setObject(2, v);
            p.executeUpdate();
          }
          run(c, "INSERT INTO lit (id, v) VALUES (?, ?)", id + 1, v);
          String hex = mysql ? "HEX(CONCAT(v, ''))" : "CAST(v AS VARCHAR)";
          List<String> got =
              rows(
                  c,
                  "SELECT "
                      + hex
                      + ", v FROM lit WHERE id IN ("
                      + id
                      + ","
                      + (id + 1)
                      + ") ORDER BY id");
          if (!got.get(0).equals(got.get(1))) {
            wrong.add(
                e.getKey()
                    + " "
                    + (v == null ? null : v.getClass().getSimpleName())
                    + " "
                    + v
                    + ": "
                    + got);
          }
        }
      }
      assertThat(wrong).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void readsTheCatalogue(Engine engine) throws SQLException {
    try (Connection c = open(engine)) {
      if (mysql) {
        execute(
            c,
            "CREATE TABLE a (id BIGINT UNSIGNED AUTO_INCREMENT, k VARCHAR(5), s VARCHAR(20) DEFAULT 'it''s now()', n INT"
                + " DEFAULT -5, t TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, d DATETIME(6) DEFAULT"
                + " NOW(6), u VARCHAR(36) DEFAULT (uuid()), e INT DEFAULT (1+2), g INT AS (n+1), bt BIT(3) DEFAULT b'101',"
                + " PRIMARY KEY (k, id), KEY (id)) ENGINE=InnoDB",
            "CREATE TABLE p (id INT PRIMARY KEY)",
            "CREATE TABLE ch (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
            "CREATE TABLE m (id INT) ENGINE=MyISAM",
            "CREATE VIEW w AS SELECT * FROM a",
            "CREATE TRIGGER tr BEFORE INSERT ON ch FOR EACH ROW SET NEW.p = 1");
      } else {
        execute(
            c,
            "CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY, k VARCHAR(5), s VARCHAR(20) DEFAULT 'it''s now()', n"
                + " INT DEFAULT -5, t TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, d TIMESTAMP DEFAULT"
                + " LOCALTIMESTAMP(3), u UUID DEFAULT RANDOM_UUID(), e INT DEFAULT (1+2), g INT GENERATED ALWAYS AS (n+1),"
                + " PRIMARY KEY (k, id))",
            "CREATE TABLE p (id INT PRIMARY KEY)",
            "CREATE TABLE ch (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
            "CREATE VIEW w AS SELECT * FROM a");
      }
      TableInfo a = catalogue.table(schema, mysql ? "a" : "A");
      assertThat(a.primaryKey()).hasSize(2).first().asString().isEqualToIgnoringCase("k");
      assertThat(a.autoIncrement().name()).isEqualToIgnoringCase("id");
      assertThat(a.autoIncrement().alwaysIdentity()).isEqualTo(!mysql);
      assertThat(a.transactional()).isTrue();
      assertThat(a.baseTable()).isTrue();
      assertThat(a.triggers()).isEmpty();
      List<String> volatiles =
          a.columns().stream()
              .filter(ColumnInfo::volatileDefault)
              .map(x -> x.name().toLowerCase())
              .toList();
      assertThat(volatiles).contains("t", "d", "u").doesNotContain("s", "n", "id", "g", "bt");
      assertThat(a.column("t").onUpdateNow()).isTrue();
      assertThat(a.column("d").onUpdateNow()).isFalse();
      assertThat(a.column("g").generated()).isTrue();
      assertThat(a.column("t").kind()).isEqualTo(ColumnInfo.Kind.TIMESTAMP);
      TableName parent = new TableName(schema, mysql ? "p" : "P");
      TableName child = new TableName(schema, mysql ? "ch" : "CH");
      ForeignKeys keys = catalogue.foreignKeys();
      assertThat(keys.effects(parent, null))
          .singleElement()
          .satisfies(
              e -> {
                assertThat(e.deletes()).isFalse();
                assertThat(e.rule()).isEqualTo(ForeignKeys.Rule.SET_NULL);
                assertThat(e.key().child()).isEqualTo(child);
                assertThat(e.key().columns()).containsExactly(mysql ? "p" : "P");
                assertThat(e.key().parentColumns()).containsExactly(mysql ? "id" : "ID");
              });
      assertThat(keys.effects(parent, List.of("id"))).isEmpty();
      assertThat(keys.effects(child, null)).isEmpty();
      assertThat(keys.changing(child)).hasSize(1);
      assertThat(catalogue.table(schema, mysql ? "w" : "W").baseTable()).isFalse();
      assertThat(catalogue.table(schema, "nope")).isNull();
      if (mysql) {
        assertThat(catalogue.table(schema, "m").transactional()).isFalse();
        assertThat(catalogue.table(schema, "ch").triggers()).hasSize(1);
        assertThat(catalogue.table(schema, "A")).isNull();
      }
      assertThat(catalogue.table(schema, mysql ? "a" : "A")).isSameAs(a);
    }
  }

  /** Both products print defaults in their own way, and are reached with either word in the URL. */
  @ParameterizedTest
  @EnumSource(
      value = Engine.class,
      names = {"MARIADB", "MYSQL"})
  void theServerDecidesHowADefaultIsRead(Engine engine) throws SQLException {
    try (Connection c = open(engine)) {
      execute(
          c,
          "CREATE TABLE a (id INT PRIMARY KEY, u VARCHAR(36) DEFAULT (uuid()), s VARCHAR(9) DEFAULT 'it')");
      for (Vendor word : new Vendor[] {Vendor.MARIADB, Vendor.MYSQL}) {
        TableInfo a = new JdbcCatalogue(word, this::connect).table(schema, "a");
        assertThat(a.column("u").volatileDefault()).as(word.word()).isTrue();
        assertThat(a.column("s").volatileDefault()).as(word.word()).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void entriesMakeTheSameRowsAtAnotherTime(Engine engine) throws Exception {
    try (Connection c = open(engine)) {
      String id =
          mysql
              ? "BIGINT AUTO_INCREMENT PRIMARY KEY"
              : "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY";
      String ts = mysql ? "DATETIME(6) DEFAULT NOW(6)" : "TIMESTAMP(9) DEFAULT CURRENT_TIMESTAMP";
      String up =
          mysql
              ? "TIMESTAMP(6) NOT NULL DEFAULT NOW(6) ON UPDATE NOW(6)"
              : "TIMESTAMP(9) DEFAULT LOCALTIMESTAMP ON UPDATE CURRENT_TIMESTAMP";
      String u = mysql ? "VARCHAR(40) DEFAULT (UUID())" : "VARCHAR(40) DEFAULT RANDOM_UUID()";
      // Such a default is printed with character set and backslashes by MySQL.
      String mixed = mysql ? "VARCHAR(40) DEFAULT (CONCAT('a''b', NOW(6)))" : "INT DEFAULT (1+1)";
      for (String name : List.of("orig", "copy")) {
        execute(
            c,
            "CREATE TABLE "
                + name
                + " (id "
                + id
                + ", v VARCHAR(100), created "
                + ts
                + ", updated "
                + up
                + ", u "
                + u
                + ", x "
                + mixed
                + ")");
      }
      List<String> entries = new ArrayList<>();
      String q = mysql ? "`" : "\"";
      for (Object[] s :
          new Object[][] {
            {"INSERT INTO orig (v) VALUES ('a'), ('b'), (?)", "it's"},
            {"INSERT INTO orig (v, created) VALUES (NOW(), CURRENT_TIMESTAMP)"},
            {"INSERT INTO orig (v, created, u) VALUES (UUID(), DEFAULT, RAND())"},
            {
              "UPDATE orig SET v = CONCAT(v, ?), created = CURRENT_TIMESTAMP WHERE id IN (1, ?)",
              "-x",
              "2"
            },
            {"UPDATE orig SET u = DEFAULT WHERE id = ?", 3},
            {"DELETE FROM orig WHERE id = 4"},
            {"INSERT INTO orig (id, v) VALUES (77, 'given')"},
          }) {
        Object[] params = java.util.Arrays.copyOfRange(s, 1, s.length);
        context.micros = Fixture.NOW + entries.size() * 1_000_001L;
        BoundWrite again =
            analyzer
                .analyze((String) s[0], schema)
                .bind(
                    List.of(
                        java.util.Arrays.stream(params)
                            .map(x -> Parameter.of(Parameter.Kind.STRING, x.toString()))
                            .toArray(Parameter[]::new)),
                    context);
        String text = run(c, (String) s[0], params);
        String name = mysql ? "orig" : "ORIG";
        text = text.replace(q + name + q, mysql ? "`copy`" : "\"COPY\"");
        if (again.before() != null) {
          entries.add(again.before());
          entries.add(text);
          entries.add(again.after());
        } else {
          entries.add(text);
        }
      }
      Thread.sleep(20);
      execute(c, entries.toArray(new String[0]));
      List<String> orig = rows(c, "SELECT * FROM orig ORDER BY id");
      assertThat(orig).hasSize(5);
      assertThat(rows(c, "SELECT * FROM copy ORDER BY id")).isEqualTo(orig);
      assertThat(orig.get(0)).contains("2024-11-2");
    }
  }
}
