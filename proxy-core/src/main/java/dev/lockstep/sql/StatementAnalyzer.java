package dev.lockstep.sql;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.ServerVersion;
import dev.lockstep.node.TableName;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Analyses the statements of one cluster. Thread-safe. Plans are cached by text and schema; the
 * parsed shapes of writes by their text without literals, so that texts that differ only in
 * literals share one parse. Assumes the server's default lexical SQL modes (no ANSI_QUOTES,
 * NO_BACKSLASH_ESCAPES, PIPES_AS_CONCAT, NO_AUTO_VALUE_ON_ZERO).
 */
public final class StatementAnalyzer {
  /**
   * Longer texts are usually unique and are not worth keeping whole; their shapes are cached all
   * the same.
   */
  private static final int LONGEST_CACHED_TEXT = 4096;

  /** Plans kept of one text, each for another schema. */
  private static final int MOST_SCHEMAS = 16;

  private final Vendor vendor;
  private final Catalogue catalogue;
  private final Cache<String, StatementPlan[]> plans;
  private final Cache<String, Object> shapes;
  private final AtomicLong generation = new AtomicLong();
  private final Classifier classifier;
  private final Literals literals;

  /**
   * @param cacheSize statements kept
   * @throws IllegalArgumentException for a vendor that is not supported yet
   */
  public StatementAnalyzer(Vendor vendor, Catalogue catalogue, int cacheSize) {
    if (vendor == Vendor.POSTGRESQL) {
      throw new IllegalArgumentException("PostgreSQL is not supported yet");
    }
    this.vendor = vendor;
    this.catalogue = catalogue;
    this.plans = Caffeine.newBuilder().maximumSize(cacheSize).build();
    this.shapes = Caffeine.newBuilder().maximumSize(cacheSize * 2L).build();
    this.literals = Literals.of(vendor);
    this.classifier = new Classifier(vendor, catalogue, literals, shapes, this::analyze);
  }

  /** The statements of a text, as {@link Statements#split}. */
  public List<String> split(String sql) throws SQLException {
    return sql.indexOf(';') < 0 ? List.of(sql) : Statements.split(plain(sql), vendor);
  }

  /**
   * What the text means in a session that has these temporary tables. Not cached where it has any.
   */
  public StatementPlan analyze(String sql, String schema, Set<TableName> temporary)
      throws SQLException {
    if (!temporary.isEmpty()) {
      long now = generation.get();
      StatementPlan.Builder local =
          classifier.local(Lexer.tokenize(plain(sql), vendor), schema, temporary);
      if (local != null) {
        return new StatementPlan(local, this, now);
      }
      StatementPlan plan = analyze(sql, schema);
      plan.requireNoneWritten(temporary);
      return plan;
    }
    return analyze(sql, schema);
  }

  /**
   * What the text means.
   *
   * @param schema the session's current database or schema, or null
   * @throws SQLException 0A001 for what cannot be replicated, 42000 for text that cannot be read,
   *     42S02 for a write to a table that does not exist, 3D000 without a database
   */
  public StatementPlan analyze(String sql, String schema) throws SQLException {
    StatementPlan plan = cached(sql, schema);
    if (plan != null) {
      return plan;
    }
    long now = generation.get();
    Tokens tokens = Lexer.tokenize(plain(sql), vendor);
    StatementPlan.Builder b = classifier.classify(tokens, schema, now);
    plan = new StatementPlan(b, this, now);
    boolean reads =
        plan.kind() == StatementPlan.Kind.READ || plan.kind() == StatementPlan.Kind.CALL;
    if ((plan.locks() || reads) && !b.tables.isEmpty()) {
      b.related = related(plan.tables(), plan.locks());
    }
    if (sql.length() <= LONGEST_CACHED_TEXT) {
      StatementPlan made = plan;
      plans.asMap().compute(sql, (text, old) -> with(made, old));
    }
    return plan;
  }

  /** Allocates nothing: the key is the application's own string. */
  private StatementPlan cached(String sql, String schema) {
    StatementPlan[] known = plans.getIfPresent(sql);
    if (known != null) {
      for (StatementPlan plan : known) {
        if (Objects.equals(plan.schema(), schema) && !plan.stale()) {
          return plan;
        }
      }
    }
    return null;
  }

  private static StatementPlan[] with(StatementPlan plan, StatementPlan[] old) {
    List<StatementPlan> all = new ArrayList<>();
    all.add(plan);
    if (old != null) {
      for (StatementPlan p : old) {
        if (!p.stale() && !Objects.equals(p.schema(), plan.schema()) && all.size() < MOST_SCHEMAS) {
          all.add(p);
        }
      }
    }
    return all.toArray(StatementPlan[]::new);
  }

  /** The text without comments that are code on some versions only. */
  private String plain(String sql) throws SQLException {
    if (!vendor.mysqlFamily() || !VersionComments.possible(sql)) {
      return sql;
    }
    ServerVersion version = catalogue.version();
    return version == null ? sql : VersionComments.plain(sql, version);
  }

  private Set<TableName> related(Set<TableName> tables, boolean locks) throws SQLException {
    ForeignKeys keys = catalogue.foreignKeys();
    Set<TableName> all = Set.of();
    for (TableName t : tables) {
      Set<TableName> more = keys.related(t, locks);
      if (all.isEmpty()) {
        all = more;
      } else if (!more.isEmpty()) {
        all = new HashSet<>(all);
        all.addAll(more);
      }
    }
    return Set.copyOf(all);
  }

  /** Forgets everything, the catalogue's answers too: after DDL. */
  public void invalidate() {
    catalogue.invalidate();
    generation.incrementAndGet();
    plans.invalidateAll();
    shapes.invalidateAll();
  }

  long generation() {
    return generation.get();
  }

  /** The literal of a value, as writes have it. */
  public String literal(Parameter value, ZoneId zone) throws SQLException {
    return literals.render(value, zone);
  }

  BoundWrite bind(Write write, List<Parameter> params, BindContext context) throws SQLException {
    if (context == null) {
      throw Errors.unsupported("a write needs a context to bind");
    }
    return write.bind(new Binding(params, context, literals, vendor.mysqlFamily()));
  }

  Call.Bound bindCall(Call call, List<Parameter> params, BindContext context) throws SQLException {
    return call.bind(new Binding(params, context, literals, vendor.mysqlFamily()));
  }

  BoundWrite bindSearching(Write write, List<Parameter> params, BindContext context)
      throws SQLException {
    return write.bindSearching(new Binding(params, context, literals, vendor.mysqlFamily()));
  }

  String bindQuery(CopyAnalysis.Copy copy, List<Parameter> params, BindContext context)
      throws SQLException {
    return copy.query(new Binding(params, context, literals, vendor.mysqlFamily()));
  }

  Stage stage(CopyAnalysis.Copy copy, String query) throws SQLException {
    return new Stage(copy.table(), copy.columns(), query, copy.source(), literals);
  }
}
