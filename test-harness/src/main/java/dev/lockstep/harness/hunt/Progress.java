package dev.lockstep.harness.hunt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How far a round is, and what was found by the way. Thread-safe. */
final class Progress {
  private final List<String> findings = new ArrayList<>();
  private final Map<String, Integer> errors = new TreeMap<>();
  private int running;
  private int statements;
  private int refused;
  private int commits;
  private int rollbacks;
  private boolean busy;
  private boolean nodeKilled;

  synchronized void sessions(int n) {
    running = n;
  }

  synchronized void ended() {
    running--;
    notifyAll();
  }

  synchronized void statement() {
    statements++;
    notifyAll();
  }

  synchronized void refused() {
    refused++;
  }

  synchronized void committed() {
    commits++;
  }

  synchronized void rolledBack() {
    rollbacks++;
  }

  synchronized void error(String kind) {
    errors.merge(kind, 1, Integer::sum);
  }

  synchronized void finding(String text) {
    findings.add(text);
  }

  /** While it is so, sessions go on even if they have done their part. */
  synchronized void busy(boolean now) {
    busy = now;
    notifyAll();
  }

  synchronized boolean busy() {
    return busy;
  }

  synchronized void nodeKilled(boolean now) {
    nodeKilled = now;
  }

  synchronized boolean nodeKilled() {
    return nodeKilled;
  }

  /** Waits until so many statements were executed or all sessions have ended. */
  synchronized void await(int count) throws InterruptedException {
    while (statements < count && running > 0) {
      wait();
    }
  }

  /** Waits until all sessions have ended; whether they have in time. */
  synchronized boolean awaitEnd(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (running > 0) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  synchronized int statements() {
    return statements;
  }

  synchronized int refusals() {
    return refused;
  }

  synchronized int commits() {
    return commits;
  }

  synchronized int rollbacks() {
    return rollbacks;
  }

  synchronized List<String> findings() {
    return List.copyOf(findings);
  }

  synchronized Map<String, Integer> errors() {
    return new TreeMap<>(errors);
  }
}
