package dev.lockstep.node;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Hands out connections to the server whose catalogue is read; the caller closes them. Thread-safe.
 */
@FunctionalInterface
public interface ConnectionSource {
  Connection get() throws SQLException;
}
