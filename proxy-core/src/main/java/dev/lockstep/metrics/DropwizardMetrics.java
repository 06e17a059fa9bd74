package dev.lockstep.metrics;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.Meter;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.SlidingTimeWindowArrayReservoir;
import com.codahale.metrics.Timer;
import com.codahale.metrics.jmx.JmxReporter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The figures in a Dropwizard registry, also visible in JMX under the domain {@code dev.lockstep}.
 */
public final class DropwizardMetrics implements ClusterMetrics, AutoCloseable {
  private final MetricRegistry registry = new MetricRegistry();
  private final Histogram groupSize = registry.histogram("group.size");
  private final Meter transactions = registry.meter("transactions");
  private final Counter failovers = registry.counter("failovers");
  private final Counter retries = registry.counter("lane.retries");
  private final Counter rolledBack = registry.counter("transactions.rolledBack");
  private final Counter journalRows = registry.counter("journal.rows");
  private final Map<String, Timer> prepare = new ConcurrentHashMap<>();
  private final Map<String, Timer> commit = new ConcurrentHashMap<>();
  private final Map<String, String> rejoin = new ConcurrentHashMap<>();
  private final JmxReporter jmx;
  private volatile int members;
  private volatile double groupDelayMillis;
  private volatile double rejoinPauseMillis;

  /**
   * @param name the cluster's name in JMX
   */
  public DropwizardMetrics(String name) {
    registry.register("view.members", (Gauge<Integer>) () -> members);
    registry.register("group.delay", (Gauge<Double>) () -> groupDelayMillis);
    registry.register("rejoin.pause", (Gauge<Double>) () -> rejoinPauseMillis);
    registry.register("rejoin.progress", (Gauge<String>) rejoin::toString);
    jmx =
        JmxReporter.forRegistry(registry)
            .inDomain("dev.lockstep." + name.replaceAll("[^A-Za-z0-9_-]", "_"))
            .build();
    jmx.start();
  }

  /** The registry, for an application's own reporters. */
  public MetricRegistry registry() {
    return registry;
  }

  /** All figures by name: counts, rates per second, times in milliseconds. */
  public Map<String, Number> figures() {
    Map<String, Number> f = new TreeMap<>();
    f.put("view.members", members);
    f.put("group.delay", groupDelayMillis);
    f.put("rejoin.pause", rejoinPauseMillis);
    registry.getCounters().forEach((n, c) -> f.put(n, c.getCount()));
    registry
        .getMeters()
        .forEach(
            (n, m) -> {
              f.put(n + ".count", m.getCount());
              f.put(n + ".rate", m.getOneMinuteRate());
            });
    registry.getHistograms().forEach((n, h) -> f.put(n + ".mean", h.getSnapshot().getMean()));
    registry
        .getTimers()
        .forEach(
            (n, t) -> {
              f.put(n + ".mean", t.getSnapshot().getMean() / 1e6);
              f.put(n + ".p99", t.getSnapshot().get99thPercentile() / 1e6);
            });
    return f;
  }

  @Override
  public void group(int size) {
    groupSize.update(size);
    transactions.mark(size);
  }

  private Timer timer(Map<String, Timer> timers, String kind, String node) {
    Timer t = timers.get(node);
    return t != null
        ? t
        : timers.computeIfAbsent(
            node,
            n ->
                registry.register(
                    MetricRegistry.name(kind, n),
                    new Timer(new SlidingTimeWindowArrayReservoir(10, TimeUnit.SECONDS))));
  }

  @Override
  public void prepare(String node, long nanos) {
    timer(prepare, "prepare", node).update(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void commit(String node, long nanos) {
    timer(commit, "commit", node).update(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void members(int n) {
    members = n;
  }

  @Override
  public void evicted(String node, String reason) {
    registry.counter(MetricRegistry.name("evictions", node)).inc();
    rejoin.put(node, "evicted: " + reason);
  }

  @Override
  public void failover() {
    failovers.inc();
  }

  @Override
  public void retry() {
    retries.inc();
  }

  @Override
  public void rolledBack() {
    rolledBack.inc();
  }

  @Override
  public void journalRows(int n) {
    journalRows.inc(n);
  }

  @Override
  public void groupDelay(long nanos) {
    groupDelayMillis = nanos / 1e6;
  }

  @Override
  public void rejoin(String node, String phase, long done) {
    rejoin.put(node, phase + " " + done);
  }

  @Override
  public void rejoinPause(String node, long nanos) {
    rejoinPauseMillis = nanos / 1e6;
  }

  @Override
  public void close() {
    jmx.close();
  }
}
