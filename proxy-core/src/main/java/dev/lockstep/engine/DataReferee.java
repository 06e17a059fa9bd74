package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.commit.GroupCommitter;
import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableChecksum;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Compares whole tables on all members, by definition and checksum, when they gave different
 * results; called inside the gate, when no group is in flight.
 */
final class DataReferee implements GroupCommitter.Referee {
  private final Cluster cluster;
  private final Vendor vendor;
  private final boolean stopOnTie;

  DataReferee(Cluster cluster, Vendor vendor, boolean stopOnTie) {
    this.cluster = cluster;
    this.vendor = vendor;
    this.stopOnTie = stopOnTie;
  }

  @Override
  public List<DatabaseNode> odd(Set<TableName> tables) throws SQLException {
    List<DatabaseNode> members = cluster.members();
    Map<DatabaseNode, String> state = new HashMap<>();
    Map<String, Integer> votes = new HashMap<>();
    for (DatabaseNode n : members) {
      String s = state(n, tables);
      state.put(n, s);
      votes.merge(s, 1, Integer::sum);
    }
    if (votes.size() == 1) {
      return List.of();
    }
    String right = null;
    for (Map.Entry<String, Integer> e : votes.entrySet()) {
      if (2 * e.getValue() > members.size()) {
        right = e.getKey();
      }
    }
    if (right == null) {
      if (stopOnTie) {
        throw Errors.configuration(
            "the members hold different data in " + tables + " and lockstep.onTie=stop");
      }
      right = state.get(cluster.primary());
    }
    List<DatabaseNode> odd = new ArrayList<>();
    for (DatabaseNode n : members) {
      if (!Objects.equals(state.get(n), right)) {
        odd.add(n);
      }
    }
    return odd;
  }

  private String state(DatabaseNode n, Set<TableName> tables) throws SQLException {
    UserCatalogue catalogue = UserCatalogue.of(vendor);
    TableChecksums sums = new TableChecksums(vendor);
    StringBuilder b = new StringBuilder();
    try (Connection c = n.openUnlimited()) {
      for (TableName t : tables) {
        UserTable table = catalogue.table(c, t);
        b.append(t).append(' ').append(catalogue.tableSignature(c, t)).append(' ');
        TableChecksum sum = table == null ? null : sums.table(c, table, KeyRange.ALL);
        b.append(sum).append('\n');
      }
    }
    return b.toString();
  }
}
