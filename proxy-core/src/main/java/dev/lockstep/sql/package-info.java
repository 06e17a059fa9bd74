/**
 * Reads SQL: a hand-written tokenizer classifies statements, Calcite analyses the structure of
 * writes, and plans render deterministic text with literals. What is not understood is refused,
 * never guessed.
 */
package dev.lockstep.sql;
