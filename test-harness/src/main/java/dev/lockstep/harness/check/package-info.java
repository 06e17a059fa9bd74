/** Comparing what several nodes hold. */
package dev.lockstep.harness.check;
