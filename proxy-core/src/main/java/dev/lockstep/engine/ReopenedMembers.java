package dev.lockstep.engine;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.Comparison;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.OpenMark;
import dev.lockstep.resync.Alignment;
import dev.lockstep.resync.H2Leftovers;
import dev.lockstep.resync.IncompleteMark;
import dev.lockstep.resync.JournalTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recovery of members on H2 of which some were closed since they were equal to the others (see
 * {@link OpenMark}): their journals are no proof of what they hold, and a row of a journal may
 * itself be of a transaction that was not committed.
 *
 * <ul>
 *   <li>Where a member stayed open, only such members complete the last group; it has all that was
 *       acknowledged. The others are compared with it, and what only they have is saved and undone:
 *       that was not acknowledged, whether committed or not.
 *   <li>Where all were closed, H2 may have lost what was committed last, on some of them or on all.
 *       So a row that is on one only still is rolled forward on those that can take it, as it is a
 *       whole write set, and all or nothing of it is there when this ends. Then all tables are
 *       compared between those members whose journals could be completed. The majority is right;
 *       where there is none, the member that had got furthest.
 * </ul>
 *
 * Used once, on one thread.
 */
final class ReopenedMembers {
  private static final Logger LOG = LoggerFactory.getLogger(ReopenedMembers.class);

  private final Vendor vendor;
  private final Map<DatabaseNode, Connection> open;
  private final Set<DatabaseNode> reopened = new LinkedHashSet<>();
  private final Alignment alignment;

  /** The members, with a connection to each that belongs to this object while it works. */
  ReopenedMembers(Vendor vendor, Map<DatabaseNode, Connection> open) throws SQLException {
    this.vendor = vendor;
    this.open = open;
    this.alignment = new Alignment(vendor);
    for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
      if (OpenMark.missing(vendor, e.getValue())) {
        reopened.add(e.getKey());
      }
    }
  }

  /** Whether there is nothing to do here. */
  boolean none() {
    return reopened.isEmpty();
  }

  /** Makes journals equal; gives the newest group. */
  @FunctionalInterface
  interface Completion {
    /**
     * Completes.
     *
     * @param failed where not null, nodes are added to it that cannot be made equal, but not all
     */
    long complete(Map<DatabaseNode, Connection> nodes, Set<DatabaseNode> failed)
        throws SQLException;
  }

  /**
   * Makes all members equal.
   *
   * @return the newest group
   */
  long complete(Completion completion) throws SQLException {
    LOG.info("{} were closed since they were members, and are compared", reopened);
    Map<DatabaseNode, Connection> sound = new LinkedHashMap<>(open);
    sound.keySet().removeAll(reopened);
    long last;
    DatabaseNode source;
    if (!sound.isEmpty()) {
      last = completion.complete(sound, null);
      source = sound.keySet().iterator().next();
      sound.keySet().retainAll(Set.of(source));
    } else {
      Map<DatabaseNode, Long> reached = new LinkedHashMap<>();
      for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
        String why = unusable(e.getValue());
        if (why == null) {
          sound.put(e.getKey(), e.getValue());
          reached.put(e.getKey(), JournalTables.position(e.getValue()));
        } else {
          LOG.warn("{} is not used as it is: {}", e.getKey(), why);
        }
      }
      if (sound.isEmpty()) {
        throw Errors.configuration(
            "no member can be gone on from as it is; the log says what each needs");
      }
      Set<DatabaseNode> failed = new LinkedHashSet<>();
      last = completion.complete(sound, failed);
      sound.keySet().removeAll(failed);
      Comparison c = new TableChecksums(vendor).compare(List.copyOf(sound.values()));
      source = source(c, List.copyOf(sound.keySet()), reached);
      if (!c.equal()) {
        LOG.warn("{}; {} is taken as right", c.describe(), source);
        sound.keySet().retainAll(Set.of(source));
      }
    }
    Connection from = open.get(source);
    for (DatabaseNode n : reopened) {
      if (!sound.containsKey(n)) {
        alignment.align(n, open.get(n), source, from);
      } else if (n != source) {
        Alignment.alignSequences(open.get(n), from);
      }
      Alignment.removeOrphans(open.get(n));
    }
    for (Connection c : open.values()) {
      OpenMark.set(vendor, c);
    }
    return last;
  }

  private static String unusable(Connection c) throws SQLException {
    String incomplete = IncompleteMark.get(c);
    return incomplete == null ? H2Leftovers.damage(c) : incomplete;
  }

  /** The one that is outvoted in the fewest tables; of several that had got furthest. */
  private static DatabaseNode source(
      Comparison c, List<DatabaseNode> nodes, Map<DatabaseNode, Long> reached) {
    List<Integer> odd = new ArrayList<>();
    c.tables().forEach(t -> odd.addAll(t.oddNodes()));
    DatabaseNode best = null;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < nodes.size(); i++) {
      int number = i;
      long against = odd.stream().filter(o -> o == number).count();
      boolean further = best == null || reached.get(nodes.get(i)) > reached.get(best);
      if (against < least || against == least && further) {
        best = nodes.get(i);
        least = against;
      }
    }
    return best;
  }
}
