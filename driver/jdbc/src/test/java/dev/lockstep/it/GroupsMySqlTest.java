package dev.lockstep.it;

import dev.lockstep.harness.server.Engine;

/** {@link GroupsTest} on MySQL. */
class GroupsMySqlTest extends GroupsTest {
  @Override
  Engine engine() {
    return Engine.MYSQL;
  }
}
