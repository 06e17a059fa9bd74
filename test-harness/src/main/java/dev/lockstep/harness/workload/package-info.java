/** An application whose every transaction can be accounted for afterwards. */
package dev.lockstep.harness.workload;
