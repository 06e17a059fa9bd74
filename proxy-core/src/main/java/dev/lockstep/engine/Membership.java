package dev.lockstep.engine;

import dev.lockstep.cluster.NodeControl;
import dev.lockstep.cluster.View;
import dev.lockstep.config.Errors;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Chooses the view that a cluster starts from (section 4 of the protocol). It works on the view
 * rows of the reachable nodes only and touches no server, so that every case can be tested.
 */
final class Membership {
  /**
   * The choice.
   *
   * @param view the newest view that counts
   * @param history that view and its ancestors, oldest first
   * @param newestEpoch highest epoch seen anywhere, also in void views
   */
  record Choice(View view, List<View> history, long newestEpoch) {}

  private Membership() {}

  /**
   * @param recorded for each reachable node its id and the views recorded on it
   * @param minNodes least members of a view
   * @throws SQLException 08004 when the views contradict each other, 08001 when too few members are
   *     reachable
   */
  static Choice choose(Map<String, List<View>> recorded, ToIntFunction<View> minNodes)
      throws SQLException {
    Map<String, View> all = new LinkedHashMap<>();
    Map<String, Set<String>> has = new HashMap<>();
    long newest = 0;
    for (Map.Entry<String, List<View>> e : recorded.entrySet()) {
      Set<String> ids = has.computeIfAbsent(e.getKey(), k -> new HashSet<>());
      for (View v : e.getValue()) {
        all.putIfAbsent(v.id(), v);
        ids.add(v.id());
        newest = Math.max(newest, v.epoch());
      }
    }
    View best = null;
    List<View> valid = new ArrayList<>();
    for (View v : all.values()) {
      if (!isVoid(v, has)) {
        valid.add(v);
        if (best == null || v.epoch() > best.epoch()) {
          best = v;
        }
      }
    }
    if (best == null) {
      throw Errors.configuration(
          "no view of the cluster is recorded completely; choose the node to go on from with"
              + " 'lockstep recover --force NODE'");
    }
    List<View> history = ancestors(best, all);
    for (View v : valid) {
      if (!history.contains(v) && !olderThanTrimmed(v, history)) {
        throw Errors.configuration(
            "the nodes recorded two different courses of the cluster (views "
                + describe(v)
                + " and "
                + describe(best)
                + "): both may hold acknowledged transactions that the other lacks. Decide with"
                + " 'lockstep recover --force NODE'");
      }
    }
    int reachable = 0;
    List<String> missing = new ArrayList<>();
    for (String m : best.members()) {
      if (recorded.containsKey(m)) {
        reachable++;
      } else {
        missing.add(m);
      }
    }
    int min = minNodes.applyAsInt(best);
    if (reachable < min || missing.size() >= min) {
      throw Errors.cannotConnect(
          "only "
              + reachable
              + " of the "
              + best.members().size()
              + " members of the last view are reachable (missing node ids: "
              + missing
              + "), so that a newer one may exist; start the missing nodes, or see 'lockstep recover"
              + " --force NODE'",
          null);
    }
    return new Choice(best, history, newest);
  }

  /**
   * A view is void if a reachable member of it lacks its row: nothing was acknowledged under it.
   */
  private static boolean isVoid(View v, Map<String, Set<String>> has) {
    for (String m : v.members()) {
      Set<String> ids = has.get(m);
      if (ids != null && !ids.contains(v.id())) {
        return true;
      }
    }
    return false;
  }

  private static List<View> ancestors(View v, Map<String, View> all) {
    List<View> chain = new ArrayList<>();
    for (View at = v; at != null; at = at.parent() == null ? null : all.get(at.parent())) {
      chain.add(0, at);
    }
    return chain;
  }

  /** A view before the oldest that is kept: its link is lost, not contradicted. */
  private static boolean olderThanTrimmed(View v, List<View> history) {
    View oldest = history.get(0);
    return oldest.parent() != null && v.epoch() < oldest.epoch();
  }

  private static String describe(View v) {
    return "epoch " + v.epoch() + " of members " + v.members();
  }

  /** Reachable members of a view, in its order. */
  static List<NodeControl> members(View v, Map<String, NodeControl> reachable) {
    List<NodeControl> m = new ArrayList<>();
    for (String id : v.members()) {
      NodeControl c = reachable.get(id);
      if (c != null) {
        m.add(c);
      }
    }
    return m;
  }
}
