package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.session.Session;
import java.sql.SQLException;
import java.sql.Wrapper;

/**
 * {@code unwrap} and {@code isWrapperFor} of all wrappers: first Lockstep's object, then the
 * vendor's.
 */
final class Wrapping {
  private Wrapping() {}

  /**
   * @param session is told where the vendor's object is given out
   * @param vendor the vendor's object, or null where there is none at the moment
   */
  static <T> T unwrap(Class<T> type, Session session, Object own, Object vendor)
      throws SQLException {
    if (type.isInstance(own)) {
      return type.cast(own);
    }
    if (wraps(type, own, vendor)) {
      session.vendorGivenOut();
    }
    return unwrap(type, own, vendor);
  }

  /**
   * @param vendor an object of the vendor's that leads to no connection, or null
   */
  static <T> T unwrap(Class<T> type, Object own, Object vendor) throws SQLException {
    if (type.isInstance(own)) {
      return type.cast(own);
    }
    if (type.isInstance(vendor)) {
      return type.cast(vendor);
    }
    if (vendor instanceof Wrapper w && w.isWrapperFor(type)) {
      return w.unwrap(type);
    }
    throw Errors.of(
        SqlState.INVALID_ARGUMENT, own.getClass().getSimpleName() + " wraps no " + type.getName());
  }

  static boolean wraps(Class<?> type, Object own, Object vendor) throws SQLException {
    return type.isInstance(own)
        || type.isInstance(vendor)
        || (vendor instanceof Wrapper w && w.isWrapperFor(type));
  }
}
