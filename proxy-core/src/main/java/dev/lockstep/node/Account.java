package dev.lockstep.node;

/** User and password of server connections. The password never appears in {@code toString}. */
public record Account(String user, String password) {
  @Override
  public String toString() {
    return "Account[" + user + "]";
  }
}
