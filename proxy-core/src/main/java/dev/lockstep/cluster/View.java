package dev.lockstep.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Who belongs to the cluster at a time. Immutable; nodes are given by id.
 *
 * @param epoch grows by one with each view
 * @param id random
 * @param parent id of the view before, or null for the first
 * @param members in order of joining
 * @param lagging members that are not waited for (none in strong mode)
 * @param primary the member that executes read-write transactions first
 * @param known every node that has ever joined; minNodes counts these
 * @param reason why it came to be
 */
public record View(
    long epoch,
    String id,
    String parent,
    List<String> members,
    List<String> lagging,
    String primary,
    List<String> known,
    String reason) {

  /**
   * Reason prefix of a view that dropped a node for different data; such a node is compared with a
   * member, and repaired, before it comes back.
   */
  public static final String DIFFERENCE = "difference: ";

  /** The first view of a cluster. */
  public static View first(List<String> members, String primary, String reason) {
    return new View(
        1, UUID.randomUUID().toString(), null, members, List.of(), primary, members, reason);
  }

  /**
   * The view after this one without the given nodes; {@code newPrimary} where the primary is one of
   * them.
   */
  public View without(List<String> nodes, String why) {
    List<String> left = new ArrayList<>(members);
    left.removeAll(nodes);
    String p = left.contains(primary) ? primary : left.isEmpty() ? primary : left.get(0);
    return new View(
        epoch + 1, UUID.randomUUID().toString(), id, left, List.of(), p, known, cut(why));
  }

  /** The view after this one with one more node. */
  public View with(String node, String why) {
    List<String> more = new ArrayList<>(members);
    more.add(node);
    List<String> all = new ArrayList<>(known);
    if (!all.contains(node)) {
      all.add(node);
    }
    return new View(
        epoch + 1,
        UUID.randomUUID().toString(),
        id,
        List.copyOf(more),
        List.of(),
        primary,
        List.copyOf(all),
        cut(why));
  }

  /** The view after this one with another primary. */
  public View withPrimary(String node, String why) {
    return new View(
        epoch + 1, UUID.randomUUID().toString(), id, members, lagging, node, known, cut(why));
  }

  /** The same view with another epoch. */
  View atEpoch(long number) {
    return new View(number, id, parent, members, lagging, primary, known, reason);
  }

  private static String cut(String s) {
    return s.length() <= 480 ? s : s.substring(0, 480);
  }
}
