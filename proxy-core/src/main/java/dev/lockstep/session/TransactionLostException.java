package dev.lockstep.session;

import dev.lockstep.config.SqlState;
import java.sql.SQLTransactionRollbackException;

/**
 * The primary was lost with the transaction, which is rolled back on every node: what was alone in
 * it can be repeated.
 */
final class TransactionLostException extends SQLTransactionRollbackException {
  private static final long serialVersionUID = 1;

  TransactionLostException(String message, Throwable cause) {
    super("Lockstep: " + message, SqlState.ROLLED_BACK.code(), cause);
  }
}
