package dev.lockstep.harness.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * A MariaDB or MySQL server with durable settings. Accounts: {@code app} with password {@code app}
 * and all rights from anywhere, {@code root} without a password from this machine. Thread-safe.
 */
abstract class MySqlFamilyNode extends AbstractNode {
  static final String URL_OPTIONS = "sslMode=DISABLED&allowPublicKeyRetrieval=true";

  /** The statements that make the account {@code app}. */
  static final List<String> ACCOUNTS =
      List.of(
          "CREATE USER app@'%' IDENTIFIED BY 'app';",
          "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION;");

  // Socket paths must fit into sockaddr_un.
  private static final int MAX_SOCKET_PATH = 100;
  private static final int ER_NO_SUCH_THREAD = 1094;

  private final NodeOptions options;
  private final ServerDistribution distribution;

  MySqlFamilyNode(String name, NodeOptions options, ServerDistribution distribution) {
    super(name);
    this.options = options;
    this.distribution = distribution;
  }

  /** Options that only this product has. */
  abstract List<String> productOptions();

  /** The prepared XA transactions, each as XA ROLLBACK names it. */
  abstract List<String> preparedTransactions(Statement s) throws SQLException;

  @Override
  public String jdbcUrl(String database) {
    return "jdbc:mysql://127.0.0.1:" + port() + "/" + database + "?" + URL_OPTIONS;
  }

  @Override
  void prepareData() throws IOException {
    if (!Files.isDirectory(dataDirectory())) {
      Path copy = directory().resolve("data.new");
      Workspace.delete(copy);
      Workspace.copy(distribution.templateData(options.progress()), copy);
      Files.move(copy, dataDirectory());
    }
    // A killed MySQL leaves the lock of its socket, and then refuses to start.
    Files.deleteIfExists(Path.of(socket() + ".lock"));
    Files.createDirectories(temporary());
  }

  /** Of its own: a MariaDB that starts deletes all #sql files there, whoever uses them. */
  private Path temporary() {
    return directory().resolve("tmp");
  }

  @Override
  List<String> command() {
    List<String> words = new ArrayList<>(distribution.command());
    words.addAll(
        List.of(
            "--datadir=" + dataDirectory(),
            "--tmpdir=" + temporary(),
            "--socket=" + socket(),
            "--pid-file=" + directory().resolve("server.pid"),
            "--bind-address=127.0.0.1",
            "--port=" + port(),
            // Without this MariaDB 11.4 makes an RSA key for TLS at each start: up to ten seconds.
            "--skip-ssl",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-lock-wait-timeout=" + Math.max(1, options.lockTimeout().toSeconds()),
            "--max-connections=500",
            "--character-set-server=utf8mb4"));
    words.addAll(productOptions());
    words.addAll(options.serverArguments());
    return words;
  }

  private Path socket() {
    Path socket = directory().resolve("sock");
    return socket.toString().length() <= MAX_SOCKET_PATH
        ? socket
        : Path.of("/tmp/lockstep-" + ProcessHandle.current().pid() + "-" + port() + ".sock");
  }

  @Override
  void probe() throws Exception {
    try (Connection c = administrate(20_000);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT @@datadir")) {
      r.next();
      if (!Path.of(r.getString(1)).equals(dataDirectory())) {
        throw new ServerException("port " + port() + " belongs to a server on " + r.getString(1));
      }
    }
  }

  private Connection administrate(int socketTimeoutMillis) throws SQLException {
    String timeouts = "&connectTimeout=5000&socketTimeout=" + socketTimeoutMillis;
    return DriverManager.getConnection(jdbcUrl("") + timeouts, user(), password());
  }

  @Override
  String advice() {
    return distribution.advice();
  }

  @Override
  public void clear() throws SQLException {
    try (Connection c = administrate(60_000);
        Statement s = c.createStatement()) {
      s.execute("SET SESSION lock_wait_timeout=10, foreign_key_checks=0");
      s.execute("SET GLOBAL read_only=0");
      s.execute("UNLOCK TABLES");
      killConnections(c, id -> true);
      for (String transaction : preparedTransactions(s)) {
        s.execute("XA ROLLBACK " + transaction);
      }
      for (String account : userAccounts(s)) {
        s.execute("DROP USER " + account);
      }
      for (String database : userDatabases(s)) {
        s.execute("DROP DATABASE `" + database.replace("`", "``") + "`");
      }
    }
  }

  private static List<String> userDatabases(Statement s) throws SQLException {
    return strings(
        s,
        "SELECT schema_name FROM information_schema.schemata WHERE LOWER(schema_name)"
            + " NOT IN ('information_schema','performance_schema','mysql','sys')",
        1);
  }

  private static List<String> userAccounts(Statement s) throws SQLException {
    return strings(
        s,
        "SELECT CONCAT(QUOTE(user),'@',QUOTE(host)) FROM mysql.user WHERE host<>''"
            + " AND user NOT IN ('root','app','mariadb.sys','mysql','PUBLIC')"
            + " AND user NOT LIKE 'mysql.%'",
        1);
  }

  static List<String> strings(Statement s, String query, int column) throws SQLException {
    List<String> values = new ArrayList<>();
    try (ResultSet r = s.executeQuery(query)) {
      while (r.next()) {
        values.add(r.getString(column));
      }
    }
    return values;
  }

  @Override
  public void createDatabase(String database) throws SQLException {
    try (Connection c = connect("");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE IF NOT EXISTS `" + database.replace("`", "``") + "`");
    }
  }

  @Override
  public int killConnections(LongPredicate chosen) throws SQLException {
    try (Connection c = administrate(60_000)) {
      return killConnections(c, chosen);
    }
  }

  private static int killConnections(Connection c, LongPredicate chosen) throws SQLException {
    List<Long> ids = new ArrayList<>();
    try (Statement s = c.createStatement()) {
      try (ResultSet r =
          s.executeQuery(
              "SELECT id FROM information_schema.processlist WHERE id<>CONNECTION_ID()"
                  + " AND user NOT IN ('system user','event_scheduler')")) {
        while (r.next()) {
          long id = r.getLong(1);
          if (chosen.test(id)) {
            ids.add(id);
          }
        }
      }
      int killed = 0;
      for (long id : ids) {
        try {
          s.execute("KILL CONNECTION " + id);
          killed++;
        } catch (SQLException e) {
          if (e.getErrorCode() != ER_NO_SUCH_THREAD) {
            throw e;
          }
        }
      }
      return killed;
    }
  }
}
