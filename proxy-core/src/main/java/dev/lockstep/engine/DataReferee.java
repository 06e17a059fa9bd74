package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.commit.GroupCommitter;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyReader;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.TableDifferences;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserColumn;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.TableName;
import dev.lockstep.sql.RowsOfEntry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares data on all members when they gave different results; called inside the gate, when no
 * group is in flight, so the less it reads the better: definitions, then the rows that the entry
 * names, then range by range of the primary key.
 */
final class DataReferee implements GroupCommitter.Referee {
  private static final Logger LOG = LoggerFactory.getLogger(DataReferee.class);

  private final Cluster cluster;
  private final Vendor vendor;
  private final boolean stopOnTie;
  private final UserCatalogue catalogue;
  private final TableChecksums checksums;

  DataReferee(Cluster cluster, Vendor vendor, boolean stopOnTie) {
    this.cluster = cluster;
    this.vendor = vendor;
    this.stopOnTie = stopOnTie;
    this.catalogue = UserCatalogue.of(vendor);
    this.checksums = new TableChecksums(vendor);
  }

  @Override
  public List<DatabaseNode> odd(Set<TableName> tables, Entry concerned) throws SQLException {
    long start = System.nanoTime();
    List<DatabaseNode> members = cluster.members();
    List<Connection> open = new ArrayList<>();
    Set<DatabaseNode> odd = new LinkedHashSet<>();
    try {
      for (DatabaseNode n : members) {
        Connection c = n.openUnlimited();
        open.add(c);
        checksums.session(c); // the connection is closed with it
      }
      try (TableDifferences differences = new TableDifferences(vendor, open, () -> false)) {
        for (TableName t : tables) {
          odd.addAll(table(members, open, differences, t, concerned));
          if (concerned != null && !odd.isEmpty()) {
            break;
          }
        }
      }
    } finally {
      for (Connection c : open) {
        c.close();
      }
    }
    LOG.info(
        "compared {} of {} members in {} ms: {}",
        tables,
        members.size(),
        (System.nanoTime() - start) / 1_000_000,
        odd.isEmpty() ? "equal" : odd + " differ");
    return List.copyOf(odd);
  }

  private Set<DatabaseNode> table(
      List<DatabaseNode> members,
      List<Connection> open,
      TableDifferences differences,
      TableName name,
      Entry concerned)
      throws SQLException {
    List<String> definitions = new ArrayList<>();
    for (Connection c : open) {
      definitions.add(catalogue.tableSignature(c, name));
    }
    Set<DatabaseNode> odd = odd(members, definitions, name);
    UserTable table = catalogue.table(open.get(0), name);
    if (!odd.isEmpty() || table == null) {
      return odd;
    }
    if (concerned != null) {
      odd = named(members, differences, table, concerned);
      if (!odd.isEmpty()) {
        return odd;
      }
    }
    Set<DatabaseNode> all = new LinkedHashSet<>();
    differences.walk(
        table,
        chunk -> {
          if (!chunk.equal()) {
            all.addAll(odd(members, chunk.sums(), name));
          }
          // One proof explains one statement. A transaction that was lost is another matter: the
          // member that has it must be found, whoever else differs.
          return concerned == null || all.isEmpty();
        });
    return all;
  }

  /** By the rows that the entry names, where it does. */
  private Set<DatabaseNode> named(
      List<DatabaseNode> members, TableDifferences differences, UserTable table, Entry entry)
      throws SQLException {
    if (entry.context().toLowerCase(Locale.ROOT).contains("sql_mode")) {
      return Set.of(); // its text may mean something else here
    }
    String where =
        RowsOfEntry.condition(
            entry.sql(),
            vendor,
            table.columns().stream().map(UserColumn::name).toList(),
            table.primaryKey(),
            new KeyReader(vendor, table).names());
    if (where == null) {
      return Set.of();
    }
    try {
      return odd(members, differences.sums(table, where), table.name());
    } catch (SQLException e) {
      LOG.warn("cannot look at the rows of {} only: {}", entry.sql(), e.toString());
      return Set.of();
    }
  }

  /** The members whose state is not that of the majority. */
  private Set<DatabaseNode> odd(List<DatabaseNode> members, List<?> states, TableName table)
      throws SQLException {
    Map<Object, Integer> votes = new HashMap<>();
    states.forEach(s -> votes.merge(String.valueOf(s), 1, Integer::sum));
    if (votes.size() == 1) {
      return Set.of();
    }
    Object right = null;
    for (Map.Entry<Object, Integer> e : votes.entrySet()) {
      if (2 * e.getValue() > members.size()) {
        right = e.getKey();
      }
    }
    if (right == null) {
      if (stopOnTie) {
        throw Errors.configuration(
            "the members hold different data in " + table + " and lockstep.onTie=stop");
      }
      right = String.valueOf(states.get(members.indexOf(cluster.primary())));
    }
    Set<DatabaseNode> odd = new LinkedHashSet<>();
    for (int i = 0; i < members.size(); i++) {
      if (!Objects.equals(String.valueOf(states.get(i)), right)) {
        odd.add(members.get(i));
      }
    }
    return odd;
  }
}
