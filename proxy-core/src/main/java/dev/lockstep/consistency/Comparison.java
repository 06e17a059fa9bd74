package dev.lockstep.consistency;

import dev.lockstep.node.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What {@link TableChecksums#compare} found. Nodes are numbered in the order in which they were
 * given.
 *
 * @param tables the tables that are not the same everywhere, sorted
 * @param sameCatalogue whether all nodes have the same definitions of everything
 */
public record Comparison(List<Difference> tables, boolean sameCatalogue) {
  /**
   * One table that is not the same everywhere.
   *
   * @param table its name
   * @param sums per node its rows and hash, or null where the node does not have it
   * @param sameDefinition whether all nodes that have it define it in the same way
   * @param oddNodes the nodes that are not with the majority; empty where there is no majority
   */
  public record Difference(
      TableName table, List<TableChecksum> sums, boolean sameDefinition, List<Integer> oddNodes) {
    @Override
    public String toString() {
      return table
          + " ("
          + sums.stream()
              .map(s -> s == null ? "missing" : s.rows() + " rows")
              .collect(Collectors.joining(" / "))
          + (sameDefinition ? "" : ", defined differently")
          + ")";
    }
  }

  /** Whether the nodes are equal in definitions and data. */
  public boolean equal() {
    return tables.isEmpty() && sameCatalogue;
  }

  /** One sentence for messages. */
  public String describe() {
    if (equal()) {
      return "all tables are equal";
    }
    if (tables.isEmpty()) {
      return "all tables are equal, but schemas, views or other objects differ";
    }
    return "different tables: "
        + tables.stream().map(Difference::toString).collect(Collectors.joining(", "));
  }

  static Comparison of(
      List<Map<TableName, TableChecksum>> sums,
      List<Map<TableName, String>> definitions,
      List<String> signatures) {
    Set<TableName> names = new TreeSet<>(MysqlUserCatalogue.BY_NAME);
    sums.forEach(m -> names.addAll(m.keySet()));
    List<Difference> differences = new ArrayList<>();
    for (TableName t : names) {
      List<TableChecksum> each = new ArrayList<>();
      List<List<Object>> states = new ArrayList<>();
      Set<String> texts = new HashSet<>();
      for (int i = 0; i < sums.size(); i++) {
        TableChecksum sum = sums.get(i).get(t);
        String text = definitions.get(i).get(t);
        each.add(sum);
        // Arrays.asList-like pair that may hold nulls
        List<Object> state = new ArrayList<>();
        state.add(sum);
        state.add(text);
        states.add(state);
        if (sum != null) {
          texts.add(Objects.toString(text));
        }
      }
      if (new HashSet<>(states).size() > 1) {
        differences.add(new Difference(t, each, texts.size() == 1, odd(states)));
      }
    }
    return new Comparison(differences, new HashSet<>(signatures).size() <= 1);
  }

  private static List<Integer> odd(List<List<Object>> states) {
    Map<List<Object>, Integer> votes = new HashMap<>();
    states.forEach(s -> votes.merge(s, 1, Integer::sum));
    for (Map.Entry<List<Object>, Integer> e : votes.entrySet()) {
      if (2 * e.getValue() > states.size()) {
        List<Integer> odd = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
          if (!states.get(i).equals(e.getKey())) {
            odd.add(i);
          }
        }
        return odd;
      }
    }
    return List.of();
  }
}
