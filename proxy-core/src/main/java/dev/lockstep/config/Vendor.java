package dev.lockstep.config;

/** The database families that a cluster can consist of, by the vendor word of the URL. */
public enum Vendor {
  MYSQL("mysql"),
  MARIADB("mariadb"),
  POSTGRESQL("postgresql"),
  H2("h2");

  private final String word;

  Vendor(String word) {
    this.word = word;
  }

  /** The word after {@code jdbc:lockstep:} in a URL. */
  public String word() {
    return word;
  }

  /** True for MySQL and MariaDB, which share dialect and catalogue. */
  public boolean mysqlFamily() {
    return this == MYSQL || this == MARIADB;
  }
}
