package dev.lockstep.commit;

import dev.lockstep.node.DatabaseNode;
import java.util.ArrayList;
import java.util.List;

/** Transactions that commit together. Used inside the gate. */
final class Group {
  /** All that were in it at first. */
  final List<Pending> all = new ArrayList<>();

  /** Those that are still to be committed. */
  final List<Pending> members = new ArrayList<>();

  final long number;

  /** Whether the primary executes it on a lane as the replicas do, instead of on sessions. */
  final boolean shared;

  /** The lanes that have got it: the replicas', and before them the primary's where shared. */
  List<Lane> lanes;

  /** The primary that its transactions are on. */
  DatabaseNode primary;

  /** When it was sent, by {@link System#nanoTime}. */
  long start;

  /** Whether the answers to its prepare packets are still to be read. */
  boolean sent;

  /** Whether COMMIT is on its way everywhere. */
  boolean committing;

  /** Shared: how often one had to leave with its result. */
  int settled;

  /** The answers, once they are read. */
  Answers answers;

  Group(Pending first, long number) {
    this.number = number;
    this.shared = first.shared;
    add(first);
  }

  /** Takes one more in, as the last. */
  void add(Pending p) {
    p.index = all.size();
    all.add(p);
    members.add(p);
  }

  /** Whether nobody has to be waited for, or hardly, before it is prepared. */
  boolean answered() {
    for (Lane lane : lanes) {
      if (!lane.answered()) {
        return false;
      }
    }
    if (!shared) {
      for (Pending p : members) {
        if (!p.prepared && !p.connection().answered()) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether it is one transaction whose write set is in parts. */
  boolean large() {
    return all.get(0).large();
  }

  /** See {@link Pending#patience}. */
  long patience(long timeoutMillis) {
    return all.get(0).patience(timeoutMillis);
  }

  /** What is left of a time-out since {@link #start}, in milliseconds; at least 1. */
  long left(long timeoutMillis) {
    return Math.max(1, timeoutMillis - (System.nanoTime() - start) / 1_000_000);
  }
}
