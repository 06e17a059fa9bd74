/** Looking for statements that make nodes differ: random schemas, random statements, comparison. */
package dev.lockstep.harness.hunt;
