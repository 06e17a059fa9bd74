package dev.lockstep.cli;

import dev.lockstep.config.LockstepUrl;
import dev.lockstep.engine.Engine;
import java.sql.SQLException;

/**
 * What the commands need of the engine beyond the driver: the operations that need an engine of
 * this process's own, and its orderly end. An interface, so that the commands can be tested without
 * servers.
 */
interface EngineBridge {
  /**
   * First start on nodes that hold different data: the source's data wins, the others are copied by
   * and by while this process lives.
   *
   * @param source the node's name as in the URL
   */
  void initialise(LockstepUrl url, String source) throws SQLException;

  /**
   * Starts from what one node has, whatever the views of the other nodes say.
   *
   * @param node the node's name as in the URL
   */
  void recover(LockstepUrl url, String node) throws SQLException;

  /** Ends all engines of this process, so that no node is owned any more. */
  void closeAll();

  /** The real one. */
  static EngineBridge real() {
    return new EngineBridge() {
      @Override
      public void initialise(LockstepUrl url, String source) throws SQLException {
        Engine.initialise(url, source);
      }

      @Override
      public void recover(LockstepUrl url, String node) throws SQLException {
        Engine.recover(url, node);
      }

      @Override
      public void closeAll() {
        Engine.closeAll();
      }
    };
  }
}
