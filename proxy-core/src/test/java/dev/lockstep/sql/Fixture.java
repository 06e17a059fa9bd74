package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.ColumnInfo.Kind;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.RoutineInfo;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import dev.lockstep.node.TriggerInfo;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** An analyzer over a made-up catalogue, and a context whose clock and random values are known. */
final class Fixture implements Catalogue, BindContext {
  static final long NOW = 1_732_222_222_123_456L;
  static final UUID ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");

  final StatementAnalyzer analyzer;
  private final Map<String, TableInfo> tables = new HashMap<>();
  private final boolean h2;
  int lookups;
  private int drawn;

  private Fixture(Vendor vendor) {
    h2 = vendor == Vendor.H2;
    analyzer = new StatementAnalyzer(vendor, this, 100);
    add(
        "t",
        List.of("id"),
        auto("id"),
        column("a", Kind.INTEGER),
        column("b", Kind.STRING),
        column("n", Kind.INTEGER));
    add(
        "plain",
        List.of("id"),
        column("id", Kind.INTEGER),
        column("v", Kind.STRING),
        column("order", Kind.INTEGER));
    add("nokey", List.of(), column("x", Kind.INTEGER), column("y", Kind.STRING));
    add(
        "two",
        List.of("p", "q"),
        column("p", Kind.INTEGER),
        column("q", Kind.STRING),
        column("v", Kind.INTEGER));
    add("code", List.of("c"), column("c", Kind.STRING), column("v", Kind.INTEGER));
    add("bin", List.of("k"), column("k", Kind.BINARY), column("v", Kind.INTEGER));
    add("amount", List.of("k"), column("k", Kind.DECIMAL), column("v", Kind.INTEGER));
    add("daily", List.of("d"), column("d", Kind.DATE), column("v", Kind.INTEGER));
    add("uu", List.of("k"), column("k", Kind.UUID), column("v", Kind.INTEGER));
    add(
        "timed",
        List.of("id"),
        column("id", Kind.INTEGER),
        column("v", Kind.STRING),
        defaulted(
            "created", Kind.TIMESTAMP, h2 ? "CURRENT_TIMESTAMP" : "current_timestamp()", false),
        defaulted(
            "updated", Kind.TIMESTAMP, h2 ? "CURRENT_TIMESTAMP(3)" : "current_timestamp()", true));
    add(
        "volatiles",
        List.of("id"),
        column("id", Kind.INTEGER),
        column("v", Kind.STRING),
        defaulted("u", Kind.STRING, h2 ? "RANDOM_UUID()" : "uuid()", false));
    add(
        "seq",
        List.of("id"),
        column("id", Kind.INTEGER),
        defaulted("s", Kind.INTEGER, h2 ? "NEXT VALUE FOR \"S\"" : "nextval(`s`)", false));
    add(
        "drawn",
        List.of("id"),
        defaulted(
            "id",
            Kind.INTEGER,
            h2 ? "NEXT VALUE FOR \"PUBLIC\".\"S\"" : "nextval(`shop`.`s`)",
            false),
        column("v", Kind.INTEGER));
    add(
        "calc",
        List.of("id"),
        column("id", Kind.INTEGER),
        generated("g"),
        column("v", Kind.INTEGER));
    addSpecial("myisam", false, false, true);
    addSpecial("trig", true, true, true);
    addSpecial("aview", true, false, false);
    addSpecial("parent", true, false, true);
    for (String view : new String[] {"joined", "over", "calls", "writes", "dated", "deeper"}) {
      addSpecial(view, true, false, false);
    }
    if (h2) {
      add(
          "always",
          List.of("id"),
          new ColumnInfo(
              n("id"), Kind.INTEGER, "bigint", false, null, true, true, false, false, false),
          column("v", Kind.STRING));
    }
  }

  static Fixture mysql() {
    return new Fixture(Vendor.MARIADB);
  }

  static Fixture h2() {
    return new Fixture(Vendor.H2);
  }

  private String n(String name) {
    return h2 ? name.toUpperCase() : name;
  }

  String schema() {
    return h2 ? "PUBLIC" : "shop";
  }

  private void add(String name, List<String> key, ColumnInfo... columns) {
    List<String> k = new ArrayList<>();
    key.forEach(x -> k.add(n(x)));
    tables.put(
        schema() + "." + n(name),
        new TableInfo(
            new TableName(schema(), n(name)),
            List.of(columns),
            k,
            true,
            List.of(),
            true,
            name.equals("t"),
            List.of()));
  }

  private void addSpecial(String name, boolean transactional, boolean triggers, boolean base) {
    tables.put(
        schema() + "." + n(name),
        new TableInfo(
            new TableName(schema(), n(name)),
            List.of(column("id", Kind.INTEGER), column("v", Kind.INTEGER)),
            List.of(n("id")),
            transactional,
            triggers ? List.of(new TriggerInfo("trg", false, null, null, "")) : List.of(),
            base,
            false,
            List.of()));
  }

  private ColumnInfo column(String name, Kind kind) {
    return new ColumnInfo(
        n(name), kind, kind.name().toLowerCase(), true, null, false, false, false, false, false);
  }

  private ColumnInfo auto(String name) {
    return new ColumnInfo(
        n(name), Kind.INTEGER, "bigint(20)", false, null, true, false, false, false, false);
  }

  private ColumnInfo generated(String name) {
    return new ColumnInfo(
        n(name), Kind.INTEGER, "int", true, null, false, false, true, false, false);
  }

  private ColumnInfo defaulted(String name, Kind kind, String expression, boolean onUpdate) {
    return new ColumnInfo(
        n(name),
        kind,
        kind.name().toLowerCase(),
        false,
        expression,
        false,
        false,
        false,
        onUpdate,
        true);
  }

  @Override
  public TableInfo table(String schema, String name) {
    lookups++;
    return tables.get(schema + "." + name);
  }

  @Override
  public RoutineInfo function(String schema, String name) {
    String body =
        switch (name) {
          case "pure" -> "RETURN a + 1";
          case "counting" -> "BEGIN DECLARE x INT; SELECT COUNT(*) INTO x FROM t; RETURN x; END";
          case "writing" -> "BEGIN DELETE FROM t; RETURN 1; END";
          case "nested" -> "RETURN pure(1)";
          default -> null;
        };
    return body == null || schema == null
        ? null
        : new RoutineInfo(new TableName(schema, name), body, "");
  }

  @Override
  public String viewText(TableName view) {
    return switch (view.name()) {
      case "joined" ->
          "select `shop`.`t`.`id` AS `id` from (`shop`.`t` join `shop`.`over` on(1)) where exists(select 1 from"
              + " `shop`.`plain` limit 1)";
      case "over" ->
          "CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW `over` (`a`,`b`) AS select `pure`(1)"
              + " AS `a`, count(0) from `shop`.`nokey`";
      case "dated" -> "select extract(year from `shop`.`plain`.`v`) AS `y` from `shop`.`plain`";
      case "deeper" ->
          "select extract(year from `shop`.`writes`.`a`) AS `y` from (`shop`.`plain` join `shop`.`writes`)";
      case "calls" -> "select `shop`.`counting`() AS `a`";
      case "writes" -> "select `shop`.`writing`() AS `a` from `shop`.`t`";
      default -> null;
    };
  }

  @Override
  public ForeignKeys foreignKeys() {
    return new ForeignKeys(
        List.of(
            new ForeignKeys.Key(
                new TableName(schema(), n("trig")),
                List.of(n("v")),
                new TableName(schema(), n("parent")),
                List.of(n("id")),
                ForeignKeys.Rule.CASCADE,
                ForeignKeys.Rule.NOTHING)),
        false);
  }

  @Override
  public void invalidate() {}

  @Override
  public long nowMicros() {
    return NOW;
  }

  @Override
  public ZoneId zone() {
    return ZoneId.of("UTC");
  }

  @Override
  public UUID randomUuid() {
    return ID;
  }

  @Override
  public double random() {
    return 0.25;
  }

  /** Counts from 41 on. */
  @Override
  public List<String> draw(TableName sequence, int count) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(Integer.toString(41 + drawn++));
    }
    return values;
  }

  StatementPlan plan(String sql) throws SQLException {
    return analyzer.analyze(sql, schema());
  }

  BoundWrite write(String sql, Object... values) throws SQLException {
    List<Parameter> params = new ArrayList<>();
    for (Object v : values) {
      params.add(v instanceof Parameter p ? p : Parameter.of(v, 0));
    }
    return plan(sql).bind(params, this);
  }
}
