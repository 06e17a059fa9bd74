package dev.lockstep.cli;

import picocli.CommandLine.IVersionProvider;

/** The version for {@code --version}: from the jar's manifest, or a word when run from classes. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "lockstep " + (version == null ? "(not packaged)" : version),
      "Java " + System.getProperty("java.version")
    };
  }
}
