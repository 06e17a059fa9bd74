package dev.lockstep.cli;

import java.sql.SQLException;
import java.util.Properties;

/**
 * The two operations that need an engine of this process's own, because no owner can be running.
 * The bridge to {@code dev.lockstep.engine.Engine}.
 */
interface EngineStarter {
  /**
   * First start on nodes that hold different data: the source's data wins, the others are copied.
   * Returns when all nodes are in the view.
   *
   * @param source the node's name as in the URL
   */
  void initialise(String url, Properties account, String source) throws SQLException;

  /** Start from what one node has, whatever the views of the other nodes say. */
  void recover(String url, Properties account, String node) throws SQLException;

  /** The one that is built in. */
  static EngineStarter builtIn() {
    return new EngineStarter() {
      @Override
      public void initialise(String url, Properties account, String source) {
        throw notYet("init");
      }

      @Override
      public void recover(String url, Properties account, String node) {
        throw notYet("recover");
      }

      private CliException notYet(String what) {
        return new CliException(ExitCode.FAILED, what + " is not built into this version yet");
      }
    };
  }
}
