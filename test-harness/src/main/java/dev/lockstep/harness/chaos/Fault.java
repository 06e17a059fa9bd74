package dev.lockstep.harness.chaos;

/** What {@link Chaos} can do to a node. */
public enum Fault {
  /** kill -9; started again after a while. */
  KILL(false),
  /** Shut down cleanly; started again after a while. */
  STOP(false),
  /** SIGSTOP; SIGCONT after a while. */
  FREEZE(false),
  /** The server ends some of its client connections. */
  KILL_CONNECTIONS(false),
  /** All connections are reset and new ones refused for a while. */
  CUT(true),
  /** All connections are reset once; new ones work. */
  RESET(true),
  /** The network swallows everything for a while. */
  BLACK_HOLE(true),
  /** The network swallows what goes to the server for a while. */
  LOSE_REQUESTS(true),
  /** The network swallows what comes from the server for a while. */
  LOSE_ANSWERS(true),
  /** The network delivers nothing for a while, then everything. */
  HOLD(true),
  /** The network is slow for a while. */
  DELAY(true);

  private final boolean needsProxy;

  Fault(boolean needsProxy) {
    this.needsProxy = needsProxy;
  }

  /** Whether it takes a cluster with proxies. */
  public boolean needsProxy() {
    return needsProxy;
  }
}
