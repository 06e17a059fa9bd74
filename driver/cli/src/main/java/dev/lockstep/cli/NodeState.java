package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one node says of itself. Immutable.
 *
 * @param name the node in the URL
 * @param reachable whether it answered
 * @param error why it did not, or null
 * @param nodeId its id in the cluster, or null where it has none yet
 * @param recordedName the name that the cluster has stored on it, or null
 * @param incomplete why its data must not be used, or null
 * @param owner the last owner that has taken it over, or null
 * @param group the newest group in its journal; 0 where there is none
 * @param views the newest views that it has recorded, the newest first
 * @param names names of the nodes by id, as the owner last knew them
 */
record NodeState(
    String name,
    boolean reachable,
    String error,
    String nodeId,
    String recordedName,
    String incomplete,
    String owner,
    long group,
    List<ClusterState.View> views,
    Map<String, String> names) {

  static NodeState unreachable(String name, String error) {
    return new NodeState(name, false, error, null, null, null, null, 0, List.of(), Map.of());
  }

  /** Collects what the queries find. */
  static final class Builder {
    private final String name;
    String nodeId;
    String recordedName;
    String incomplete;
    String owner;
    long group;
    final List<ClusterState.View> views = new ArrayList<>();
    final Map<String, String> names = new HashMap<>();

    Builder(String name) {
      this.name = name;
    }

    NodeState build() {
      return new NodeState(
          name,
          true,
          null,
          nodeId,
          recordedName,
          incomplete,
          owner,
          group,
          List.copyOf(views),
          Map.copyOf(names));
    }
  }
}
