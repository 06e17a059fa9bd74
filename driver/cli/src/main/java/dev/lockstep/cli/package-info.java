/**
 * The {@code lockstep} command: a demonstration, a script runner, and an operator's view of a
 * cluster. Commands that only look read the nodes with plain connections; commands to a running
 * owner go through the table {@code lockstep.command}.
 */
package dev.lockstep.cli;
