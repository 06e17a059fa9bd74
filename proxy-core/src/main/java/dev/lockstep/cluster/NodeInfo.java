package dev.lockstep.cluster;

/**
 * A node's identity as stored on it.
 *
 * @param incomplete why its data must not be used (a copy or repair was under way), or null
 */
public record NodeInfo(
    String clusterId, String nodeId, String nodeName, String incomplete, int format) {}
