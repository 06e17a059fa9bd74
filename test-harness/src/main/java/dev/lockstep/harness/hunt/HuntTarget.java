package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What the hunter attacks: something that says it keeps several nodes equal. Implementations are
 * thread-safe.
 */
public interface HuntTarget {
  /** The database that the hunter uses; empty on all nodes at the start. */
  String DATABASE = "hunt";

  Engine engine();

  /** The servers, for comparing and killing. */
  List<DatabaseNode> nodes();

  /** A new connection to {@link #DATABASE} through the replication. */
  Connection connect() throws SQLException;

  /** Indexes of the nodes that are in the view and alive. */
  List<Integer> members() throws InterruptedException;

  /** Index of the node that executes first; -1 if none does now. */
  int primary() throws InterruptedException;

  /** All changes of the view so far, oldest first, a line each with its reason. */
  List<String> history() throws InterruptedException;
}
