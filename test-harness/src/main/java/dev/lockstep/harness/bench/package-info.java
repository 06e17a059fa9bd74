/** Benchmarks: throughput beside one plain node, and the pauses that failures cause. */
package dev.lockstep.harness.bench;
