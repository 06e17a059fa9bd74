package dev.lockstep.harness.server;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An H2 TCP server in a JVM of its own. A database comes into being with its first connection,
 * owned by the account {@code app} with password {@code app}. Thread-safe.
 */
public final class H2Node extends AbstractNode {
  private static final int DATABASE_IS_CLOSED = 90121;
  private static final int CONNECTION_BROKEN = 90067;
  private static final String SUFFIX = ".mv.db";

  private final NodeOptions options;

  /** A stopped node. */
  public H2Node(String name, NodeOptions options) {
    super(name);
    this.options = options;
  }

  /**
   * Durable at each commit and kept open, which H2 stores in the database at the first connection;
   * and the lock timeout, which belongs to the connection.
   */
  static String urlOptions(NodeOptions options) {
    // Where H2 uses space in the file again, a server that is killed may come back with a state of
    // long ago, so it keeps everything that old.
    return ";WRITE_DELAY=0;RETENTION_TIME=86400000;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT="
        + options.lockTimeout().toMillis();
  }

  @Override
  public Engine engine() {
    return Engine.H2;
  }

  @Override
  public String jdbcUrl(String database) {
    return "jdbc:h2:tcp://127.0.0.1:" + port() + "/./" + database + urlOptions(options);
  }

  @Override
  void prepareData() throws IOException {
    Files.createDirectories(dataDirectory());
  }

  @Override
  List<String> command() {
    Set<String> classPath = new LinkedHashSet<>();
    classPath.add(location(H2ServerMain.class));
    classPath.add(location(org.h2.Driver.class));
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m"));
    words.add("-Dh2.bindAddress=127.0.0.1");
    words.addAll(options.serverArguments());
    words.add("-cp");
    words.add(String.join(System.getProperty("path.separator"), classPath));
    words.add(H2ServerMain.class.getName());
    words.add(Integer.toString(port()));
    words.add(dataDirectory().toString());
    return words;
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new ServerException("cannot tell where " + type + " was loaded from", e);
    }
  }

  @Override
  void probe() {
    // H2's own client tries a refused connection again and again, so the log is asked instead.
    String expected = H2ServerMain.READY + pid();
    if (!log(5).contains(expected)) {
      throw new ServerException("no line '" + expected + "' yet");
    }
  }

  @Override
  String advice() {
    return "see its log";
  }

  private List<String> databases() {
    if (!Files.isDirectory(dataDirectory())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dataDirectory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .sorted()
          .collect(Collectors.toList());
    } catch (IOException e) {
      throw new ServerException("cannot list " + dataDirectory(), e);
    }
  }

  /** Begins with new files, as an old one remembers states that a killed server may go back to. */
  @Override
  public void clear() throws SQLException {
    for (String database : databases()) {
      try (Connection c = connect(database);
          Statement s = c.createStatement()) {
        abortSessions(s, id -> true);
        s.execute("SHUTDOWN IMMEDIATELY");
      } catch (SQLException e) {
        if (e.getErrorCode() != DATABASE_IS_CLOSED && e.getErrorCode() != CONNECTION_BROKEN) {
          throw e;
        }
      }
      try {
        Files.deleteIfExists(dataDirectory().resolve(database + SUFFIX));
      } catch (IOException e) {
        throw new ServerException("cannot delete the database " + database, e);
      }
    }
  }

  @Override
  public void createDatabase(String database) throws SQLException {
    connect(database).close();
  }

  @Override
  public int killConnections(LongPredicate chosen) throws SQLException {
    int killed = 0;
    for (String database : databases()) {
      try (Connection c = connect(database);
          Statement s = c.createStatement()) {
        killed += abortSessions(s, chosen);
      }
    }
    return killed;
  }

  private static int abortSessions(Statement s, LongPredicate chosen) throws SQLException {
    List<Integer> ids = new ArrayList<>();
    try (ResultSet r =
        s.executeQuery(
            "SELECT SESSION_ID FROM INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID<>SESSION_ID()")) {
      while (r.next()) {
        int id = r.getInt(1);
        if (chosen.test(id)) {
          ids.add(id);
        }
      }
    }
    int killed = 0;
    for (int id : ids) {
      try (ResultSet r = s.executeQuery("SELECT ABORT_SESSION(" + id + ")")) {
        r.next();
        killed += r.getBoolean(1) ? 1 : 0;
      }
    }
    return killed;
  }
}
