package dev.lockstep.jdbc;

import dev.lockstep.config.Vendor;

/** {@link SessionMariaDbTest} on MySQL. */
class SessionMySqlTest extends SessionMariaDbTest {
  @Override
  Vendor vendor() {
    return Vendor.MYSQL;
  }
}
