package dev.lockstep.harness.server;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * One real database server in a process of its own, with its own data directory and a loopback port
 * that stays the same over restarts. Thread-safe: calls that change the state of the process
 * exclude each other.
 *
 * <p>All methods throw {@link ServerException} when the server does not do what it was told.
 */
public interface DatabaseNode extends AutoCloseable {

  Engine engine();

  /** A short name, unique in its cluster: {@code n1}, {@code n2}, … */
  String name();

  /** The loopback TCP port; the same for the whole life of this node. */
  int port();

  /**
   * A plain URL of the vendor's driver.
   *
   * @param database the database to connect to; empty: none (MySQL family only)
   */
  String jdbcUrl(String database);

  /** The account with all rights. */
  String user();

  String password();

  /** Starts the server and waits until it answers; nothing to do when it runs. */
  void start();

  /** Shuts the server down cleanly (a frozen one is unfrozen first) and waits for its end. */
  void stop();

  /** Ends the process with SIGKILL and waits for its end. */
  void kill();

  /** Stops the process with SIGSTOP: connections stay open and nothing answers. */
  void freeze();

  /** Lets a frozen process go on. */
  void unfreeze();

  /** Whether the process is frozen by {@link #freeze()}. */
  boolean frozen();

  /** Whether the process exists; true for a frozen one too. */
  boolean alive();

  /** Stops the server cleanly if it runs, and starts it on the same port and data. */
  void restart();

  /** Ends the server if it runs and throws its data away; the node is left stopped. */
  void wipe();

  /** Process id of the server; -1 when it is not running. */
  long pid();

  /** Where the server keeps its data. */
  Path dataDirectory();

  /** What the server wrote to its log, at most the last {@code lines} lines. */
  List<String> log(int lines);

  /**
   * Brings a running server back to an empty one without restarting it: ends all other connections
   * and drops all databases, accounts and prepared transactions, Lockstep's own tables included.
   * Changed global variables stay changed.
   */
  void clear() throws SQLException;

  /** Makes an empty database unless there is one of that name. */
  void createDatabase(String database) throws SQLException;

  /**
   * Ends client connections on the server, as an administrator's KILL does.
   *
   * @param chosen told the server's id of each connection
   * @return how many were ended
   */
  int killConnections(LongPredicate chosen) throws SQLException;

  /** A new plain connection as {@link #user()}, in auto-commit mode. */
  Connection connect(String database) throws SQLException;

  /** Ends the server and removes its files. */
  @Override
  void close();
}
