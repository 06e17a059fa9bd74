package dev.lockstep.engine;

import dev.lockstep.commit.DdlText;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.journal.JournalSql;
import dev.lockstep.journal.WriteSetCodec;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.TableName;
import dev.lockstep.resync.JournalReader;
import dev.lockstep.resync.JournalReplay;
import dev.lockstep.resync.JournalTables;
import dev.lockstep.resync.ReplayResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes the last group of a cluster whose owner ended: what any member has, all get, in order
 * (section 3 of the protocol). It was prepared everywhere, and nothing ran since. DDL that was
 * begun and not finished is run where the old definition still stands, if any node has the new one.
 * Members on H2 that were closed meanwhile are compared, see {@link ReopenedMembers}.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private static final int VALID_SECONDS = 5;

  private final Vendor vendor;
  private final Definitions definitions;
  private final String token;

  Recovery(Vendor vendor, Definitions definitions, String token) {
    this.vendor = vendor;
    this.definitions = definitions;
    this.token = token;
  }

  /**
   * Makes the journals of these nodes, and so their data, equal.
   *
   * @return the newest group
   */
  long complete(List<DatabaseNode> members, long epoch) throws SQLException {
    Map<DatabaseNode, Connection> open = new LinkedHashMap<>();
    try {
      for (DatabaseNode n : members) {
        open.put(n, n.openUnlimited());
      }
      ReopenedMembers reopened = new ReopenedMembers(vendor, open);
      return reopened.none()
          ? complete(open, null, epoch)
          : reopened.complete((nodes, failed) -> complete(nodes, failed, epoch));
    } finally {
      for (Connection c : open.values()) {
        c.close();
      }
    }
  }

  /**
   * @param failed where not null, nodes are added to it that cannot be made equal to the one that
   *     has got furthest, which never is; else that is an error
   */
  private long complete(Map<DatabaseNode, Connection> open, Set<DatabaseNode> failed, long epoch)
      throws SQLException {
    Map<DatabaseNode, Long> positions = new LinkedHashMap<>();
    DatabaseNode furthest = null;
    long least = Long.MAX_VALUE;
    long most = 0;
    for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
      long position = JournalTables.position(e.getValue());
      positions.put(e.getKey(), position);
      least = Math.min(least, position);
      if (furthest == null || position > most) {
        most = position;
        furthest = e.getKey();
      }
    }
    for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
      long floor = JournalTables.floor(e.getValue());
      if (floor > least && failed == null) {
        throw Errors.configuration(
            e.getKey()
                + " no longer has the journal rows that another member lacks; go on from it with"
                + " 'lockstep recover --force "
                + e.getKey()
                + "'");
      }
      positions.forEach(
          (n, position) -> {
            if (position < floor) {
              failed.add(n);
            }
          });
    }
    // Of the newest group that all have, each may have other rows; so from the one before it.
    long from = Math.max(0, least - 2);
    List<DatabaseNode> targets = new ArrayList<>(open.keySet());
    targets.remove(furthest);
    targets.add(0, furthest);
    for (DatabaseNode target : targets) {
      for (DatabaseNode source : open.keySet()) {
        if (source == target
            || failed != null && (failed.contains(target) || failed.contains(source))) {
          continue;
        }
        try {
          rollForward(target, source, open, from, most);
        } catch (SQLException e) {
          if (failed == null || gone(open.get(target)) || gone(open.get(source))) {
            throw e;
          }
          LOG.warn("{} cannot take the journal rows of {}: {}", target, source, e.getMessage());
          failed.add(target == furthest ? source : target);
        }
      }
    }
    Map<DatabaseNode, Connection> equal = new LinkedHashMap<>(open);
    if (failed != null) {
      equal.keySet().removeAll(failed);
    }
    return finishDdl(equal, epoch, most);
  }

  private void rollForward(
      DatabaseNode target,
      DatabaseNode source,
      Map<DatabaseNode, Connection> open,
      long after,
      long upTo)
      throws SQLException {
    // What its floor covers the target holds, though the rows are not there: trimmed, or copied.
    long from = Math.max(after, JournalTables.floor(open.get(target)));
    ReplayResult r =
        new JournalReplay(vendor, open.get(target), definitions, token)
            .replay(new JournalReader(open.get(source), from, upTo), () -> false);
    if (r.applied() > 0) {
      LOG.info("rolled {} journal rows of {} forward on {}", r.applied(), source, target);
    }
  }

  private static boolean gone(Connection c) throws SQLException {
    return c.isClosed() || !c.isValid(VALID_SECONDS);
  }

  private long finishDdl(Map<DatabaseNode, Connection> open, long epoch, long last)
      throws SQLException {
    JournalRow intent = null;
    for (Connection c : open.values()) {
      for (JournalRow r : JournalTables.openDdl(c)) {
        intent = r;
      }
    }
    if (intent == null) {
      return last;
    }
    String old = Definitions.signature(intent);
    String result = old;
    List<DatabaseNode> behind = new ArrayList<>();
    for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
      String now = definitions.now(e.getValue(), intent);
      if (now.equals(old)) {
        behind.add(e.getKey());
      } else if (result.equals(old) || result.equals(now)) {
        result = now;
      } else {
        throw Errors.configuration(
            "interrupted DDL left three different definitions of "
                + intent.tables()
                + "; go on from the node that is right with 'lockstep recover --force NODE'");
      }
    }
    boolean effect = !result.equals(old);
    if (!effect && DdlText.keepsDefinition(intent.entries().get(0).sql())) {
      // Nobody can tell on which nodes it ran; run again it does the same.
      effect = true;
    }
    if (effect) {
      for (DatabaseNode n : behind) {
        LOG.info("finishing interrupted DDL on {}", n);
        try (Statement s = open.get(n).createStatement()) {
          for (String sql : Definitions.statements(intent)) {
            for (String part : sql.startsWith("SET ") ? sql.split(";") : new String[] {sql}) {
              s.execute(part);
            }
          }
        }
        if (!definitions.now(open.get(n), intent).equals(result)) {
          throw Errors.configuration(
              "interrupted DDL could not be finished on " + n + ": " + intent.tables());
        }
      }
    }
    StringBuilder set = new StringBuilder();
    WriteSetCodec.append(
        set,
        new Entry("", null, "", "/* " + result + " */", effect ? 1 : 0, new TableName("", "")));
    for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
      String tail =
          JournalSql.tail(
              e.getKey().dialect(),
              intent.tx(),
              JournalRow.Kind.DDL_DONE,
              System.currentTimeMillis(),
              intent.tables(),
              set.toString());
      try (Statement s = e.getValue().createStatement()) {
        s.executeUpdate(JournalSql.fenced(e.getKey().dialect(), token, last + 1, 0, epoch, tail));
      }
    }
    return last + 1;
  }
}
