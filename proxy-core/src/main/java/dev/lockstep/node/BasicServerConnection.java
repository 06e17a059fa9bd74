package dev.lockstep.node;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;

/** What both kinds of server connection share: state, reset, release. */
abstract class BasicServerConnection implements ServerConnection {
  /** Where a pooled connection goes back to. */
  interface Home {
    void back(boolean reusable) throws SQLException;
  }

  private final DatabaseNode node;
  private final DatabaseNode.Physical physical;
  private final Home home;
  private final AtomicBoolean released = new AtomicBoolean();
  private boolean manual;
  private volatile boolean broken;

  BasicServerConnection(DatabaseNode node, DatabaseNode.Physical physical, Home home) {
    this.node = node;
    this.physical = physical;
    this.home = home;
  }

  @Override
  public final Node node() {
    return node;
  }

  @Override
  public final Connection jdbc() {
    return physical.jdbc();
  }

  final MySqlWire wire() {
    return physical.wire();
  }

  @Override
  public final long serverId() {
    return physical.serverId();
  }

  @Override
  public final boolean foreignKeyChecks() {
    return physical.foreignKeyChecks();
  }

  @Override
  public final void manualCommit(boolean m) throws SQLException {
    if (manual != m) {
      jdbc().setAutoCommit(!m);
      manual = m;
    }
  }

  @Override
  public final void cancel() throws SQLException {
    node.cancelStatement(serverId());
  }

  @Override
  public void abort() {
    broken = true;
    if (wire() != null) {
      wire().close();
    }
    if (physical.h2() != null) {
      physical.h2().close();
    }
    // The driver's own clean-up may wait for a lock that a blocked statement holds.
    Thread t =
        new Thread(
            () -> {
              try {
                jdbc().abort(Runnable::run);
              } catch (SQLException e) {
                // it is being thrown away
              }
            },
            "lockstep-abort");
    t.setDaemon(true);
    t.start();
  }

  @Override
  public final boolean broken() {
    return broken;
  }

  @Override
  public final void markBroken() {
    broken = true;
  }

  @Override
  public final void release(boolean reusable) {
    if (!released.compareAndSet(false, true)) {
      return;
    }
    node.forget(this);
    boolean good = reusable && !broken;
    if (broken && physical.h2() != null) {
      physical.h2().close();
    }
    try {
      if (home == null) {
        if (broken) {
          abort();
        } else {
          jdbc().close();
        }
        return;
      }
      if (good) {
        manualCommit(false);
      } else {
        abort();
      }
      home.back(good);
    } catch (SQLException e) {
      abort();
    }
  }

  /** Completes an outcome: a lost one breaks the connection. */
  final Outcome seen(Outcome o) {
    if (o.lost()) {
      broken = true;
    }
    return o;
  }
}
