package dev.lockstep.consistency;

/**
 * One thing that a user has created on a node.
 *
 * @param kind in lower case, such as {@code table}, {@code view}, {@code trigger}
 * @param schema its schema or database as the catalogue spells it; null for objects outside of any
 * @param name its name as the catalogue spells it
 * @param problem why a full copy cannot carry it over, or null where it can
 */
public record UserObject(String kind, String schema, String name, String problem) {
  /** Whether a full copy carries it over. */
  public boolean supported() {
    return problem == null;
  }

  @Override
  public String toString() {
    String full = schema == null ? name : schema + "." + name;
    return kind + " " + full + (problem == null ? "" : " (" + problem + ")");
  }
}
