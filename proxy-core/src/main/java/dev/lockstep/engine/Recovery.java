package dev.lockstep.engine;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.resync.DdlResolver;
import dev.lockstep.resync.JournalReader;
import dev.lockstep.resync.JournalReplay;
import dev.lockstep.resync.JournalTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes the last group of a cluster whose owner ended: what any member has, all get, in order
 * (section 3 of the protocol). It was prepared everywhere, and nothing ran since.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final Vendor vendor;
  private final DdlResolver resolver;

  Recovery(Vendor vendor, DdlResolver resolver) {
    this.vendor = vendor;
    this.resolver = resolver;
  }

  /**
   * Makes the journals of these nodes, and so their data, equal.
   *
   * @return the newest group
   */
  long complete(List<DatabaseNode> members) throws SQLException {
    List<Connection> open = new ArrayList<>();
    try {
      long least = Long.MAX_VALUE;
      long most = 0;
      for (DatabaseNode n : members) {
        Connection c = n.openUnlimited();
        open.add(c);
        long position = JournalTables.position(c);
        least = Math.min(least, position);
        most = Math.max(most, position);
      }
      // One group back: of the newest group that all have, each may have other rows.
      long from = Math.max(0, least - 2);
      TreeMap<Place, JournalRow> union = new TreeMap<>();
      for (int i = 0; i < open.size(); i++) {
        long floor = JournalTables.floor(open.get(i));
        if (floor > least) {
          throw Errors.configuration(
              members.get(i).name()
                  + " no longer has the journal rows that another member lacks; go on from it with"
                  + " 'lockstep recover --force "
                  + members.get(i).name()
                  + "'");
        }
        JournalReader reader = new JournalReader(open.get(i), from, most);
        JournalRow r;
        while ((r = reader.next()) != null) {
          JournalRow other = union.putIfAbsent(new Place(r.group(), r.index()), r);
          if (other != null && !other.tx().equals(r.tx())) {
            throw Errors.configuration(
                "two members have different transactions at group "
                    + r.group()
                    + ": their journals contradict each other; decide with 'lockstep recover"
                    + " --force NODE'");
          }
        }
      }
      for (int i = 0; i < open.size(); i++) {
        int n =
            new JournalReplay(vendor, open.get(i), resolver).apply(new ArrayList<>(union.values()));
        if (n > 0) {
          LOG.info("rolled {} journal rows forward on {}", n, members.get(i).name());
        }
      }
      return most;
    } finally {
      for (Connection c : open) {
        c.close();
      }
    }
  }

  private record Place(long group, int index) implements Comparable<Place> {
    @Override
    public int compareTo(Place o) {
      int c = Long.compare(group, o.group);
      return c != 0 ? c : Integer.compare(index, o.index);
    }
  }
}
