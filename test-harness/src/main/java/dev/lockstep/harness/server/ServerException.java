package dev.lockstep.harness.server;

/**
 * A database server could not be found, started, signalled or stopped; the message says what to do.
 */
public class ServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ServerException(String message) {
    super(message);
  }

  public ServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
