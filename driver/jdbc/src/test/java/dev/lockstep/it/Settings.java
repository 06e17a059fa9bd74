package dev.lockstep.it;

import org.junit.jupiter.api.Assumptions;

/** How long the tests are: system properties {@code lockstep.it.…}. */
final class Settings {
  private Settings() {}

  /** The property {@code lockstep.it.name}. */
  static int number(String name, int otherwise) {
    return Integer.getInteger("lockstep.it." + name, otherwise);
  }

  /** Ends a test that is only for the campaign, unless this is it: {@code lockstep.it.all}. */
  static void onlyInCampaignUnless(boolean quick) {
    Assumptions.assumeTrue(quick || Boolean.getBoolean("lockstep.it.all"), "only in the campaign");
  }

  /** The seed of random choices: {@code lockstep.it.seed}, or another one each time. */
  static long seed() {
    return Long.getLong("lockstep.it.seed", System.nanoTime() & 0xffffff);
  }
}
