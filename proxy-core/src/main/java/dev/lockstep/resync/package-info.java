/** Makes a node equal to the cluster again: journal replay, repair, full copy. */
package dev.lockstep.resync;
