package dev.lockstep.harness.chaos;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.FaultProxy;
import dev.lockstep.harness.server.TestCluster;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Injects faults into a cluster, one node at a time, as a seed decides; before each it waits until
 * the last one has healed. The seed fixes the sequence of faults, nodes and durations, whatever the
 * cluster does. For one thread; the list of events may be read by others.
 */
public final class Chaos {
  private static final Logger log = LoggerFactory.getLogger(Chaos.class);
  private static final long POLL_MILLIS = 20;
  private static final Duration SLOW = Duration.ofMillis(50);
  private static final double SHARE_OF_CONNECTIONS = 0.4;

  /**
   * Something that was done, or awaited.
   *
   * @param node name of the node; empty if it concerns the whole cluster
   */
  public record Event(Instant at, String node, Fault fault, String text) {
    @Override
    public String toString() {
      return at + " " + (node.isEmpty() ? "" : node + " " + fault + ": ") + text;
    }
  }

  /** One planned fault. */
  private record Step(Fault fault, int node, Duration length, Duration pause, long seed) {}

  private final TestCluster cluster;
  private final long seed;
  private final Random random;
  private final List<Event> events = new ArrayList<>();
  private LongSupplier progress = System::nanoTime;
  private BooleanSupplier healed = () -> true;
  private Consumer<Event> listener = event -> log.info("{}", event);
  private Set<Fault> faults;
  private Duration shortest = Duration.ofMillis(500);
  private Duration longest = Duration.ofSeconds(3);
  private Duration pause = Duration.ofSeconds(1);
  private Duration healTimeout = Duration.ofSeconds(60);
  private volatile boolean stopped;

  /** All faults that the cluster allows, for 0.5 to 3 s each, with pauses of up to a second. */
  public Chaos(TestCluster cluster, long seed) {
    this.cluster = cluster;
    this.seed = seed;
    this.random = new Random(seed);
    this.faults =
        Arrays.stream(Fault.values())
            .filter(fault -> cluster.proxied() || !fault.needsProxy())
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
  }

  /** Tells whether everything is well again, such as: all nodes are back in the view. */
  public Chaos healedWhen(BooleanSupplier condition) {
    this.healed = condition;
    return this;
  }

  /**
   * Something that grows while the cluster works, such as the number of commits: after a fault it
   * must have grown before the next one begins, because what hangs has not noticed the fault yet.
   */
  public Chaos whileGrowing(LongSupplier counter) {
    this.progress = counter;
    return this;
  }

  /** Only these faults. */
  public Chaos faults(Collection<Fault> allowed) {
    for (Fault fault : allowed) {
      if (fault.needsProxy() && !cluster.proxied()) {
        throw new IllegalArgumentException(fault + " needs a cluster with proxies");
      }
    }
    this.faults = EnumSet.copyOf(allowed);
    return this;
  }

  /** How long a fault lasts. */
  public Chaos lasting(Duration atLeast, Duration atMost) {
    this.shortest = atLeast;
    this.longest = atMost;
    return this;
  }

  /** The longest quiet time before a fault, after all has healed. */
  public Chaos pause(Duration atMost) {
    this.pause = atMost;
    return this;
  }

  /** How long to wait for the condition of {@link #healedWhen}. */
  public Chaos healTimeout(Duration timeout) {
    this.healTimeout = timeout;
    return this;
  }

  /** Told each event at once, instead of the log. */
  public Chaos listener(Consumer<Event> consumer) {
    this.listener = consumer;
    return this;
  }

  /**
   * Injects so many faults and waits until the last one has healed.
   *
   * @throws AssertionError if the cluster does not heal in time; the message has the seed and all
   *     events
   */
  public List<Event> run(int count) throws InterruptedException {
    for (int i = 0; i < count && !stopped; i++) {
      run(plan());
    }
    return events();
  }

  /** Injects faults until the time is over and the last one has healed. */
  public List<Event> runFor(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end && !stopped) {
      run(plan());
    }
    return events();
  }

  /** Makes a running schedule end after its present fault; for another thread. */
  public void stop() {
    stopped = true;
  }

  public List<Event> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  private Step plan() {
    List<Fault> choice = List.copyOf(faults);
    return new Step(
        choice.get(random.nextInt(choice.size())),
        random.nextInt(cluster.nodes().size()),
        shortest.plusMillis(upTo(longest.minus(shortest))),
        Duration.ofMillis(upTo(pause)),
        random.nextLong());
  }

  private long upTo(Duration most) {
    return (long) (random.nextDouble() * (most.toMillis() + 1));
  }

  private void run(Step step) throws InterruptedException {
    awaitHealed();
    Thread.sleep(step.pause().toMillis());
    DatabaseNode node = cluster.node(step.node());
    event(node.name(), step.fault(), "begins, for " + step.length().toMillis() + " ms");
    try {
      inject(step, node);
    } finally {
      heal(step, node);
    }
    event(node.name(), step.fault(), "ended");
    awaitHealed();
  }

  private void inject(Step step, DatabaseNode node) throws InterruptedException {
    switch (step.fault()) {
      case KILL -> node.kill();
      case STOP -> node.stop();
      case FREEZE -> node.freeze();
      case KILL_CONNECTIONS -> {
        killConnections(step, node);
        return;
      }
      case RESET -> {
        cluster.proxy(step.node()).cut();
        return;
      }
      case CUT -> {
        cluster.proxy(step.node()).refuse();
        cluster.proxy(step.node()).cut();
      }
      case BLACK_HOLE -> cluster.proxy(step.node()).blackHole();
      case LOSE_REQUESTS -> cluster.proxy(step.node()).oneWay(FaultProxy.Direction.TO_SERVER);
      case LOSE_ANSWERS -> cluster.proxy(step.node()).oneWay(FaultProxy.Direction.TO_CLIENT);
      case HOLD -> cluster.proxy(step.node()).hold();
      case DELAY -> cluster.proxy(step.node()).delay(SLOW);
    }
    Thread.sleep(step.length().toMillis());
  }

  private void killConnections(Step step, DatabaseNode node) {
    Random which = new Random(step.seed());
    try {
      int killed = node.killConnections(id -> which.nextDouble() < SHARE_OF_CONNECTIONS);
      event(node.name(), step.fault(), killed + " connections killed");
    } catch (SQLException e) {
      event(node.name(), step.fault(), "failed: " + e);
    }
  }

  private void heal(Step step, DatabaseNode node) {
    node.unfreeze();
    if (step.fault().needsProxy()) {
      cluster.proxy(step.node()).heal();
    }
    node.start(); // does nothing when it runs
  }

  private void awaitHealed() throws InterruptedException {
    long start = System.nanoTime();
    long before = progress.getAsLong();
    while (!healed.getAsBoolean() || progress.getAsLong() <= before) {
      if (System.nanoTime() - start > healTimeout.toNanos()) {
        throw new AssertionError(
            "not healed within %d s, seed %d, events:%n%s"
                .formatted(
                    healTimeout.toSeconds(),
                    seed,
                    events().stream().map(String::valueOf).collect(Collectors.joining("\n"))));
      }
      Thread.sleep(POLL_MILLIS);
    }
    long waited = (System.nanoTime() - start) / 1_000_000;
    if (waited > POLL_MILLIS) {
      event("", null, "healed after " + waited + " ms");
    }
  }

  private void event(String node, Fault fault, String text) {
    Event event = new Event(Instant.now(), node, fault, text);
    synchronized (events) {
      events.add(event);
    }
    listener.accept(event);
  }

  @Override
  public String toString() {
    return "chaos with seed " + seed + " and " + faults;
  }
}
