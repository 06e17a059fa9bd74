package dev.lockstep.it;

/** How long the tests are: system properties {@code lockstep.it.…}. */
final class Settings {
  private Settings() {}

  /** The property {@code lockstep.it.name}. */
  static int number(String name, int otherwise) {
    return Integer.getInteger("lockstep.it." + name, otherwise);
  }

  /** The seed of random choices: {@code lockstep.it.seed}, or another one each time. */
  static long seed() {
    return Long.getLong("lockstep.it.seed", System.nanoTime() & 0xffffff);
  }
}
