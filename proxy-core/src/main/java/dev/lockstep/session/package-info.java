/**
 * What one application connection does: statements, transactions, reads, and write sets under
 * construction.
 */
package dev.lockstep.session;
