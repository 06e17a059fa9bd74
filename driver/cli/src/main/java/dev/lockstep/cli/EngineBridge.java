package dev.lockstep.cli;

import java.sql.SQLException;
import java.util.Properties;

/**
 * What the commands need of {@code dev.lockstep.engine.Engine} beyond the driver: the operations
 * that need an engine of this process's own, and its orderly end.
 */
interface EngineBridge {
  /**
   * First start on nodes that hold different data: the source's data wins, the others are copied.
   * Returns when all nodes are in the view.
   *
   * @param source the node's name as in the URL
   */
  void initialise(String url, Properties account, String source) throws SQLException;

  /**
   * Starts from what one node has, whatever the views of the other nodes say.
   *
   * @param node the node's name as in the URL
   */
  void recover(String url, Properties account, String node) throws SQLException;

  /** Ends all engines of this process, so that no node is owned any more. */
  void closeAll();

  /** The one that is built in. */
  static EngineBridge builtIn() {
    return new EngineBridge() {
      @Override
      public void initialise(String url, Properties account, String source) {
        throw notYet("init");
      }

      @Override
      public void recover(String url, Properties account, String node) {
        throw notYet("recover");
      }

      @Override
      public void closeAll() {
        // Engines end with their last connection.
      }

      private CliException notYet(String what) {
        return new CliException(ExitCode.FAILED, what + " is not built into this version yet");
      }
    };
  }
}
