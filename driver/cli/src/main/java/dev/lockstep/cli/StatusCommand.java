package dev.lockstep.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lockstep status}. */
@Command(
    name = "status",
    header = "Shows the nodes, the view, the primary and how far each journal is.",
    description = {
      "Reads the nodes with plain connections: it does not become the owner, disturbs no owner, and"
          + " works while some nodes are down.",
      "STATE is primary, member, lagging, evicted, incomplete (a copy or repair has not finished;"
          + " its data must not be used) or unknown (not part of a cluster yet).",
      "OWNER is the process that last took the node over; it may have ended since."
    },
    footer = {
      "",
      "Examples:",
      "  lockstep status jdbc:lockstep:mysql://db1,db2,db3/shop --user app --password-env DB_PW",
      "  LOCKSTEP_URL=jdbc:lockstep:h2:tcp://{h1:9092,h2:9092}/./shop lockstep status --json"
    })
final class StatusCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  @Spec private CommandSpec spec;
  @Mixin private ClusterOptions cluster;

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--node-timeout",
      paramLabel = "MS",
      defaultValue = "3000",
      description = "Milliseconds to wait for a node; default: ${DEFAULT-VALUE}.")
  private int timeoutMillis;

  @Override
  public Integer call() throws IOException, InterruptedException {
    cluster.rest(0);
    ClusterState state = new ClusterReader(cluster.cluster(), timeoutMillis).read();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .writeValueAsString(json(state)));
    } else {
      print(state, out);
    }
    out.flush();
    return state.anyReachable() ? ExitCode.OK : ExitCode.UNREACHABLE;
  }

  static void print(ClusterState state, PrintWriter out) {
    if (state.view().isPresent()) {
      ClusterState.View view = state.view().get();
      out.printf(
          "View %d: %d of %d nodes, primary %s; since %s (%s)%n",
          view.epoch(),
          view.members().size(),
          view.known().size(),
          state.names().getOrDefault(view.primary(), view.primary()),
          TIME.format(Instant.ofEpochMilli(view.recordedAt()).atZone(ZoneId.systemDefault())),
          view.reason());
      out.println("Owner: " + (state.owner() == null ? "none yet" : state.owner()));
    } else if (state.anyReachable()) {
      out.println("No view: no process has used these nodes as a cluster yet.");
    } else {
      out.println("No node can be reached.");
    }
    out.println();
    List<String[]> rows = new ArrayList<>();
    for (NodeState node : state.nodes()) {
      boolean known = node.nodeId() != null;
      rows.add(
          new String[] {
            node.name(),
            node.reachable() ? "yes" : "no",
            state.role(node).word(),
            node.views().isEmpty() ? "" : Long.toString(node.views().get(0).epoch()),
            known ? Long.toString(node.group()) : "",
            known ? Long.toString(state.newestGroup() - node.group()) : "",
            node.owner() == null ? "" : node.owner(),
            note(node)
          });
    }
    TextTable.print(
        out,
        List.of("NODE", "REACHABLE", "STATE", "VIEW", "GROUP", "LAG", "OWNER", "NOTE"),
        new boolean[] {false, false, false, true, true, true, false, false},
        rows);
  }

  private static String note(NodeState node) {
    if (node.error() != null) {
      return node.error();
    }
    return node.incomplete() == null ? "" : node.incomplete();
  }

  private static Map<String, Object> json(ClusterState state) {
    Map<String, Object> all = new LinkedHashMap<>();
    state
        .view()
        .ifPresentOrElse(
            view -> {
              Map<String, Object> v = new LinkedHashMap<>();
              v.put("epoch", view.epoch());
              v.put("id", view.id());
              v.put("members", names(state, view.members()));
              v.put("lagging", names(state, view.lagging()));
              v.put("primary", state.names().getOrDefault(view.primary(), view.primary()));
              v.put("reason", view.reason());
              v.put("recordedAt", Instant.ofEpochMilli(view.recordedAt()).toString());
              all.put("view", v);
            },
            () -> all.put("view", null));
    all.put("owner", state.owner());
    all.put("newestGroup", state.newestGroup());
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (NodeState node : state.nodes()) {
      Map<String, Object> n = new LinkedHashMap<>();
      boolean known = node.nodeId() != null;
      n.put("name", node.name());
      n.put("reachable", node.reachable());
      n.put("error", node.error());
      n.put("id", state.idOf(node));
      n.put("recordedName", node.recordedName());
      n.put("state", state.role(node).word());
      n.put("primary", state.role(node) == ClusterState.Role.PRIMARY);
      n.put("incomplete", node.incomplete());
      n.put("viewEpoch", node.views().isEmpty() ? null : node.views().get(0).epoch());
      n.put("group", known ? node.group() : null);
      n.put("lag", known ? state.newestGroup() - node.group() : null);
      n.put("owner", node.owner());
      nodes.add(n);
    }
    all.put("nodes", nodes);
    return all;
  }

  private static List<String> names(ClusterState state, Iterable<String> ids) {
    List<String> names = new ArrayList<>();
    ids.forEach(id -> names.add(state.names().getOrDefault(id, id)));
    return names;
  }
}
