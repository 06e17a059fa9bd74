package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The cluster as its nodes have recorded it at about the same moment. Immutable.
 *
 * @param nodes in the URL's order
 * @param view the newest view that counts, if there is one
 */
record ClusterState(List<NodeState> nodes, Optional<View> view) {

  /**
   * A row of {@code lockstep.view_log}; nodes by id.
   *
   * @param recordedAt milliseconds since 1970
   */
  record View(
      long epoch,
      String id,
      Set<String> members,
      Set<String> lagging,
      String primary,
      Set<String> known,
      String reason,
      long recordedAt) {}

  /** A node's place in the newest view, in the words that the user sees. */
  enum Role {
    PRIMARY,
    MEMBER,
    LAGGING,
    EVICTED,
    INCOMPLETE,
    UNKNOWN;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Whether it is in the view and complete. */
    boolean serves() {
      return this == PRIMARY || this == MEMBER;
    }
  }

  static ClusterState of(List<NodeState> nodes) {
    List<View> candidates = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (NodeState node : nodes) {
      for (View view : node.views()) {
        if (seen.add(view.id())) {
          candidates.add(view);
        }
      }
    }
    candidates.sort(Comparator.comparingLong(View::epoch).reversed());
    return new ClusterState(
        List.copyOf(nodes), candidates.stream().filter(v -> !isVoid(v, nodes)).findFirst());
  }

  /** A view that a reachable member of it has not recorded was never in force. */
  private static boolean isVoid(View view, List<NodeState> nodes) {
    return nodes.stream()
        .filter(node -> node.nodeId() != null && view.members().contains(node.nodeId()))
        .anyMatch(node -> node.views().stream().noneMatch(v -> v.id().equals(view.id())));
  }

  static Set<String> ids(String list) {
    Set<String> ids = new LinkedHashSet<>();
    if (list != null) {
      for (String id : list.split(",")) {
        if (!id.isBlank()) {
          ids.add(id.strip());
        }
      }
    }
    return ids;
  }

  Role role(NodeState node) {
    String id = idOf(node);
    if (id == null || view.isEmpty()) {
      return Role.UNKNOWN;
    }
    if (node.incomplete() != null) {
      return Role.INCOMPLETE;
    }
    if (view.get().lagging().contains(id)) {
      return Role.LAGGING;
    }
    if (!view.get().members().contains(id)) {
      return Role.EVICTED;
    }
    return id.equals(view.get().primary()) ? Role.PRIMARY : Role.MEMBER;
  }

  /** The node's id: its own word, or for a node that does not answer that of the others. */
  String idOf(NodeState node) {
    if (node.reachable()) {
      return node.nodeId();
    }
    for (Map.Entry<String, String> entry : names().entrySet()) {
      if (entry.getValue().equals(node.name())) {
        return entry.getKey();
      }
    }
    return null;
  }

  /** Names by id, of all nodes that any node has heard of; the URL's names win. */
  Map<String, String> names() {
    Map<String, String> names = new HashMap<>();
    nodes.forEach(node -> names.putAll(node.names()));
    for (NodeState node : nodes) {
      if (node.nodeId() != null) {
        names.put(node.nodeId(), node.name());
      }
    }
    // One node that does not answer and one id that nobody has: they belong together.
    List<NodeState> silent =
        nodes.stream()
            .filter(node -> !node.reachable() && !names.containsValue(node.name()))
            .toList();
    List<String> nameless =
        view.map(v -> v.known().stream().filter(id -> !names.containsKey(id)).toList())
            .orElse(List.of());
    if (silent.size() == 1 && nameless.size() == 1) {
      names.put(nameless.get(0), silent.get(0).name());
    }
    return names;
  }

  /** The newest group in any journal. */
  long newestGroup() {
    return nodes.stream().mapToLong(NodeState::group).max().orElse(0);
  }

  boolean anyReachable() {
    return nodes.stream().anyMatch(NodeState::reachable);
  }

  /** The owner that the primary names, else that any member names, or null. */
  String owner() {
    return nodes.stream()
        .filter(node -> node.owner() != null && role(node).serves())
        .min(Comparator.comparing(this::role))
        .map(NodeState::owner)
        .orElse(null);
  }
}
