/** Injecting faults into a cluster as a seed decides. */
package dev.lockstep.harness.chaos;
