/**
 * Real database servers in processes of their own, clusters of them, and a proxy that misbehaves
 * like a network.
 */
package dev.lockstep.harness.server;
