package dev.lockstep.commit;

/**
 * The primary was lost before step 3 of a repeatable transaction's group; the rollback is confirmed
 * everywhere and the session repeats the statement on the new primary. Never reaches the
 * application.
 */
public final class PrimaryLostException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With the reason for logs. */
  public PrimaryLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
