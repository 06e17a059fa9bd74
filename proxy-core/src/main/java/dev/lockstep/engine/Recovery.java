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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes the last group of a cluster whose owner ended: what any member has, all get, in order
 * (section 3 of the protocol). It was prepared everywhere, and nothing ran since. DDL that was
 * begun and not finished is run where the old definition still stands, if any node has the new one.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

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
      long least = Long.MAX_VALUE;
      long most = 0;
      for (DatabaseNode n : members) {
        Connection c = n.openUnlimited();
        open.put(n, c);
        long position = JournalTables.position(c);
        least = Math.min(least, position);
        most = Math.max(most, position);
      }
      for (Map.Entry<DatabaseNode, Connection> e : open.entrySet()) {
        if (JournalTables.floor(e.getValue()) > least) {
          throw Errors.configuration(
              e.getKey()
                  + " no longer has the journal rows that another member lacks; go on from it with"
                  + " 'lockstep recover --force "
                  + e.getKey()
                  + "'");
        }
      }
      // Of the newest group that all have, each may have other rows; so from the one before it.
      long from = Math.max(0, least - 2);
      for (Map.Entry<DatabaseNode, Connection> target : open.entrySet()) {
        for (Map.Entry<DatabaseNode, Connection> source : open.entrySet()) {
          if (source != target) {
            ReplayResult r =
                new JournalReplay(vendor, target.getValue(), definitions, token)
                    .replay(new JournalReader(source.getValue(), from, most), () -> false);
            if (r.applied() > 0) {
              LOG.info(
                  "rolled {} journal rows of {} forward on {}",
                  r.applied(),
                  source.getKey(),
                  target.getKey());
            }
          }
        }
      }
      return finishDdl(open, epoch, most);
    } finally {
      for (Connection c : open.values()) {
        c.close();
      }
    }
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
