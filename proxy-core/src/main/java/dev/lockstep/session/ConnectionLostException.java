package dev.lockstep.session;

import java.sql.SQLException;

/** Inside the session: the server connection is gone and the statement may be repeated. */
final class ConnectionLostException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient SQLException why;

  ConnectionLostException(SQLException why) {
    super(why.getMessage(), why, false, false);
    this.why = why;
  }

  SQLException why() {
    return why;
  }
}
